/* dataset_csv.c: the rows of a table of text as samples. */
#include <string.h>

#include <cornu/csv.h>

#include "base/memory.h"
#include "base/options.h"
#include "data/dataset_composed.h"
#include "data/dataset_shards.h"
#include "data/stages.h"
#include "format/csv_table.h"

/* One field: a column, or several side by side. */
typedef struct output {
    const char *name; /* a text of the table's, or one that lasts for ever */
    bool is_x;
    cornu_dtype dtype;
    size_t count;
    size_t *columns;
} output;

typedef struct rows {
    cornu__csv_table table;
    int output_count;
    output *outputs;
} rows;

static void rows_release(void *state)
{
    rows *self = state;
    for (int i = 0; i < self->output_count; i++)
        cornu__free(self->outputs[i].columns);
    cornu__free(self->outputs);
    cornu__csv_table_close(&self->table);
    cornu__free(self);
}

/* --- Reading --- */

static cornu_status write_text(const char *field, int number, cornu_sample *sample)
{
    size_t length = strlen(field);
    void *to = cornu_sample_resize(sample, number, (int64_t)length);
    if (!to)
        return cornu_error_status();
    memcpy(to, field, length);
    return CORNU_OK;
}

static cornu_status write_output(const rows *self, int number, char *const *fields, int64_t line, cornu_sample *sample)
{
    const output *out = &self->outputs[number];
    if (self->table.columns[out->columns[0]].type == CORNU__CSV_TEXT)
        return write_text(fields[out->columns[0]], number, sample);
    char *to = cornu_sample_data(sample, number);
    size_t size = cornu_dtype_size(out->dtype);
    for (size_t i = 0; i < out->count; i++) {
        size_t column = out->columns[i];
        CORNU_TRY(cornu__csv_table_write(&self->table, column, fields[column], line, out->dtype, to));
        to += size * (size_t)cornu__csv_column_width(&self->table.columns[column]);
    }
    return CORNU_OK;
}

static cornu_status read_fields(const rows *self, cornu__cursor *cursor, cornu_sample *sample)
{
    int64_t line = cursor->line;
    char **fields;
    CORNU_TRY(cornu__csv_table_next(&self->table, cursor, &fields));
    cornu__stage_enter(CORNU_STAGE_DECODE);
    for (int i = 0; i < self->output_count; i++) {
        if (cornu_sample_wants(sample, i))
            CORNU_TRY(write_output(self, i, fields, line, sample));
    }
    return CORNU_OK;
}

static cornu_status read_row(void *state, int64_t index, cornu_sample *sample)
{
    rows *self = state;
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_READ);
    cornu__cursor *cursor = cornu__record_file_find(&self->table.file, index);
    cornu_status status = cursor ? read_fields(self, cursor, sample) : cornu_error_status();
    if (cursor)
        cornu__record_file_give_back(&self->table.file, cursor, status);
    cornu__stage_enter(before);
    return status;
}

/* --- Which columns become which fields --- */

static output *add_output(rows *self, const char *name, size_t room)
{
    output *out = &self->outputs[self->output_count];
    *out = (output){.name = name, .columns = cornu__alloc_array(room, sizeof *out->columns)};
    if (!out->columns)
        return NULL;
    self->output_count++;
    return out;
}

static cornu_status add_field(rows *self, const char *name, size_t column)
{
    const cornu__csv_column *of = &self->table.columns[column];
    output *out = add_output(self, name ? name : of->name, 1);
    if (!out)
        return CORNU_ERROR_OUT_OF_MEMORY;
    out->dtype = of->dtype;
    out->columns[out->count++] = column;
    return CORNU_OK;
}

/* A column of x: numbers; classes only if somebody said so. `named`: it stands in .x. */
static cornu_status add_to_x(rows *self, output *x, size_t column, bool named)
{
    const cornu__csv_column *of = &self->table.columns[column];
    bool is_number = of->type == CORNU__CSV_NUMBER || of->type == CORNU__CSV_ONE_HOT;
    bool is_class = of->type == CORNU__CSV_CLASS;
    if (is_number || (is_class && (named || of->is_said || of->is_given))) {
        x->columns[x->count++] = column;
        return CORNU_OK;
    }
    return cornu__fail(CORNU_ERROR_DATA,
                       "'%s', column %zu (%.40s) holds texts%s, which are no numbers for x: say which columns x has "
                       "(.x), or what this one is (.columns = cornu_csv_columns({\"%.40s\", \"one_hot\"}))",
                       self->table.file.file.path, column + 1, of->name, is_class ? " of classes" : "", of->name);
}

static bool has_column(const output *outputs, int count, size_t column)
{
    for (int i = 0; i < count; i++) {
        for (size_t j = 0; j < outputs[i].count; j++) {
            if (outputs[i].columns[j] == column)
                return true;
        }
    }
    return false;
}

/* The fields x, of which columns are named or are all that stand in no other field. */
static cornu_status add_x(rows *self, const char *const *names)
{
    const cornu__csv_table *table = &self->table;
    int others = self->output_count;
    output *x = add_output(self, "x", table->column_count);
    size_t column;
    if (!x)
        return CORNU_ERROR_OUT_OF_MEMORY;
    x->is_x = true; /* its dtype is float32 */
    for (const char *const *name = names; name && *name; name++) {
        CORNU_TRY(cornu__csv_table_find(table, *name, &column));
        if (has_column(x, 1, column))
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s': column '%s' stands in x twice",
                               table->file.file.path, *name);
        CORNU_TRY(add_to_x(self, x, column, true));
    }
    for (column = 0; !names && column < table->column_count; column++) {
        if (!has_column(self->outputs, others, column))
            CORNU_TRY(add_to_x(self, x, column, false));
    }
    if (x->count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' has no column for x", table->file.file.path);
    return CORNU_OK;
}

static size_t count_names(const char *const *names)
{
    size_t count = 0;
    while (names && names[count])
        count++;
    return count;
}

static cornu_status choose_outputs(rows *self, const cornu_csv_dataset_options *given)
{
    const cornu__csv_table *table = &self->table;
    bool gathers = given->target || given->x;
    size_t fields = count_names(given->fields), column;
    self->outputs =
        cornu__alloc_array(2 + (gathers || given->fields ? fields : table->column_count), sizeof *self->outputs);
    if (!self->outputs)
        return CORNU_ERROR_OUT_OF_MEMORY;
    if (given->target)
        CORNU_TRY(add_field(self, "y", table->target));
    for (size_t i = 0; i < fields; i++) {
        CORNU_TRY(cornu__csv_table_find(table, given->fields[i], &column));
        CORNU_TRY(add_field(self, NULL, column));
    }
    for (column = 0; !gathers && !given->fields && column < table->column_count; column++)
        CORNU_TRY(add_field(self, NULL, column));
    return gathers ? add_x(self, given->x) : CORNU_OK;
}

static void describe(const rows *self, int number, cornu_field *field)
{
    const output *out = &self->outputs[number];
    const cornu__csv_column *first = &self->table.columns[out->columns[0]];
    *field = (cornu_field){.name = out->name, .dtype = out->dtype};
    if (out->is_x || first->type == CORNU__CSV_ONE_HOT) {
        field->rank = 1;
        for (size_t i = 0; i < out->count; i++)
            field->shape[0] += cornu__csv_column_width(&self->table.columns[out->columns[i]]);
    } else if (first->type == CORNU__CSV_TEXT) {
        field->rank = 1;
        field->shape[0] = CORNU_NONE;
    } else if (first->type == CORNU__CSV_CLASS) {
        field->num_classes = first->class_count;
        field->class_names = first->classes;
    }
}

/* --- The whole --- */

static cornu_dataset *create(rows *self)
{
    bool random_access = self->table.file.file.random_access;
    cornu_field *fields = cornu__alloc_array((size_t)self->output_count, sizeof *fields);
    if (!fields)
        return NULL;
    for (int i = 0; i < self->output_count; i++)
        describe(self, i, &fields[i]);
    cornu_dataset *dataset =
        cornu_dataset_create(.name = self->table.file.file.path, .count = self->table.file.count,
                             .field_count = self->output_count, .fields = fields, .read = read_row, .state = self,
                             .release = rows_release, .random_access = random_access, .thread_safe = random_access);
    cornu__free(fields);
    return dataset;
}

/* The columns of x and of fields, where no others are used; NULL with *all set: all are. NULL otherwise: no memory. */
static const char **used_columns(const cornu_csv_dataset_options *given, bool *all)
{
    *all = given->x ? false : !given->fields || given->target;
    size_t x = count_names(given->x), fields = count_names(given->fields);
    const char **used = *all ? NULL : cornu__alloc_array(x + fields + 1, sizeof *used);
    for (size_t i = 0; used && i < x + fields; i++)
        used[i] = i < x ? given->x[i] : given->fields[i - x];
    return used;
}

static cornu_status open_table(rows *self, const char *path, const cornu_csv_dataset_options *given)
{
    const cornu__csv_table *like = NULL;
    const cornu_dataset *model = cornu__dataset_first_shard(given->like);
    if (model && model->read != read_row)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "csv_dataset: like is '%s', which cornu_csv_dataset did not make", model->name);
    if (model)
        like = &((const rows *)model->state)->table;
    size_t count = 0;
    while (given->columns && given->columns[count].name)
        count++;
    bool all;
    const char **used = used_columns(given, &all);
    cornu__csv_declaration *declarations = cornu__alloc_array(count, sizeof *declarations);
    cornu_status status = declarations && (used || all) ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; status == CORNU_OK && i < count; i++)
        declarations[i] = (cornu__csv_declaration){
            .name = given->columns[i].name, .type = given->columns[i].type, .missing = given->columns[i].missing};
    const cornu__csv_table_options options = {.separator = given->separator,
                                              .header = given->header,
                                              .plain = !given->quotes,
                                              .target = given->target,
                                              .missing = given->missing ? given->missing : "error",
                                              .na_values = given->na_values,
                                              .declarations = declarations,
                                              .declaration_count = count,
                                              .used = used};
    if (status == CORNU_OK)
        status = cornu__csv_table_open(&self->table, path, &options, like);
    cornu__free(declarations);
    cornu__free(used);
    return status;
}

/* Columns make x in their order, so one that stands elsewhere would be taken for another. */
static cornu_status check_alike(const cornu__csv_table *table, const cornu__csv_table *first)
{
    size_t least = table->column_count < first->column_count ? table->column_count : first->column_count;
    for (size_t i = 0; i < least; i++) {
        if (strcmp(table->columns[i].name, first->columns[i].name) != 0)
            return cornu__fail(CORNU_ERROR_DATA, "csv_dataset: column %zu of '%s' is '%.40s', and of '%s' '%.40s'", i,
                               table->file.file.path, table->columns[i].name, first->file.file.path,
                               first->columns[i].name);
    }
    if (table->column_count == first->column_count)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_DATA, "csv_dataset: '%s' has %zu columns, and '%s' %zu", table->file.file.path,
                       table->column_count, first->file.file.path, first->column_count);
}

static cornu_dataset *open_shard(const char *path, const void *options, const cornu_dataset *first)
{
    cornu_csv_dataset_options given = *(const cornu_csv_dataset_options *)options;
    if (!given.like)
        given.like = (cornu_dataset *)(uintptr_t)first;
    rows *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    if (open_table(self, path, &given) != CORNU_OK) {
        cornu__free(self);
        return NULL;
    }
    bool alike = !first || check_alike(&self->table, &((const rows *)first->state)->table) == CORNU_OK;
    cornu_dataset *dataset = alike && choose_outputs(self, &given) == CORNU_OK ? create(self) : NULL;
    if (!dataset)
        rows_release(self);
    return dataset;
}

cornu_dataset *cornu_csv_dataset_with(const char *path, const cornu_csv_dataset_options *options)
{
    cornu_csv_dataset_options given = {.struct_size = sizeof given, CORNU_CSV_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    return cornu__dataset_of_shards("csv_dataset", path, open_shard, &given);
}

cornu_sequence *cornu_csv_sequence_with(const char *path, const cornu_csv_sequence_options *options)
{
    cornu_csv_sequence_options given = {.struct_size = sizeof given, CORNU_CSV_SEQUENCE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    const char *const weight[] = {given.sample_weight, NULL};
    cornu_dataset *dataset =
        cornu_csv_dataset(path, .separator = given.separator, .header = given.header, .quotes = given.quotes,
                          .target = given.target, .x = given.x, .fields = given.sample_weight ? weight : NULL,
                          .columns = given.columns, .missing = given.missing, .na_values = given.na_values);
    cornu_sequence *sequence = NULL;
    if (dataset)
        sequence = cornu_dataset_sequence(dataset, .sample_weight = given.sample_weight, .batch_size = given.batch_size,
                                          .shuffle = given.shuffle, .seed = given.seed,
                                          .drop_remainder = given.drop_remainder, .buffer_size = given.buffer_size);
    cornu_dataset_release(dataset);
    return sequence;
}
