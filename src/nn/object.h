/*
 * nn/object.h: what layers, losses, metrics, optimizers, schedules, initializers, regularizers, constraints and activations have in common:
 * a class known by Keras's name, a config described by data, a reference count.
 *
 * A class's config is a plain C struct, the same as its public options struct. Its fields are listed in a table; from that
 * table come: copying options into an object, checking them, Keras's JSON config both ways, and messages with the nearest spelling.
 *
 * Where an option takes "a name or an object" (cornu_identifier), the two are told apart by the object's first byte, CORNU__OBJECT_MARK,
 * which begins no text.
 */
#ifndef CORNU_NN_OBJECT_H
#define CORNU_NN_OBJECT_H

#include <jansson.h>

#include <cornu/metrics.h>
#include <cornu/object.h>
#include <cornu/options.h>

#include "base/memory.h"
#include "base/reference.h"

typedef enum cornu__kind {
    CORNU__KIND_LAYER,
    CORNU__KIND_LOSS,
    CORNU__KIND_METRIC,
    CORNU__KIND_OPTIMIZER,
    CORNU__KIND_SCHEDULE,
    CORNU__KIND_INITIALIZER,
    CORNU__KIND_REGULARIZER,
    CORNU__KIND_CONSTRAINT,
    CORNU__KIND_ACTIVATION,
    CORNU__KIND_COUNT
} cornu__kind;

typedef enum cornu__field_type {
    CORNU__FIELD_BOOL,     /* bool */
    CORNU__FIELD_INT,      /* int */
    CORNU__FIELD_INT64,    /* int64_t; JSON null <-> INT64_MIN where `optional` */
    CORNU__FIELD_DOUBLE,   /* double; JSON null <-> NaN where `optional` */
    CORNU__FIELD_TEXT,     /* const char * in options, owned char * in the object */
    CORNU__FIELD_SIZE2,    /* cornu_size2; in JSON a list of two, or of one for 1-D layers */
    CORNU__FIELD_SIDES2,   /* cornu_sides2; in JSON one number, a list of two, or two lists of two */
    CORNU__FIELD_SHAPE,    /* int64_t[CORNU_MAX_RANK], ends at its first 0 */
    CORNU__FIELD_AXES,     /* cornu_axes; in JSON one number or a list */
    CORNU__FIELD_DOUBLES,  /* double[CORNU__MAX_DOUBLES], ends at its first 0; in JSON one number or a list */
    CORNU__FIELD_INTERVAL, /* cornu_interval; in JSON one number or a list of two; null <-> NaN where `optional` */
    CORNU__FIELD_DTYPE,    /* const char *, as TEXT; in JSON a name or Keras 3's policy; NULL: "float32" */
    CORNU__FIELD_RATE,     /* double; in JSON a number or a schedule, which then goes to the field "schedule" */
    /* cornu_identifier; in the object always a kept cornu__object * or NULL; `object_kind` says of what kind */
    CORNU__FIELD_OBJECT
} cornu__field_type;

typedef struct cornu__field {
    const char *name; /* Keras's */
    cornu__field_type type;
    size_t offset; /* in the options struct */
    cornu__kind object_kind;
    bool optional; /* NULL, None allowed; where it is not, NULL means the default */
    bool
        single; /* in JSON, of a SIZE2: a list of one number, for layers of one axis; of AXES: one axis is written without a list */
    bool minus_one;             /* of a SHAPE: -1 is a number, not None */
    bool unwritten;             /* read only: older versions' fields, and what Keras writes only where it is given */
    const char *const *choices; /* of a TEXT: NULL-terminated, the first is meant by NULL; NULL: any text */
    const char *alias;          /* an older Keras's name of the same field: "lr", "alpha"; or NULL */
} cornu__field;

#define CORNU__MAX_DOUBLES 32
#define CORNU__LIST_ZERO CORNU_ZERO_THRESHOLD /* what stands for 0 in a list that ends at its first 0: 0 as a float */

/* One field of a table; further members may follow: CORNU__FIELD(TEXT, cornu_conv_options, padding, .choices = paddings). */
#define CORNU__FIELD(field_type, options, member, ...)                                                                 \
    {                                                                                                                  \
        .name = #member, .type = CORNU__FIELD_##field_type, .offset = offsetof(options, member), __VA_ARGS__           \
    }
#define CORNU__OBJECT_FIELD(options, member, kind, ...)                                                                \
    CORNU__FIELD(OBJECT, options, member, .object_kind = CORNU__KIND_##kind, __VA_ARGS__)
#define CORNU__FIELD_TABLE(table) .fields = (table), .field_count = (int)(sizeof(table) / sizeof(table)[0])

typedef struct cornu__class {
    cornu__kind kind;
    const char *name; /* "Conv2D", "MeanSquaredError", "Adam", "GlorotUniform" */
    /* NULL-terminated; the first is what Keras calls such an object: "mean_squared_error", "mse", "MSE"; or NULL */
    const char *const *aliases;
    size_t options_size;  /* of the config struct; its first member is size_t struct_size */
    const void *defaults; /* an options struct */
    const cornu__field *fields;
    int field_count;
    /* values that the fields alone can't check; settles what was left open; or NULL */
    cornu_status (*check)(void *config);
} cornu__class;

#define CORNU__OBJECT_MARK 0x03

typedef struct cornu__object {
    unsigned char mark; /* CORNU__OBJECT_MARK */
    cornu__reference reference;
    /* NULL: a constructor failed; `failure` says why: whoever is given the object reports it */
    const cornu__class *class;
    void *config; /* class->options_size bytes: an options struct whose texts and objects this object owns */
    char *name;   /* the user's or an automatic one; NULL: none yet */
    cornu_status failure;
    char *failure_message;
    void (*destroy)(struct cornu__object *object); /* frees what a kind adds; or NULL */
} cornu__object;

/* Whether an identifier is an object (else it is a text). */
bool cornu__is_object(cornu_identifier identifier);

/* Makes an object of `size` bytes (a struct that begins with cornu__object) of a class, with options laid over the class's defaults as far as
 * options->struct_size reaches. Never NULL but for want of memory: a failed object is returned poisoned. */
void *cornu__object_create(const cornu__class *class, size_t size, const void *options);
/* `out` (class->options_size bytes) := the class's defaults with `options` (may be NULL) laid over as far as its struct_size reaches. */
void cornu__options_complete(const cornu__class *class, const void *options, void *out);
/* An object of a class with these options, of the right size for its kind. */
void *cornu__object_make(const cornu__class *class, const void *options);
/* The class's field of that name, or NULL. */
const cornu__field *cornu__class_field(const cornu__class *class, const char *name);
/* Makes a failed object of the last error, and gives it back. */
void *cornu__object_poison(void *object);

/* Keeps (takes over or adds a reference). Returns the object. */
void *cornu__object_keep(void *object);
void cornu__object_drop(void *object);
/* CORNU_OK, or the object's failure set as this thread's error. */
cornu_status cornu__object_status(const void *object);

/* The class by name or alias (exact first, then without regard to case and underscores), or NULL with the error and the nearest spelling. */
const cornu__class *cornu__class_find(cornu__kind kind, const char *name);
/* All classes of a kind, NULL-terminated. */
const cornu__class *const *cornu__classes(cornu__kind kind);
/* "layer", "loss", ...: for messages. */
const char *cornu__kind_name(cornu__kind kind);

/* The object meant by an identifier: a text makes one with default options. *object is kept for the caller (cornu__object_drop it); NULL for a NULL
 * identifier, "", or "linear"-like nothings. */
cornu_status cornu__resolve(cornu__kind kind, cornu_identifier identifier, cornu__object **object);

/* Keras's JSON: {"class_name", "config"} (Keras 2), with "module" and "registered_name" too (Keras 3); reading takes both and plain strings.
 * `path` names the place in the file for messages. */
cornu_status cornu__object_from_json(cornu__kind kind, const json_t *json, const char *path, cornu__object **object);
/* A new JSON reference, or NULL with the error set. */
json_t *cornu__object_to_json(const cornu__object *object);
/* The config alone. */
json_t *cornu__object_config_to_json(const cornu__object *object);

#endif
