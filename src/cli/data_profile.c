/* data_profile.c: how fast batches are made of a source, and what the time goes to. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <cornu/flow.h>

#include "array/array.h"
#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "cli/data_sources.h"
#include "data/generator.h"
#include "data/stages.h"

/* What is measured, and by whom. */
typedef struct profile {
    cornu_sequence *batches;
    int64_t length; /* batches of an epoch */
    int workers;
    bool lone;         /* its samples differ in size, and are not put together */
    cornu_stage stage; /* of what says nothing of its stage */
    double until;      /* when no batch is begun any more */
    atomic_int_fast64_t next;
    pthread_mutex_t lock; /* of the two below */
    cornu_status status;
    char *message;
} profile;

typedef struct worker {
    profile *shared;
    pthread_t thread;
    cornu__stage_times times;
    int64_t samples, batches;
    double elapsed, processor; /* seconds */
    int64_t blocks;            /* of 512 bytes, that came from a disk */
    int64_t slept, pushed;     /* how often it gave its processor away, and how often it was taken */
} worker;

/* The workers together. */
typedef struct findings {
    cornu__stage_times times;
    int64_t samples, batches, blocks, slept, pushed;
    double seconds;            /* from the beginning to the end */
    double elapsed, processor; /* the workers' */
} findings;

/* --- The workers --- */

/* Of a dictionary of arrays, its first. */
static int64_t samples_of(const cornu_batch *batch)
{
    const cornu_array *x = batch->x;
    if (x && cornu_array_is_collection(x))
        x = cornu_array_item(x, 0);
    return x && cornu_array_rank(x) > 0 ? cornu_array_size(x, 0) : 0;
}

static void note_failure(profile *self)
{
    pthread_mutex_lock(&self->lock);
    if (self->status == CORNU_OK) {
        self->status = cornu_error_status();
        self->message = cornu__copy_text(cornu_error_message());
    }
    pthread_mutex_unlock(&self->lock);
    atomic_store(&self->next, INT64_MAX / 2);
}

static double processor_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void note_usage(worker *own, int sign)
{
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) != 0)
        return;
    own->blocks += sign * usage.ru_inblock;
    own->slept += sign * usage.ru_nvcsw;
    own->pushed += sign * usage.ru_nivcsw;
    own->elapsed += sign * cornu__seconds_now();
    own->processor += sign * processor_seconds();
}

/* Batches of one epoch, over and over, until the time is up; each worker makes one at least. */
static void *work(void *state)
{
    worker *own = state;
    profile *self = own->shared;
    note_usage(own, -1);
    cornu__stage_clock before = cornu__stages_begin(&own->times, self->stage);
    do {
        int64_t number = atomic_fetch_add(&self->next, 1);
        cornu_batch batch = {0};
        if (number >= INT64_MAX / 2)
            break;
        if (cornu_sequence_get(self->batches, number % self->length, &batch) != CORNU_OK) {
            note_failure(self);
            break;
        }
        own->samples += samples_of(&batch);
        own->batches++;
        cornu_batch_clear(&batch);
    } while (cornu__seconds_now() < self->until);
    cornu__stages_end(before);
    note_usage(own, 1);
    return NULL;
}

static void add_up(findings *all, const worker *own)
{
    cornu__stage_times_add(&all->times, &own->times);
    all->samples += own->samples;
    all->batches += own->batches;
    all->blocks += own->blocks;
    all->slept += own->slept;
    all->pushed += own->pushed;
    all->elapsed += own->elapsed;
    all->processor += own->processor;
}

static cornu_status measure(profile *self, double seconds, findings *found)
{
    worker *workers = cornu__alloc_array((size_t)self->workers, sizeof *workers);
    if (!workers)
        return cornu_error_status();
    double begin = cornu__seconds_now();
    int started = 0;
    self->until = begin + seconds;
    for (; started < self->workers - 1; started++) {
        workers[started].shared = self;
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0)
            break;
    }
    worker *own = &workers[started];
    own->shared = self;
    work(own);
    for (int i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    *found = (findings){.seconds = cornu__seconds_now() - begin};
    for (int i = 0; i <= started; i++)
        add_up(found, &workers[i]);
    self->workers = started + 1;
    cornu__free(workers);
    if (self->status != CORNU_OK)
        cornu__fail_from(self->status, self->message ? self->message : "out of memory");
    return self->status;
}

/* --- What is to be said --- */

static const char *stage_name(cornu_stage stage)
{
    return stage == CORNU_STAGE_FUNCTION ? "the rest" : cornu_stage_name(stage);
}

/* The stage that took most of the workers' time. */
static cornu_stage largest_stage(const findings *found)
{
    int largest = 0;
    for (int i = 1; i < CORNU_STAGE_COUNT; i++)
        largest = found->times.nanoseconds[i] > found->times.nanoseconds[largest] ? i : largest;
    return (cornu_stage)largest;
}

static double share_of(const findings *found, cornu_stage stage)
{
    int64_t sum = cornu__stage_times_sum(&found->times);
    return sum > 0 ? (double)found->times.nanoseconds[stage] / (double)sum : 0;
}

/* The part of their time in which the workers had no processor. */
static double waited(const findings *found)
{
    double share = found->elapsed > 0 ? 1 - found->processor / found->elapsed : 0;
    return share > 0 ? share : 0;
}

/* A worker that waits for a disk goes to sleep; from one that has something to do the processor is taken. */
static const char *waited_for(const findings *found)
{
    return found->slept > found->pushed ? "the disk" : "a processor";
}

static void add_verdict(cornu__text *to, const findings *found)
{
    cornu_stage stage = largest_stage(found);
    if (waited(found) > 0.5)
        cornu__text_add(to, "bound by waiting for %s (%.0f %% of the workers' time)", waited_for(found),
                        100 * waited(found));
    else
        cornu__text_add(to, "bound by %s (%.0f %% of the workers' time)", stage_name(stage),
                        100 * share_of(found, stage));
}

static void tell(cornu__text *to, const cornu__data_command *command, const profile *self, const findings *found)
{
    double rate = (double)found->samples / found->seconds;
    cornu__text_add_shown(to, command->source);
    cornu__text_add(to, ": batches of %d, %d worker%s, %.1f s\n", command->batch_size, self->workers,
                    self->workers == 1 ? "" : "s", found->seconds);
    if (self->workers < command->workers)
        cornu__text_add(to, "  (one worker: batches of this source are made in their order)\n");
    if (self->lone)
        cornu__text_add(to, "  (samples differ in size: they are read, and not put together)\n");
    cornu__text_add(to, "  %-14s %12s %8s\n", "stage", "samples/s*", "time");
    for (int i = 0; i < CORNU_STAGE_COUNT; i++) {
        double seconds = 1e-9 * (double)found->times.nanoseconds[i];
        if (seconds > 0)
            cornu__text_add(to, "  %-14s %12.0f %6.1f %%\n", stage_name((cornu_stage)i),
                            (double)found->samples / seconds, 100 * share_of(found, (cornu_stage)i));
    }
    cornu__text_add(to, "  %-14s %12.0f\n", "all together", rate);
    cornu__text_add(to, "  * of one worker that does nothing else\n");
    if (waited(found) >= 0.01)
        cornu__text_add(to, "  waited for %s: %.0f %% of the workers' time\n", waited_for(found), 100 * waited(found));
    if (found->blocks >= 200)
        cornu__text_add(to, "  from the disk: %.1f MB; the rest of the files was in memory\n",
                        512e-6 * (double)found->blocks);
    if (found->batches > self->length)
        cornu__text_add(to, "  all samples were read %.1f times\n", (double)found->batches / (double)self->length);
    add_verdict(to, found);
    cornu__text_add(to, ": a step that takes %.3g ms or more for a batch never waits\n",
                    1e3 * found->seconds / (double)found->batches);
}

static void tell_as_json(cornu__text *to, const cornu__data_command *command, const profile *self,
                         const findings *found)
{
    cornu__text_add(to, "{\"source\": ");
    cornu__json_text_string(to, command->source);
    cornu__text_add(to, ", \"batch_size\": %d, \"workers\": %d, \"samples\": %lld, \"seconds\": ", command->batch_size,
                    self->workers, (long long)found->samples);
    cornu__json_text_number(to, found->seconds);
    cornu__text_add(to, ", \"samples_per_second\": ");
    cornu__json_text_number(to, (double)found->samples / found->seconds);
    cornu__text_add(to, ", \"stages\": {");
    for (int i = 0; i < CORNU_STAGE_COUNT; i++) {
        cornu__text_add(to, "%s\"%s\": ", i > 0 ? ", " : "", stage_name((cornu_stage)i));
        cornu__json_text_number(to, 1e-9 * (double)found->times.nanoseconds[i]);
    }
    cornu__text_add(to, "}, \"waited\": ");
    cornu__json_text_number(to, waited(found));
    cornu__text_add(to, ", \"waited_for\": \"%s\", \"bytes_from_disk\": %lld, \"bound_by\": \"%s\"}\n",
                    waited_for(found), 512 * (long long)found->blocks,
                    waited(found) > 0.5 ? waited_for(found) : stage_name(largest_stage(found)));
}

/* --- The command --- */

static cornu_sequence *open_pictures(const cornu__data_command *command)
{
    cornu_image_data_generator_options changes = {.struct_size = sizeof changes,
                                                  CORNU_IMAGE_DATA_GENERATOR_DEFAULTS.rescale = 1.0 / 255};
    if (cornu__augmentation_set(command->changes, &changes) != CORNU_OK)
        return NULL;
    cornu_image_data_generator *generator = cornu_image_data_generator_create_with(&changes);
    cornu_sequence *batches =
        generator
            ? cornu_flow_from_directory(generator, command->source, .target_size = command->target_size,
                                        .batch_size = command->batch_size, .color_mode = command->color_mode,
                                        .interpolation = command->interpolation, .bad_files = "skip",
                                        .follow_links = command->follow_links, .white_list_formats = cornu_names("all"))
            : NULL;
    cornu_image_data_generator_release(generator);
    return batches;
}

/* Samples that differ in size make no array: they are read one by one, and the batch only says how many there are. */
typedef struct lone_samples {
    cornu_dataset *dataset;
    int64_t batch_size;
} lone_samples;

static int64_t lone_length(void *state)
{
    lone_samples *self = state;
    return (cornu_dataset_count(self->dataset) + self->batch_size - 1) / self->batch_size;
}

static cornu_status lone_get(void *state, int64_t index, cornu_batch *batch)
{
    lone_samples *self = state;
    int64_t begin = index * self->batch_size, left = cornu_dataset_count(self->dataset) - begin;
    int64_t count = left < self->batch_size ? left : self->batch_size;
    cornu_sample *sample = cornu_sample_create(self->dataset);
    cornu_status status = sample ? CORNU_OK : cornu_error_status();
    for (int64_t i = 0; i < count && status == CORNU_OK; i++)
        status = cornu_dataset_read(self->dataset, begin + i, sample);
    cornu_sample_release(sample);
    if (status == CORNU_OK)
        batch->x = cornu_array_zeros(CORNU_UINT8, 1, &count);
    return status == CORNU_OK && !batch->x ? cornu_error_status() : status;
}

static void lone_release(void *state)
{
    lone_samples *self = state;
    cornu_dataset_release(self->dataset);
    cornu__free(self);
}

/* Takes the dataset over where it succeeds. */
static cornu_sequence *lone_sequence(cornu_dataset *dataset, int batch_size)
{
    lone_samples *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    *self = (lone_samples){dataset, batch_size};
    cornu_sequence *sequence = cornu_sequence_create(.length = lone_length, .get = lone_get, .state = self,
                                                     .release = lone_release, .thread_safe = true);
    if (!sequence)
        cornu__free(self);
    return sequence;
}

static bool differ_in_size(const cornu_dataset *dataset)
{
    for (int i = 0; i < cornu_dataset_field_count(dataset); i++) {
        const cornu_field *field = cornu_dataset_field(dataset, i);
        if (field->rank > 0 && field->shape[0] == CORNU_NONE)
            return true;
    }
    return false;
}

/* *lone: they are read one by one. */
static cornu_sequence *open_samples(const cornu__data_command *command, bool *lone)
{
    cornu_dataset *dataset = cornu__data_open(command);
    if (!dataset)
        return NULL;
    *lone = differ_in_size(dataset);
    cornu_sequence *batches = *lone ? lone_sequence(dataset, command->batch_size)
                                    : cornu_dataset_sequence(dataset, .batch_size = command->batch_size);
    if (!*lone || !batches)
        cornu_dataset_release(dataset);
    return batches;
}

/* Pictures, or where there are none, texts: what else a folder can hold. */
static cornu_sequence *open_folder(const cornu__data_command *command, bool *lone)
{
    cornu_sequence *batches = open_pictures(command);
    if (batches)
        return batches;
    cornu_status status = cornu_error_status();
    char *message = cornu__copy_text(cornu_error_message());
    batches = open_samples(command, lone);
    if (!batches && message)
        cornu__fail_from(status, message);
    cornu__free(message);
    return batches;
}

static cornu_status profile_batches(const cornu__data_command *command, profile *self)
{
    findings found;
    cornu__text text = {0};
    CORNU_TRY(cornu__sequence_length_checked(self->batches, &self->length));
    self->workers = self->batches->thread_safe && !self->batches->in_turn ? command->workers : 1;
    CORNU_TRY(measure(self, command->seconds, &found));
    if (command->json)
        tell_as_json(&text, command, self, &found);
    else
        tell(&text, command, self, &found);
    return command->json ? cornu__print_text(&text) : cornu__print_report(&text);
}

cornu_status cornu__data_profile(const cornu__data_command *command, bool folder)
{
    profile self = {.stage = CORNU_STAGE_READ};
    self.batches = folder ? open_folder(command, &self.lone) : open_samples(command, &self.lone);
    if (folder && !self.lone)
        self.stage = CORNU_STAGE_FUNCTION;
    if (!self.batches)
        return cornu_error_status();
    pthread_mutex_init(&self.lock, NULL);
    cornu_status status = profile_batches(command, &self);
    pthread_mutex_destroy(&self.lock);
    cornu__free(self.message);
    cornu_sequence_release(self.batches);
    return status;
}
