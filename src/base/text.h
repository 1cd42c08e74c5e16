/* base/text.h: building strings, and finding the spelling that was meant. */
#ifndef CORNU_BASE_TEXT_H
#define CORNU_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A string that grows. Start from {0}. After a failed allocation it stays as it was and `failed` is set: check once at the end. */
typedef struct cornu__text {
    char *data; /* NUL-terminated, or NULL when nothing was added */
    size_t length, capacity;
    bool failed;
    size_t wanted; /* where that failed: the bytes that there was no memory for */
} cornu__text;

void cornu__text_add(cornu__text *text, const char *format, ...) CORNU_PRINTF(2, 3);
void cornu__text_add_bytes(cornu__text *text, const char *bytes, size_t count);
/* Hands the string over (cornu__free it) and resets `text`; NULL with the error set if anything failed. */
char *cornu__text_take(cornu__text *text);
void cornu__text_free(cornu__text *text);

/* The edit distance (insert, delete, replace, swap of neighbours), letters compared without case. */
int cornu__text_distance(const char *a, const char *b);

/* The candidate nearest to `name`, or NULL if none is near enough to be what was meant. */
const char *cornu__text_nearest(const char *name, const char *const *candidates, size_t count);

/* "(3, 28, 28)" with None for -1, into `out` (always terminated); returns `out`. */
char *cornu__text_shape(char *out, size_t size, int rank, const int64_t *shape);
#define CORNU__SHAPE_TEXT_SIZE 200

/* How many bytes the character of UTF-8 at `text` has; 0: the byte there belongs to none. */
size_t cornu__text_character(const char *text);

/* How many bytes of `text` a terminal may be given as they are: those of a character, 0 for a byte that belongs to none and for control characters, which could
 * move the cursor or worse. Names of files may hold both. */
size_t cornu__text_showable(const char *text);

/* Adds a text for people's eyes: what is not showable as \xHH. */
void cornu__text_add_shown(cornu__text *to, const char *text);
/* The same into `out`, as much as it holds of it; returns `out`. `lines`: line breaks stay. */
char *cornu__text_shown(char *out, size_t size, const char *text, bool lines);
#define CORNU__SHOWN_SIZE(text_size_)                                                                                  \
    (4 * (text_size_)) /* that is always enough for a text of so many bytes with its NUL */

/* Whether two ASCII texts are equal without regard to case. */
bool cornu__text_equal_nocase(const char *a, const char *b);

/* Whether `text` is longer than `ending` and ends with it, without regard to case: a file's name and its kind. */
bool cornu__text_has_ending(const char *text, const char *ending);

#endif
