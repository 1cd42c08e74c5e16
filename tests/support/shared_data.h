/* Real data: it lies beside the project, or where CORNU_SHARED_DATA says, if at all. */
#ifndef CORNU_TESTS_SHARED_DATA_H
#define CORNU_TESTS_SHARED_DATA_H

#include <stdbool.h>

#define SHARED_DATA_PATH_SIZE 512

/* The path of a file or folder of the data, into `out`; returns `out`. Skips the test, saying so, where it is not there: before the test holds anything. */
char *shared_data_path(char out[SHARED_DATA_PATH_SIZE], const char *name);

/* The same without skipping: whether it is there. */
bool shared_data_find(char out[SHARED_DATA_PATH_SIZE], const char *name);

#endif
