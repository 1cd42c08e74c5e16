/* Trainings of the small model for tests of callbacks: values of the test's choice, a folder for files, what was printed. */
#ifndef CORNU_TESTS_SCRIPTED_H
#define CORNU_TESTS_SCRIPTED_H

#include "train/small_model.h"

#define SCRIPTED_ROWS 40
#define SCRIPTED_PATH_SIZE 4200

typedef struct scripted {
    cornu_model *model;
    cornu_array *x, *y;
    char folder[4096]; /* new and empty; removed with all in it */
} scripted;

/* cmocka's set-up and tear-down; *state is a scripted. */
int scripted_set_up(void **state);
int scripted_tear_down(void **state);
/* A group's tear-down: whether all memory was given back. */
int scripted_nothing_is_left(void **state);

/* "<folder>/<name>", valid until the next but 7 calls. */
const char *scripted_path(const scripted *test, const char *name);
/* Removes what trainings have written there. */
void scripted_empty_folder(const scripted *test);

/* Puts values[epoch] into the epoch's values as "score" (NaN: nothing). `values` must outlive the training. */
cornu_callback *scripted_values(const double *values);

/* Trains for so many epochs, silently, with up to two callbacks (NULL: none). The epochs that ran; fails the test if training does. */
int64_t scripted_run(const scripted *test, int epochs, cornu_callback *first, cornu_callback *second);

/* Trains for one epoch with this callback, which must fail with this status and a message that holds all the words (NULL-terminated). */
void scripted_fails(const scripted *test, cornu_callback *callback, cornu_status status, const char *const *words);
#define scripted_fails_with(test, callback, status, ...)                                                               \
    scripted_fails(test, callback, status, (const char *const[]){__VA_ARGS__, NULL})

/* A handler of warnings that are expected. */
void scripted_ignore_warning(const char *message, void *nothing);

/* Between the two all that goes to standard output is kept. */
void scripted_capture_begin(void);
void scripted_capture_end(char *text, size_t size);

#endif
