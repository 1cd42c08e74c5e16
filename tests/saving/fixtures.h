/* fixtures.h: the models that real Keras saved (tests/oracle/keras_files.py), made here by hand, and what Keras says they predict. */
#ifndef CORNU_TESTS_SAVING_FIXTURES_H
#define CORNU_TESTS_SAVING_FIXTURES_H

#include <cornu/cornu.h>

#define PATH_SIZE 512
#define FIXTURE_COUNT 3

/* "mlp", "cnn", "two_inputs". */
extern const char *const fixture_names[FIXTURE_COUNT];

/* The path of a committed fixture, or of a file of this process for scratch use, into `out`; returns `out`. */
char *fixture_path(char out[PATH_SIZE], const char *name);
char *scratch_path(char out[PATH_SIZE], const char *name);

/* The model of that name, with other weights than Keras's; compiled as there. */
cornu_model *make_fixture_model(const char *name);

/* Values of the model of that name: "x", "y", "before" (as a list if there are several), "losses", "after". A new reference. */
cornu_array *fixture_values(const char *name, const char *kind);

/* Fails the test unless the model predicts what Keras did, "before" or "after" the training that went on, within `tolerance` of the largest. */
void expect_predictions(cornu_model *model, const char *name, const char *kind, double tolerance);

#endif
