/* model/config.h: models from and to JSON. */
#ifndef CORNU_MODEL_CONFIG_H
#define CORNU_MODEL_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

#include <cornu/model.h>

/* Whether a layer's config has words that only Keras 1 and earlier wrote. */
bool cornu__is_keras1(const json_t *layer);
/* Turns one layer's entry ({"class_name", "config"}) from Keras 1's words into today's, in place. */
void cornu__translate_keras1(json_t *layer);

/* A model's structure as Keras 3 writes it; a new reference, or NULL with the error set. */
json_t *cornu__model_config(cornu_model *model);
/* The model that such JSON describes, with new weights from `seed`; `name` is the document's. Changes the JSON. NULL with the error set. */
cornu_model *cornu__model_from_config(const char *name, json_t *json, uint64_t seed);

/* JSON as a text that gives back every number, for cornu__free; NULL with the error set. */
char *cornu__json_text(const json_t *json);

#endif
