/* model/config.h: reading models from JSON. */
#ifndef CORNU_MODEL_CONFIG_H
#define CORNU_MODEL_CONFIG_H

#include <jansson.h>

/* Turns one layer's entry ({"class_name", "config"}) from Keras 1's words into today's, in place. */
void cornu__translate_keras1(json_t *layer);

#endif
