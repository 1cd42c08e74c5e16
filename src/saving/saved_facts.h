/*
 * saving/saved_facts.h: what a model knows of the data that it was trained on, in its file beside the history (saved_history.h): the names of its classes, ["cat", "dog"], and what
 * its inputs were multiplied by, [0.00392]. "class_names" and "input_scale" are members of metadata.json in a .keras archive, and attributes of the root in legacy HDF5. Keras passes
 * them over.
 */
#ifndef CORNU_SAVING_SAVED_FACTS_H
#define CORNU_SAVING_SAVED_FACTS_H

#include "model/model.h"
#include "saving/archive.h"
#include "saving/saved_file.h"

/* JSON; NULL: the model does not know it. */
typedef struct cornu__saved_facts {
    char *class_names, *input_scale;
} cornu__saved_facts;

/* Free them. */
cornu_status cornu__saved_facts_write(const cornu_model *model, cornu__saved_facts *facts);
void cornu__saved_facts_free(cornu__saved_facts *facts);

/* Gives the model what its file has. What is damaged is warned of: the model can be used without. */
cornu_status cornu__saved_facts_read(const cornu__saved_file *file, cornu_model *model);

#endif
