/* base/json_text.h: strings and numbers as JSON has them, added to a text. Numbers in the thread's locale: see base/plain_locale.h. */
#ifndef CORNU_BASE_JSON_TEXT_H
#define CORNU_BASE_JSON_TEXT_H

#include "base/text.h"

/* The string in quotes; a byte that belongs to no character becomes U+FFFD. "<" is written as an escape, so that the JSON may stand in a page. */
void cornu__json_text_string(cornu__text *to, const char *text);

/* The shortest text that reads back as the same number; null for what is not finite. */
void cornu__json_text_number(cornu__text *to, double value);

/* As that, and what is not finite as "NaN", "Infinity" or "-Infinity", in quotes: JSON has no numbers for these. */
void cornu__json_text_any_number(cornu__text *to, double value);

#endif
