/* train/class_table.h: the classes of the data beside those of the model. */
#ifndef CORNU_TRAIN_CLASS_TABLE_H
#define CORNU_TRAIN_CLASS_TABLE_H

#include "data/generator.h"
#include "model/model.h"

/* Fails, naming the difference, where the model knows its classes by name, and the data of a generator that does have others or another order of them: every
 * label would then say something else. Data without names, and models without, go with everything. */
cornu_status cornu__class_table_check(const char *function, const cornu_model *model, const cornu_generator *generator);

/* A model without names takes over those of the data that it is about to be trained on. */
cornu_status cornu__class_table_adopt(cornu_model *model, const cornu_generator *generator);
/* And lets go of them. model NULL is allowed. */
void cornu__class_table_forget(cornu_model *model);

#endif
