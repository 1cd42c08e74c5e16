/*
 * saving/saved_classes.h: the names of a model's classes in its file, beside the history (saved_history.h): ["cat", "dog"] as "class_names" in metadata.json of a .keras
 * archive, and as the root's attribute "class_names" in legacy HDF5. Keras passes both over.
 */
#ifndef CORNU_SAVING_SAVED_CLASSES_H
#define CORNU_SAVING_SAVED_CLASSES_H

#include "model/model.h"
#include "saving/archive.h"
#include "saving/saved_file.h"

/* *text := the JSON, for cornu__free; NULL where the model has none. */
cornu_status cornu__saved_classes_write(const cornu_model *model, char **text);

/* Gives the model the names that its file has, if any. Names that are damaged are an error; the model can be used without. */
cornu_status cornu__saved_classes_read(const cornu__saved_file *file, cornu_model *model);

#endif
