/* report.c: the confusion matrix, a table of the classes, and the worst mistakes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cornu/plot.h>

#include "array/array.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/plain_locale.h"
#include "base/text.h"
#include "cli/picture_rows.h"
#include "cli/report.h"
#include "format/csv_field.h"
#include "train/classification.h"
#include "view/confusion.h"
#include "view/scatter.h"

#define MOST_POINTS 20000 /* of a scatter */
#define NAME_WIDTH 24     /* of a class in the table */

#define AT(field) offsetof(cornu__report_arguments, field)
const cornu__argument cornu__report_argument_table[] = {
    {"report", CORNU__ARGUMENT_TEXT, AT(report), 0, "FOLDER",
     "write confusion.png, classes.txt and the worst mistakes there; or FILE.png, .svg, .pdf: the matrix alone [none]"},
    {"class-names", CORNU__ARGUMENT_LIST, AT(class_names), 0, "NAME,...",
     "in the order of their numbers [the table's or folder's, or the numbers]"},
    {"mistakes", CORNU__ARGUMENT_INT, AT(mistakes), 1, "N", "how many of the worst are shown [40]"},
    {"dark", CORNU__ARGUMENT_FLAG, AT(dark), 0, NULL, "pictures light on dark"},
    {0},
};

typedef struct report {
    const cornu__report_arguments *arguments;
    const cornu__dataset *data;
    const cornu_array *outputs, *targets;
    int64_t *samples; /* of a folder of pictures: each row's; else NULL */
    cornu__classification classes;
    const char **names; /* of the classes, or NULL */
    bool alone;         /* one picture, not a folder */
    bool told;
} report;

static bool is_picture(const char *path)
{
    return cornu__text_has_ending(path, ".png") || cornu__text_has_ending(path, ".svg") ||
           cornu__text_has_ending(path, ".pdf");
}

cornu_status cornu__report_check(const cornu__report_arguments *arguments)
{
    if (arguments->report)
        return CORNU_OK;
    bool unused = arguments->class_names.count > 0 || arguments->dark || arguments->mistakes != 40;
    return unused ? cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                                "--class-names, --mistakes and --dark are for a report: give --report FOLDER")
                  : CORNU_OK;
}

cornu_status cornu__report_check_model(const cornu__report_arguments *arguments, cornu_model *model)
{
    if (!arguments->report || cornu_output_count(model) == 1)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--report is for a model with one output; this one has %d",
                       cornu_output_count(model));
}

/* "<folder>/<name>" to cornu__free, or the picture's own name; NULL on failure. */
static char *place_for(const report *of, const char *name)
{
    cornu__text text = {0};
    if (of->alone)
        cornu__text_add(&text, "%s", of->arguments->report);
    else
        cornu__text_add(&text, "%s/%s", of->arguments->report, name);
    return cornu__text_take(&text);
}

/* --- Classes --- */

static cornu_status name_classes(report *of)
{
    int classes = of->classes.class_count;
    const cornu__text_list *given = &of->arguments->class_names;
    const cornu__csv_names *table = &of->data->names;
    if (given->count > 0 && given->count != classes)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--class-names gives %d names; the model tells %d classes apart", given->count, classes);
    if (given->count == 0 && table->class_count != (size_t)classes)
        return CORNU_OK;
    of->names = cornu__alloc_array((size_t)classes, sizeof *of->names);
    if (!of->names)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int c = 0; c < classes; c++)
        of->names[c] = given->count > 0 ? given->items[c] : table->classes[c];
    return CORNU_OK;
}

static const char *name_of(const report *of, int number, char room[16])
{
    if (of->names)
        return of->names[number];
    snprintf(room, 16, "%d", number);
    return room;
}

static cornu_status draw_confusion(const report *of)
{
    char title[120];
    const cornu__classification *classes = &of->classes;
    snprintf(title, sizeof title, "%lld samples, %.2f %% right", (long long)classes->sample_count,
             100.0 * (double)classes->right_count / (double)classes->sample_count);
    const cornu__confusion picture = {.class_count = classes->class_count,
                                      .counts = classes->counts,
                                      .names = of->names,
                                      .title = title,
                                      .dark = of->arguments->dark};
    char *path = place_for(of, "confusion.png");
    cornu_status status = path ? cornu__confusion_draw(path, &picture) : CORNU_ERROR_OUT_OF_MEMORY;
    cornu__free(path);
    return status;
}

static void add_ratio(cornu__text *text, double ratio)
{
    if (isnan(ratio))
        cornu__text_add(text, "%10s", "-");
    else
        cornu__text_add(text, "%10.4f", ratio);
}

static void add_class(cornu__text *text, const char *name, const cornu__class_score *score)
{
    cornu__text_add(text, "%-*.*s", NAME_WIDTH, NAME_WIDTH, name);
    add_ratio(text, score->precision);
    add_ratio(text, score->recall);
    add_ratio(text, score->f1);
    cornu__text_add(text, "%10lld\n", (long long)score->support);
}

/* Precision, recall and f1 of each class, and their means over classes that have samples. */
static void add_table(const report *of, cornu__text *text)
{
    cornu__class_score mean = {0};
    int with_samples = 0;
    cornu__text_add(text, "%-*s%10s%10s%10s%10s\n", NAME_WIDTH, "class", "precision", "recall", "f1", "samples");
    for (int c = 0; c < of->classes.class_count; c++) {
        char room[16];
        cornu__class_score score = cornu__score_of_class(&of->classes, c);
        add_class(text, name_of(of, c, room), &score);
        if (score.support == 0)
            continue;
        with_samples++;
        mean.precision += isnan(score.precision) ? 0 : score.precision;
        mean.recall += score.recall;
        mean.f1 += score.f1;
    }
    mean.precision /= with_samples;
    mean.recall /= with_samples;
    mean.f1 /= with_samples;
    mean.support = of->classes.sample_count;
    add_class(text, "(mean of classes)", &mean);
}

static cornu_status write_text(const report *of, const char *name, cornu__text *text)
{
    cornu__new_file file;
    char *path = place_for(of, name);
    cornu_status status = text->failed || !path ? CORNU_ERROR_OUT_OF_MEMORY : cornu__file_begin(&file, path);
    if (status == CORNU_OK) {
        fputs(text->data ? text->data : "", file.stream);
        status = cornu__file_commit(&file);
    }
    cornu__free(path);
    return status;
}

static cornu_status tell_classes(const report *of)
{
    cornu__text table = {0};
    cornu_status status = CORNU_OK;
    add_table(of, &table);
    if (table.failed)
        status = cornu__fail_memory("a table of classes", table.length);
    if (status == CORNU_OK && !of->alone)
        status = write_text(of, "classes.txt", &table);
    if (status == CORNU_OK && of->told)
        printf("\n%s", table.data);
    cornu__text_free(&table);
    return status;
}

/* --- Mistakes --- */

static int64_t shown_mistakes(const report *of)
{
    return of->classes.mistake_count < of->arguments->mistakes ? of->classes.mistake_count : of->arguments->mistakes;
}

/* The sample of a mistake: its file, or its number. */
static void add_sample(const report *of, cornu__text *text, int64_t row)
{
    if (of->samples)
        cornu__csv_add_field(text, cornu__picture_name(of->data->pictures, of->samples[row]));
    else
        cornu__text_add(text, "%lld", (long long)row);
}

static cornu_status list_mistakes(const report *of)
{
    cornu__text text = {0};
    char room[16];
    cornu__plain_locale locale = cornu__plain_locale_begin();
    cornu__text_add(&text, "%s,true,predicted,probability,loss\n", of->samples ? "file" : "sample");
    for (int64_t i = 0; i < shown_mistakes(of); i++) {
        const cornu__mistake *mistake = &of->classes.mistakes[i];
        add_sample(of, &text, mistake->sample);
        cornu__text_add(&text, ",");
        cornu__csv_add_field(&text, name_of(of, mistake->truth, room));
        cornu__text_add(&text, ",");
        cornu__csv_add_field(&text, name_of(of, mistake->said, room));
        cornu__text_add(&text, ",%.6g,%.6g\n", mistake->probability, mistake->loss);
    }
    cornu__plain_locale_end(locale);
    cornu_status status = write_text(of, "mistakes.csv", &text);
    cornu__text_free(&text);
    return status;
}

/* The inputs, if they are pictures (of a folder: what they are like); no new reference. */
static const cornu_array *pictures_of(const report *of)
{
    const cornu_array *x = cornu_array_item_count(of->data->x) == 1 ? cornu_array_item(of->data->x, 0) : NULL;
    int rank = x ? cornu_array_rank(x) : 0;
    int64_t channels = rank == 4 ? cornu_array_size(x, 3) : 1;
    bool sizes = rank >= 3 && cornu_array_size(x, 1) > 1 && cornu_array_size(x, 2) > 1;
    return sizes && rank <= 4 && (channels == 1 || channels == 3 || channels == 4) ? x : NULL;
}

static cornu_array *pick_of_folder(const report *of)
{
    int64_t count = shown_mistakes(of), *rows = cornu__alloc_array((size_t)count, sizeof *rows);
    for (int64_t i = 0; rows && i < count; i++)
        rows[i] = of->classes.mistakes[i].sample;
    cornu_array *picked = rows ? cornu__picture_rows_read(of->data->pictures, rows, count) : NULL;
    cornu__free(rows);
    return picked;
}

static cornu_array *pick_pictures(const report *of, const cornu_array *pictures)
{
    if (of->samples)
        return pick_of_folder(of);
    int64_t shape[4], count = shown_mistakes(of), size = cornu_array_count(pictures) / cornu_array_size(pictures, 0);
    int rank = cornu_array_rank(pictures);
    shape[0] = count;
    for (int axis = 1; axis < rank; axis++)
        shape[axis] = cornu_array_size(pictures, axis);
    cornu_array *picked = cornu_array_zeros(CORNU_FLOAT32, rank, shape);
    float *values = picked ? cornu_array_float32(picked) : NULL;
    for (int64_t i = 0; values && i < count; i++) {
        for (int64_t k = 0; k < size; k++)
            values[i * size + k] = (float)cornu_array_get(pictures, of->classes.mistakes[i].sample * size + k);
    }
    return picked;
}

/* Without its folder, which is the class that the caption names. */
static void add_file_name(cornu__text *text, const char *path)
{
    const char *slash = strrchr(path, '/');
    cornu__text_add(text, "%s", slash ? slash + 1 : path);
}

static cornu_status write_captions(const report *of, int64_t count, char **captions)
{
    char room[16];
    for (int64_t i = 0; i < count; i++) {
        const cornu__mistake *mistake = &of->classes.mistakes[i];
        cornu__text text = {0};
        cornu__text_add(&text, "true: %s\n", name_of(of, mistake->truth, room));
        cornu__text_add(&text, "said: %s\n", name_of(of, mistake->said, room));
        cornu__text_add(&text, of->samples ? "%.0f %%\n" : "%.0f %%, ", 100 * mistake->probability);
        if (of->samples)
            add_file_name(&text, cornu__picture_name(of->data->pictures, of->samples[mistake->sample]));
        else
            cornu__text_add(&text, "no. %lld", (long long)mistake->sample);
        captions[i] = cornu__text_take(&text);
        if (!captions[i])
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return CORNU_OK;
}

static cornu_status draw_sheet(const report *of, const cornu_array *pictures, char **captions)
{
    char title[120];
    int64_t count = shown_mistakes(of);
    snprintf(title, sizeof title, "The worst %lld of %lld mistakes", (long long)count,
             (long long)of->classes.mistake_count);
    CORNU_TRY(write_captions(of, count, captions));
    cornu_array *picked = pick_pictures(of, pictures);
    char *path = place_for(of, "mistakes.png");
    cornu_status status = picked ? CORNU_ERROR_OUT_OF_MEMORY : cornu_error_status();
    if (picked && path)
        status = cornu_plot_images(path, picked, .title = title, .captions = (const char *const *)captions,
                                   .dark = of->arguments->dark);
    cornu__free(path);
    cornu_array_release(picked);
    return status;
}

static cornu_status show_mistakes(const report *of)
{
    CORNU_TRY(list_mistakes(of));
    const cornu_array *pictures = pictures_of(of);
    int64_t count = shown_mistakes(of);
    if (!pictures || count == 0)
        return CORNU_OK;
    char **captions = cornu__alloc_array((size_t)count, sizeof *captions);
    if (!captions)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = draw_sheet(of, pictures, captions);
    for (int64_t i = 0; i < count; i++)
        cornu__free(captions[i]);
    cornu__free(captions);
    return status;
}

static cornu_status report_classes(report *of)
{
    CORNU_TRY(cornu__classify(of->outputs, of->targets, &of->classes));
    CORNU_TRY(name_classes(of));
    CORNU_TRY(draw_confusion(of));
    CORNU_TRY(tell_classes(of));
    return of->alone ? CORNU_OK : show_mistakes(of);
}

/* --- Numbers --- */

static cornu_status draw_scatter(const report *of, int64_t count, double *truth, double *predicted)
{
    char title[120] = "All samples";
    int64_t every = (count + MOST_POINTS - 1) / MOST_POINTS, points = 0;
    for (int64_t i = 0; i < count; i += every, points++) {
        truth[points] = cornu_array_get(of->targets, i);
        predicted[points] = cornu_array_get(of->outputs, i);
    }
    if (every > 1)
        snprintf(title, sizeof title, "One value in %lld", (long long)every);
    char *path = place_for(of, "predictions.png");
    cornu_status status = path ? cornu__scatter_draw(path, points, truth, predicted, title, of->arguments->dark)
                               : CORNU_ERROR_OUT_OF_MEMORY;
    cornu__free(path);
    return status;
}

static cornu_status report_numbers(const report *of, const char *why)
{
    int64_t count = cornu_array_count(of->outputs);
    bool fits =
        cornu_array_count(of->targets) / cornu_array_size(of->targets, 0) == count / cornu_array_size(of->outputs, 0);
    if (!fits)
        return cornu__fail(CORNU_ERROR_DATA,
                           "--report: there is no confusion matrix, as %s; nor do outputs and targets go together",
                           why);
    double *numbers = cornu__alloc_array(2 * (size_t)count, sizeof *numbers);
    if (!numbers)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = draw_scatter(of, count, numbers, numbers + count);
    cornu__free(numbers);
    if (status == CORNU_OK && of->told)
        printf("\nThere is no confusion matrix, as %s: the picture shows predicted against true values.\n", why);
    return status;
}

/* --- The report --- */

/* What a lone array or a collection of one has. */
static const cornu_array *only(const cornu_array *array)
{
    return array && cornu_array_is_collection(array) ? cornu_array_item(array, 0) : array;
}

static cornu_status write_report(report *of)
{
    if (!of->alone)
        CORNU_TRY(cornu__folder_make(of->arguments->report));
    const char *why_not = cornu__no_classification(of->outputs, of->targets);
    return why_not ? report_numbers(of, why_not) : report_classes(of);
}

/* The class of each row's picture: (n) of int32. */
static cornu_array *classes_of(const cornu_sequence *pictures, const int64_t *samples, int64_t count)
{
    cornu_array *classes = cornu_array_zeros(CORNU_INT32, 1, &count);
    int32_t *numbers = classes ? cornu_array_data(classes) : NULL;
    for (int64_t i = 0; numbers && i < count; i++)
        numbers[i] = cornu_flow_class_of(pictures, samples[i]);
    return classes;
}

static cornu_status report_folder(report *of)
{
    int64_t count = cornu_array_size(of->outputs, 0);
    CORNU_TRY(cornu__picture_rows(of->data->pictures, count, &of->samples));
    cornu_array *classes = classes_of(of->data->pictures, of->samples, count);
    of->targets = classes;
    cornu_status status = classes ? write_report(of) : cornu_error_status();
    cornu_array_release(classes);
    return status;
}

cornu_status cornu__report_write(const cornu__report_arguments *arguments, const cornu__dataset *data,
                                 const cornu_array *outputs, bool told)
{
    report of = {.arguments = arguments,
                 .data = data,
                 .outputs = only(outputs),
                 .targets = only(data->y),
                 .alone = is_picture(arguments->report),
                 .told = told};
    cornu_status status = data->pictures ? report_folder(&of) : write_report(&of);
    cornu__classification_free(&of.classes);
    cornu__free(of.names);
    cornu__free(of.samples);
    return status;
}
