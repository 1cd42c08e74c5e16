/* base/text_wrap.h: text broken between words, for terminals. */
#ifndef CORNU_BASE_TEXT_WRAP_H
#define CORNU_BASE_TEXT_WRAP_H

#include "base/text.h"

/* Adds `length` bytes of a line that stands at `column` already, broken between words so that none has more than `columns` characters (0: any number); further lines begin
 * with `indent` blanks. A word that is longer than a line stays whole. */
void cornu__text_add_wrapped(cornu__text *to, const char *line, size_t length, int columns, int column, int indent);

/* The same of all lines of a text, which end with '\n' each. Further lines begin below a line's second column, where two blanks or more stand before it; else a little to the right. */
void cornu__text_add_wrapped_lines(cornu__text *to, const char *lines, int columns);

#endif
