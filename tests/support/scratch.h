/* Where tests write small files that they remove again. */
#ifndef CORNU_TESTS_SCRATCH_H
#define CORNU_TESTS_SCRATCH_H

/* A folder in memory where there is one, else TMPDIR or /tmp: a test of what happens when a program dies, not the machine, need not wait for a disk. */
const char *scratch_folder(void);

#endif
