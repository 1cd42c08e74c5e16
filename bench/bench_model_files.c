/*
 * bench_model_files.c: what it takes to load and save a model of 100 MB, beside merely reading the file into memory.
 *
 *     build/release/bench/bench_model_files [FOLDER]        (writes two files of 100 MB there and removes them)
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cornu/cornu.h>

#define ROUNDS 9

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Seconds; *size: the file's bytes. */
static double read_file(const char *path, size_t *size)
{
    double begin = now();
    int file = open(path, O_RDONLY);
    off_t length = lseek(file, 0, SEEK_END);
    char *bytes = length > 0 ? malloc((size_t)length) : NULL;
    for (off_t got = 0, some = 1; bytes && got < length && some > 0; got += some)
        some = pread(file, bytes + got, (size_t)(length - got), got);
    close(file);
    double seconds = now() - begin;
    free(bytes);
    *size = length > 0 ? (size_t)length : 0;
    return seconds;
}

static double load(const char *path)
{
    double begin = now();
    cornu_model *model = cornu_load_model(path, .compile = false);
    double seconds = now() - begin;
    if (!model)
        fprintf(stderr, "%s\n", cornu_error_message());
    cornu_model_release(model);
    return seconds;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void measure(cornu_model *model, const char *folder, const char *name)
{
    char path[1000];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    double begin = now();
    if (cornu_save(model, path) != CORNU_OK) {
        fprintf(stderr, "%s\n", cornu_error_message());
        return;
    }
    double saving = now() - begin, reading = 1e9, loading = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        reading = least(reading, read_file(path, &size));
        loading = least(loading, load(path));
    }
    printf("%s: %zu bytes; read %.4f s, load %.4f s (%.2f times), save %.3f s\n", name, size, reading, loading,
           loading / reading, saving);
    unlink(path);
}

int main(int count, char **words)
{
    cornu_model *model = cornu_sequential(.name = "large");
    cornu_add(model, cornu_dense(5000, .input_shape = {2000}));
    cornu_add(model, cornu_dense(3000));
    cornu_add(model, cornu_dense(1));
    measure(model, count > 1 ? words[1] : ".", "bench_large.h5");
    measure(model, count > 1 ? words[1] : ".", "bench_large.keras");
    cornu_model_release(model);
    return 0;
}
