/*
 * object.h: what layers, losses, metrics, optimizers, schedules, initializers, regularizers, constraints and activations have in common.
 *
 * Such an object is made by its constructor (cornu_dense, cornu_adam, ...) and given to what uses it, which then owns it: a program that
 * gives away all that it makes has nothing to release. A program that wants to hold one longer, or to give it to two users one of
 * which it outlives, retains it and releases it when done.
 *
 * A constructor that is given wrong options still returns an object: a failed one. Whatever is given it reports why; cornu_object_status
 * asks at once.
 */
#ifndef CORNU_OBJECT_H
#define CORNU_OBJECT_H

#include <cornu/error.h>
#include <cornu/export.h>

CORNU_BEGIN_DECLARATIONS

/* Takes a reference to any such object; returns it. NULL is allowed. */
CORNU_API void *cornu_object_retain(const void *object);

/* Drops a reference, and frees the object with the last one. Also what frees an object that was never given to anything. NULL is allowed. */
CORNU_API void cornu_object_release(const void *object);

/* CORNU_OK, or why the constructor failed (also set as this thread's error). */
CORNU_API cornu_status cornu_object_status(const void *object);

/* Keras's name of the object's class: "Conv2D", "Adam". "" for a failed object. Valid as long as the object. */
CORNU_API const char *cornu_object_class_name(const void *object);

/* The object's own name: "conv2d_1"; "" while it has none. Valid as long as the object keeps it. */
CORNU_API const char *cornu_object_name(const void *object);

CORNU_END_DECLARATIONS

#endif
