/* A locale whose decimal point is a comma, as in most of Europe: files and the progress bar must not change with it. */
#ifndef CORNU_TESTS_DECIMAL_COMMA_H
#define CORNU_TESTS_DECIMAL_COMMA_H

#include <stdbool.h>

/* Sets such a locale for the process: an installed one, or one made here. false, and says so, where neither can be had. */
bool decimal_comma_begin(void);

/* Back to the "C" locale. */
void decimal_comma_end(void);

#endif
