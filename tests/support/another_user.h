/* Tests that need a user whom files can be kept from, which root is not. */
#ifndef CORNU_TESTS_ANOTHER_USER_H
#define CORNU_TESTS_ANOTHER_USER_H

#include <stdbool.h>

/* What a function returns in a process of its own, which may become another user. Skips the test where it returns CANNOT_BE_TRIED. */
int exit_status_of(int (*function)(void));
#define CANNOT_BE_TRIED 77

/* Whether this process, which must be one of exit_status_of, is one that files can be kept from: root becomes nobody. */
bool is_nobody(void);

#endif
