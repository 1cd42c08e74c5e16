/* image/class_labels.h: the classes of samples, and what Keras's class_mode makes of them. */
#ifndef CORNU_IMAGE_CLASS_LABELS_H
#define CORNU_IMAGE_CLASS_LABELS_H

#include <cornu/array.h>

typedef enum cornu__class_mode {
    CORNU__CLASS_CATEGORICAL, /* rows with a 1 for each class of the sample */
    CORNU__CLASS_BINARY,      /* class numbers, as the next */
    CORNU__CLASS_SPARSE,
    CORNU__CLASS_INPUT, /* the pictures again */
    CORNU__CLASS_NONE,
    CORNU__CLASS_RAW, /* from here on for tables only: columns as they are */
    CORNU__CLASS_MULTI_OUTPUT
} cornu__class_mode;

/* Keras's name, NULL for "none"; CORNU_ERROR_UNKNOWN_NAME for another one, or one that is for tables only when this is none. */
cornu_status cornu__class_mode_named(const char *name, bool table, cornu__class_mode *mode);

static inline bool cornu__class_mode_has_classes(cornu__class_mode mode)
{
    return mode <= CORNU__CLASS_SPARSE;
}

typedef struct cornu__class_labels {
    cornu__class_mode mode;
    size_t class_count;
    char **names;     /* of the classes */
    int32_t *numbers; /* the class of each sample, or the classes of all samples behind one another */
    bool as_column;   /* class numbers as (n, 1) */
    bool as_int32;    /* and of dtype int32, whatever the others are of */
    int64_t *first;   /* where those of each sample begin, with the end behind the last; NULL: each has one */
} cornu__class_labels;

/* *y := what the samples `rows` have, of `dtype`; NULL for a mode without classes. */
cornu_status cornu__class_labels_take(const cornu__class_labels *labels, cornu_dtype dtype, const int64_t *rows,
                                      int64_t count, cornu_array **y);

#endif
