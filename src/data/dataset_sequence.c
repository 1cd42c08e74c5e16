/* dataset_sequence.c: batches of a dataset's samples. */
#include <string.h>

#include "array/array.h"
#include "base/options.h"
#include "data/generator.h"
#include "data/sample_buffer.h"
#include "data/sample_order.h"
#include "format/limits.h"
#include "model/model.h"

/* What of a batch a field becomes. Several fields in one part are a dictionary. */
typedef struct batch_part {
    int count;
    int fields[CORNU__MAX_PORTS];
    const char *names[CORNU__MAX_PORTS];
} batch_part;

typedef struct dataset_sequence {
    cornu_dataset *dataset;
    batch_part x, y, sample_weight;
    bool *used;    /* of each field: whether a part has it */
    int64_t count; /* samples in an epoch */
    int64_t batch_size, epoch;
    uint64_t seed;
    cornu__sample_order order;
    cornu__sample_buffer *buffer; /* shuffles what has no random access; or NULL */
    cornu__sample_pool pool;
} dataset_sequence;

#define ORDER_VERSION 1 /* of how orders are drawn; a training that goes on wants the same */

/* --- A batch --- */

/* The memory of a batch that is being made. */
typedef struct making {
    int64_t first, count;
    cornu_array *arrays[3 * CORNU__MAX_PORTS]; /* of the fields of x, of y, and of sample_weight */
    int fields[3 * CORNU__MAX_PORTS];
    int array_count;
    int64_t *samples; /* the batch's */
    int64_t *scratch;
    cornu_sample *sample;
} making;

static int64_t sequence_length(void *state)
{
    const dataset_sequence *self = state;
    return (self->count + self->batch_size - 1) / self->batch_size;
}

static void place_row(const dataset_sequence *self, making *made, int64_t row)
{
    for (int i = 0; i < made->array_count; i++) {
        int field = made->fields[i];
        made->sample->places[field].data = (char *)made->arrays[i]->data + (size_t)row * self->dataset->sizes[field];
    }
}

static cornu_status read_row(dataset_sequence *self, making *made, int64_t row)
{
    place_row(self, made, row);
    if (self->buffer)
        return cornu__sample_buffer_get(self->buffer, made->first + row, made->sample, &made->samples[row]);
    made->sample->seed = cornu__sample_seed_of(self->seed, self->epoch, made->samples[row]);
    return cornu__dataset_read(self->dataset, made->samples[row], made->sample);
}

/* Rows that lie together in the dataset are read together, if it can. */
static cornu_status read_rows(dataset_sequence *self, making *made)
{
    made->sample->epoch = self->epoch;
    if (!self->buffer)
        cornu__sample_order_get(&self->order, made->first, made->count, made->samples, made->scratch);
    for (int64_t row = 0, next; row < made->count; row = next) {
        next = row + 1;
        while (!self->buffer && self->dataset->read_run && next < made->count &&
               made->samples[next] == made->samples[next - 1] + 1)
            next++;
        if (next == row + 1) {
            CORNU_TRY(read_row(self, made, row));
            continue;
        }
        place_row(self, made, row);
        CORNU_TRY(cornu__dataset_read_run(self->dataset, made->samples[row], next - row, made->sample));
    }
    return CORNU_OK;
}

static cornu_status allocate_part(const dataset_sequence *self, const batch_part *part, making *made)
{
    for (int i = 0; i < part->count; i++) {
        cornu_array *array = cornu__field_array(&self->dataset->fields[part->fields[i]], made->count);
        if (!array)
            return cornu_error_status();
        made->fields[made->array_count] = part->fields[i];
        made->arrays[made->array_count++] = array;
    }
    return CORNU_OK;
}

/* *part := the arrays of one part, from `from` on. */
static cornu_status collect(const batch_part *part, making *made, int from, cornu_array **into)
{
    if (part->count == 0)
        return CORNU_OK;
    *into = part->count == 1 ? cornu_array_retain(made->arrays[from])
                             : cornu_array_dict((size_t)part->count, part->names, &made->arrays[from]);
    return *into ? CORNU_OK : cornu_error_status();
}

static cornu_status make_batch(dataset_sequence *self, making *made, cornu_batch *batch)
{
    batch->samples = cornu__array_uninitialized(CORNU_INT64, 1, &made->count);
    if (!batch->samples)
        return cornu_error_status();
    made->samples = batch->samples->data;
    made->scratch = cornu__alloc_array((size_t)self->order.group, sizeof *made->scratch);
    if (!made->scratch)
        return CORNU_ERROR_OUT_OF_MEMORY;
    CORNU_TRY(allocate_part(self, &self->x, made));
    CORNU_TRY(allocate_part(self, &self->y, made));
    CORNU_TRY(allocate_part(self, &self->sample_weight, made));
    made->sample = cornu__sample_pool_take(&self->pool);
    if (!made->sample)
        return cornu_error_status();
    CORNU_TRY(read_rows(self, made));
    CORNU_TRY(collect(&self->x, made, 0, &batch->x));
    CORNU_TRY(collect(&self->y, made, self->x.count, &batch->y));
    return collect(&self->sample_weight, made, self->x.count + self->y.count, &batch->sample_weight);
}

static cornu_status sequence_get(void *state, int64_t index, cornu_batch *batch)
{
    dataset_sequence *self = state;
    making made = {.first = index * self->batch_size};
    made.count = self->count - made.first < self->batch_size ? self->count - made.first : self->batch_size;
    cornu_status status = make_batch(self, &made, batch);
    if (made.sample)
        cornu__sample_pool_give(&self->pool, made.sample);
    for (int i = 0; i < made.array_count; i++)
        cornu_array_release(made.arrays[i]);
    cornu__free(made.scratch);
    return status;
}

/* --- Epochs --- */

static void set_epoch(dataset_sequence *self, int64_t epoch)
{
    self->epoch = epoch;
    cornu__sample_order_set_epoch(&self->order, epoch);
    if (self->buffer)
        cornu__sample_buffer_set_epoch(self->buffer, epoch);
}

static void sequence_epoch_end(void *state)
{
    dataset_sequence *self = state;
    set_epoch(self, self->epoch + 1);
}

static cornu_array *sequence_save(void *state)
{
    const dataset_sequence *self = state;
    return cornu_array_copy_of(CORNU_INT64, 1, (int64_t[]){3},
                               (int64_t[]){ORDER_VERSION, self->epoch, self->dataset->count});
}

static cornu_status sequence_load(void *state, const cornu_array *saved)
{
    dataset_sequence *self = state;
    const int64_t *numbers = cornu_array_data(saved);
    if (cornu_array_dtype(saved) != CORNU_INT64 || cornu_array_count(saved) != 3 || numbers[0] != ORDER_VERSION ||
        numbers[1] < 0)
        return cornu__fail(CORNU_ERROR_DATA, "'%s': what was saved is no state of a dataset's Sequence",
                           self->dataset->name);
    if (numbers[2] != self->dataset->count)
        return cornu__fail(
            CORNU_ERROR_DATA,
            "'%s' had %lld samples when this training was interrupted, and has %lld now: its order would "
            "be another",
            self->dataset->name, (long long)numbers[2], (long long)self->dataset->count);
    set_epoch(self, numbers[1]);
    return CORNU_OK;
}

static void sequence_release(void *state)
{
    dataset_sequence *self = state;
    cornu__sample_pool_end(&self->pool);
    cornu__sample_buffer_destroy(self->buffer);
    cornu__sample_order_end(&self->order);
    cornu__free(self->used);
    cornu_dataset_release(self->dataset);
    cornu__free(self);
}

/* --- Which fields --- */

static cornu_status add_field(dataset_sequence *self, const char *option, batch_part *part, int field)
{
    if (field < 0)
        return cornu__fail_context("dataset_sequence: %s", option);
    CORNU_TRY(cornu__field_expect_fixed("dataset_sequence", self->dataset, field));
    const char *name = self->dataset->fields[field].name;
    if (self->used[field])
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "dataset_sequence: field '%s' is named twice, in %s the last "
                           "time; a field is one of x, y and sample_weight",
                           name, option);
    if (part->count == CORNU__MAX_PORTS)
        return cornu__fail(
            CORNU_ERROR_LIMIT,
            "dataset_sequence: %s would have more than %d fields, and a model has at most as many inputs "
            "or outputs; name those it has, or bring columns together by cornu_dataset_map",
            option, CORNU__MAX_PORTS);
    self->used[field] = true;
    part->names[part->count] = name;
    part->fields[part->count++] = field;
    return CORNU_OK;
}

static cornu_status add_named(dataset_sequence *self, const char *option, batch_part *part, const char *const *names)
{
    for (; names && *names; names++)
        CORNU_TRY(add_field(self, option, part, cornu_dataset_field_named(self->dataset, *names)));
    return CORNU_OK;
}

static int field_if_there(const cornu_dataset *dataset, const char *name)
{
    for (int i = 0; i < dataset->field_count; i++) {
        if (strcmp(dataset->fields[i].name, name) == 0)
            return i;
    }
    return -1;
}

static cornu_status choose_y(dataset_sequence *self, const char *const *names)
{
    int y = field_if_there(self->dataset, "y");
    if (names || y < 0)
        return add_named(self, "y", &self->y, names);
    /* a field that the program names elsewhere is not taken for the target */
    return self->used[y] ? CORNU_OK : add_field(self, "y", &self->y, y);
}

static cornu_status choose_x(dataset_sequence *self)
{
    int x = field_if_there(self->dataset, "x");
    if (x >= 0 && !self->used[x])
        return add_field(self, "x", &self->x, x);
    for (int i = 0; i < self->dataset->field_count; i++) {
        if (!self->used[i])
            CORNU_TRY(add_field(self, "x", &self->x, i));
    }
    return CORNU_OK;
}

static cornu_status choose_weight(dataset_sequence *self, const char *name)
{
    CORNU_TRY(add_named(self, "sample_weight", &self->sample_weight, (const char *const[]){name, NULL}));
    if (self->sample_weight.count == 0)
        return CORNU_OK;
    const cornu_field *field = &self->dataset->fields[self->sample_weight.fields[0]];
    if (self->dataset->sizes[self->sample_weight.fields[0]] == cornu_dtype_size(field->dtype))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_SHAPE,
                       "dataset_sequence: field '%s' has several numbers in each sample; wanted one, "
                       "its sample_weight",
                       field->name);
}

static cornu_status choose_fields(dataset_sequence *self, const cornu_dataset_sequence_options *given)
{
    CORNU_TRY(add_named(self, "x", &self->x, given->x));
    CORNU_TRY(choose_weight(self, given->sample_weight));
    CORNU_TRY(choose_y(self, given->y));
    if (!given->x)
        CORNU_TRY(choose_x(self));
    if (self->x.count == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "dataset_sequence: no field of '%s' is left to be x",
                           self->dataset->name);
    return CORNU_OK;
}

/* --- Making it --- */

static cornu_status check_numbers(const cornu_dataset *dataset, const cornu_dataset_sequence_options *given)
{
    if (given->batch_size < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "dataset_sequence: batch_size is %d, and must be at least 1",
                           given->batch_size);
    if (given->buffer_size < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "dataset_sequence: buffer_size is %lld, and must be at least 1",
                           (long long)given->buffer_size);
    if (dataset->count < 1)
        return cornu__fail(CORNU_ERROR_DATA, "dataset_sequence: '%s' has no samples", dataset->name);
    if (given->drop_remainder && dataset->count < given->batch_size)
        return cornu__fail(CORNU_ERROR_DATA,
                           "dataset_sequence: '%s' has %lld samples, fewer than batch_size %d, and drop_remainder "
                           "leaves out a smaller batch: nothing would be left",
                           dataset->name, (long long)dataset->count, given->batch_size);
    return CORNU_OK;
}

/* That a batch may be in memory. */
static cornu_status check_batch_memory(const dataset_sequence *self)
{
    uint64_t row = 0;
    for (int i = 0; i < self->dataset->field_count; i++) {
        if (self->used[i] && __builtin_add_overflow(row, (uint64_t)self->dataset->sizes[i], &row))
            row = UINT64_MAX;
    }
    uint64_t bytes;
    if (__builtin_mul_overflow(row, (uint64_t)self->batch_size, &bytes))
        bytes = UINT64_MAX;
    if (cornu__check_read_size(self->dataset->name, bytes) == CORNU_OK)
        return CORNU_OK;
    return cornu__fail_context("dataset_sequence: a batch of %lld samples", (long long)self->batch_size);
}

static cornu_status prepare(dataset_sequence *self, const cornu_dataset_sequence_options *given)
{
    cornu_dataset *dataset = self->dataset;
    self->used = cornu__alloc_array((size_t)dataset->field_count, sizeof *self->used);
    if (!self->used)
        return CORNU_ERROR_OUT_OF_MEMORY;
    CORNU_TRY(choose_fields(self, given));
    self->seed = given->seed;
    self->batch_size = given->batch_size < dataset->count ? given->batch_size : dataset->count;
    self->count = dataset->count - (given->drop_remainder ? dataset->count % given->batch_size : 0);
    CORNU_TRY(check_batch_memory(self));
    bool in_buffer = given->shuffle && !dataset->random_access;
    if (in_buffer) {
        self->buffer = cornu__sample_buffer_create(dataset, self->used, given->buffer_size, given->seed);
        if (!self->buffer)
            return cornu_error_status();
    }
    return cornu__sample_order_begin(&self->order, dataset->count, dataset->block_size, given->buffer_size,
                                     given->shuffle && !in_buffer, given->seed);
}

static dataset_sequence *self_create(cornu_dataset *dataset)
{
    dataset_sequence *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->dataset = cornu_dataset_retain(dataset);
    cornu__sample_pool_begin(&self->pool, dataset, NULL);
    return self;
}

static void name_classes(const dataset_sequence *self, cornu_sequence *sequence)
{
    const cornu_field *field = self->y.count == 1 ? &self->dataset->fields[self->y.fields[0]] : NULL;
    if (!field || !field->class_names || field->num_classes > CORNU__MOST_CLASSES)
        return;
    sequence->class_names = field->class_names;
    sequence->class_count = (int)field->num_classes;
}

static cornu_sequence *sequence_of(dataset_sequence *self)
{
    cornu_sequence *sequence =
        cornu_sequence_create(.length = sequence_length, .get = sequence_get, .on_epoch_end = sequence_epoch_end,
                              .state = self, .release = sequence_release, .thread_safe = self->dataset->random_access,
                              .save_state = sequence_save, .load_state = sequence_load);
    if (!sequence)
        return NULL;
    sequence->in_turn = !self->dataset->random_access || self->order.group > 0;
    sequence->begins_early = true;
    sequence->dataset = self->dataset;
    name_classes(self, sequence);
    return sequence;
}

cornu_sequence *cornu_dataset_sequence_with(cornu_dataset *dataset, const cornu_dataset_sequence_options *options)
{
    cornu_dataset_sequence_options given = {.struct_size = sizeof given, CORNU_DATASET_SEQUENCE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (cornu__dataset_expect("dataset_sequence", dataset) != CORNU_OK || check_numbers(dataset, &given) != CORNU_OK)
        return NULL;
    dataset_sequence *self = self_create(dataset);
    if (!self)
        return NULL;
    cornu_sequence *sequence = NULL;
    if (prepare(self, &given) == CORNU_OK) {
        self->pool.placed = self->used;
        sequence = sequence_of(self);
    }
    if (!sequence)
        sequence_release(self);
    return sequence;
}
