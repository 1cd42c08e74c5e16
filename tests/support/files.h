/* Whole files, written and read at once. */
#ifndef CORNU_TESTS_FILES_H
#define CORNU_TESTS_FILES_H

#include <stddef.h>

void write_bytes(const char *path, const void *bytes, size_t size);
void write_text(const char *path, const char *text);

/* In memory of malloc. */
unsigned char *read_bytes(const char *path, size_t *size);

#endif
