/*
 * callbacks/file_pattern.h: file names with fields in them, as Python's str.format fills them: "weights.{epoch:02d}-{val_loss:.2f}.npz".
 *
 * A field is {name} or {name:format}; the format a sign ("+", " "), "0", a width, "." and a precision, and one of d, f, e, g, % (also F, E, G),
 * each of which may be missing. {{ and }} stand for braces.
 */
#ifndef CORNU_TRAIN_CALLBACKS_FILE_PATTERN_H
#define CORNU_TRAIN_CALLBACKS_FILE_PATTERN_H

#include <cornu/history.h>

#include "base/text.h"

/* Whole numbers, which come before values of the same name. */
typedef struct cornu__pattern_number {
    const char *name;
    int64_t value;
} cornu__pattern_number;

/* Calls `visit` for the name of each field, and says how many there are. Fails where the pattern cannot be read, or `visit` does. */
cornu_status cornu__file_pattern_check(const char *pattern, cornu_status (*visit)(void *state, const char *name),
                                       void *state, int *count);

/* The name with all fields filled, for cornu__free; NULL on failure: a value that is not there, or not of the format's kind. */
char *cornu__file_pattern_fill(const char *pattern, int number_count, const cornu__pattern_number *numbers,
                               const cornu_logs *values);

#endif
