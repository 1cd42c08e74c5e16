/* cli/value_choices.h: what the value of an argument can be, for the shells' completion and the manual: read off its table entry. */
#ifndef CORNU_CLI_VALUE_CHOICES_H
#define CORNU_CLI_VALUE_CHOICES_H

#include "base/text.h"
#include "cli/arguments.h"

typedef struct cornu__value_choices {
    cornu__text words; /* separated by spaces; empty: none are known */
    bool files, folders;
    bool several; /* separated by commas */
} cornu__value_choices;

/* Fails only for want of memory. Free it. */
cornu_status cornu__value_choices_of(const cornu__argument *argument, cornu__value_choices *out);
void cornu__value_choices_free(cornu__value_choices *choices);

/* The words, or "". */
const char *cornu__value_words(const cornu__value_choices *choices);

#endif
