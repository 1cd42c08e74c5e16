/* names.c: names that nobody gave, as Keras makes them up: "dense", "dense_1", "max_pooling2d". Counted per model. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "model/model.h"

/* Keras 3's rule: an underscore before a capital that begins a word ("MaxPooling"), and between a small letter and a capital ("ReLU"). */
void cornu__snake_case(const char *class_name, char *out, size_t size)
{
    size_t length = 0;
    for (const char *c = class_name; *c && length + 2 < size; c++) {
        bool capital = isupper((unsigned char)*c);
        bool begins_word = capital && c > class_name && islower((unsigned char)c[1]);
        bool after_small = capital && c > class_name && islower((unsigned char)c[-1]);
        if ((begins_word || after_small) && out[length - 1] != '_')
            out[length++] = '_';
        out[length++] = (char)tolower((unsigned char)*c);
    }
    out[length] = '\0';
}

static bool is_taken(const char *name, cornu_layer *const *layers, int count)
{
    for (int i = 0; i < count; i++) {
        if (layers[i]->object.name && strcmp(layers[i]->object.name, name) == 0)
            return true;
    }
    return false;
}

/* The layers of one class may share a base; the first free number is taken. */
static cornu_status make_name(cornu_layer *const *layers, int count, int index)
{
    char base[128], name[160];
    cornu__snake_case(cornu__layer_class_name(layers[index]), base, sizeof base);
    for (int number = 0;; number++) {
        if (number == 0)
            snprintf(name, sizeof name, "%s", base);
        else
            snprintf(name, sizeof name, "%s_%d", base, number);
        if (!is_taken(name, layers, count))
            break;
    }
    layers[index]->object.name = cornu__copy_text(name);
    return layers[index]->object.name ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__name_layers(cornu_layer *const *layers, int count)
{
    for (int i = 0; i < count; i++) {
        if (!layers[i]->object.name)
            CORNU_TRY(make_name(layers, count, i));
        else if (is_taken(layers[i]->object.name, layers, i))
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                               "two layers of one model are named '%s'; names must differ (give one of them .name)",
                               layers[i]->object.name);
    }
    return CORNU_OK;
}
