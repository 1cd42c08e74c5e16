/* processors.c: how many processors this process may use. */
#include <sched.h>
#include <unistd.h>

#include "base/processors.h"

int cornu__processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more of them than a set holds */
    return online > 0 ? (int)online : 1;
}
