/* private_descriptor.c: descriptors that a forked process closes. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/private_descriptor.h"

/* Each is a descriptor plus 1; 0 is a free place. Without a lock: whoever forks may do so at any time. */
static atomic_int places[CORNU__MAX_PRIVATE_DESCRIPTORS];

static void close_copies(void)
{
    for (int i = 0; i < CORNU__MAX_PRIVATE_DESCRIPTORS; i++) {
        int kept = atomic_exchange(&places[i], 0);
        if (kept > 0)
            close(kept - 1);
    }
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, close_copies);
}

void cornu__descriptor_keep_private(int descriptor)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    for (int i = 0; i < CORNU__MAX_PRIVATE_DESCRIPTORS; i++) {
        int free_place = 0;
        if (atomic_compare_exchange_strong(&places[i], &free_place, descriptor + 1))
            return;
    }
}

void cornu__descriptor_forget(int descriptor)
{
    for (int i = 0; i < CORNU__MAX_PRIVATE_DESCRIPTORS; i++) {
        int kept = descriptor + 1;
        if (atomic_compare_exchange_strong(&places[i], &kept, 0))
            return;
    }
}
