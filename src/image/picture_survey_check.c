/* picture_survey_check.c: looking at each picture of a survey. */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "image/load.h"
#include "image/picture_survey_check.h"

/* From so many pixels on a picture is large: one at a time is decoded. */
#define LARGE_PIXELS (INT64_C(1) << 24)

typedef struct checker {
    cornu__survey *survey;
    const cornu__survey_options *options;
    atomic_size_t next; /* file to be looked at */
    size_t done;
    cornu_status status; /* of what is no file's fault */
    char *message;
    pthread_mutex_t lock;  /* of `done`, `status` and `message` */
    pthread_mutex_t large; /* held while a large picture is decoded */
} checker;

/* --- One file --- */

static bool is_utf8(const char *text)
{
    while (*text) {
        size_t length = cornu__text_character(text);
        if (length == 0)
            return false;
        text += length;
    }
    return true;
}

/* One more thing that is odd about the picture at `path`. */
static void CORNU_PRINTF(3, 4) add_remark(cornu__text *remarks, const char *path, const char *format, ...)
{
    char clause[2 * CORNU__DAMAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(clause, sizeof clause, format, arguments);
    va_end(arguments);
    if (remarks->length == 0)
        cornu__text_add(remarks, "'%s' %s", path, clause);
    else
        cornu__text_add(remarks, "; it %s", clause);
}

/* What is odd about a picture that can be read; `remarks` stays empty where nothing is. */
static void find_remarks(const cornu__surveyed *file, const char *path, const char *damage, cornu__text *remarks)
{
    const char *promised = cornu__picture_kind_promised(file->name);
    if (file->place == CORNU__SURVEY_LOOSE)
        add_remark(remarks, path, "lies in no class: flow_from_directory passes over it");
    if (file->place == CORNU__SURVEY_ENDING)
        add_remark(remarks, path, "is a %s file, and passed over for the ending of its name", file->kind);
    else if (promised && strcmp(promised, file->kind) != 0)
        add_remark(remarks, path, "is a %s file, whatever its name says", file->kind);
    if (damage[0])
        add_remark(remarks, path, "is damaged, but can be read: %s", damage);
    if (!is_utf8(file->name))
        add_remark(remarks, path, "has a name that is not UTF-8");
}

static void note(cornu__surveyed *file, const cornu__image_facts *facts)
{
    file->kind = facts->kind;
    file->height = facts->height;
    file->width = facts->width;
    file->channels = (int16_t)facts->channels;
    file->dtype = facts->dtype;
    file->cmyk = facts->channels == 4 && strcmp(facts->kind, "JPEG") == 0;
}

/* All of it: of a large picture when no other is in memory, and then its memory is given back. */
static cornu_status decode(checker *self, cornu__loader *loader, const char *path, cornu__image_facts *facts)
{
    bool large = (int64_t)facts->height * facts->width >= LARGE_PIXELS;
    if (large)
        pthread_mutex_lock(&self->large);
    cornu_status status = cornu__image_check(loader, path, false, facts);
    if (large) {
        cornu__loader_free(loader);
        *loader = (cornu__loader){0};
        pthread_mutex_unlock(&self->large);
    }
    return status;
}

static cornu_status check_picture(checker *self, cornu__loader *loader, cornu__surveyed *file, const char *path)
{
    cornu__image_facts facts;
    cornu_status status = cornu__image_check(loader, path, true, &facts);
    if (status == CORNU_OK && !self->options->header_only)
        status = decode(self, loader, path, &facts);
    if (status == CORNU_ERROR_OUT_OF_MEMORY)
        return status; /* the machine's fault, not the file's */
    if (status != CORNU_OK) {
        file->problem = cornu__copy_text(cornu_error_message());
        return file->problem ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    }
    note(file, &facts);
    cornu__text remarks = {0};
    find_remarks(file, path, facts.damage, &remarks);
    if (remarks.length == 0 && !remarks.failed)
        return CORNU_OK;
    file->remark = cornu__text_take(&remarks);
    return file->remark ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status check_file(checker *self, cornu__loader *loader, cornu__surveyed *file)
{
    if (file->problem)
        return CORNU_OK;
    cornu__text path = {0};
    cornu__text_add(&path, "%s/%s", self->survey->path, file->name);
    cornu_status status = path.failed ? CORNU_ERROR_OUT_OF_MEMORY : check_picture(self, loader, file, path.data);
    cornu__text_free(&path);
    return status;
}

/* --- The threads --- */

static bool goes_on(checker *self, cornu_status status)
{
    const cornu__survey_options *options = self->options;
    pthread_mutex_lock(&self->lock);
    if (status != CORNU_OK && self->status == CORNU_OK) {
        self->status = status;
        self->message = cornu__copy_text(cornu_error_message());
    }
    self->done++;
    if (options->progress)
        options->progress(options->progress_state, self->done, self->survey->count);
    bool on = self->status == CORNU_OK;
    pthread_mutex_unlock(&self->lock);
    return on;
}

static void *work(void *state)
{
    checker *self = state;
    cornu__loader loader = {0};
    size_t i = 0;
    bool on = true;
    while (on && (i = atomic_fetch_add(&self->next, 1)) < self->survey->count)
        on = goes_on(self, check_file(self, &loader, &self->survey->files[i]));
    cornu__loader_free(&loader);
    return NULL;
}

cornu_status cornu__survey_check(cornu__survey *survey, const cornu__survey_options *options)
{
    checker self = {.survey = survey, .options = options};
    int others = options->jobs > 1 ? options->jobs - 1 : 0, started = 0;
    pthread_t *threads = cornu__alloc_array((size_t)others, sizeof *threads);
    if (!threads)
        return cornu_error_status();
    pthread_mutex_init(&self.lock, NULL);
    pthread_mutex_init(&self.large, NULL);
    while (started < others && pthread_create(&threads[started], NULL, work, &self) == 0)
        started++; /* fewer than wanted will do */
    work(&self);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&self.lock);
    pthread_mutex_destroy(&self.large);
    cornu__free(threads);
    if (self.status != CORNU_OK)
        cornu__fail_from(self.status, self.message ? self.message : "out of memory");
    cornu__free(self.message);
    return self.status;
}
