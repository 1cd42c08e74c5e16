/* dataset_checks.h: what the tests of datasets from files share. */
#ifndef CORNU_TESTS_DATA_DATASET_CHECKS_H
#define CORNU_TESTS_DATA_DATASET_CHECKS_H

#include <stddef.h>

#include <cornu/dataset.h>

#include "support/files.h"
#include "support/shared_data.h"

#define PATH_SIZE 512

/* A path in tests/format/fixtures; of a file that is there for this process alone. */
char *fixture_path(char out[PATH_SIZE], const char *name);
char *scratch_path(char out[PATH_SIZE], const char *name);

/* The bytes in a gzip-compressed file. */
void write_gzip(const char *path, const void *bytes, size_t size);

/* Fails the test with the thread's message where `object` is NULL; returns it. */
void *made(void *object);

/* Fails the test unless `object` is NULL and the thread's last message has `part` in it. */
void expect_refusal(const void *object, const char *part);

/* Reads a sample, and fails the test unless that succeeds. */
void read_sample(cornu_dataset *dataset, int64_t index, cornu_sample *sample);

/* Element `element` of a field of a sample as double; the field by its name. */
double value_of(const cornu_dataset *dataset, const cornu_sample *sample, const char *field, int64_t element);

/* Fails the test unless the bytes of that field are `text`. */
void expect_bytes(const cornu_dataset *dataset, const cornu_sample *sample, const char *field, const void *bytes,
                  size_t size);

/* A hash of the bits of all batches of two epochs in their order, x and y, where x has so many numbers in each sample, made by workers: threads or processes. */
uint64_t hash_of_batches(cornu_dataset *dataset, int64_t numbers, int workers, bool processes);

/* Fails the test unless 0 to 7 workers, threads and processes, make the same batches. */
void expect_same_batches_for_any_workers(cornu_dataset *dataset, int64_t numbers);

/* Opens a dataset and reads its sample 2 with the first allocation failing, then the second ... until none fails (fail_every_allocation). */
void fail_every_allocation_of_reading(cornu_dataset *(*open)(void));

#endif
