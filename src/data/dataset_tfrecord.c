/* dataset_tfrecord.c: records of tf.train.Example as samples. */
#include <stdlib.h>
#include <string.h>

#include <cornu/tfrecord.h>

#include "array/array.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "data/dataset.h"
#include "data/dataset_shards.h"
#include "data/stages.h"
#include "format/example.h"
#include "format/tfrecord.h"

typedef struct records {
    cornu__record_file file;
    int field_count;
    cornu_tfrecord_field *fields; /* with names of our own */
} records;

static void records_release(void *state)
{
    records *self = state;
    for (int i = 0; i < self->field_count; i++)
        cornu__free((void *)self->fields[i].name);
    cornu__free(self->fields);
    cornu__record_file_close(&self->file);
    cornu__free(self);
}

/* --- Reading --- */

static bool varies(const cornu_tfrecord_field *field)
{
    return field->rank > 0 && field->shape[0] == CORNU_NONE;
}

/* Elements of a field, or where its first size varies of one of it. */
static int64_t elements_of(const cornu_tfrecord_field *field)
{
    int64_t count = 1;
    for (int i = varies(field); i < field->rank; i++)
        count *= field->shape[i];
    return count;
}

static bool is_float(cornu_dtype dtype)
{
    return dtype == CORNU_FLOAT32 || dtype == CORNU_FLOAT64 || dtype == CORNU_FLOAT16;
}

static cornu_status fail_feature(const cornu_tfrecord_field *field, const char *what)
{
    return cornu__fail(CORNU_ERROR_DATA, "feature '%s' %s", field->name, what);
}

static cornu_status fail_damaged(const char *name, int length)
{
    return cornu__fail(CORNU_ERROR_FORMAT, "%s%.*s%s is damaged, or the record is no tf.train.Example",
                       length > 0 ? "feature '" : "the message", length, name, length > 0 ? "'" : "");
}

/* *to := the place for `count` values, or bytes where `what` says so. */
static cornu_status find_place(const cornu_tfrecord_field *field, int number, int64_t count, const char *what,
                               cornu_sample *sample, void **to)
{
    int64_t wanted = elements_of(field);
    if (varies(field) ? wanted == 0 || count % wanted != 0 : count != wanted)
        return cornu__fail(CORNU_ERROR_SHAPE, "feature '%s' has %lld %s; wanted %s%lld%s", field->name,
                           (long long)count, what, varies(field) ? "a multiple of " : "", (long long)wanted,
                           varies(field) ? "" : " (where counts differ, a field has the shape {CORNU_NONE})");
    *to = varies(field) ? cornu_sample_resize(sample, number, count / wanted) : cornu_sample_data(sample, number);
    return *to || count == 0 ? CORNU_OK : cornu_error_status();
}

static cornu_status read_bytes(const cornu_tfrecord_field *field, int number, const cornu__feature *feature,
                               int64_t count, cornu_sample *sample)
{
    void *to;
    if (count != 1)
        return cornu__fail(CORNU_ERROR_SHAPE, "feature '%s' has %lld byte strings; wanted 1", field->name,
                           (long long)count);
    cornu__span bytes = cornu__feature_bytes(feature);
    int64_t size = bytes.end - bytes.at, element = (int64_t)cornu_dtype_size(field->dtype);
    if (size % element != 0)
        return cornu__fail(CORNU_ERROR_SHAPE, "feature '%s' has %lld bytes, which are no whole number of %s",
                           field->name, (long long)size, cornu_dtype_name(field->dtype));
    CORNU_TRY(find_place(field, number, size / element, element == 1 ? "bytes" : "elements", sample, &to));
    if (size > 0)
        memcpy(to, bytes.at, (size_t)size);
    return CORNU_OK;
}

/* Whole numbers into a narrower dtype, none of which may change by it. */
static cornu_status narrow(const cornu_tfrecord_field *field, const int64_t *values, int64_t count, void *to)
{
    cornu__convert(field->dtype, to, CORNU_INT64, values, count);
    size_t size = cornu_dtype_size(field->dtype);
    for (int64_t i = 0; !is_float(field->dtype) && i < count; i++) {
        int64_t back;
        cornu__convert(CORNU_INT64, &back, field->dtype, (char *)to + (size_t)i * size, 1);
        if (back != values[i] || (field->dtype == CORNU_UINT64 && back < 0))
            return cornu__fail(CORNU_ERROR_DATA, "feature '%s' has the value %lld, which %s does not hold", field->name,
                               (long long)values[i], cornu_dtype_name(field->dtype));
    }
    return CORNU_OK;
}

static cornu_status read_numbers(const cornu_tfrecord_field *field, int number, const cornu__feature *feature,
                                 int64_t count, cornu_sample *sample)
{
    bool floats = feature->kind == CORNU__FEATURE_FLOATS;
    void *to;
    if (floats && !is_float(field->dtype))
        return fail_feature(field, "has floats, and the field is of whole numbers");
    CORNU_TRY(find_place(field, number, count, "values", sample, &to));
    if (floats && field->dtype == CORNU_FLOAT32) {
        cornu__feature_floats(feature, to);
        return CORNU_OK;
    }
    if (!floats && field->dtype == CORNU_INT64) {
        cornu__feature_ints(feature, to);
        return CORNU_OK;
    }
    void *values = cornu__alloc_array((size_t)count, floats ? sizeof(float) : sizeof(int64_t));
    if (!values)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = CORNU_OK;
    if (floats) {
        cornu__feature_floats(feature, values);
        cornu__convert(field->dtype, to, CORNU_FLOAT32, values, count);
    } else {
        cornu__feature_ints(feature, values);
        status = narrow(field, values, count, to);
    }
    cornu__free(values);
    return status;
}

static cornu_status fill_default(const cornu_tfrecord_field *field, int number, cornu_sample *sample)
{
    if (!field->optional)
        return fail_feature(field, "is missing, or has no values, and no default is said");
    if (varies(field)) {
        cornu_sample_resize(sample, number, 0);
        return CORNU_OK;
    }
    char *to = cornu_sample_data(sample, number);
    for (int64_t i = elements_of(field); i > 0; i--, to += cornu_dtype_size(field->dtype))
        cornu__convert(field->dtype, to, CORNU_FLOAT64, &field->default_value, 1);
    return CORNU_OK;
}

/* The features of a record by the numbers of the fields: as in any map, the last of a name counts. */
static cornu_status find_features(const records *self, cornu__span record, cornu__feature *features)
{
    cornu__example example = cornu__example_begin(record);
    cornu__feature next;
    for (bool more = true;;) {
        if (!cornu__example_next(&example, &next, &more))
            return fail_damaged("", 0);
        if (!more)
            return CORNU_OK;
        size_t length = (size_t)(next.name.end - next.name.at);
        for (int i = 0; i < self->field_count; i++) {
            if (strlen(self->fields[i].name) == length && memcmp(self->fields[i].name, next.name.at, length) == 0)
                features[i] = next;
        }
    }
}

static cornu_status read_feature(const cornu_tfrecord_field *field, int number, const cornu__feature *feature,
                                 cornu_sample *sample)
{
    int64_t count = 0;
    if (feature->kind != CORNU__FEATURE_NONE && !cornu__feature_count(feature, &count))
        return fail_damaged(field->name, (int)strlen(field->name));
    if (feature->kind == CORNU__FEATURE_NONE || (count == 0 && !varies(field)))
        return fill_default(field, number, sample);
    if (feature->kind == CORNU__FEATURE_BYTES)
        return read_bytes(field, number, feature, count, sample);
    return read_numbers(field, number, feature, count, sample);
}

static cornu_status read_fields(const records *self, cornu__cursor *cursor, cornu__feature *features,
                                cornu_sample *sample)
{
    cornu__span record;
    CORNU_TRY(cornu__tfrecord_read(cursor, &record));
    cornu__stage_enter(CORNU_STAGE_DECODE);
    CORNU_TRY(find_features(self, record, features));
    for (int i = 0; i < self->field_count; i++) {
        if (cornu_sample_wants(sample, i))
            CORNU_TRY(read_feature(&self->fields[i], i, &features[i], sample));
    }
    return CORNU_OK;
}

static cornu_status read_record(void *state, int64_t index, cornu_sample *sample)
{
    records *self = state;
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_READ);
    cornu__feature *features = cornu__alloc_array((size_t)self->field_count, sizeof *features);
    cornu__cursor *cursor = features ? cornu__record_file_find(&self->file, index) : NULL;
    cornu_status status = cursor ? read_fields(self, cursor, features, sample) : cornu_error_status();
    if (cursor)
        cornu__record_file_give_back(&self->file, cursor, status);
    cornu__free(features);
    cornu__stage_enter(before);
    return status;
}

/* --- Which fields there are --- */

static cornu_status add_field(records *self, const cornu_tfrecord_field *field, size_t name_length)
{
    size_t count = (size_t)self->field_count;
    cornu_tfrecord_field *fields =
        self->fields ? cornu__realloc(self->fields, count * sizeof *fields, (count + 1) * sizeof *fields)
                     : cornu__alloc_array(1, sizeof *fields);
    if (!fields)
        return CORNU_ERROR_OUT_OF_MEMORY;
    self->fields = fields;
    char *name = cornu__alloc(name_length + 1);
    if (!name)
        return CORNU_ERROR_OUT_OF_MEMORY;
    memcpy(name, field->name, name_length);
    fields[count] = *field;
    fields[count].name = name;
    self->field_count++;
    return CORNU_OK;
}

static cornu_status check_field(const cornu_tfrecord_field *field)
{
    if (!field->name)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "tfrecord_dataset: a field has no name");
    bool sound = field->rank >= 0 && field->rank <= CORNU_MAX_RANK && cornu_dtype_size(field->dtype) > 0;
    int64_t count = 1;
    for (int i = 0; sound && i < field->rank; i++) {
        bool any = i == 0 && field->shape[0] == CORNU_NONE;
        sound = any || (field->shape[i] >= 0 && !__builtin_mul_overflow(count, field->shape[i], &count));
    }
    return sound ? CORNU_OK
                 : cornu__fail(CORNU_ERROR_SHAPE, "tfrecord_dataset: field '%s' has no possible dtype or shape",
                               field->name);
}

static cornu_status take_fields(records *self, const cornu_tfrecord_dataset_options *given)
{
    for (int i = 0; i < given->field_count; i++) {
        CORNU_TRY(check_field(&given->fields[i]));
        CORNU_TRY(add_field(self, &given->fields[i], strlen(given->fields[i].name)));
    }
    return CORNU_OK;
}

/* The fields of another shard. */
static cornu_status take_fields_of(records *self, const cornu_dataset *first)
{
    const records *other = first->state;
    for (int i = 0; i < other->field_count; i++)
        CORNU_TRY(add_field(self, &other->fields[i], strlen(other->fields[i].name)));
    return CORNU_OK;
}

/* What a feature of the first record tells of its field. */
static cornu_status guess_field(records *self, const cornu__feature *feature)
{
    int64_t count = 0;
    size_t length = (size_t)(feature->name.end - feature->name.at);
    if (feature->kind != CORNU__FEATURE_NONE && !cornu__feature_count(feature, &count))
        return fail_damaged((const char *)feature->name.at, length < 200 ? (int)length : 200);
    bool is_bytes = feature->kind == CORNU__FEATURE_BYTES;
    if (feature->kind == CORNU__FEATURE_NONE || (is_bytes && count != 1)) {
        cornu__warn("%s: feature '%.*s' has %lld values in the first record, which do not tell what it is; it is left "
                    "out unless .fields says",
                    self->file.file.path, length < 200 ? (int)length : 200, (const char *)feature->name.at,
                    (long long)count);
        return CORNU_OK;
    }
    cornu_tfrecord_field field = {.name = (const char *)feature->name.at,
                                  .dtype = is_bytes                                 ? CORNU_UINT8
                                           : feature->kind == CORNU__FEATURE_FLOATS ? CORNU_FLOAT32
                                                                                    : CORNU_INT64,
                                  .rank = is_bytes || count != 1,
                                  .shape = {is_bytes || count == 0 ? CORNU_NONE : count}};
    return add_field(self, &field, length);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const cornu_tfrecord_field *)a)->name, ((const cornu_tfrecord_field *)b)->name);
}

static cornu_status guess_fields(records *self, cornu__cursor *cursor)
{
    cornu__span record;
    cornu__feature feature;
    CORNU_TRY(cornu__tfrecord_read(cursor, &record));
    cornu__example example = cornu__example_begin(record);
    for (bool more = true;;) {
        if (!cornu__example_next(&example, &feature, &more))
            return fail_damaged("", 0);
        if (!more)
            break;
        CORNU_TRY(guess_field(self, &feature));
    }
    if (self->field_count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "the record has no features: is it a tf.train.Example?");
    qsort(self->fields, (size_t)self->field_count, sizeof *self->fields, by_name);
    return CORNU_OK;
}

static cornu_status look_at_first(records *self)
{
    const char *path = self->file.file.path;
    if (self->file.count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' has no records, so it does not tell its fields: say .fields", path);
    cornu__cursor *cursor = cornu__record_file_find(&self->file, 0);
    if (!cursor)
        return cornu_error_status();
    cornu_status status = guess_fields(self, cursor);
    cornu__record_file_give_back(&self->file, cursor, status);
    return status == CORNU_OK ? CORNU_OK : cornu__fail_context("'%s', record 0", path);
}

/* --- The whole --- */

static cornu_dataset *create(records *self)
{
    bool random_access = self->file.file.random_access;
    cornu_field *fields = cornu__alloc_array((size_t)self->field_count, sizeof *fields);
    if (!fields)
        return NULL;
    for (int i = 0; i < self->field_count; i++) {
        const cornu_tfrecord_field *field = &self->fields[i];
        fields[i] = (cornu_field){.name = field->name, .dtype = field->dtype, .rank = field->rank};
        memcpy(fields[i].shape, field->shape, (size_t)field->rank * sizeof *field->shape);
    }
    cornu_dataset *dataset =
        cornu_dataset_create(.name = self->file.file.path, .count = self->file.count, .field_count = self->field_count,
                             .fields = fields, .read = read_record, .state = self, .release = records_release,
                             .random_access = random_access, .thread_safe = random_access);
    cornu__free(fields);
    return dataset;
}

static cornu_status open_fields(records *self, const cornu_tfrecord_dataset_options *given, const cornu_dataset *first)
{
    CORNU_TRY(cornu__record_file_index(&self->file));
    if (first)
        return take_fields_of(self, first);
    return given->fields ? take_fields(self, given) : look_at_first(self);
}

static cornu_dataset *open_shard(const char *path, const void *options, const cornu_dataset *first)
{
    records *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    if (cornu__record_file_open(&self->file, path, &cornu__tfrecord_format, NULL) != CORNU_OK) {
        cornu__free(self);
        return NULL;
    }
    cornu_dataset *dataset = open_fields(self, options, first) == CORNU_OK ? create(self) : NULL;
    if (!dataset)
        records_release(self);
    return dataset;
}

cornu_dataset *cornu_tfrecord_dataset_with(const char *path, const cornu_tfrecord_dataset_options *options)
{
    cornu_tfrecord_dataset_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    if (given.fields ? given.field_count < 1 : given.field_count != 0)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "tfrecord_dataset: %d fields%s", given.field_count,
                                given.fields ? "" : " (NULL)");
    return cornu__dataset_of_shards("tfrecord_dataset", path, open_shard, &given);
}
