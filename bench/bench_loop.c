/*
 * bench_loop.c: what the training loop costs beside the step, and how well making batches overlaps with using them.
 *
 *     bench_loop --case overhead|overlap [--rounds R] [--seconds S]
 *
 * Prints one JSON line. In every round all ways are measured one after another, about S seconds each; figures are medians of the rounds.
 *
 *   overhead  microseconds a batch of a model so small (Dense 8-4-1, batch 1, metric mae, one thread) that the way to the step shows:
 *             the step alone; train_on_batch; fit; fit with the bar on a terminal and a callback that has all hooks; fit_generator.
 *             over_us: fit, with bar and callback, beyond train_on_batch.
 *   overlap   a model on one thread and a generator that takes as long as its step, keeping a core busy or asleep: milliseconds a
 *             batch of the step, of the generator, of fit_generator without workers and with one. ratio_*: fit_generator with one worker
 *             over the longer of step and generator, in the same round.
 */
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cornu/cornu.h>

#include "model/step.h"

#define MOST_ROUNDS 101

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

/* Sorts the values. */
static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof values[0], ascending);
    return values[count / 2];
}

static void die(const char *what)
{
    fprintf(stderr, "bench_loop: %s: %s\n", what, cornu_error_message());
    exit(1);
}

static void worked(const char *what, cornu_status status)
{
    if (status != CORNU_OK)
        die(what);
}

static void fitted(const char *what, cornu_history *history)
{
    if (!history)
        die(what);
    cornu_history_release(history);
}

/* Uniform numbers in [0, 1). */
static cornu_array *numbers(int rank, const int64_t *shape)
{
    uint64_t bits = 88172645463325252u;
    cornu_array *made = cornu_array_zeros(CORNU_FLOAT32, rank, shape);
    if (!made)
        die("data");
    for (int64_t i = 0; i < cornu_array_count(made); i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        cornu_array_float32(made)[i] = (float)(bits >> 40) * 0x1p-24F;
    }
    return made;
}

/* --- overhead --- */

/* A terminal whose other end is read and thrown away, in place of standard output. */
typedef struct terminal {
    int master, kept_output;
    pthread_t reader;
} terminal;

static void *read_all(void *state)
{
    char bytes[4096];
    while (read(((const terminal *)state)->master, bytes, sizeof bytes) > 0)
        ;
    return NULL;
}

static void open_terminal(terminal *made)
{
    fflush(stdout);
    made->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (made->master < 0 || grantpt(made->master) != 0 || unlockpt(made->master) != 0)
        die("no terminal");
    int slave = open(ptsname(made->master), O_RDWR | O_NOCTTY);
    made->kept_output = dup(STDOUT_FILENO);
    if (slave < 0 || made->kept_output < 0 || dup2(slave, STDOUT_FILENO) < 0 ||
        pthread_create(&made->reader, NULL, read_all, made) != 0)
        die("no terminal");
    close(slave);
}

static void close_terminal(terminal *made)
{
    fflush(stdout);
    dup2(made->kept_output, STDOUT_FILENO); /* the last of the terminal's near end: the reader then ends */
    close(made->kept_output);
    pthread_join(made->reader, NULL);
    close(made->master);
}

static cornu_status look(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training, (void)index;
    *(double *)state += logs->count > 0 ? logs->values[0] : 1;
    return CORNU_OK;
}

typedef struct small {
    cornu_model *model;
    cornu_array *x, *y;         /* many rows */
    cornu_array *one_x, *one_y; /* one */
    cornu_sequence *sequence;   /* of one row a batch */
} small;

enum { SMALL_ROWS = 20000 };

static small make_small(void)
{
    small made = {.model = cornu_sequential(),
                  .x = numbers(2, (int64_t[]){SMALL_ROWS, 8}),
                  .y = numbers(2, (int64_t[]){SMALL_ROWS, 1}),
                  .one_x = numbers(2, (int64_t[]){1, 8}),
                  .one_y = numbers(2, (int64_t[]){1, 1})};
    cornu_add(made.model, cornu_dense(4, .activation = "relu", .input_shape = {8}));
    cornu_add(made.model, cornu_dense(1));
    worked("compile", cornu_compile(made.model, .optimizer = cornu_sgd(.learning_rate = 1e-4), .loss = "mse",
                                    .metrics = {"mae"}, .threads = 1));
    made.sequence = cornu_array_sequence(made.x, made.y, .batch_size = 1);
    if (!made.sequence)
        die("sequence");
    return made;
}

static void step_alone(const small *s, int64_t batches)
{
    cornu__batch batch = {.rows = 1};
    batch.inputs[0] = (cornu__tensor){.data = cornu_array_data(s->one_x), .rank = 2, .shape = {1, 8}};
    batch.targets[0] = (cornu__tensor){.data = cornu_array_data(s->one_y), .rank = 2, .shape = {1, 1}};
    for (int64_t i = 0; i < batches; i++)
        worked("step", cornu__model_step(s->model, CORNU__STEP_TRAIN, &batch));
}

static void by_train_on_batch(const small *s, int64_t batches)
{
    cornu_logs logs;
    for (int64_t i = 0; i < batches; i++)
        worked("train_on_batch",
               cornu_train_on_batch(s->model, s->one_x, s->one_y, &logs, .reset_metrics = i % SMALL_ROWS == 0));
}

static void by_fit(const small *s, int64_t batches)
{
    fitted("fit",
           cornu_fit(s->model, s->x, s->y, .batch_size = 1, .epochs = (int)(batches / SMALL_ROWS), .verbose = 0));
}

static void by_fit_with_all(const small *s, int64_t batches)
{
    double seen = 0;
    terminal shown;
    open_terminal(&shown);
    fitted("fit", cornu_fit(s->model, s->x, s->y, .batch_size = 1, .epochs = (int)(batches / SMALL_ROWS), .verbose = 1,
                            .callbacks = {cornu_callback_create(.on_train_begin = look, .on_train_end = look,
                                                                .on_epoch_begin = look, .on_epoch_end = look,
                                                                .on_train_batch_begin = look,
                                                                .on_train_batch_end = look, .state = &seen)}));
    close_terminal(&shown);
}

static void by_generator(const small *s, int64_t batches, int workers)
{
    fitted("fit_generator", cornu_fit_generator(s->model, s->sequence, .epochs = (int)(batches / SMALL_ROWS),
                                                .workers = workers, .verbose = 0));
}

static void by_generator_here(const small *s, int64_t batches)
{
    by_generator(s, batches, 0);
}

static void by_generator_worker(const small *s, int64_t batches)
{
    by_generator(s, batches, 1);
}

static int overhead(int rounds, double seconds)
{
    static const struct {
        const char *name;
        void (*run)(const small *s, int64_t batches);
    } ways[] = {{"step_us", step_alone},
                {"train_on_batch_us", by_train_on_batch},
                {"fit_us", by_fit},
                {"fit_bar_callback_us", by_fit_with_all},
                {"fit_generator_us", by_generator_here},
                {"fit_generator_1_worker_us", by_generator_worker}};
    enum { WAYS = sizeof ways / sizeof ways[0], TRAIN_ON_BATCH = 1, ALL = 3 };
    static double taken[WAYS][MOST_ROUNDS], over[MOST_ROUNDS];
    small s = make_small();
    double begin = now();
    by_train_on_batch(&s, SMALL_ROWS);
    int64_t epochs = (int64_t)fmax(1, round(seconds / (now() - begin)));
    for (int round = -1; round < rounds; round++) { /* one round to warm up */
        for (int way = 0; way < WAYS; way++) {
            begin = now();
            ways[way].run(&s, epochs * SMALL_ROWS);
            if (round >= 0)
                taken[way][round] = (now() - begin) / (double)(epochs * SMALL_ROWS) * 1e6;
        }
        if (round >= 0)
            over[round] = taken[ALL][round] - taken[TRAIN_ON_BATCH][round];
    }
    printf("{\"case\": \"overhead\", \"rounds\": %d, \"batches\": %lld", rounds, (long long)(epochs * SMALL_ROWS));
    for (int way = 0; way < WAYS; way++)
        printf(", \"%s\": %.4f", ways[way].name, median(taken[way], rounds));
    double middle = median(over, rounds);
    printf(", \"over_us\": %.4f, \"over_lowest_us\": %.4f, \"over_highest_us\": %.4f}\n", middle, over[0],
           over[rounds - 1]);
    cornu_sequence_release(s.sequence);
    cornu_model_release(s.model);
    cornu_array *const all[] = {s.x, s.y, s.one_x, s.one_y};
    for (int i = 0; i < 4; i++)
        cornu_array_release(all[i]);
    return 0;
}

/* --- overlap --- */

enum { LARGE_BATCH = 128, LARGE_FEATURES = 784, CLASSES = 10, LARGE_UNITS = 512 };

/* Gives one batch again and again, each after `seconds`. */
typedef struct slow {
    cornu_array *x, *y;
    double seconds;
    bool busy; /* computing all the while, not asleep */
} slow;

static void wait_for(const slow *self)
{
    struct timespec pause = {.tv_nsec = (long)(self->seconds * 1e9)};
    double end = now() + self->seconds;
    if (self->busy)
        while (now() < end)
            ;
    else if (pause.tv_nsec > 0)
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static cornu_status give_slowly(void *state, cornu_batch *batch)
{
    const slow *self = state;
    wait_for(self);
    batch->x = cornu_array_retain(self->x);
    batch->y = cornu_array_retain(self->y);
    return CORNU_OK;
}

/* Seconds a batch. */
static double time_fit(cornu_model *model, slow *source, int64_t steps, int workers)
{
    cornu_generator *generator = cornu_generator_create(.next = give_slowly, .state = source);
    double begin = now();
    fitted("fit_generator",
           cornu_fit_generator(model, generator, .steps_per_epoch = steps, .workers = workers, .verbose = 0));
    double taken = (now() - begin) / (double)steps;
    cornu_generator_release(generator);
    return taken;
}

static double time_generator(const slow *source, int64_t steps)
{
    double begin = now();
    for (int64_t i = 0; i < steps; i++)
        wait_for(source);
    return (now() - begin) / (double)steps;
}

static cornu_model *large_model(void)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(LARGE_UNITS, .activation = "relu", .input_shape = {LARGE_FEATURES}));
    cornu_add(model, cornu_dense(LARGE_UNITS, .activation = "relu"));
    cornu_add(model, cornu_dense(CLASSES, .activation = "softmax"));
    worked("compile",
           cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .threads = 1));
    return model;
}

static int overlap(int rounds, double seconds)
{
    static double step[2][MOST_ROUNDS], made[2][MOST_ROUNDS], sum[2][MOST_ROUNDS], both[2][MOST_ROUNDS],
        ratio[2][MOST_ROUNDS];
    static const char *const names[] = {"asleep", "busy"};
    cornu_model *model = large_model();
    slow source = {.x = numbers(2, (int64_t[]){LARGE_BATCH, LARGE_FEATURES}),
                   .y = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){LARGE_BATCH})};
    time_fit(model, &source, 20, 0);
    int64_t steps = (int64_t)fmax(20, round(seconds / time_fit(model, &source, 50, 0)));
    for (int round = 0; round < rounds; round++) {
        for (int busy = 0; busy < 2; busy++) {
            source.busy = busy;
            source.seconds = 0;
            step[busy][round] = source.seconds = time_fit(model, &source, steps, 0);
            made[busy][round] = time_generator(&source, steps);
            both[busy][round] = time_fit(model, &source, steps, 1);
            sum[busy][round] = time_fit(model, &source, steps, 0);
            ratio[busy][round] = both[busy][round] / fmax(step[busy][round], made[busy][round]);
        }
    }
    printf("{\"case\": \"overlap\", \"rounds\": %d, \"batches\": %lld", rounds, (long long)steps);
    for (int busy = 0; busy < 2; busy++) {
        double middle = median(ratio[busy], rounds);
        printf(", \"%s\": {\"step_ms\": %.4f, \"generator_ms\": %.4f, \"no_worker_ms\": %.4f, \"one_worker_ms\": %.4f, "
               "\"ratio\": %.4f, \"ratio_lowest\": %.4f, \"ratio_highest\": %.4f}",
               names[busy], median(step[busy], rounds) * 1e3, median(made[busy], rounds) * 1e3,
               median(sum[busy], rounds) * 1e3, median(both[busy], rounds) * 1e3, middle, ratio[busy][0],
               ratio[busy][rounds - 1]);
    }
    printf("}\n");
    cornu_array_release(source.x);
    cornu_array_release(source.y);
    cornu_model_release(model);
    return 0;
}

int main(int argc, char **argv)
{
    const char *name = "";
    int rounds = 5;
    double seconds = 0.5;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--case") == 0)
            name = argv[i + 1];
        else if (strcmp(argv[i], "--rounds") == 0)
            rounds = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = atof(argv[i + 1]);
    }
    if (rounds >= 1 && rounds <= MOST_ROUNDS && seconds > 0 && strcmp(name, "overhead") == 0)
        return overhead(rounds, seconds);
    if (rounds >= 1 && rounds <= MOST_ROUNDS && seconds > 0 && strcmp(name, "overlap") == 0)
        return overlap(rounds, seconds);
    fprintf(stderr, "Usage: bench_loop --case overhead|overlap [--rounds R (1 to %d)] [--seconds S]\n", MOST_ROUNDS);
    return 2;
}
