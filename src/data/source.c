/* source.c: what all sources have in common. */
#include "data/source.h"

void cornu__source_destroy(cornu__source *source)
{
    if (!source)
        return;
    cornu_generator *generator = source->generator;
    cornu_array_release(source->epoch_state);
    source->class->destroy(source);
    cornu_generator_release(generator);
}

cornu__random_key cornu__order_key(const cornu__source *source, int64_t epoch)
{
    return cornu__random_key_make(cornu__model_seed(source->ports.model), CORNU__RANDOM_SHUFFLE, (uint64_t)epoch,
                                  source->updates);
}
