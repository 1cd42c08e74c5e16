/*
 * options.h: keyword arguments.
 *
 *     cornu_conv2d(32, 3, .activation = "relu", .padding = "same")
 *
 * Each such macro lays the caller's `.name = value` over the defaults in a struct and passes it to a plain function named like the
 * macro with "_with" behind it, which is what bindings call. `struct_size` comes first; fields are only ever appended, so a
 * program built against an older header keeps working.
 *
 * A shape or a list among the options ends at its first 0 or NULL: .input_shape = {28, 28, 1}, .metrics = {"accuracy"}.
 * CORNU_NONE stands for Keras's None in a shape.
 */
#ifndef CORNU_OPTIONS_H
#define CORNU_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cornu/array.h>
#include <cornu/export.h>

#define CORNU_NONE (-1)

/* What may be given by Keras's name ("adam") or as an object (cornu_adam(.learning_rate = 1e-3)). An object given here is taken over by the
 * call unless the program keeps it by its own cornu_object_retain. */
typedef const void *cornu_identifier;

/* One value or two (height, width): .strides = cornu_pair(1, 2). Where a function's argument is an int, both are that int. */
typedef struct cornu_size2 {
    int first, second;
} cornu_size2;

static inline cornu_size2 cornu_pair(int first, int second)
{
    cornu_size2 size;
    size.first = first;
    size.second = second;
    return size;
}

/* A number, or two of them: .zoom_range = 0.2, .zoom_range = cornu_range(0.8, 1.2). (In C++ the first is written {0.2}.) Where Keras has None as
 * well, that is CORNU_NO_INTERVAL. */
typedef struct cornu_interval {
    double first, second;
    bool pair;
} cornu_interval;

static inline cornu_interval cornu_range(double first, double second)
{
    cornu_interval interval;
    interval.first = first;
    interval.second = second;
    interval.pair = true;
    return interval;
}

#define CORNU_NO_INTERVAL                                                                                              \
    {                                                                                                                  \
        __builtin_nan(""), 0, false                                                                                    \
    }

/* One axis or several: .axis = cornu_axis(1, 2). None (count 0): the default of whoever is asked. */
typedef struct cornu_axes {
    int count;
    int axis[CORNU_MAX_RANK];
} cornu_axes;

#define cornu_axis(...) (__extension__(cornu_axes){(int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), {__VA_ARGS__}})

/* Names behind one another: .classes = cornu_names("cats", "dogs"). They are read before the call returns. */
#define cornu_names(...) (__extension__(const char *const[]){__VA_ARGS__, NULL})

#if defined(__clang__)
#define CORNU_QUIET_BEGIN                                                                                              \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Winitializer-overrides\"")                   \
        _Pragma("clang diagnostic ignored \"-Wmissing-field-initializers\"")                                           \
            _Pragma("clang diagnostic ignored \"-Wmissing-braces\"") _Pragma("clang diagnostic ignored \"-Wshadow\"")
#define CORNU_QUIET_END _Pragma("clang diagnostic pop")
#elif defined(__GNUC__)
#ifdef __cplusplus
#define CORNU_QUIET_OVERRIDE
#else
#define CORNU_QUIET_OVERRIDE _Pragma("GCC diagnostic ignored \"-Woverride-init\"")
#endif
#define CORNU_QUIET_BEGIN                                                                                              \
    _Pragma("GCC diagnostic push")                                                                                     \
        CORNU_QUIET_OVERRIDE _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")                        \
            _Pragma("GCC diagnostic ignored \"-Wmissing-braces\"") _Pragma("GCC diagnostic ignored \"-Wshadow\"")
#define CORNU_QUIET_END _Pragma("GCC diagnostic pop")
#else
#define CORNU_QUIET_BEGIN
#define CORNU_QUIET_END
#endif

/* The defaults of a struct of options are written twice, side by side in its header: once as a list for C, `#define CORNU_X_DEFAULTS
 * CORNU_DEFAULTS(.use_bias = true)`, once in the struct for C++: `bool use_bias CORNU_DEFAULT(true);`. A test compares them. */
#ifdef __cplusplus
#define CORNU_DEFAULT(...) = __VA_ARGS__
#define CORNU_DEFAULTS(...)
#else
#define CORNU_DEFAULT(...)
#define CORNU_DEFAULTS(...) __VA_ARGS__,
#endif

/* What a macro's own arguments set, between the defaults and the caller's. */
#define CORNU_ARGUMENTS(...) __VA_ARGS__,

/* Evaluates `call`, in which &cornu_keywords is the address of the options. The last arguments: the defaults, then the caller's. */
#define CORNU_KEYWORDS(call, type, ...)                                                                                \
    __extension__({                                                                                                    \
        CORNU_QUIET_BEGIN                                                                                              \
        const type cornu_keywords = {.struct_size = sizeof(type), __VA_ARGS__};                                        \
        CORNU_QUIET_END                                                                                                \
        call;                                                                                                          \
    })

#endif
