/* data_folder.c: what a folder of pictures holds, and which of its files cannot be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/memory.h"
#include "base/processors.h"
#include "cli/data_sources.h"
#include "image/picture_survey.h"

#define SHOWN_CLASSES 20
#define SHOWN_SENTENCES 5

/* --- The survey --- */

static void show_progress(void *state, size_t done, size_t of)
{
    cornu__progress_line_show(state, (int64_t)done, (int64_t)of, "files");
}

static cornu_status make_survey(const cornu__data_command *command, cornu__survey *survey)
{
    cornu__progress_line line = cornu__progress_line_begin();
    const cornu__survey_options options = {.header_only = command->headers || !command->verify,
                                           .follow_links = command->follow_links,
                                           .jobs = command->jobs > 0 ? command->jobs : cornu__processors(),
                                           .progress = show_progress,
                                           .progress_state = &line};
    cornu_status status = cornu__survey_make(survey, command->source, &options);
    cornu__progress_line_end(&line);
    return status;
}

/* --- Sums over the pictures that flow_from_directory takes --- */

/* How many there are of something that has a name. */
typedef struct tally {
    const char *name;
    int64_t count;
} tally;

#define MOST_TALLIES 16

typedef struct tallies {
    tally items[MOST_TALLIES];
    int count;
} tallies;

static void count_in(tallies *all, const char *name)
{
    int i = 0;
    while (i < all->count && strcmp(all->items[i].name, name) != 0)
        i++;
    if (i == MOST_TALLIES)
        return; /* there are not so many kinds */
    if (i == all->count)
        all->items[all->count++] = (tally){name, 0};
    all->items[i].count++;
}

static int by_count(const void *a, const void *b)
{
    const tally *first = a, *second = b;
    if (first->count != second->count)
        return first->count < second->count ? 1 : -1;
    return strcmp(first->name, second->name);
}

static const char *color_of(const cornu__surveyed *file)
{
    if (file->cmyk)
        return "CMYK";
    switch (file->channels) {
    case 1:
        return file->dtype == CORNU_UINT16 ? "gray of 16 bits" : file->dtype == CORNU_FLOAT32 ? "gray, float" : "gray";
    case 2:
        return "gray and alpha";
    case 3:
        return file->dtype == CORNU_UINT8 ? "RGB" : "RGB of 16 bits";
    default:
        return file->dtype == CORNU_UINT8 ? "RGBA" : "RGBA of 16 bits";
    }
}

typedef struct sizes {
    int32_t smallest, median, largest;
} sizes;

typedef struct summary {
    int64_t samples, good;
    tallies kinds, colors;
    sizes height, width;
} summary;

static int by_size(const void *a, const void *b)
{
    int32_t first = *(const int32_t *)a, second = *(const int32_t *)b;
    return (first > second) - (first < second);
}

static sizes sizes_of(int32_t *values, int64_t count)
{
    if (count == 0)
        return (sizes){0};
    qsort(values, (size_t)count, sizeof *values, by_size);
    return (sizes){values[0], values[count / 2], values[count - 1]};
}

static cornu_status sum_up(const cornu__survey *survey, summary *sum)
{
    *sum = (summary){0};
    int32_t *heights = cornu__alloc_array(survey->count, 2 * sizeof *heights);
    if (!heights)
        return cornu_error_status();
    int32_t *widths = heights + survey->count;
    for (size_t i = 0; i < survey->count; i++) {
        const cornu__surveyed *file = &survey->files[i];
        if (file->place != CORNU__SURVEY_PICTURE)
            continue;
        sum->samples++;
        if (file->problem)
            continue;
        heights[sum->good] = file->height;
        widths[sum->good++] = file->width;
        count_in(&sum->kinds, file->kind);
        count_in(&sum->colors, color_of(file));
    }
    sum->height = sizes_of(heights, sum->good);
    sum->width = sizes_of(widths, sum->good);
    qsort(sum->kinds.items, (size_t)sum->kinds.count, sizeof(tally), by_count);
    qsort(sum->colors.items, (size_t)sum->colors.count, sizeof(tally), by_count);
    cornu__free(heights);
    return CORNU_OK;
}

/* --- For people --- */

static void add_tallies(cornu__text *to, const char *label, const tallies *all)
{
    if (all->count == 0)
        return;
    cornu__text_add(to, "  %-9s", label);
    for (int i = 0; i < all->count; i++)
        cornu__text_add(to, "%s%lld %s", i > 0 ? ", " : "", (long long)all->items[i].count, all->items[i].name);
    cornu__text_add(to, "\n");
}

static void add_sizes(cornu__text *to, const char *label, const sizes *of)
{
    if (of->smallest == of->largest)
        cornu__text_add(to, "  %-9s%d\n", label, of->smallest);
    else
        cornu__text_add(to, "  %-9s%d to %d, median %d\n", label, of->smallest, of->largest, of->median);
}

static void add_classes(cornu__text *to, const cornu__survey *survey)
{
    cornu__text_add(to, "  classes\n");
    size_t shown = survey->class_count > SHOWN_CLASSES ? SHOWN_CLASSES : survey->class_count;
    for (size_t i = 0; i < shown; i++) {
        cornu__text_add(to, "  %8lld ", (long long)survey->classes[i].pictures);
        cornu__text_add_shown(to, survey->classes[i].name);
        cornu__text_add(to, "\n");
    }
    if (shown < survey->class_count)
        cornu__text_add(to, "  and %zu more (--json has all)\n", survey->class_count - shown);
}

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

/* What flow_from_directory would not take. */
static void add_passed_over(cornu__text *to, const cornu__survey *survey)
{
    const struct {
        int64_t count;
        const char *what;
    } kinds[] = {
        {survey->hidden, "hidden (their names begin with a dot)"},
        {survey->others, "of another kind"},
        {survey->links, "links to folders below a class"},
    };
    const char *separator = "  passed over: ";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].count == 0)
            continue;
        cornu__text_add(to, "%s%lld %s", separator, (long long)kinds[i].count, kinds[i].what);
        separator = ", ";
    }
    if (strcmp(separator, ", ") == 0)
        cornu__text_add(to, "\n");
}

static void add_sentence(cornu__text *to, const char *before, const char *text)
{
    cornu__text_add(to, "%s", before);
    cornu__text_add_shown(to, text);
    cornu__text_add(to, "\n");
}

/* Classes without pictures, and a folder that holds the folders of classes. */
static void add_class_remarks(cornu__text *to, const cornu__survey *survey)
{
    for (size_t i = 0; i < survey->class_count; i++) {
        const cornu__survey_class *class = &survey->classes[i];
        if (class->pictures > 0 && !class->nested)
            continue;
        cornu__text_add(to, "note: class '");
        cornu__text_add_shown(to, class->name);
        if (class->nested) {
            cornu__text_add(to, "' has its pictures in folders below it; are these the classes? Then name '");
            cornu__text_add_shown(to, survey->path);
            cornu__text_add(to, "/");
            cornu__text_add_shown(to, class->name);
            cornu__text_add(to, "'\n");
        } else {
            cornu__text_add(to, "' has no pictures\n");
        }
    }
    if (survey->class_count == 0)
        cornu__text_add(to, "note: there is no sub-folder, and so no class\n");
}

/* The sentences of all files, or of the first few. */
static void add_file_sentences(cornu__text *to, const cornu__survey *survey, bool problems, size_t at_most)
{
    size_t count = 0;
    for (size_t i = 0; i < survey->count; i++) {
        const char *text = problems ? survey->files[i].problem : survey->files[i].remark;
        if (text && count++ < at_most)
            add_sentence(to, problems ? "bad: " : "note: ", text);
    }
    if (count > at_most)
        cornu__text_add(to, "... and %zu more\n", count - at_most);
}

static void describe(cornu__text *to, const cornu__survey *survey, const summary *sum)
{
    cornu__text_add_shown(to, survey->path);
    cornu__text_add(to, ": %lld picture%s in %zu class%s\n", (long long)sum->samples, plural(sum->samples),
                    survey->class_count, survey->class_count == 1 ? "" : "es");
    add_tallies(to, "files", &sum->kinds);
    add_tallies(to, "colours", &sum->colors);
    if (sum->good > 0) {
        add_sizes(to, "height", &sum->height);
        add_sizes(to, "width", &sum->width);
    }
    if (survey->class_count > 0)
        add_classes(to, survey);
    add_passed_over(to, survey);
}

/* --- For programs --- */

static void add_json_tallies(cornu__text *to, const char *name, const tallies *all)
{
    cornu__text_add(to, ", \"%s\": {", name);
    for (int i = 0; i < all->count; i++) {
        cornu__text_add(to, "%s", i > 0 ? ", " : "");
        cornu__json_text_string(to, all->items[i].name);
        cornu__text_add(to, ": %lld", (long long)all->items[i].count);
    }
    cornu__text_add(to, "}");
}

static void add_json_sizes(cornu__text *to, const char *name, const sizes *of, bool known)
{
    if (known)
        cornu__text_add(to, ", \"%s\": {\"min\": %d, \"median\": %d, \"max\": %d}", name, of->smallest, of->median,
                        of->largest);
    else
        cornu__text_add(to, ", \"%s\": null", name);
}

static void add_json_sentences(cornu__text *to, const cornu__survey *survey, const char *name, bool problems)
{
    const char *separator = "";
    cornu__text_add(to, ", \"%s\": [", name);
    for (size_t i = 0; i < survey->count; i++) {
        const char *text = problems ? survey->files[i].problem : survey->files[i].remark;
        if (!text)
            continue;
        cornu__text_add(to, "%s{\"file\": ", separator);
        cornu__json_text_string(to, survey->files[i].name);
        cornu__text_add(to, ", \"message\": ");
        cornu__json_text_string(to, text);
        cornu__text_add(to, "}");
        separator = ", ";
    }
    cornu__text_add(to, "]");
}

static void describe_as_json(cornu__text *to, const cornu__survey *survey, const summary *sum)
{
    cornu__text_add(to, "{\"source\": ");
    cornu__json_text_string(to, survey->path);
    cornu__text_add(to, ", \"kind\": \"pictures\", \"samples\": %lld, \"classes\": [", (long long)sum->samples);
    for (size_t i = 0; i < survey->class_count; i++) {
        cornu__text_add(to, "%s{\"name\": ", i > 0 ? ", " : "");
        cornu__json_text_string(to, survey->classes[i].name);
        cornu__text_add(to, ", \"samples\": %lld, \"bad\": %lld}", (long long)survey->classes[i].pictures,
                        (long long)survey->classes[i].bad);
    }
    cornu__text_add(to, "]");
    add_json_tallies(to, "files", &sum->kinds);
    add_json_tallies(to, "colors", &sum->colors);
    add_json_sizes(to, "height", &sum->height, sum->good > 0);
    add_json_sizes(to, "width", &sum->width, sum->good > 0);
    cornu__text_add(to, ", \"hidden\": %lld, \"others\": %lld, \"links\": %lld", (long long)survey->hidden,
                    (long long)survey->others, (long long)survey->links);
    add_json_sentences(to, survey, "bad", true);
    add_json_sentences(to, survey, "notes", false);
    cornu__text_add(to, "}\n");
}

/* --- The command --- */

static cornu_status tell(const cornu__data_command *command, const cornu__survey *survey)
{
    summary sum;
    cornu__text text = {0};
    CORNU_TRY(sum_up(survey, &sum));
    if (command->json) {
        describe_as_json(&text, survey, &sum);
        return cornu__print_text(&text);
    }
    size_t at_most = command->verify ? SIZE_MAX : SHOWN_SENTENCES;
    describe(&text, survey, &sum);
    add_class_remarks(&text, survey);
    add_file_sentences(&text, survey, false, at_most);
    add_file_sentences(&text, survey, true, at_most);
    if (survey->bad > 0)
        cornu__text_add(&text, "%lld of %zu file%s cannot be read\n", (long long)survey->bad, survey->count,
                        plural((int64_t)survey->count));
    else if (command->verify)
        cornu__text_add(&text, "none of %zu files is bad%s\n", survey->count,
                        command->headers ? ", by their headers" : "");
    return cornu__print_report(&text);
}

cornu_status cornu__data_describe_folder(const cornu__data_command *command, int64_t *bad)
{
    cornu__survey survey;
    CORNU_TRY(make_survey(command, &survey));
    *bad = survey.bad;
    /* Without a picture it may be a folder of texts */
    cornu_dataset *dataset = survey.count == 0 && survey.others > 0 ? cornu_dataset_open(command->source) : NULL;
    cornu_status status = dataset ? cornu__data_describe_values(command, dataset, bad) : tell(command, &survey);
    cornu_dataset_release(dataset);
    cornu__survey_free(&survey);
    return status;
}
