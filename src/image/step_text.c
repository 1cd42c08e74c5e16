/*
 * step_text.c: steps from a text: "random_flip(horizontal), random_rotation(0.1, fill_mode=constant), random_zoom((-0.2, 0.1))".
 *
 * A step's arguments become a config in Keras's JSON, so that what reads model files checks names and values here too.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain_locale.h"
#include "base/text.h"
#include "image/augmentation.h"

#define MOST_TEXT 200

typedef struct reader {
    const char *at, *all;
} reader;

static void skip_spaces(reader *self)
{
    while (isspace((unsigned char)*self->at))
        self->at++;
}

static bool take(reader *self, char wanted)
{
    skip_spaces(self);
    if (*self->at != wanted)
        return false;
    self->at++;
    return true;
}

static cornu_status fail(const reader *self, const char *wanted)
{
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "steps \"%s\": wanted %s before \"%.30s\"", self->all, wanted,
                       *self->at ? self->at : "the end");
}

/* A name, or a text without quotes. */
static cornu_status take_word(reader *self, char word[MOST_TEXT])
{
    skip_spaces(self);
    char quote = *self->at == '"' || *self->at == '\'' ? *self->at++ : '\0';
    size_t length = 0;
    while (*self->at && (quote ? *self->at != quote : isalnum((unsigned char)*self->at) || strchr("_+-.", *self->at))) {
        if (length + 1 == MOST_TEXT)
            return fail(self, "a shorter word");
        word[length++] = *self->at++;
    }
    word[length] = '\0';
    if (quote && *self->at++ != quote) {
        self->at--;
        return fail(self, "the text's end");
    }
    return length > 0 || quote ? CORNU_OK : fail(self, "a name or a value");
}

static json_t *value_of(const char *word)
{
    static const struct {
        const char *word;
        json_t *(*make)(void);
    } constants[] = {{"true", json_true},   {"True", json_true}, {"false", json_false},
                     {"False", json_false}, {"None", json_null}, {"null", json_null}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (strcmp(constants[i].word, word) == 0)
            return constants[i].make();
    char *end;
    cornu__plain_locale locale = cornu__plain_locale_begin();
    double number = strtod(word, &end);
    cornu__plain_locale_end(locale);
    if (end == word || *end != '\0')
        return json_string(word);
    bool whole = number == (double)(int)number && !strpbrk(word, ".eEnN");
    return whole ? json_integer((json_int_t)number) : json_real(number);
}

/* A value, or some in parentheses. `*value` is a new reference, also after a failure, or NULL. */
static cornu_status take_value(reader *self, json_t **value)
{
    char word[MOST_TEXT];
    if (!take(self, '(') && !take(self, '[')) {
        CORNU_TRY(take_word(self, word));
        *value = value_of(word);
        return *value ? CORNU_OK : cornu__fail_memory("reading steps", MOST_TEXT);
    }
    *value = json_array();
    do {
        CORNU_TRY(take_word(self, word));
        if (json_array_append_new(*value, value_of(word)) != 0)
            return cornu__fail_memory("reading steps", MOST_TEXT);
    } while (take(self, ','));
    return take(self, ')') || take(self, ']') ? CORNU_OK : fail(self, "a parenthesis");
}

/* The name of an argument that has none in the text: the class's own ones, in their order. */
static const char *argument_name(const cornu__class *class, int place)
{
    for (int i = 0; i < class->field_count; i++) {
        const cornu__field *field = &class->fields[i];
        bool common = field->offset < sizeof(cornu_layer_options);
        if (!common && place-- == 0)
            return field->name;
    }
    return NULL;
}

static cornu_status take_argument(reader *self, const cornu__class *class, int place, json_t *config)
{
    char name[MOST_TEXT];
    const char *start = self->at;
    json_t *value = NULL;
    skip_spaces(self);
    bool named = isalpha((unsigned char)*self->at) && take_word(self, name) == CORNU_OK && take(self, '=');
    if (!named) {
        const char *own = argument_name(class, place);
        self->at = start;
        if (!own)
            return fail(self, "no more arguments");
        strncpy(name, own, sizeof name - 1);
        name[sizeof name - 1] = '\0';
    }
    cornu_status status = take_value(self, &value);
    if (status == CORNU_OK && json_object_set(config, name, value) != 0)
        status = cornu__fail_memory("reading steps", MOST_TEXT);
    json_decref(value);
    return status;
}

static cornu_status take_arguments(reader *self, const cornu__class *class, json_t *config)
{
    if (!take(self, '(') || take(self, ')'))
        return CORNU_OK;
    int place = 0;
    do
        CORNU_TRY(take_argument(self, class, place++, config));
    while (take(self, ','));
    return take(self, ')') ? CORNU_OK : fail(self, "a comma or a parenthesis");
}

static cornu_status add_step(reader *self, cornu_augmentation *augmentation)
{
    char name[MOST_TEXT];
    cornu_layer *layer = NULL;
    CORNU_TRY(take_word(self, name));
    const cornu__class *class = cornu__class_find(CORNU__KIND_LAYER, name);
    if (!class)
        return cornu_error_status();
    json_t *config = json_object();
    cornu_status status = take_arguments(self, class, config);
    json_t *json = json_pack("{s:s, s:o}", "class_name", class->name, "config", config);
    if (status == CORNU_OK)
        status = cornu__layer_from_json(json, "steps", &layer);
    json_decref(json);
    if (status == CORNU_OK)
        status = cornu_augmentation_add(augmentation, layer);
    cornu__object_drop(layer);
    return status;
}

cornu_status cornu_augmentation_add_text(cornu_augmentation *augmentation, const char *steps)
{
    reader self = {.at = steps ? steps : "", .all = steps ? steps : ""};
    if (!augmentation)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "augmentation: there is no pipeline");
    for (skip_spaces(&self); *self.at; skip_spaces(&self)) {
        CORNU_TRY(add_step(&self, augmentation));
        if (!take(&self, ',') && !take(&self, ';') && *self.at)
            return fail(&self, "a comma");
    }
    return CORNU_OK;
}
