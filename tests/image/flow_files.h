/* flow_files.h: the folder of tests/oracle/flow_from_files.py, painted again, and what Keras gives for it. */
#ifndef CORNU_TESTS_IMAGE_FLOW_FILES_H
#define CORNU_TESTS_IMAGE_FLOW_FILES_H

#include <jansson.h>

#include <cornu/flow.h>
#include <cornu/model.h>

#include "image/pictures.h"

/* Group set-up and tear-down: the folder with the classes ant (3), bee (5) and cow (4), and the golden values. */
int flow_files_open(void **state);
int flow_files_close(void **state);

const char *flow_folder(void);

/* What the script noted of a case, or "table". */
const json_t *flow_fact(const char *name);

/* Writes picture `number` of the script as a PNG file. */
void paint_file(const char *path, int number);

void assert_made(const void *object);
cornu_batch get_batch(cornu_sequence *files, int64_t index);

/* That the classes, files and two epochs of batches are those of a case, pictures as near as `tolerance`, everything else exactly; releases `files`. */
void assert_golden(const char *name, cornu_sequence *files, double tolerance);

/* The loss of the last of three epochs, and the loss of validation where something is held out (NULL: nothing). Releases model and files. */
double losses_of_training(cornu_model *model, cornu_sequence *files, cornu_sequence *held_out, int workers,
                          bool processes);

/* That `files` is NULL, and the thread's last error is `status` with `part` in its message. */
void assert_flow_refused(const cornu_sequence *files, cornu_status status, const char *part);

#endif
