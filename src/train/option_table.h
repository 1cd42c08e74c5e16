/* train/option_table.h: the fields of option structs by name, for setting them from text. */
#ifndef CORNU_TRAIN_OPTION_TABLE_H
#define CORNU_TRAIN_OPTION_TABLE_H

#include <stddef.h>

/* What a field is in C. */
typedef enum cornu__option_storage {
    CORNU__OPTION_INT,
    CORNU__OPTION_INT64,
    CORNU__OPTION_DOUBLE,
    CORNU__OPTION_BOOL,
    CORNU__OPTION_CHAR,
    CORNU__OPTION_TEXT,   /* const char *, not copied */
    CORNU__OPTION_EPOCHS, /* int64_t [CORNU_MAX_VALIDATION_EPOCHS], from "1,2,10" or "[1, 2, 10]" */
    CORNU__OPTION_NOT_TEXT /* an array, callbacks, ...: has a name here, so that the message can say more than "unknown" */
} cornu__option_storage;

/* A word that stands for a number: "auto". Upper and lower case are the same. */
typedef struct cornu__option_word {
    const char *word; /* NULL ends a list */
    double value;
} cornu__option_word;

/* What a field's text may be. */
typedef struct cornu__option_kind {
    cornu__option_storage storage;
    double least, most;
    const cornu__option_word *words; /* or NULL */
    const char *wanted;              /* for messages: "... and must be <wanted>" */
} cornu__option_kind;

typedef struct cornu__option_field {
    const char *name;
    const cornu__option_kind *kind;
    size_t offset;
} cornu__option_field;

typedef struct cornu__option_table {
    const char *function;
    const cornu__option_field *fields; /* ends at the first without a name */
} cornu__option_table;

/* Ends at the first without a function. */
extern const cornu__option_table cornu__option_tables[];

/* Arguments of Keras 1, and what Keras 2 made of them. Ends at the first without a name. */
typedef struct cornu__legacy_option {
    const char *name, *instead;
    enum { CORNU__LEGACY_RENAMED, CORNU__LEGACY_SAMPLES_PER_EPOCH, CORNU__LEGACY_SAMPLES } change;
} cornu__legacy_option;

extern const cornu__legacy_option cornu__legacy_options[];

#endif
