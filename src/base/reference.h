/*
 * base/reference.h: reference counts with a floating first reference.
 *
 * A new object's one reference floats: the first keeper takes it over (cornu__reference_keep), later keepers add their own. So
 * `cornu_add(model, cornu_dense(10))` leaves nothing to release, and one object can still stand in two models. The object's own
 * `_retain` and `_release` are for programs that hold it themselves.
 */
#ifndef CORNU_BASE_REFERENCE_H
#define CORNU_BASE_REFERENCE_H

#include <stdatomic.h>
#include <stdbool.h>

typedef struct cornu__reference {
    atomic_int count;
    atomic_bool floating;
} cornu__reference;

static inline void cornu__reference_start(cornu__reference *reference)
{
    atomic_init(&reference->count, 1);
    atomic_init(&reference->floating, true);
}

/* For a keeper inside the library. */
static inline void cornu__reference_keep(cornu__reference *reference)
{
    bool floating = true;
    if (!atomic_compare_exchange_strong(&reference->floating, &floating, false))
        atomic_fetch_add(&reference->count, 1);
}

/* Whether this was the last reference: the object is then to be freed. */
static inline bool cornu__reference_drop(cornu__reference *reference)
{
    return atomic_fetch_sub(&reference->count, 1) == 1;
}

#endif
