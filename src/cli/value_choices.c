/* value_choices.c: an argument's value name says what it can be; the names of losses and such come from the library. */
#include <ctype.h>
#include <string.h>

#include "cli/model_files.h"
#include "cli/value_choices.h"
#include "nn/object.h"

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static void add_word(cornu__text *words, const char *word, size_t length)
{
    cornu__text_add(words, "%s%.*s", words->length > 0 ? " " : "", (int)length, word);
}

/* Whether the name alone makes an object: some classes want an argument ("mean_io_u": how many classes there are). */
static bool stands_alone(cornu__kind kind, const char *name)
{
    cornu__object *object = NULL;
    bool made = cornu__resolve(kind, name, &object) == CORNU_OK && object && object->class;
    cornu__object_drop(object);
    return made;
}

/* What Keras calls each class of the kind that can be given by name. */
static void add_classes(cornu__text *words, cornu__kind kind)
{
    for (const cornu__class *const *class = cornu__classes(kind); *class; class ++) {
        const char *name = (*class)->aliases ? *(*class)->aliases : NULL;
        if (name && stands_alone(kind, name))
            add_word(words, name, strlen(name));
    }
}

static void add_models(cornu__text *words)
{
    const char *name;
    for (int i = 0; (name = cornu__model_name(i)) != NULL; i++)
        add_word(words, name, strlen(name));
}

/* The words of "false|true|batch". */
static void add_alternatives(cornu__text *words, const char *alternatives)
{
    for (const char *word = alternatives; *word;) {
        size_t length = strcspn(word, "|");
        add_word(words, word, length);
        word += length + (word[length] == '|');
    }
}

cornu_status cornu__value_choices_of(const cornu__argument *argument, cornu__value_choices *out)
{
    const char *name = argument->value_name ? argument->value_name : "";
    *out = (cornu__value_choices){.several = argument->type == CORNU__ARGUMENT_LIST};
    out->folders = begins_with(name, "FOLDER");
    out->files = begins_with(name, "FILE") || strcmp(name, "MODEL") == 0;
    if (strcmp(name, "MODEL") == 0)
        add_models(&out->words);
    else if (strcmp(name, "OPTIMIZER") == 0)
        add_classes(&out->words, CORNU__KIND_OPTIMIZER);
    else if (strcmp(name, "LOSS") == 0)
        add_classes(&out->words, CORNU__KIND_LOSS);
    else if (strcmp(name, "METRICS") == 0)
        add_classes(&out->words, CORNU__KIND_METRIC);
    else if (argument->type == CORNU__ARGUMENT_WORD || (strchr(name, '|') && !isupper((unsigned char)name[0])))
        add_alternatives(&out->words, name);
    if (!out->words.failed)
        return CORNU_OK;
    cornu__value_choices_free(out);
    return CORNU_ERROR_OUT_OF_MEMORY;
}

void cornu__value_choices_free(cornu__value_choices *choices)
{
    cornu__text_free(&choices->words);
}

const char *cornu__value_words(const cornu__value_choices *choices)
{
    return choices->words.data ? choices->words.data : "";
}
