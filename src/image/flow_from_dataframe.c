/*
 * flow_from_dataframe.c: cornu_flow_from_dataframe: the pictures that a table names, as a Sequence.
 *
 * Rows are chosen in Keras's order: first those whose file is there, then those of the classes that count, then the subset's.
 */
#include <string.h>
#include <sys/stat.h>

#include <cornu/flow.h>

#include "array/array.h"
#include "base/folder.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "image/batch_rows.h"
#include "image/column_classes.h"
#include "image/picture_files.h"
#include "image/white_list.h"

#define CALLER "flow_from_dataframe"

typedef struct making {
    const cornu_dataframe *table;
    const cornu_flow_from_dataframe_options *options;
    const cornu__column *x;
    cornu__picture_files *files;
    cornu__table_rows rows;
} making;

/* --- Rows whose file is there --- */

static cornu_status look_for(const char *folder, const char *name, const char *const *endings, bool *there)
{
    char *path = cornu__path_below(folder, name);
    if (!path)
        return cornu_error_status();
    struct stat about;
    *there = cornu__has_ending_of(name, endings) && stat(path, &about) == 0 && S_ISREG(about.st_mode);
    cornu__free(path);
    return CORNU_OK;
}

static cornu_status choose_files(making *self)
{
    const cornu__column *x = self->x;
    if (!x->texts)
        return cornu__fail(CORNU_ERROR_DTYPE, "x_col '%s' holds numbers, and names of files are wanted", x->name);
    cornu__directory_options wanted = {0};
    CORNU_TRY(cornu__white_list(self->options->white_list_formats, NULL, &wanted));
    self->rows.rows = cornu__alloc_array((size_t)self->table->rows, sizeof *self->rows.rows);
    if (!self->rows.rows)
        return cornu_error_status();
    for (int64_t row = 0; row < self->table->rows; row++) {
        bool there = true;
        if (self->options->validate_filenames)
            CORNU_TRY(look_for(self->options->directory, x->texts[row], wanted.endings, &there));
        if (there)
            self->rows.rows[self->rows.count++] = row;
    }
    int64_t gone = self->table->rows - self->rows.count;
    if (gone > 0)
        cornu__warn(CALLER ": %lld of %lld names in x_col '%s' are left out: they do not end as a picture's, or are no "
                           "files%s%s%s",
                    (long long)gone, (long long)self->table->rows, x->name, self->options->directory ? " in '" : "",
                    self->options->directory ? self->options->directory : "", self->options->directory ? "'" : "");
    return CORNU_OK;
}

/* --- Classes --- */

static cornu_status choose_classes(making *self)
{
    cornu__class_labels *labels = &self->files->labels;
    const cornu_flow_from_dataframe_options *options = self->options;
    if (!cornu__class_mode_has_classes(labels->mode)) {
        if (options->classes)
            cornu__warn(CALLER ": classes mean nothing with class_mode '%s'",
                        options->class_mode ? options->class_mode : "none");
        return CORNU_OK;
    }
    const cornu__column *column;
    CORNU_TRY(cornu__dataframe_column(self->table, options->y_col, &column));
    bool several = labels->mode == CORNU__CLASS_CATEGORICAL && options->class_separator;
    CORNU_TRY(cornu__column_classes(column, options->classes, several ? options->class_separator : NULL, &self->rows,
                                    labels));
    if (labels->mode == CORNU__CLASS_BINARY && labels->class_count != 2)
        return cornu__fail(CORNU_ERROR_DATA,
                           "class_mode 'binary' wants 2 classes, and column '%s' has %zu; 'categorical' and 'sparse' "
                           "take any number",
                           column->name, labels->class_count);
    return CORNU_OK;
}

/* --- The subset --- */

/* Leaves rows begin .. end - 1, and their labels. One class a row needs no list of beginnings. */
static void cut(making *self, int64_t begin, int64_t end)
{
    cornu__class_labels *labels = &self->files->labels;
    self->rows.count = end - begin;
    memmove(self->rows.rows, self->rows.rows + begin, (size_t)(end - begin) * sizeof *self->rows.rows);
    if (!labels->first)
        return;
    int64_t first = labels->first[begin], count = labels->first[end] - first;
    memmove(labels->numbers, labels->numbers + first, (size_t)count * sizeof *labels->numbers);
    bool one_each = !(labels->mode == CORNU__CLASS_CATEGORICAL && self->options->class_separator);
    for (int64_t i = 0; i <= end - begin; i++)
        labels->first[i] = labels->first[begin + i] - first;
    if (one_each) {
        cornu__free(labels->first);
        labels->first = NULL;
    }
}

static cornu_status choose_subset(making *self, double validation_split)
{
    cornu__subset subset;
    CORNU_TRY(cornu__subset_named(self->options->subset, &subset));
    if (subset != CORNU__SUBSET_ALL && !(validation_split > 0 && validation_split < 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a subset wants a validation_split between 0 and 1, not %g",
                           validation_split);
    size_t count = (size_t)self->rows.count;
    int64_t split = (int64_t)(validation_split * (double)self->rows.count);
    cut(self, subset == CORNU__SUBSET_TRAINING ? split : 0,
        subset == CORNU__SUBSET_VALIDATION ? split : self->rows.count);
    if (self->rows.count > 0)
        return CORNU_OK;
    char why[CORNU__NO_PICTURES_SIZE] = "";
    return cornu__fail(CORNU_ERROR_DATA, "none of the table's %lld rows is left%s%s", (long long)self->table->rows,
                       subset == CORNU__SUBSET_ALL ? "" : " for this subset",
                       count > 0 ? cornu__why_no_share(why, sizeof why, validation_split, count, "") : "");
}

/* --- Columns of numbers --- */

static cornu_status take_column(const making *self, const char *name, cornu_array **numbers)
{
    const cornu__column *column;
    CORNU_TRY(cornu__dataframe_column(self->table, name, &column));
    return cornu__column_numbers(column, self->rows.rows, self->rows.count, numbers);
}

static cornu_status take_columns(const making *self, size_t count, cornu_array **columns)
{
    for (size_t i = 0; i < count; i++)
        CORNU_TRY(take_column(self, self->options->y_cols[i], &columns[i]));
    return CORNU_OK;
}

/* Columns of one number a row side by side: (rows, columns), of their dtype, or float64 where they differ. */
static cornu_status join_columns(size_t count, cornu_array *const *columns, cornu_array **joined)
{
    cornu_dtype dtype = columns[0]->dtype;
    for (size_t i = 0; i < count; i++) {
        if (columns[i]->rank != 1)
            return cornu__fail(CORNU_ERROR_SHAPE, "y_cols: class_mode 'raw' wants columns of one number a row");
        dtype = columns[i]->dtype == dtype ? dtype : CORNU_FLOAT64;
    }
    int64_t rows = columns[0]->shape[0], shape[] = {rows, (int64_t)count};
    *joined = cornu__array_uninitialized(dtype, 2, shape);
    if (!*joined)
        return cornu_error_status();
    size_t size = cornu_dtype_size(dtype);
    for (int64_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < count; i++) {
            const char *from = (const char *)columns[i]->data + (size_t)row * cornu_dtype_size(columns[i]->dtype);
            cornu__convert(dtype, (char *)(*joined)->data + ((size_t)row * count + i) * size, columns[i]->dtype, from,
                           1);
        }
    }
    return CORNU_OK;
}

static cornu_status take_several(const making *self, bool list, cornu_array **y)
{
    cornu_array *columns[CORNU__MOST_ARRAYS] = {NULL};
    size_t count = 0;
    while (self->options->y_cols[count])
        count++;
    if (count < 1 || count > CORNU__MOST_ARRAYS)
        return cornu__fail(CORNU_ERROR_LIMIT, "y_cols names %zu columns; wanted 1 to %d", count, CORNU__MOST_ARRAYS);
    cornu_status status = take_columns(self, count, columns);
    if (status == CORNU_OK && list) {
        *y = cornu_array_list(count, columns);
        status = *y ? CORNU_OK : cornu_error_status();
    } else if (status == CORNU_OK) {
        status = join_columns(count, columns, y);
    }
    for (size_t i = 0; i < count; i++)
        cornu_array_release(columns[i]);
    return status;
}

static cornu_status take_numbers(const making *self)
{
    cornu__picture_files *files = self->files;
    cornu__class_mode mode = files->labels.mode;
    bool several = self->options->y_cols != NULL;
    if (mode == CORNU__CLASS_MULTI_OUTPUT && !several)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "class_mode 'multi_output' wants .y_cols = cornu_names(\"one\", \"another\")");
    if (several && mode != CORNU__CLASS_MULTI_OUTPUT && mode != CORNU__CLASS_RAW)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "y_cols is for class_mode 'raw' and 'multi_output'; the others have one y_col");
    if (several)
        CORNU_TRY(take_several(self, mode == CORNU__CLASS_MULTI_OUTPUT, &files->y));
    else if (mode == CORNU__CLASS_RAW)
        CORNU_TRY(take_column(self, self->options->y_col, &files->y));
    if (!self->options->weight_col)
        return CORNU_OK;
    CORNU_TRY(take_column(self, self->options->weight_col, &files->sample_weight));
    return files->sample_weight->rank == 1
               ? CORNU_OK
               : cornu__fail(CORNU_ERROR_SHAPE, "weight_col '%s' wants one number a row", self->options->weight_col);
}

/* --- The whole --- */

static cornu_status take_names(const making *self)
{
    cornu__picture_files *files = self->files;
    files->names = cornu__alloc_array((size_t)self->rows.count, sizeof *files->names);
    if (!files->names)
        return cornu_error_status();
    files->count = self->rows.count;
    for (int64_t i = 0; i < files->count; i++) {
        files->names[i] = cornu__copy_text(self->x->texts[self->rows.rows[i]]);
        if (!files->names[i])
            return cornu_error_status();
    }
    return CORNU_OK;
}

static cornu_status make(making *self, double validation_split)
{
    if (!self->table)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no table");
    CORNU_TRY(cornu__dataframe_column(self->table, self->options->x_col, &self->x));
    CORNU_TRY(choose_files(self));
    CORNU_TRY(choose_classes(self));
    CORNU_TRY(choose_subset(self, validation_split));
    CORNU_TRY(take_numbers(self));
    return take_names(self);
}

static cornu__file_settings settings_of(const cornu_flow_from_dataframe_options *options)
{
    return (cornu__file_settings){.flow = {.caller = CALLER,
                                           .batch_size = options->batch_size,
                                           .shuffle = options->shuffle,
                                           .seed = options->seed,
                                           .save_to_dir = options->save_to_dir,
                                           .save_prefix = options->save_prefix,
                                           .save_format = options->save_format,
                                           .subset = options->subset,
                                           .augment = options->augment,
                                           .training = options->training},
                                  .target_size = options->target_size,
                                  .color_mode = options->color_mode,
                                  .class_mode = options->class_mode,
                                  .interpolation = options->interpolation,
                                  .aspect = options->keep_aspect_ratio ? CORNU__ASPECT_CROP : CORNU__ASPECT_STRETCH,
                                  .exif_orientation = options->exif_orientation,
                                  .bad_files = options->bad_files,
                                  .bad_files_at_most = options->bad_files_at_most};
}

cornu_sequence *cornu_flow_from_dataframe_with(cornu_image_data_generator *generator, const cornu_dataframe *table,
                                               const cornu_flow_from_dataframe_options *options)
{
    cornu_flow_from_dataframe_options given = {.struct_size = sizeof given, CORNU_FLOW_FROM_DATAFRAME_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__file_settings settings = settings_of(&given);
    cornu__image_iterator *iterator = cornu__picture_files_iterator(generator, &settings, true);
    if (!iterator)
        return NULL;
    making self = {.table = table, .options = &given, .files = cornu__picture_files_of(iterator)};
    cornu_status status = make(&self, generator->options.validation_split);
    cornu__free(self.rows.rows);
    if (status == CORNU_OK)
        return cornu__picture_files_sequence(iterator, given.directory, &settings);
    cornu__fail_context(CALLER);
    cornu__image_iterator_free(iterator);
    return NULL;
}
