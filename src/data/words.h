/* data/words.h: texts cut into words. */
#ifndef CORNU_DATA_WORDS_H
#define CORNU_DATA_WORDS_H

#include <cornu/text.h>

#include "base/text.h"

/* How texts are cut. */
typedef struct cornu__word_rule {
    const char *filters, *split;
    bool lower;
    bool char_level; /* every character is a word */
} cornu__word_rule;

/* The words of one text: `count` pieces of `bytes`, each with a NUL behind it. */
typedef struct cornu__words {
    size_t count, room;
    size_t *begin, *length;
    cornu__text bytes;
} cornu__words;

/* That filters and split are UTF-8, and split is not empty. `function` is for the message. */
cornu_status cornu__word_rule_check(const char *function, const cornu__word_rule *rule);
/* *words := the words of a text; `words` starts from {0} and may be used again and again. */
cornu_status cornu__words_cut(const char *function, const cornu__word_rule *rule, const char *text,
                              cornu__words *words);
const char *cornu__words_at(const cornu__words *words, size_t index);
void cornu__words_free(cornu__words *words);

/* `count` texts that lie one after the other, each with a NUL behind it, as an object for the program. NULL on failure. */
cornu_texts *cornu__texts_create(size_t count, const char *bytes, size_t length);

#endif
