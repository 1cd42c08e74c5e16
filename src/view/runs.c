/* runs.c: logs of trainings from files, and their picture. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "saving/saved_history.h"
#include "view/runs.h"

#define VALIDATION "val_"
#define EPOCH_TAG "epoch_" /* TensorBoard's name of a value of an epoch: "epoch_loss" */
#define MOST_EVENT_FILES 1000

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* --- Reading --- */

/* The metric that a tag of TensorBoard's is about: "epoch_loss" and "val_epoch_loss" are "loss" and "val_loss". */
static char *metric_of_tag(const char *tag, bool *of_epoch)
{
    const char *prefix = begins_with(tag, VALIDATION) ? VALIDATION : "", *rest = tag + strlen(prefix);
    cornu__text text = {0};
    *of_epoch = begins_with(rest, EPOCH_TAG) && rest[strlen(EPOCH_TAG)] != '\0';
    cornu__text_add(&text, "%s%s", prefix, *of_epoch ? rest + strlen(EPOCH_TAG) : rest);
    return cornu__text_take(&text);
}

/* Epochs count from 1 in the picture, and from 0 in the files. */
static cornu_status take_over(const char *source, cornu__scalars *read, bool tags, cornu__scalars *to)
{
    for (int i = 0; i < read->series_count; i++) {
        const cornu__scalar_series *series = &read->series[i];
        bool of_epoch = true;
        char *name = tags ? metric_of_tag(series->name, &of_epoch) : cornu__copy_text(series->name);
        cornu_status status = name ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
        for (int64_t k = 0; status == CORNU_OK && k < series->count; k++)
            status = cornu__scalars_add(to, source, name, series->steps[k] + of_epoch, series->values[k]);
        cornu__free(name);
        CORNU_TRY(status);
    }
    return CORNU_OK;
}

static cornu_status read_event_file(const char *path, const char *prefix, cornu__run *run)
{
    cornu__scalars read = {0};
    cornu_status status = cornu__scalars_read_events(path, prefix, &read);
    if (status == CORNU_OK)
        status = take_over(path, &read, true, &run->scalars);
    cornu__scalars_free(&read);
    return status;
}

static cornu_status read_table(const char *path, cornu__run *run)
{
    cornu__scalars read = {0};
    cornu_status status = cornu__scalars_read_csv(path, &read);
    if (status == CORNU_OK)
        status = take_over(path, &read, false, &run->scalars);
    cornu__scalars_free(&read);
    return status;
}

static int is_event_file(const struct dirent *entry)
{
    return strstr(entry->d_name, "tfevents") != NULL;
}

/* The event files of a folder in the order of their names, which is that of time. *count := how many. */
static cornu_status read_event_files(const char *folder, const char *prefix, cornu__run *run, int *count)
{
    struct dirent **entries = NULL;
    int found = scandir(folder, &entries, is_event_file, alphasort);
    cornu_status status = CORNU_OK;
    if (found > MOST_EVENT_FILES)
        status = cornu__fail(CORNU_ERROR_LIMIT, "'%s' has %d event files; at most %d are read", folder, found,
                             MOST_EVENT_FILES);
    for (int i = 0; i < found; i++) {
        cornu__text path = {0};
        cornu__text_add(&path, "%s/%s", folder, entries[i]->d_name);
        char *text = status == CORNU_OK ? cornu__text_take(&path) : NULL;
        if (status == CORNU_OK)
            status = text ? read_event_file(text, prefix, run) : CORNU_ERROR_OUT_OF_MEMORY;
        cornu__text_free(&path);
        cornu__free(text);
    }
    for (int i = 0; i < found; i++)
        free(entries[i]); /* scandir's */
    free(entries);
    *count = found > 0 ? found : 0;
    return status;
}

static cornu_status read_folder(const char *path, cornu__run *run)
{
    static const char *const folders[][2] = {{"", ""}, {"/train", ""}, {"/validation", VALIDATION}};
    int all = 0;
    for (int i = 0; i < 3; i++) {
        int count = 0;
        cornu__text folder = {0};
        cornu__text_add(&folder, "%s%s", path, folders[i][0]);
        char *text = cornu__text_take(&folder);
        cornu_status status = text ? read_event_files(text, folders[i][1], run, &count) : CORNU_ERROR_OUT_OF_MEMORY;
        cornu__free(text);
        CORNU_TRY(status);
        all += count;
    }
    return all > 0
               ? CORNU_OK
               : cornu__fail(CORNU_ERROR_DATA,
                             "'%s' has no event file of TensorBoard in it, nor has its train/ or validation/", path);
}

/* Whether the name is that of a whole model, or of a part that holds no history. */
static bool is_model(const char *path)
{
    return cornu__text_has_ending(path, ".keras") ||
           (!cornu__text_has_ending(path, ".weights.h5") &&
            (cornu__text_has_ending(path, ".h5") || cornu__text_has_ending(path, ".hdf5")));
}

static bool is_part_of_model(const char *path)
{
    return cornu__text_has_ending(path, ".weights.h5") || cornu__text_has_ending(path, ".json") ||
           cornu__text_has_ending(path, ".npz");
}

static cornu_status read_model(const char *path, cornu__run *run)
{
    cornu_history *history;
    CORNU_TRY(cornu__saved_history_load(path, &history));
    cornu_status status = CORNU_OK;
    for (int i = 0; status == CORNU_OK && i < cornu_history_value_count(history); i++) {
        const char *name = cornu_history_value_name(history, i);
        int64_t count;
        const double *values = cornu_history_values(history, name, &count);
        const int64_t *epochs = cornu_history_value_epochs(history, name, &count);
        for (int64_t k = 0; status == CORNU_OK && k < count; k++)
            status = cornu__scalars_add(&run->scalars, path, name, (double)epochs[k] + 1, values[k]);
    }
    cornu_history_release(history);
    return status;
}

static cornu_status read_any(const char *path, cornu__run *run)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot open '%s': %m", path);
    if (S_ISDIR(about.st_mode))
        return read_folder(path, run);
    if (strstr(last_part(path), "tfevents"))
        return read_event_file(path, "", run);
    if (is_model(path))
        return read_model(path, run);
    if (is_part_of_model(path))
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s': a model's JSON and weights alone hold no history; wanted a whole model (.keras, "
                           ".h5), what CSVLogger "
                           "wrote (--csv-log), a saved history, or TensorBoard's folder",
                           path);
    return read_table(path, run);
}

/* "logs/a.csv" is "a"; "logs/run1/" is "run1". */
static char *name_of(const char *path)
{
    static const char *const endings[] = {".csv", ".log", ".keras", ".h5", ".hdf5"};
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    cornu__text text = {0};
    size_t length = end - begin;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (end - begin > ending && strncmp(path + end - ending, endings[i], ending) == 0)
            length = end - begin - ending;
    }
    cornu__text_add(&text, "%.*s", (int)length, path + begin);
    return cornu__text_take(&text);
}

cornu_status cornu__run_read(const char *path, const char *name, cornu__run *run)
{
    *run = (cornu__run){.name = name ? cornu__copy_text(name) : name_of(path), .named = name != NULL};
    cornu_status status = run->name ? read_any(path, run) : CORNU_ERROR_OUT_OF_MEMORY;
    if (status == CORNU_OK && run->scalars.value_count == 0)
        status = cornu__fail(CORNU_ERROR_DATA, "'%s' holds no values of epochs", path);
    if (status != CORNU_OK)
        cornu__run_free(run);
    return status;
}

void cornu__run_free(cornu__run *run)
{
    cornu__free(run->name);
    cornu__scalars_free(&run->scalars);
    *run = (cornu__run){0};
}

/* --- What is drawn --- */

/* Names of charts: metrics without "val_". */
typedef struct metric_list {
    int count;
    const char *names[CORNU__MAX_SCALAR_NAMES];
} metric_list;

static const char *without_prefix(const char *name)
{
    return begins_with(name, VALIDATION) ? name + strlen(VALIDATION) : name;
}

/* "batch_loss" and "evaluation_loss_vs_iterations" of TensorBoard count batches. */
static bool counts_batches(const char *metric)
{
    return begins_with(metric, "batch_") || begins_with(metric, "evaluation_");
}

static void add_metric(metric_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) == 0)
            return;
    }
    if (list->count < CORNU__MAX_SCALAR_NAMES)
        list->names[list->count++] = name;
}

static void list_metrics(int run_count, const cornu__run *runs, metric_list *list)
{
    for (int r = 0; r < run_count; r++) {
        for (int i = 0; i < runs[r].scalars.series_count; i++)
            add_metric(list, without_prefix(runs[r].scalars.series[i].name));
    }
}

static cornu_status fail_metric(const char *wanted, const metric_list *there)
{
    const char *nearest = cornu__text_nearest(wanted, there->names, (size_t)there->count);
    cornu__text names = {0};
    for (int i = 0; i < there->count && i < 12; i++)
        cornu__text_add(&names, "%s%s", i > 0 ? ", " : "", there->names[i]);
    if (there->count > 12)
        cornu__text_add(&names, ", ...");
    cornu_status status = cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "no run has a value '%s'%s%s%s; there are %s", wanted,
                                      nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "",
                                      names.data ? names.data : "others");
    cornu__text_free(&names);
    return status;
}

/* Losses come first: the whole one, then those of the outputs. */
static int rank_of_metric(const char *name)
{
    return strcmp(name, "loss") == 0 ? 0 : cornu__text_has_ending(name, "_loss") ? 1 : 2;
}

static int compare_metrics(const void *a, const void *b)
{
    const char *first = *(const char *const *)a, *second = *(const char *const *)b;
    int difference = rank_of_metric(first) - rank_of_metric(second);
    return difference != 0 ? difference : strcmp(first, second);
}

/* Those that the caller names in that order; else all, in an order that does not depend on the kind of file: a model keeps that of its metrics,
 * CSVLogger and TensorBoard's folder sort them. */
static cornu_status choose_metrics(int run_count, const cornu__run *runs, int metric_count, char *const *metrics,
                                   metric_list *chosen)
{
    metric_list there = {0};
    list_metrics(run_count, runs, &there);
    for (int i = 0; i < metric_count; i++) {
        const char *wanted = without_prefix(metrics[i]);
        bool found = false;
        for (int k = 0; k < there.count && !found; k++)
            found = strcmp(there.names[k], wanted) == 0;
        if (!found)
            return fail_metric(metrics[i], &there);
        add_metric(chosen, wanted);
    }
    bool epochs = false;
    for (int i = 0; i < there.count; i++)
        epochs = epochs || !counts_batches(there.names[i]);
    for (int i = 0; metric_count == 0 && i < there.count; i++) {
        if (!epochs || !counts_batches(there.names[i]))
            add_metric(chosen, there.names[i]);
    }
    if (metric_count == 0)
        qsort(chosen->names, (size_t)chosen->count, sizeof *chosen->names, compare_metrics);
    if (chosen->count > CORNU__MAX_CHARTS)
        return cornu__fail(CORNU_ERROR_LIMIT, "%d values would be drawn, %d fit on a page: choose some with --metrics",
                           chosen->count, CORNU__MAX_CHARTS);
    return CORNU_OK;
}

/* --- Drawing --- */

typedef struct drawing_of_runs {
    cornu__chart charts[CORNU__MAX_CHARTS];
    cornu__curve curves[CORNU__MAX_CHARTS][2 * CORNU__MAX_RUNS];
    cornu__curve_key keys[CORNU__MAX_RUNS + 2];
    int key_count;
    bool trained, validated; /* whether there are such curves */
} drawing_of_runs;

/* The first run that has the name of run `r`, where the caller gave it. */
static int first_of_name(const cornu__run *runs, int r)
{
    int first = 0;
    while (first < r && !(runs[first].named && runs[r].named && strcmp(runs[first].name, runs[r].name) == 0))
        first++;
    return first;
}

/* Names are numbered as they come. */
static int style_of(const cornu__run *runs, int r)
{
    int style = 0;
    for (int i = 0, first = first_of_name(runs, r); i < first; i++)
        style += first_of_name(runs, i) == i;
    return style;
}

static void add_curve(drawing_of_runs *to, int chart, const cornu__scalar_series *series, cornu__curve_key key)
{
    if (!series)
        return;
    to->curves[chart][to->charts[chart].curve_count++] =
        (cornu__curve){.key = key, .x = series->steps, .y = series->values, .count = series->count};
    to->trained = to->trained || !key.dashed;
    to->validated = to->validated || key.dashed;
}

static void add_chart(drawing_of_runs *to, int chart, const char *metric, int run_count, const cornu__run *runs)
{
    char twin[512];
    snprintf(twin, sizeof twin, VALIDATION "%s", metric);
    to->charts[chart] = (cornu__chart){
        .title = metric, .x_label = counts_batches(metric) ? "batch" : "epoch", .curves = to->curves[chart]};
    for (int r = 0; r < run_count; r++) {
        add_curve(to, chart, cornu__scalars_find(&runs[r].scalars, metric),
                  (cornu__curve_key){.name = run_count > 1 ? runs[r].name : "training", .style = style_of(runs, r)});
        add_curve(to, chart, cornu__scalars_find(&runs[r].scalars, twin),
                  (cornu__curve_key){.name = run_count > 1 ? runs[r].name : "validation",
                                     .style = run_count > 1 ? style_of(runs, r) : 1,
                                     .dashed = true});
    }
}

/* One legend: the runs, and what is dashed; of a lone run, its two kinds of curves. */
static void add_keys(drawing_of_runs *to, int run_count, const cornu__run *runs)
{
    bool several = run_count > 1;
    for (int r = 0; several && r < run_count; r++) {
        if (first_of_name(runs, r) == r)
            to->keys[to->key_count++] = (cornu__curve_key){.name = runs[r].name, .style = style_of(runs, r)};
    }
    if (to->trained && (to->validated || !several))
        to->keys[to->key_count++] = (cornu__curve_key){.name = "training", .style = several ? -1 : 0};
    if (to->validated)
        to->keys[to->key_count++] = (cornu__curve_key){.name = "validation", .style = several ? -1 : 1, .dashed = true};
}

cornu_status cornu__runs_plot(const char *path, int run_count, const cornu__run *runs, int metric_count,
                              char *const *metrics, const cornu__chart_page *page)
{
    metric_list chosen = {0};
    if (run_count < 1 || run_count > CORNU__MAX_RUNS)
        return cornu__fail(CORNU_ERROR_LIMIT, "%d runs; wanted 1 to %d in a picture", run_count, CORNU__MAX_RUNS);
    CORNU_TRY(choose_metrics(run_count, runs, metric_count, metrics, &chosen));
    drawing_of_runs *drawing = cornu__alloc(sizeof *drawing);
    if (!drawing)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 0; i < chosen.count; i++)
        add_chart(drawing, i, chosen.names[i], run_count, runs);
    add_keys(drawing, run_count, runs);
    cornu__chart_page whole = *page;
    whole.key_count = drawing->key_count;
    whole.keys = drawing->keys;
    cornu_status status = cornu__charts_draw(path, chosen.count, drawing->charts, &whole);
    cornu__free(drawing);
    return status;
}
