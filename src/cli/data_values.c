/* data_values.c: what the samples of a dataset hold: arrays, tables, records, whatever cornu_dataset_open takes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cornu/dataset.h>

#include "array/array.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/number_text.h"
#include "cli/data_sources.h"

#define MOST_CLASSES 1000 /* that samples are counted of */
#define SHOWN_CLASSES 20
#define SHOWN_SENTENCES 5
#define MOST_SENTENCES 1000
#define MOST_FAILURES 20 /* one behind the other: then reading is given up */
#define VALUES_AT_ONCE 1024

/* What is known of the values of a field when samples were read. */
typedef struct field_facts {
    int64_t values, missing; /* missing: NaN */
    double smallest, largest, sum;
    int64_t shortest, longest; /* of a field whose samples differ in size */
    int64_t classes;           /* whose samples are counted; 0: they are no class numbers */
    int64_t *samples;          /* of each class */
} field_facts;

typedef struct contents {
    cornu_dataset *dataset;
    const cornu__data_command *command;
    cornu_sample *sample;
    field_facts *fields;
    int64_t read, bad;
    int64_t failures; /* the last so many samples could not be read */
    cornu__text bad_lines, bad_json;
} contents;

/* --- Reading --- */

static int64_t elements_of(const cornu_field *field, int64_t size)
{
    int64_t count = field->rank == 0 ? 1 : size;
    for (int axis = 1; axis < field->rank; axis++)
        count *= field->shape[axis];
    return count;
}

static bool varies(const cornu_field *field)
{
    return field->rank > 0 && field->shape[0] == CORNU_NONE;
}

static bool is_whole(cornu_dtype dtype)
{
    return dtype != CORNU_FLOAT16 && dtype != CORNU_FLOAT32 && dtype != CORNU_FLOAT64;
}

/* One number in each sample that may be a class: where the dataset says so, or where it is whole and from 0 on. */
static bool may_be_classes(const cornu_field *field)
{
    if (varies(field) || elements_of(field, field->rank > 0 ? field->shape[0] : 1) != 1)
        return false;
    return field->num_classes > 0 ? field->num_classes <= MOST_CLASSES : is_whole(field->dtype);
}

static cornu_status begin_field(const cornu_field *field, field_facts *facts)
{
    *facts = (field_facts){.smallest = INFINITY, .largest = -INFINITY, .shortest = INT64_MAX};
    if (!may_be_classes(field))
        return CORNU_OK;
    facts->classes = field->num_classes > 0 ? field->num_classes : 1;
    facts->samples = cornu__alloc_array(MOST_CLASSES, sizeof *facts->samples);
    return facts->samples ? CORNU_OK : cornu_error_status();
}

static void count_class(field_facts *facts, double value)
{
    if (facts->classes == 0)
        return;
    if (!(value >= 0 && value < MOST_CLASSES && value == floor(value))) {
        facts->classes = 0;
        return;
    }
    int64_t number = (int64_t)value;
    facts->samples[number]++;
    if (number >= facts->classes)
        facts->classes = number + 1;
}

static void count_values(field_facts *facts, const double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (isnan(values[i])) {
            facts->missing++;
            continue;
        }
        facts->smallest = fmin(facts->smallest, values[i]);
        facts->largest = fmax(facts->largest, values[i]);
        facts->sum += values[i];
    }
    facts->values += count;
}

static void look_at_field(const contents *self, int number)
{
    const cornu_field *field = cornu_dataset_field(self->dataset, number);
    field_facts *facts = &self->fields[number];
    int64_t size = cornu_sample_size(self->sample, number), left = elements_of(field, size);
    const char *from = cornu_sample_data(self->sample, number);
    double values[VALUES_AT_ONCE];
    facts->shortest = size < facts->shortest ? size : facts->shortest;
    facts->longest = size > facts->longest ? size : facts->longest;
    while (left > 0 && from) {
        int64_t count = left < VALUES_AT_ONCE ? left : VALUES_AT_ONCE;
        cornu__convert(CORNU_FLOAT64, values, field->dtype, from, count);
        count_values(facts, values, count);
        if (facts->samples)
            count_class(facts, values[0]);
        from += (size_t)count * cornu_dtype_size(field->dtype);
        left -= count;
    }
}

/* The thread's last error is about sample `index`. */
static cornu_status note_bad(contents *self, int64_t index)
{
    if (cornu_error_status() == CORNU_ERROR_OUT_OF_MEMORY)
        return CORNU_ERROR_OUT_OF_MEMORY;
    int64_t shown = self->command->verify ? MOST_SENTENCES : SHOWN_SENTENCES;
    if (self->bad++ < shown) {
        cornu__text_add(&self->bad_lines, "bad: ");
        cornu__text_add_shown(&self->bad_lines, cornu_error_message());
        cornu__text_add(&self->bad_lines, "\n");
        cornu__text_add(&self->bad_json, "%s{\"sample\": %lld, \"message\": ", self->bad > 1 ? ", " : "",
                        (long long)index);
        cornu__json_text_string(&self->bad_json, cornu_error_message());
        cornu__text_add(&self->bad_json, "}");
    }
    self->failures++;
    return CORNU_OK;
}

static cornu_status read_all(contents *self)
{
    int64_t count = cornu_dataset_count(self->dataset);
    cornu__progress_line line = cornu__progress_line_begin();
    cornu_status status = CORNU_OK;
    for (int64_t i = 0; i < count && status == CORNU_OK && self->failures < MOST_FAILURES; i++) {
        if (cornu_dataset_read(self->dataset, i, self->sample) != CORNU_OK) {
            status = note_bad(self, i);
        } else {
            self->failures = 0;
            for (int field = 0; field < cornu_dataset_field_count(self->dataset); field++)
                look_at_field(self, field);
        }
        self->read++;
        cornu__progress_line_show(&line, i + 1, count, "samples");
    }
    cornu__progress_line_end(&line);
    return status;
}

/* --- For people --- */

static void add_count(cornu__text *to, int64_t count, const char *one, const char *many)
{
    cornu__text_add(to, "%lld %s", (long long)count, count == 1 ? one : many);
}

/* "uint8 (28, 28)", "float32". */
static void add_type(cornu__text *to, const cornu_field *field)
{
    char shape[CORNU__SHAPE_TEXT_SIZE];
    cornu__text_add(to, "%s", cornu_dtype_name(field->dtype));
    if (field->rank > 0)
        cornu__text_add(to, " %s", cornu__text_shape(shape, sizeof shape, field->rank, field->shape));
}

/* Whether all classes are listed, or else all values that there are. */
static bool has_classes(const cornu_field *field, const field_facts *facts)
{
    return field->num_classes > 0 && facts->classes > 0;
}

/* How many different whole numbers there are, where they are not nearly as many as samples; else 0. */
static int64_t different_values(const field_facts *facts)
{
    int64_t count = 0;
    for (int64_t i = 0; i < facts->classes; i++)
        count += facts->samples[i] > 0;
    return count < facts->values / 2 ? count : 0;
}

static void add_samples(cornu__text *to, const cornu_field *field, const field_facts *facts)
{
    bool all = has_classes(field, facts);
    int64_t left = all ? facts->classes : different_values(facts), shown = 0;
    for (int64_t i = 0; i < facts->classes && shown < SHOWN_CLASSES; i++) {
        if (!all && facts->samples[i] == 0)
            continue;
        cornu__text_add(to, "    %8lld ", (long long)facts->samples[i]);
        if (field->class_names)
            cornu__text_add_shown(to, field->class_names[i]);
        else
            cornu__text_add(to, "%lld", (long long)i);
        cornu__text_add(to, "\n");
        shown++;
    }
    if (left > shown)
        cornu__text_add(to, "    and %lld more (--json has all)\n", (long long)(left - shown));
}

static void add_field(cornu__text *to, const cornu_field *field, const field_facts *facts)
{
    int64_t different = different_values(facts);
    cornu__text_add(to, "  ");
    cornu__text_add_shown(to, field->name);
    cornu__text_add(to, ": ");
    add_type(to, field);
    if (varies(field) && facts->longest > 0)
        cornu__text_add(to, ", %lld to %lld of them", (long long)facts->shortest, (long long)facts->longest);
    else if (has_classes(field, facts))
        cornu__text_add(to, ", %lld classes", (long long)facts->classes);
    else if (facts->values > facts->missing)
        cornu__text_add(to, ", %.6g to %.6g, mean %.6g", facts->smallest, facts->largest,
                        facts->sum / (double)(facts->values - facts->missing));
    if (facts->missing > 0)
        cornu__text_add(to, ", %lld missing", (long long)facts->missing);
    cornu__text_add(to, "\n");
    if (has_classes(field, facts) || (different > 0 && different <= SHOWN_CLASSES))
        add_samples(to, field, facts);
}

static void describe(cornu__text *to, const contents *self)
{
    int64_t count = cornu_dataset_count(self->dataset);
    int fields = cornu_dataset_field_count(self->dataset);
    cornu__text_add_shown(to, cornu_dataset_name(self->dataset));
    cornu__text_add(to, ": ");
    add_count(to, count, "sample", "samples");
    cornu__text_add(to, " of ");
    add_count(to, fields, "field", "fields");
    cornu__text_add(to, "\n");
    for (int i = 0; i < fields; i++)
        add_field(to, cornu_dataset_field(self->dataset, i), &self->fields[i]);
    if (self->bad_lines.data)
        cornu__text_add_bytes(to, self->bad_lines.data, self->bad_lines.length);
    if (self->read < count && !self->command->headers)
        cornu__text_add(to, "given up after %d bad samples in a row, at sample %lld\n", MOST_FAILURES,
                        (long long)self->read);
    if (self->bad > 0)
        cornu__text_add(to, "%lld of %lld samples cannot be read\n", (long long)self->bad, (long long)self->read);
    else if (self->command->verify && !self->command->headers)
        cornu__text_add(to, "none of %lld samples is bad\n", (long long)self->read);
}

/* --- For programs --- */

/* "classes": all of them with their names; or "values": those that there are. */
static void add_json_samples(cornu__text *to, const cornu_field *field, const field_facts *facts)
{
    bool all = has_classes(field, facts);
    const char *separator = "";
    cornu__text_add(to, all ? ", \"classes\": [" : ", \"values\": [");
    for (int64_t i = 0; i < facts->classes; i++) {
        if (!all && facts->samples[i] == 0)
            continue;
        cornu__text_add(to, "%s{\"%s\": ", separator, all ? "name" : "value");
        if (all && field->class_names)
            cornu__json_text_string(to, field->class_names[i]);
        else
            cornu__text_add(to, all ? "\"%lld\"" : "%lld", (long long)i);
        cornu__text_add(to, ", \"samples\": %lld}", (long long)facts->samples[i]);
        separator = ", ";
    }
    cornu__text_add(to, "]");
}

static void add_json_field(cornu__text *to, const cornu_field *field, const field_facts *facts)
{
    cornu__text_add(to, "{\"name\": ");
    cornu__json_text_string(to, field->name);
    cornu__text_add(to, ", \"dtype\": \"%s\", \"shape\": [", cornu_dtype_name(field->dtype));
    for (int axis = 0; axis < field->rank; axis++) {
        cornu__text_add(to, axis > 0 ? ", " : "");
        if (field->shape[axis] == CORNU_NONE)
            cornu__text_add(to, "null");
        else
            cornu__text_add(to, "%lld", (long long)field->shape[axis]);
    }
    cornu__text_add(to, "]");
    if (facts->values > 0) {
        cornu__text_add(to, ", \"missing\": %lld, \"min\": ", (long long)facts->missing);
        cornu__json_text_number(to, facts->smallest);
        cornu__text_add(to, ", \"max\": ");
        cornu__json_text_number(to, facts->largest);
        cornu__text_add(to, ", \"mean\": ");
        cornu__json_text_number(to, facts->sum / (double)(facts->values - facts->missing));
    }
    if (varies(field) && facts->longest > 0)
        cornu__text_add(to, ", \"sizes\": {\"min\": %lld, \"max\": %lld}", (long long)facts->shortest,
                        (long long)facts->longest);
    if (has_classes(field, facts) || different_values(facts) > 0)
        add_json_samples(to, field, facts);
    cornu__text_add(to, "}");
}

static void describe_as_json(cornu__text *to, const contents *self)
{
    cornu__text_add(to, "{\"source\": ");
    cornu__json_text_string(to, cornu_dataset_name(self->dataset));
    cornu__text_add(to, ", \"kind\": \"samples\", \"samples\": %lld, \"fields\": [",
                    (long long)cornu_dataset_count(self->dataset));
    for (int i = 0; i < cornu_dataset_field_count(self->dataset); i++) {
        cornu__text_add(to, i > 0 ? ", " : "");
        add_json_field(to, cornu_dataset_field(self->dataset, i), &self->fields[i]);
    }
    cornu__text_add(to, "], \"bad_samples\": %lld, \"bad\": [%s]}\n", (long long)self->bad,
                    self->bad_json.data ? self->bad_json.data : "");
}

/* --- The command --- */

static cornu_status tell(contents *self)
{
    cornu__text text = {0};
    if (self->bad_lines.failed || self->bad_json.failed)
        return cornu__fail_memory("what is to be printed", self->bad_lines.length);
    if (self->command->json)
        describe_as_json(&text, self);
    else
        describe(&text, self);
    return self->command->json ? cornu__print_text(&text) : cornu__print_report(&text);
}

static void free_contents(contents *self)
{
    int fields = cornu_dataset_field_count(self->dataset);
    for (int i = 0; self->fields && i < fields; i++)
        cornu__free(self->fields[i].samples);
    cornu__free(self->fields);
    cornu_sample_release(self->sample);
    cornu__text_free(&self->bad_lines);
    cornu__text_free(&self->bad_json);
}

cornu_status cornu__data_describe_values(const cornu__data_command *command, cornu_dataset *dataset, int64_t *bad)
{
    contents self = {.dataset = dataset, .command = command};
    int fields = cornu_dataset_field_count(dataset);
    self.fields = cornu__alloc_array((size_t)fields, sizeof *self.fields);
    self.sample = self.fields ? cornu_sample_create(dataset) : NULL;
    cornu_status status = self.sample ? CORNU_OK : cornu_error_status();
    for (int i = 0; i < fields && status == CORNU_OK; i++)
        status = begin_field(cornu_dataset_field(dataset, i), &self.fields[i]);
    if (status == CORNU_OK && !command->headers)
        status = read_all(&self);
    if (status == CORNU_OK)
        status = tell(&self);
    *bad = self.bad;
    free_contents(&self);
    return status;
}
