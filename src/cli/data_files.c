/* data_files.c: reading what --data, --x and --y name. */
#include <string.h>

#include "base/text.h"
#include "cli/data_files.h"
#include "format/load.h"

#define SHOWN_CLASSES 10 /* in a message */

#define AT(field) offsetof(cornu__data_arguments, field)
const cornu__argument cornu__input_arguments[] = {
    {"data", CORNU__ARGUMENT_TEXT, AT(data), 0, "FILE",
     "an .npz with x and y (or the model's own names), a table with --target, or a folder of pictures"},
    {"target", CORNU__ARGUMENT_TEXT, AT(target), 0, "COLUMN",
     "the table's target: a name, a number from 0, or -1 for the last"},
    {"x", CORNU__ARGUMENT_TEXT, AT(x), 0, "FILE", "inputs: .npy, IDX (.gz too) or a table"},
    {"no-quotes", CORNU__ARGUMENT_FLAG, AT(no_quotes), 0, NULL, "a quote in a table is a character like others"},
    {0},
};
const cornu__argument cornu__target_arguments[] = {
    {"y", CORNU__ARGUMENT_TEXT, AT(y), 0, "FILE", "targets: .npy, IDX (.gz too) or a table"},
    {"classes", CORNU__ARGUMENT_FLAG, AT(classes), 0, NULL,
     "targets are class numbers, though the table has them as numbers"},
    {0},
};

const cornu__argument cornu__weight_arguments[] = {
    {"sample-weight", CORNU__ARGUMENT_TEXT, AT(sample_weight), 0, "FILE",
     "a weight for each sample: .npy, IDX (.gz too) or a table [1 each]"},
    {0},
};

bool cornu__data_given(const cornu__data_arguments *arguments)
{
    return arguments->data || arguments->x || arguments->y;
}

bool cornu__holds_classes(const cornu_array *targets)
{
    if (!targets || cornu_array_is_collection(targets))
        return false;
    cornu_dtype dtype = cornu_array_dtype(targets);
    bool whole = dtype != CORNU_FLOAT16 && dtype != CORNU_FLOAT32 && dtype != CORNU_FLOAT64;
    return whole && (cornu_array_rank(targets) < 2 || cornu_array_size(targets, -1) == 1);
}

void cornu__data_free(cornu__dataset *dataset)
{
    cornu_array_release(dataset->x);
    cornu_array_release(dataset->y);
    cornu_array_release(dataset->sample_weight);
    cornu__csv_names_free(&dataset->names);
    cornu_sequence_release(dataset->pictures);
    *dataset = (cornu__dataset){0};
}

static cornu_status load_file(const char *path, bool quotes, cornu_array **array)
{
    cornu__file_kind kind;
    CORNU_TRY(cornu__file_kind_of(path, &kind));
    if (kind != CORNU__FILE_CSV)
        return cornu__load_any(path, array);
    *array = cornu_load_csv(path, .quotes = quotes);
    return *array ? CORNU_OK : cornu_error_status();
}

/* The only array of a file; a table without target is one. */
static cornu_status load_one(const char *path, bool quotes, cornu_array **array)
{
    cornu_array *loaded = NULL;
    *array = NULL;
    CORNU_TRY(load_file(path, quotes, &loaded));
    size_t count = cornu_array_item_count(loaded);
    if (count == 1)
        *array = cornu_array_retain(cornu_array_item(loaded, 0));
    cornu_array_release(loaded);
    if (!*array)
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "%s: holds %zu arrays; wanted one (use --data for an .npz with \"x\" and \"y\")", path,
                           count);
    return CORNU_OK;
}

static cornu_status load_table(const cornu__data_arguments *arguments, cornu__dataset *dataset)
{
    cornu_csv_options options = {.struct_size = sizeof options, CORNU_CSV_DEFAULTS.target = arguments->target};
    options.quotes = !arguments->no_quotes;
    cornu_array *table = cornu__csv_read(arguments->data, &options, &dataset->names);
    if (!table)
        return cornu_error_status();
    dataset->x = cornu_array_retain(cornu_array_item_named(table, "x"));
    dataset->y = cornu_array_retain(cornu_array_item_named(table, "y"));
    cornu_array_release(table);
    return CORNU_OK;
}

/* An option that would do nothing is a slip. */
static cornu_status fail_target(const char *file)
{
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--target is for a table given as --data, and %s is none", file);
}

static cornu_status fail_no_quotes(const char *file)
{
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--no-quotes is for a table, and %s is none", file);
}

static cornu_status load_both(const cornu__data_arguments *arguments, cornu__dataset *dataset)
{
    cornu__file_kind kind;
    CORNU_TRY(cornu__file_kind_of(arguments->data, &kind));
    if (kind == CORNU__FILE_CSV)
        return load_table(arguments, dataset);
    if (arguments->target)
        return fail_target(arguments->data);
    if (arguments->no_quotes)
        return fail_no_quotes(arguments->data);
    if (kind != CORNU__FILE_NPZ) /* inputs alone */
        return load_one(arguments->data, true, &dataset->x);
    cornu_array *all = cornu_load_npz(arguments->data);
    if (!all)
        return cornu_error_status();
    cornu_array *x = cornu_array_item_named(all, "x");
    dataset->x =
        cornu_array_retain(x ? x : all); /* a dictionary by the inputs' names is bound when the model is known */
    dataset->y = cornu_array_retain(x ? cornu_array_item_named(all, "y") : NULL);
    cornu_array_release(all);
    return CORNU_OK;
}

/* Real numbers that are class numbers, as integers. */
static cornu_status targets_to_classes(cornu__dataset *dataset)
{
    for (int64_t i = 0; i < cornu_array_count(dataset->y); i++) {
        double value = cornu_array_get(dataset->y, i);
        if (!(value >= 0 && value <= INT32_MAX && value == (double)(int32_t)value))
            return cornu__fail(CORNU_ERROR_DATA, "--classes: target %lld is %g; wanted a class number 0, 1, 2, ...",
                               (long long)i, value);
    }
    cornu_array *classes = cornu_array_cast(dataset->y, CORNU_INT32);
    if (!classes)
        return cornu_error_status();
    cornu_array_release(dataset->y);
    dataset->y = classes;
    return CORNU_OK;
}

cornu_status cornu__data_check(const cornu__data_arguments *arguments, const char *prefix)
{
    if (arguments->data && (arguments->x || arguments->y))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%sdata and --%sx, --%sy exclude each other", prefix, prefix,
                           prefix);
    if (!arguments->data && !arguments->x)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "no data: give --%sdata FILE or --%sx FILE", prefix, prefix);
    return arguments->target && !arguments->data ? fail_target(arguments->x) : CORNU_OK;
}

cornu_status cornu__data_load(const cornu__data_arguments *arguments, const char *prefix, bool targets_wanted,
                              cornu__dataset *dataset)
{
    bool quotes = !arguments->no_quotes;
    *dataset = (cornu__dataset){0};
    cornu_status status = arguments->data ? load_both(arguments, dataset) : load_one(arguments->x, quotes, &dataset->x);
    if (status == CORNU_OK && arguments->y)
        status = load_one(arguments->y, quotes, &dataset->y);
    if (status == CORNU_OK && arguments->sample_weight)
        status = load_one(arguments->sample_weight, quotes, &dataset->sample_weight);
    if (status == CORNU_OK && targets_wanted && !dataset->y && !cornu_array_is_collection(dataset->x)) {
        const char *file = arguments->data ? arguments->data : arguments->x;
        status = cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                             "%s has no targets: give --%sy FILE, an .npz with \"y\", or --target COLUMN of a table",
                             file, prefix);
    }
    if (status == CORNU_OK && arguments->classes && dataset->y)
        status = targets_to_classes(dataset);
    if (status != CORNU_OK)
        cornu__data_free(dataset);
    return status;
}

static const char *input_name(cornu_model *model, int index)
{
    return cornu_input_name(model, index);
}

static const char *output_name(cornu_model *model, int index)
{
    return cornu_output_name(model, index);
}

/* The items of `all` that have the model's names, as a dictionary. */
static cornu_array *pick(cornu_array *all, cornu_model *model, int count, const char *(*name_of)(cornu_model *, int),
                         const char *what)
{
    const char *names[CORNU_MAX_PORTS];
    cornu_array *items[CORNU_MAX_PORTS];
    for (int i = 0; i < count; i++) {
        names[i] = name_of(model, i);
        items[i] = cornu_array_item_named(all, names[i]);
        if (items[i])
            continue;
        cornu__text there = {0};
        for (size_t k = 0; k < cornu_array_item_count(all); k++)
            cornu__text_add(&there, "%s%s", k > 0 ? ", " : "", cornu_array_item_name(all, k));
        cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "the data have no array for the model's %s '%s'; there are: %s", what,
                    names[i], there.data ? there.data : "none");
        cornu__text_free(&there);
        return NULL;
    }
    return cornu_array_dict((size_t)count, names, items);
}

cornu_status cornu__data_bind(cornu__dataset *dataset, cornu_model *model, bool targets_wanted)
{
    if (!cornu_array_is_collection(dataset->x))
        return CORNU_OK;
    cornu_array *all = dataset->x;
    cornu_array *x = pick(all, model, cornu_input_count(model), input_name, "input");
    cornu_array *y =
        x && targets_wanted && !dataset->y ? pick(all, model, cornu_output_count(model), output_name, "output") : NULL;
    bool done = x && (y || dataset->y || !targets_wanted);
    if (!done) {
        cornu_array_release(x);
        return cornu_error_status();
    }
    dataset->x = x;
    dataset->y = y ? y : dataset->y;
    cornu_array_release(all);
    return CORNU_OK;
}

/* --- Classes that a table names --- */

static void add_classes(cornu__text *text, const cornu__csv_names *names)
{
    for (size_t i = 0; i < names->class_count && i < SHOWN_CLASSES; i++)
        cornu__text_add(text, "%s%s", i > 0 ? ", " : "", names->classes[i]);
    if (names->class_count > SHOWN_CLASSES)
        cornu__text_add(text, ", ... (%zu)", names->class_count);
}

cornu_status cornu__data_check_classes(const cornu__dataset *training, const cornu__dataset *validation)
{
    const cornu__csv_names *a = &training->names, *b = &validation->names;
    bool same = a->class_count == b->class_count;
    for (size_t i = 0; same && i < a->class_count; i++)
        same = strcmp(a->classes[i], b->classes[i]) == 0;
    if (same || a->class_count == 0 || b->class_count == 0)
        return CORNU_OK;
    cornu__text trained = {0}, validated = {0};
    add_classes(&trained, a);
    add_classes(&validated, b);
    cornu_status status =
        cornu__fail(CORNU_ERROR_DATA,
                    "the data to train on have the classes %s, those to validate on %s; both tables must have all of "
                    "them, or class numbers",
                    trained.data ? trained.data : "", validated.data ? validated.data : "");
    cornu__text_free(&trained);
    cornu__text_free(&validated);
    return status;
}

cornu_status cornu__data_check_class_count(const cornu__dataset *dataset, cornu_model *model)
{
    int rank = 0;
    const int64_t *shape = cornu_output_shape(model, 0, &rank);
    int64_t columns = shape && rank > 1 ? shape[rank - 1] : -1, wanted = columns == 1 ? 2 : columns;
    int64_t came = (int64_t)dataset->names.class_count;
    if (came == 0 || wanted < 0 || came == wanted)
        return CORNU_OK;
    if (dataset->pictures)
        return cornu__fail(CORNU_ERROR_DATA,
                           "the folder has %lld sub-folders, which are classes, and the model tells %lld classes apart",
                           (long long)came, (long long)wanted);
    return cornu__fail(CORNU_ERROR_DATA,
                       "the table names %lld classes, and the model tells %lld apart: which is which cannot be known; "
                       "give class numbers (with --classes)",
                       (long long)came, (long long)wanted);
}
