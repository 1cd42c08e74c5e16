/* source.c: what all sources have in common. */
#include "data/source.h"

void cornu__source_destroy(cornu__source *source)
{
    if (source)
        source->class->destroy(source);
}

cornu__random_key cornu__order_key(const cornu_model *model, int64_t epoch)
{
    return cornu__random_key_make(cornu__model_seed(model), CORNU__RANDOM_SHUFFLE, (uint64_t)epoch,
                                  cornu__model_iterations(model));
}
