/* dataset_windows.c: windows over the rows of a dataset: each sample is some rows one behind the other. */
#include <string.h>

#include "base/options.h"
#include "base/text.h"
#include "data/dataset_composed.h"

typedef struct windows {
    cornu_dataset *inner;
    int64_t begin, stride, rate, length; /* window w has the rows begin + w * stride + k * rate, k < length */
    int64_t target;                      /* the target's row, counted from the window's first */
    bool reverse;                        /* the latest row first */
    int window_count, target_count;
    int *window_fields, *target_fields; /* numbers in the inner dataset; the windows' come first in this one */
    bool *in_windows, *in_targets;      /* the same as flags */
    cornu__sample_pool window_rows, target_rows;
} windows;

static void windows_release(void *state)
{
    windows *self = state;
    cornu__sample_pool_end(&self->window_rows);
    cornu__sample_pool_end(&self->target_rows);
    cornu__free(self->window_fields);
    cornu__free(self->target_fields);
    cornu__free(self->in_windows);
    cornu__free(self->in_targets);
    cornu_dataset_release(self->inner);
    cornu__free(self);
}

/* --- Reading --- */

static void place_window(const windows *self, const cornu_sample *sample, cornu_sample *row, int64_t step)
{
    for (int i = 0; i < self->window_count; i++) {
        int field = self->window_fields[i];
        row->places[field].wanted = sample->places[i].wanted;
        row->places[field].data = sample->places[i].data + (size_t)step * self->inner->sizes[field];
    }
}

/* Turns the rows of each field around. */
static void reverse_rows(const windows *self, const cornu_sample *sample)
{
    for (int i = 0; i < self->window_count; i++) {
        size_t size = self->inner->sizes[self->window_fields[i]];
        char *first = sample->places[i].data, *last = first + (size_t)(self->length - 1) * size;
        for (; sample->places[i].wanted && first < last; first += size, last -= size) {
            for (size_t byte = 0; byte < size; byte++) {
                char moved = first[byte];
                first[byte] = last[byte];
                last[byte] = moved;
            }
        }
    }
}

/* Neighbouring rows are read in one piece, if the dataset can. */
static cornu_status read_window(const windows *self, int64_t first, cornu_sample *sample, cornu_sample *row)
{
    if (self->rate == 1 && self->inner->read_run) {
        place_window(self, sample, row, 0);
        CORNU_TRY(cornu__dataset_read_run(self->inner, first, self->length, row));
        if (self->reverse)
            reverse_rows(self, sample);
        return CORNU_OK;
    }
    for (int64_t k = 0; k < self->length; k++) {
        place_window(self, sample, row, self->reverse ? self->length - 1 - k : k);
        row->seed = cornu__sample_seed_of(sample->seed, 0, k);
        CORNU_TRY(cornu__dataset_read(self->inner, first + k * self->rate, row));
    }
    return CORNU_OK;
}

static cornu_status read_target(const windows *self, int64_t first, const cornu_sample *sample, cornu_sample *row)
{
    for (int i = 0; i < self->target_count; i++) {
        const cornu__place *place = &sample->places[self->window_count + i];
        row->places[self->target_fields[i]].wanted = place->wanted;
        row->places[self->target_fields[i]].data = place->data;
    }
    row->seed = sample->seed;
    return cornu__dataset_read(self->inner, first + self->target, row);
}

static bool wants_any(const cornu_sample *sample, int begin, int end)
{
    for (int i = begin; i < end; i++) {
        if (sample->places[i].wanted)
            return true;
    }
    return false;
}

static cornu_status windows_read(void *state, int64_t index, cornu_sample *sample)
{
    windows *self = state;
    int64_t first = self->begin + index * self->stride;
    int fields = self->window_count + self->target_count;
    cornu_status status = CORNU_OK;
    if (wants_any(sample, 0, self->window_count)) {
        cornu_sample *row = cornu__sample_pool_take(&self->window_rows);
        if (!row)
            return cornu_error_status();
        row->epoch = sample->epoch;
        status = read_window(self, first, sample, row);
        cornu__sample_pool_give(&self->window_rows, row);
    }
    if (status == CORNU_OK && wants_any(sample, self->window_count, fields)) {
        cornu_sample *row = cornu__sample_pool_take(&self->target_rows);
        if (!row)
            return cornu_error_status();
        row->epoch = sample->epoch;
        status = read_target(self, first, sample, row);
        cornu__sample_pool_give(&self->target_rows, row);
    }
    return status;
}

/* --- Checks --- */

static cornu_status check_number(const char *option, int64_t value, int64_t least, int64_t most)
{
    if (value >= least && value <= most)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "windows_dataset: %s is %lld; wanted %lld to %lld, the dataset's rows", option, (long long)value,
                       (long long)least, (long long)most);
}

/* No number is larger than the number of rows, so no sum below overflows. */
static cornu_status check_numbers(const cornu_dataset *dataset, int64_t length,
                                  const cornu_windows_dataset_options *given)
{
    int64_t rows = dataset->count;
    CORNU_TRY(check_number("sequence_length", length, 1, rows));
    CORNU_TRY(check_number("sequence_stride", given->sequence_stride, 1, rows));
    CORNU_TRY(check_number("sampling_rate", given->sampling_rate, 1, rows));
    CORNU_TRY(check_number("start_index", given->start_index, 0, rows));
    CORNU_TRY(check_number("end_index", given->end_index, CORNU_NONE, rows));
    CORNU_TRY(check_number("horizon", given->horizon, -rows, rows));
    if (dataset->random_access)
        return CORNU_OK;
    return cornu__fail(
        CORNU_ERROR_UNSUPPORTED,
        "windows_dataset: '%s' can only be read forwards, and windows go back to rows that the one before "
        "had; load it into memory (cornu_dataset_load, cornu_array_dataset) or decompress the file",
        dataset->name);
}

/* The windows' first rows and their number. */
static cornu_status count_windows(windows *self, const cornu_windows_dataset_options *given, int64_t *count)
{
    int64_t end = given->end_index == CORNU_NONE ? self->inner->count : given->end_index, span;
    if (__builtin_mul_overflow(self->length - 1, self->rate, &span) || span > self->inner->count)
        span = self->inner->count; /* more than there is: no window */
    self->target = span + given->horizon;
    /* Rows before the first row of a window are reached by a target far in the past. */
    int64_t before = self->target_count > 0 && self->target < 0 ? -self->target : 0;
    int64_t reach = self->target_count > 0 && self->target > span ? self->target : span;
    self->begin = given->start_index + before;
    int64_t beginnings = end - reach - self->begin;
    *count = beginnings > 0 ? (beginnings - 1) / self->stride + 1 : 0;
    if (*count > 0)
        return CORNU_OK;
    return cornu__fail(
        CORNU_ERROR_INVALID_ARGUMENT,
        "windows_dataset: no window of %lld rows at a sampling_rate of %lld%s fits into rows %lld to %lld of '%s'",
        (long long)self->length, (long long)self->rate, self->target_count > 0 ? " and its target" : "",
        (long long)given->start_index, (long long)end - 1, self->inner->name);
}

/* --- Fields --- */

static cornu_status add_named(const cornu_dataset *dataset, const char *option, const char *const *names, int *fields,
                              bool *flags, int *count)
{
    for (; names && *names; names++) {
        int field = cornu_dataset_field_named(dataset, *names);
        if (field < 0)
            return cornu__fail_context("windows_dataset: %s", option);
        if (flags[field])
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "windows_dataset: %s names '%s' twice", option, *names);
        flags[field] = true;
        fields[(*count)++] = field;
    }
    return CORNU_OK;
}

static cornu_status choose_fields(windows *self, const cornu_windows_dataset_options *given)
{
    const cornu_dataset *inner = self->inner;
    CORNU_TRY(add_named(inner, "targets", given->targets, self->target_fields, self->in_targets, &self->target_count));
    CORNU_TRY(add_named(inner, "windows", given->windows, self->window_fields, self->in_windows, &self->window_count));
    for (int i = 0; i < inner->field_count && !given->windows; i++) {
        if (self->in_targets[i])
            continue;
        self->in_windows[i] = true;
        self->window_fields[self->window_count++] = i;
    }
    if (self->window_count == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "windows_dataset: no field of '%s' is left for windows",
                           inner->name);
    return CORNU_OK;
}

static cornu_status describe_window(const windows *self, int number, cornu_field *field)
{
    CORNU_TRY(cornu__field_expect_fixed("windows_dataset", self->inner, number));
    const cornu_field *row = &self->inner->fields[number];
    *field = (cornu_field){.name = row->name,
                           .dtype = row->dtype,
                           .rank = row->rank + 1,
                           .num_classes = row->num_classes,
                           .class_names = row->class_names};
    field->shape[0] = self->length;
    if (row->rank == CORNU_MAX_RANK - 1)
        return cornu__fail(CORNU_ERROR_SHAPE, "windows_dataset: field '%s' has %d axes already", row->name, row->rank);
    memcpy(field->shape + 1, row->shape, (size_t)row->rank * sizeof *field->shape);
    return CORNU_OK;
}

/* A field that is window and target is called <name>_target as target; the caller frees that text. */
static cornu_status describe_target(const windows *self, int number, cornu_field *field, char **name)
{
    CORNU_TRY(cornu__field_expect_fixed("windows_dataset", self->inner, number));
    *field = self->inner->fields[number];
    if (!self->in_windows[number])
        return CORNU_OK;
    cornu__text text = {0};
    cornu__text_add(&text, "%s_target", field->name);
    *name = cornu__text_take(&text);
    field->name = *name;
    return *name ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status describe(const windows *self, cornu_field *fields, char **names)
{
    for (int i = 0; i < self->window_count; i++)
        CORNU_TRY(describe_window(self, self->window_fields[i], &fields[i]));
    for (int i = 0; i < self->target_count; i++)
        CORNU_TRY(describe_target(self, self->target_fields[i], &fields[self->window_count + i], &names[i]));
    return CORNU_OK;
}

/* --- Making it --- */

static windows *windows_create(cornu_dataset *inner, int64_t length, const cornu_windows_dataset_options *given)
{
    size_t count = (size_t)inner->field_count;
    windows *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->inner = cornu_dataset_retain(inner);
    self->length = length;
    self->stride = given->sequence_stride;
    self->rate = given->sampling_rate;
    self->reverse = given->reverse;
    self->window_fields = cornu__alloc_array(count, sizeof *self->window_fields);
    self->target_fields = cornu__alloc_array(count, sizeof *self->target_fields);
    self->in_windows = cornu__alloc_array(count, sizeof *self->in_windows);
    self->in_targets = cornu__alloc_array(count, sizeof *self->in_targets);
    cornu__sample_pool_begin(&self->window_rows, inner, self->in_windows);
    cornu__sample_pool_begin(&self->target_rows, inner, self->in_targets);
    if (self->window_fields && self->target_fields && self->in_windows && self->in_targets)
        return self;
    windows_release(self);
    return NULL;
}

static cornu_dataset *compose(windows *self, int64_t count, cornu_field *fields, char **names)
{
    if (describe(self, fields, names) != CORNU_OK)
        return NULL;
    int64_t block = self->inner->block_size / self->stride;
    const cornu_dataset_options options = {.struct_size = sizeof options,
                                           .name = self->inner->name,
                                           .count = count,
                                           .fields = fields,
                                           .field_count = self->window_count + self->target_count,
                                           .read = windows_read,
                                           .state = self,
                                           .release = windows_release,
                                           .random_access = true,
                                           .thread_safe = true,
                                           .block_size = block};
    return cornu__dataset_compose(&options, 1, &self->inner);
}

static cornu_dataset *make(windows *self, const cornu_windows_dataset_options *given)
{
    int64_t count = 0;
    if (choose_fields(self, given) != CORNU_OK || count_windows(self, given, &count) != CORNU_OK)
        return NULL;
    size_t most = (size_t)(self->window_count + self->target_count);
    cornu_field *fields = cornu__alloc_array(most, sizeof *fields);
    char **names = fields ? cornu__alloc_array(most, sizeof *names) : NULL;
    cornu_dataset *dataset = names ? compose(self, count, fields, names) : NULL;
    for (size_t i = 0; names && i < most; i++)
        cornu__free(names[i]);
    cornu__free(names);
    cornu__free(fields);
    return dataset;
}

cornu_dataset *cornu_windows_dataset_with(cornu_dataset *dataset, int64_t sequence_length,
                                          const cornu_windows_dataset_options *options)
{
    cornu_windows_dataset_options given = {.struct_size = sizeof given, CORNU_WINDOWS_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (cornu__dataset_expect("windows_dataset", dataset) != CORNU_OK ||
        check_numbers(dataset, sequence_length, &given) != CORNU_OK)
        return NULL;
    windows *self = windows_create(dataset, sequence_length, &given);
    cornu_dataset *made = self ? make(self, &given) : NULL;
    if (!made && self)
        windows_release(self);
    return made;
}
