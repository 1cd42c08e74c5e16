/* dataset_checks.c: what the tests of datasets from files share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "array/array.h"
#include "data/dataset_checks.h"
#include "data/enqueuer.h"
#include "data/generator.h"
#include "data/oracle_values.h"

char *fixture_path(char out[PATH_SIZE], const char *name)
{
    const char *root = getenv("CORNU_SOURCE_DIR");
    snprintf(out, PATH_SIZE, "%s/tests/format/fixtures/%s", root ? root : ".", name);
    return out;
}

char *scratch_path(char out[PATH_SIZE], const char *name)
{
    const char *folder = getenv("TMPDIR");
    snprintf(out, PATH_SIZE, "%s/cornu-test-%ld-%s", folder ? folder : "/tmp", (long)getpid(), name);
    return out;
}

void write_gzip(const char *path, const void *bytes, size_t size)
{
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), (int)size);
    assert_int_equal(gzclose(file), Z_OK);
}

void *made(void *object)
{
    if (!object)
        fail_msg("%s", cornu_error_message());
    return object;
}

void expect_refusal(const void *object, const char *part)
{
    assert_null(object);
    if (!strstr(cornu_error_message(), part))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), part);
}

void read_sample(cornu_dataset *dataset, int64_t index, cornu_sample *sample)
{
    if (cornu_dataset_read(dataset, index, sample) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

static int number_of(const cornu_dataset *dataset, const char *field)
{
    int number = cornu_dataset_field_named(dataset, field);
    if (number < 0)
        fail_msg("%s", cornu_error_message());
    return number;
}

double value_of(const cornu_dataset *dataset, const cornu_sample *sample, const char *field, int64_t element)
{
    int number = number_of(dataset, field);
    cornu_dtype dtype = cornu_dataset_field(dataset, number)->dtype;
    double value;
    const char *data = cornu_sample_data(sample, number);
    assert_non_null(data);
    cornu__convert(CORNU_FLOAT64, &value, dtype, data + element * (int64_t)cornu_dtype_size(dtype), 1);
    return value;
}

void expect_bytes(const cornu_dataset *dataset, const cornu_sample *sample, const char *field, const void *bytes,
                  size_t size)
{
    int number = number_of(dataset, field);
    assert_int_equal(cornu_dataset_field(dataset, number)->dtype, CORNU_UINT8);
    assert_int_equal(cornu_sample_size(sample, number), size);
    if (size > 0)
        assert_memory_equal(cornu_sample_data(sample, number), bytes, size);
}

static uint64_t hash_more(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ next[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t hash_of_batches(cornu_dataset *dataset, int64_t numbers, int workers, bool processes)
{
    cornu__ports ports = {0};
    cornu_model *model = cornu_sequential(.seed = 5);
    cornu_add(model, cornu_dense(1, .input_shape = {numbers}));
    assert_int_equal(cornu_compile(model, .loss = "mse"), CORNU_OK);
    assert_int_equal(cornu__ports_of(model, CORNU__STEP_TRAIN, NULL, &ports), CORNU_OK);
    cornu_sequence *sequence = made(cornu_dataset_sequence(dataset, .batch_size = 7, .buffer_size = 20));
    const cornu__enqueuer_options options = {
        .workers = workers, .epochs = 2, .max_queue_size = 3, .processes = processes};
    cornu__enqueuer *ring =
        made(cornu__enqueuer_start(cornu__generator_source(&ports, sequence, true, 0, NULL), &options));
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const cornu__batch *batch;;) {
        if (cornu__enqueuer_get(ring, &batch) != CORNU_OK)
            fail_msg("%s", cornu_error_message());
        if (!batch)
            break;
        hash = hash_more(hash, batch->inputs[0].data, (size_t)(batch->rows * numbers) * sizeof(float));
        hash = hash_more(hash, batch->targets[0].data, (size_t)batch->rows * sizeof(float));
        assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
    }
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);
    cornu_model_release(model);
    return hash;
}

void expect_same_batches_for_any_workers(cornu_dataset *dataset, int64_t numbers)
{
    uint64_t wanted = hash_of_batches(dataset, numbers, 0, false);
    for (int workers = 1; workers <= 7; workers++) {
        assert_true(hash_of_batches(dataset, numbers, workers, false) == wanted);
        if (workers % 3 == 1)
            assert_true(hash_of_batches(dataset, numbers, workers, true) == wanted);
    }
}

typedef struct opener {
    cornu_dataset *(*open)(void);
} opener;

static bool open_and_read(void *argument)
{
    cornu_dataset *dataset = ((const opener *)argument)->open();
    cornu_sample *sample = dataset ? cornu_sample_create(dataset) : NULL;
    bool done = sample && cornu_dataset_read(dataset, 2, sample) == CORNU_OK;
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    return done;
}

void fail_every_allocation_of_reading(cornu_dataset *(*open)(void))
{
    fail_every_allocation(open_and_read, &(opener){open});
}
