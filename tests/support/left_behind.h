/* What this process has of the system's things: to see that nothing is left behind. */
#ifndef CORNU_TESTS_LEFT_BEHIND_H
#define CORNU_TESTS_LEFT_BEHIND_H

#include <stdbool.h>
#include <sys/types.h>

int left_children(void);   /* also those that ended and were not waited for */
int left_files(void);      /* open file descriptors */
int left_shared(void);     /* mappings of memory that worker processes share */
long left_kilobytes(void); /* resident memory */

/* Children that ended and were not ours before (orphans that the kernel gave us) are waited for; whether `pid` is gone within ten seconds. */
bool left_is_gone(pid_t pid);

#endif
