/*
 * format/example.h: tf.train.Example, what TFRecord files hold as a rule: features by name, each a list of byte strings, of floats or of whole numbers
 * (tensorflow/core/example/example.proto and feature.proto, read for field numbers).
 */
#ifndef CORNU_FORMAT_EXAMPLE_H
#define CORNU_FORMAT_EXAMPLE_H

#include "format/wire.h"

typedef enum cornu__feature_kind {
    CORNU__FEATURE_NONE, /* a feature of no values */
    CORNU__FEATURE_BYTES,
    CORNU__FEATURE_FLOATS,
    CORNU__FEATURE_INTS
} cornu__feature_kind;

typedef struct cornu__feature {
    cornu__span name;
    cornu__feature_kind kind;
    cornu__span list; /* the message of its values */
} cornu__feature;

/* Walks through the features of an Example. */
typedef struct cornu__example {
    cornu__span message;  /* what is left of it */
    cornu__span features; /* what is left of the part in hand */
} cornu__example;

static inline cornu__example cornu__example_begin(cornu__span message)
{
    return (cornu__example){.message = message};
}

/* Takes the next feature. *more is false when there is none left. false: the message is damaged. */
bool cornu__example_next(cornu__example *self, cornu__feature *feature, bool *more);

/* *count := the number of values, of which each can be read. false: the message is damaged. */
bool cornu__feature_count(const cornu__feature *feature, int64_t *count);

/* The values of a feature that was counted: `count` of them. */
void cornu__feature_floats(const cornu__feature *feature, float *values);
void cornu__feature_ints(const cornu__feature *feature, int64_t *values);
/* The first byte string. */
cornu__span cornu__feature_bytes(const cornu__feature *feature);

/* --- Writing --- */

/* Each adds a feature to an Example's features. */
void cornu__example_add_bytes(cornu__text *features, const char *name, const void *bytes, size_t size);
void cornu__example_add_floats(cornu__text *features, const char *name, const float *values, int64_t count);
void cornu__example_add_ints(cornu__text *features, const char *name, const int64_t *values, int64_t count);
/* *example := the Example of these features, which go. */
void cornu__example_end(cornu__text *example, cornu__text *features);

#endif
