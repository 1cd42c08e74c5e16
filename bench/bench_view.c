/*
 * bench_view.c: what the live page costs training.
 *
 *     bench_view [--rounds R] [--seconds S]
 *
 * Prints one JSON line. In every round the ways of fit are measured one after another, about S seconds each, in an order that changes: without the
 * page; with it, and nobody looking; with it, and a browser's stream of messages read by another thread, which takes time of the same cores. On
 * two models:
 *
 *   mlp   784-128-10, batch 32, Adam. ratio_*: with the page over without, in the same round.
 *   tiny  Dense 8-4-1, batch 1: microseconds a batch more than without, where a batch takes about half of one.
 *
 * Both on one thread. `wall` is time that passed; `cpu` is the whole process's processor time, with that of the server's thread and of the one that reads,
 * which says more on a machine that is not one's own. Figures are medians of the rounds, with the lowest and the highest.
 */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cornu/cornu.h>

#define MOST_ROUNDS 101

typedef enum clock_kind { WALL, CPU, CLOCKS } clock_kind;

static const char *const clock_names[CLOCKS] = {"wall", "cpu"};

static double now(clock_kind kind)
{
    struct timespec time;
    clock_gettime(kind == WALL ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static void die(const char *what)
{
    fprintf(stderr, "bench_view: %s: %s\n", what, cornu_error_message());
    exit(1);
}

/* --- A browser --- */

static pthread_t reader;
static long long bytes_read;

static void *read_stream(void *state)
{
    int connection = *(int *)state;
    char bytes[16384];
    for (ssize_t got = 1; got > 0; bytes_read += got > 0 ? got : 0)
        got = recv(connection, bytes, sizeof bytes, 0);
    close(connection);
    return NULL;
}

static cornu_status open_stream(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    static int connection;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int port = 0;
    char request[128];
    (void)state, (void)index, (void)logs;
    sscanf(cornu_training_view_address(training), "http://127.0.0.1:%d/", &port);
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection = socket(AF_INET, SOCK_STREAM, 0);
    int length = snprintf(request, sizeof request, "GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", port);
    if (connect(connection, (const struct sockaddr *)&address, sizeof address) != 0 ||
        write(connection, request, (size_t)length) != length ||
        pthread_create(&reader, NULL, read_stream, &connection) != 0)
        die("no browser");
    return CORNU_OK;
}

/* --- The ways --- */

typedef enum way { WITHOUT, UNSEEN, SEEN, WAYS } way;

static const char *const way_names[WAYS] = {"without", "unseen", "seen"};

typedef struct subject {
    cornu_model *model;
    cornu_array *x, *y;
    int batch_size;
} subject;

/* Begins when the first batch does and ends when the last one has: the closing of the page is not the step's. */
typedef struct stopwatch {
    double begun[CLOCKS], taken[CLOCKS];
} stopwatch;

static cornu_status start(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training, (void)index, (void)logs;
    for (clock_kind kind = WALL; kind < CLOCKS; kind++)
        ((stopwatch *)state)->begun[kind] = now(kind);
    return CORNU_OK;
}

static cornu_status stop(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training, (void)index, (void)logs;
    stopwatch *watch = state;
    for (clock_kind kind = WALL; kind < CLOCKS; kind++)
        watch->taken[kind] = now(kind) - watch->begun[kind];
    return CORNU_OK;
}

static stopwatch time_fit(const subject *s, int epochs, way how)
{
    stopwatch watch = {0};
    cornu_callback *timing = cornu_callback_create(.on_train_begin = start, .on_train_end = stop, .state = &watch);
    cornu_callback *browser = how == SEEN ? cornu_callback_create(.on_train_begin = open_stream) : timing;
    cornu_history *history =
        cornu_fit(s->model, s->x, s->y, .batch_size = s->batch_size, .epochs = epochs, .verbose = 0,
                  .view_metrics = how != WITHOUT, .callbacks = {browser, how == SEEN ? timing : NULL});
    if (!history)
        die("fit");
    if (how == SEEN)
        pthread_join(reader, NULL);
    cornu_history_release(history);
    return watch;
}

static double taken[CLOCKS][WAYS][MOST_ROUNDS]; /* seconds a batch */

static void measure(const subject *s, int rounds, double seconds)
{
    int64_t batches = (cornu_array_shape(s->x)[0] + s->batch_size - 1) / s->batch_size;
    time_fit(s, 1, WITHOUT);
    int epochs = (int)fmax(1, round(seconds / time_fit(s, 1, WITHOUT).taken[WALL]));
    for (int turn = -1; turn < rounds; turn++) { /* one round to warm up */
        for (int place = 0; place < WAYS; place++) {
            way how = (way)((turn + 1 + place) % WAYS);
            stopwatch watch = time_fit(s, epochs, how);
            for (clock_kind kind = WALL; kind < CLOCKS && turn >= 0; kind++)
                taken[kind][how][turn] = watch.taken[kind] / ((double)epochs * (double)batches);
        }
    }
}

static void print_spread(const char *name, clock_kind kind, way how, double *values, int rounds)
{
    qsort(values, (size_t)rounds, sizeof *values, ascending);
    printf(", \"%s_%s_%s\": [%.4f, %.4f, %.4f]", name, clock_names[kind], way_names[how], values[rounds / 2], values[0],
           values[rounds - 1]);
}

/* With the page over without, or, in microseconds, more than without. */
static void print_against(const char *name, bool as_ratio, int rounds)
{
    double against[MOST_ROUNDS];
    for (clock_kind kind = WALL; kind < CLOCKS; kind++) {
        for (way how = UNSEEN; how < WAYS; how++) {
            for (int i = 0; i < rounds; i++) {
                double with = taken[kind][how][i], without = taken[kind][WITHOUT][i];
                against[i] = as_ratio ? with / without : 1e6 * (with - without);
            }
            print_spread(name, kind, how, against, rounds);
        }
    }
}

static void print_microseconds(const char *name, int rounds)
{
    double values[MOST_ROUNDS];
    for (clock_kind kind = WALL; kind < CLOCKS; kind++) {
        for (int i = 0; i < rounds; i++)
            values[i] = 1e6 * taken[kind][WITHOUT][i];
        print_spread(name, kind, WITHOUT, values, rounds);
    }
}

/* --- The models --- */

static cornu_array *numbers(int64_t rows, int64_t columns)
{
    uint64_t bits = 88172645463325252u;
    cornu_array *made = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){rows, columns});
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

static subject make_mlp(void)
{
    subject made = {cornu_sequential(), numbers(4096, 784), cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){4096}), 32};
    cornu_add(made.model, cornu_dense(128, .activation = "relu", .input_shape = {784}));
    cornu_add(made.model, cornu_dense(10, .activation = "softmax"));
    if (cornu_compile(made.model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy",
                      .metrics = {"accuracy"}, .threads = 1) != CORNU_OK)
        die("mlp");
    return made;
}

static subject make_tiny(void)
{
    subject made = {cornu_sequential(), numbers(20000, 8), numbers(20000, 1), 1};
    cornu_add(made.model, cornu_dense(4, .activation = "relu", .input_shape = {8}));
    cornu_add(made.model, cornu_dense(1));
    if (cornu_compile(made.model, .optimizer = cornu_sgd(.learning_rate = 1e-4), .loss = "mse", .metrics = {"mae"},
                      .threads = 1) != CORNU_OK)
        die("tiny");
    return made;
}

static void release(subject *s)
{
    cornu_array_release(s->x);
    cornu_array_release(s->y);
    cornu_model_release(s->model);
}

int main(int argc, char **argv)
{
    int rounds = 9;
    double seconds = 0.5;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--rounds") == 0)
            rounds = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = atof(argv[i + 1]);
    }
    if (rounds < 1 || rounds > MOST_ROUNDS || !(seconds > 0)) {
        fprintf(stderr, "Usage: bench_view [--rounds R (1 to %d)] [--seconds S]\n", MOST_ROUNDS);
        return 2;
    }
    subject mlp = make_mlp(), tiny = make_tiny();
    printf("{\"case\": \"view\", \"rounds\": %d", rounds);
    measure(&mlp, rounds, seconds);
    print_against("mlp_ratio", true, rounds);
    measure(&tiny, rounds, seconds);
    print_against("tiny_more_us", false, rounds);
    print_microseconds("tiny_us", rounds);
    printf(", \"bytes_read\": %lld}\n", bytes_read);
    release(&mlp);
    release(&tiny);
    return 0;
}
