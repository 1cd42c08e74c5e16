/*
 * bench_pictures.c: how many pictures a second Cornu makes ready for training; the same cases and command line as bench/rivals/picture_rival.py.
 *
 *     bench_pictures --case augment32|augment224|folder|folder-nearest|fed [--threads T] [--seconds S] [--folder PATH]
 *     bench_pictures --server [--threads T] [--seconds S] [--folder PATH]     case names on standard input, one a line
 *
 * Prints one JSON line per measurement.
 *     augment32, augment224     flow out of bytes in memory, 32 x 32 x 3 or 224 x 224 x 3: rotation, shifts, shear, zoom and flip, batches of 32
 *     folder                    flow_from_directory: decoding, "bilinear" to 224 x 224, the same augmentation, one epoch after another
 *     folder-nearest            the same with Keras's default, "nearest"
 *     folder-plain              "bilinear" without augmentation
 *     fed                       a small CNN trained by fit_generator from the folder (128 x 128, augmented) with one worker, kernels on one thread: seconds
 *                               of an epoch, and of the same batches given to train_on_batch out of memory
 * T threads make whole batches in turn.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cornu/cornu.h>

#define PICTURES 512
#define BATCH 32
#define MOST_BATCHES 256

typedef struct settings {
    int threads;
    double seconds;
    const char *folder;
} settings;

static double clock_of(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double now(void)
{
    return clock_of(CLOCK_MONOTONIC);
}

static double processor_seconds(void)
{
    return clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

/* --- Sequences --- */

static cornu_image_data_generator *augmentation(void)
{
    return cornu_image_data_generator_create(.rotation_range = 30, .width_shift_range = 0.1, .height_shift_range = 0.1,
                                             .shear_range = 10, .zoom_range = 0.2, .horizontal_flip = true);
}

/* A smooth picture with some noise, as photographs are. */
static cornu_array *pictures_of(int size)
{
    cornu_array *made = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){PICTURES, size, size, 3});
    uint8_t *values = made ? cornu_array_data(made) : NULL;
    for (int64_t i = 0; made && i < cornu_array_count(made); i++)
        values[i] =
            (uint8_t)((i / 3 % size + i / 3 / size % size) * 100 / size + (int64_t)(i * 2654435761u >> 13) % 64);
    return made;
}

static cornu_sequence *in_memory(int size)
{
    cornu_image_data_generator *generator = augmentation();
    cornu_array *x = pictures_of(size);
    cornu_sequence *batches = cornu_flow(generator, x, NULL, .batch_size = BATCH);
    cornu_array_release(x);
    cornu_image_data_generator_release(generator);
    return batches;
}

static cornu_sequence *from_folder(const char *folder, int size, const char *interpolation, bool augmented)
{
    cornu_image_data_generator *generator = augmented ? augmentation() : cornu_image_data_generator_create();
    cornu_sequence *batches =
        cornu_flow_from_directory(generator, folder, .target_size = cornu_pair(size, size), .batch_size = BATCH,
                                  .interpolation = interpolation, .class_mode = "sparse");
    cornu_image_data_generator_release(generator);
    return batches;
}

static cornu_sequence *sequence_of(const char *name, const settings *options)
{
    if (strcmp(name, "augment32") == 0)
        return in_memory(32);
    if (strcmp(name, "augment224") == 0)
        return in_memory(224);
    if (strcmp(name, "folder") == 0)
        return from_folder(options->folder, 224, "bilinear", true);
    if (strcmp(name, "folder-nearest") == 0)
        return from_folder(options->folder, 224, "nearest", true);
    if (strcmp(name, "folder-plain") == 0)
        return from_folder(options->folder, 224, "bilinear", false);
    cornu_error_set(CORNU_ERROR_UNKNOWN_NAME, "there is no such case");
    return NULL;
}

/* --- How fast batches are made --- */

typedef struct work {
    cornu_sequence *batches;
    int64_t wanted; /* batches; they go round */
    atomic_llong next, pictures;
    atomic_bool failed;
} work;

static void *make_batches(void *state)
{
    work *self = state;
    for (int64_t i; (i = atomic_fetch_add(&self->next, 1)) < self->wanted && !atomic_load(&self->failed);) {
        cornu_batch batch = {0};
        if (cornu_sequence_get(self->batches, i % cornu_sequence_length(self->batches), &batch) != CORNU_OK) {
            fprintf(stderr, "bench_pictures: %s\n", cornu_error_message());
            atomic_store(&self->failed, true);
            break;
        }
        atomic_fetch_add(&self->pictures, cornu_array_size(batch.x, 0));
        cornu_batch_clear(&batch);
    }
    return NULL;
}

/* The pictures made, or -1. */
static int64_t make(cornu_sequence *batches, int64_t wanted, int threads)
{
    work all = {.batches = batches, .wanted = wanted};
    pthread_t others[64];
    int started = 0;
    while (started + 1 < threads && started < 64 && pthread_create(&others[started], NULL, make_batches, &all) == 0)
        started++;
    make_batches(&all);
    for (int i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    return atomic_load(&all.failed) ? -1 : atomic_load(&all.pictures);
}

static bool measure(const char *name, cornu_sequence *batches, const settings *options)
{
    int64_t epoch = cornu_sequence_length(batches), pictures = 0;
    double begin = now(), processor = processor_seconds();
    do {
        int64_t made = make(batches, epoch, options->threads);
        if (made < 0)
            return false;
        pictures += made;
    } while (now() - begin < options->seconds);
    printf("{\"rival\": \"cornu\", \"version\": \"%s\", \"case\": \"%s\", \"threads\": %d, \"pictures_per_second\": "
           "%.6g, \"per_processor_second\": %.6g}\n",
           cornu_version(), name, options->threads, (double)pictures / (now() - begin),
           (double)pictures / (processor_seconds() - processor));
    return true;
}

/* --- A model that is fed --- */

static cornu_model *small_cnn(void)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_conv2d(32, 3, .activation = "relu", .input_shape = {128, 128, 3}));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_conv2d(32, 3, .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_conv2d(64, 3, .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(64, .activation = "relu"));
    cornu_add(model, cornu_dense(2, .activation = "softmax"));
    if (cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .threads = 1) == CORNU_OK)
        return model;
    cornu_model_release(model);
    return NULL;
}

/* An epoch's batches, kept; how many, or -1. */
static int64_t keep_batches(cornu_sequence *batches, cornu_batch *kept)
{
    int64_t count = cornu_sequence_length(batches);
    count = count < MOST_BATCHES ? count : MOST_BATCHES;
    for (int64_t i = 0; i < count; i++)
        if (cornu_sequence_get(batches, i, &kept[i]) != CORNU_OK)
            return -1;
    return count;
}

static bool train_on_kept(cornu_model *model, const cornu_batch *kept, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (cornu_train_on_batch(model, kept[i].x, kept[i].y, NULL) != CORNU_OK)
            return false;
    return true;
}

/* *waited: the seconds in which there was no batch to train on, of all epochs. */
static bool train_fed(cornu_model *model, cornu_sequence *batches, int epochs, double *waited)
{
    cornu_history *history = cornu_fit_generator(model, batches, .epochs = epochs, .workers = 1, .verbose = 0);
    bool trained = history != NULL;
    for (int epoch = 0; trained && epoch < epochs; epoch++) {
        cornu_waiting waiting;
        trained = cornu_history_waiting(history, epoch, &waiting) == CORNU_OK;
        *waited += trained ? waiting.waited : 0;
    }
    cornu_history_release(history);
    return trained;
}

/* In turns, so that both see the same machine; the first of each, which compiles the step, is not counted. */
static bool measure_fed(const settings *options)
{
    static cornu_batch kept[MOST_BATCHES];
    static cornu_model *model;
    static cornu_sequence *batches;
    static int64_t count;
    enum { EPOCHS = 4 };
    double waited = 0;
    if (!model) {
        model = small_cnn();
        batches = from_folder(options->folder, 128, "bilinear", true);
        count = batches ? keep_batches(batches, kept) : -1;
        if (!model || count < 1 || !train_on_kept(model, kept, count) || !train_fed(model, batches, 1, &waited))
            return false;
    }
    double fed = 0, alone = 0, making = 0, begin = now();
    waited = 0;
    int rounds = 0;
    do {
        double start = now();
        for (int epoch = 0; epoch < EPOCHS; epoch++)
            if (!train_on_kept(model, kept, count))
                return false;
        double middle = now();
        if (!train_fed(model, batches, EPOCHS, &waited))
            return false;
        double end = now();
        if (make(batches, count, 1) < 0)
            return false;
        alone += (middle - start) / EPOCHS;
        fed += (end - middle) / EPOCHS;
        making += now() - end;
        rounds++;
    } while (now() - begin < options->seconds);
    printf("{\"rival\": \"cornu\", \"version\": \"%s\", \"case\": \"fed\", \"threads\": %d, \"epoch_seconds\": %.5g, "
           "\"step_seconds\": %.5g, \"making_seconds\": %.5g, \"waited\": %.5g, \"slower\": %.5g}\n",
           cornu_version(), options->threads, fed / rounds, alone / rounds, making / rounds, waited / (EPOCHS * fed),
           fed / alone - 1);
    return true;
}

/* --- The command line --- */

static cornu_sequence *ready_sequence(const char *name, const settings *options)
{
    static struct {
        char name[32];
        cornu_sequence *batches;
    } ready[8];
    for (int i = 0; i < 8; i++) {
        if (ready[i].batches && strcmp(ready[i].name, name) == 0)
            return ready[i].batches;
        if (ready[i].batches)
            continue;
        ready[i].batches = sequence_of(name, options);
        snprintf(ready[i].name, sizeof ready[i].name, "%s", name);
        if (ready[i].batches)
            make(ready[i].batches, cornu_sequence_length(ready[i].batches), options->threads);
        return ready[i].batches;
    }
    return NULL;
}

static void answer(const char *name, const settings *options)
{
    bool is_fed = strcmp(name, "fed") == 0;
    cornu_sequence *batches = is_fed ? NULL : ready_sequence(name, options);
    if (is_fed ? measure_fed(options) : batches && measure(name, batches, options))
        return;
    printf("{\"rival\": \"cornu\", \"case\": \"%s\", \"error\": \"%s\"}\n", name, cornu_error_message());
}

int main(int argc, char **argv)
{
    settings options = {.threads = 1, .seconds = 3};
    const char *name = NULL;
    bool server = false;
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--server") == 0)
            server = true;
        else if (strcmp(argv[i], "--case") == 0 && has_value)
            name = argv[++i];
        else if (strcmp(argv[i], "--threads") == 0 && has_value)
            options.threads = atoi(argv[++i]);
        else if (strcmp(argv[i], "--seconds") == 0 && has_value)
            options.seconds = atof(argv[++i]);
        else if (strcmp(argv[i], "--folder") == 0 && has_value)
            options.folder = argv[++i];
        else {
            fprintf(stderr,
                    "Usage: bench_pictures (--case NAME | --server) [--threads T] [--seconds S] [--folder PATH]\n");
            return 2;
        }
    }
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!server && name)
        answer(name, &options);
    while (server && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        answer(line, &options);
    }
    return 0;
}
