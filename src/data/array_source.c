/* array_source.c: batches that are rows of arrays. */
#include "data/source.h"

typedef struct array_source {
    cornu__source base;
    cornu__columns columns;
    int64_t begin, rows; /* those of the columns that are used */
    int64_t batch_size;
    int64_t steps; /* batches in an epoch */
    cornu__shuffle shuffle;
    int64_t *order; /* of rows, or of full batches; NULL: the natural one */
} array_source;

static cornu_status begin_epoch(cornu__source *source, int64_t epoch)
{
    array_source *self = (array_source *)source;
    source->length = self->steps;
    if (!self->order)
        return CORNU_OK;
    int64_t count = self->shuffle == CORNU__SHUFFLE_ROWS ? self->rows : self->rows / self->batch_size;
    cornu__random_permutation(cornu__order_key(source, epoch), count, self->order);
    if (self->shuffle == CORNU__SHUFFLE_ROWS) {
        for (int64_t i = 0; i < count; i++)
            self->order[i] += self->begin;
    }
    return CORNU_OK;
}

static cornu_status write_batch(cornu__source *source, cornu__slot *slot, int64_t index)
{
    const array_source *self = (const array_source *)source;
    int64_t full_batches = self->rows / self->batch_size;
    int64_t first = index * self->batch_size;
    int64_t count = index < full_batches ? self->batch_size : self->rows - first;
    const int64_t *rows = self->shuffle == CORNU__SHUFFLE_ROWS ? self->order + first : NULL;
    if (self->shuffle == CORNU__SHUFFLE_BATCHES && index < full_batches)
        first = self->order[index] * self->batch_size;
    CORNU_TRY(
        cornu__slot_write(slot, &self->columns, rows, rows ? 0 : self->begin + first, count, source->class_weights));
    return cornu__slot_number_samples(slot, rows, self->begin + first);
}

static void destroy(cornu__source *source)
{
    cornu__free(((array_source *)source)->order);
    cornu__free(source);
}

static const cornu__source_class array_source_class = {
    .begin_epoch = begin_epoch, .write = write_batch, .destroy = destroy};

cornu__source *cornu__array_source(const cornu__ports *ports, const cornu__columns *columns,
                                   const cornu__array_source_options *options)
{
    array_source *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->base = (cornu__source){
        .class = &array_source_class, .ports = *ports, .class_weights = options->class_weights, .concurrent = true};
    self->columns = *columns;
    self->begin = options->begin;
    self->rows = (options->end > 0 ? options->end : columns->rows) - options->begin;
    self->batch_size = options->batch_size;
    int64_t batches = (self->rows - 1) / self->batch_size + 1;
    self->steps = options->steps > 0 && options->steps < batches ? options->steps : batches;
    self->shuffle = options->shuffle;
    if (self->shuffle == CORNU__SHUFFLE_NONE)
        return &self->base;
    self->order = cornu__alloc_array((size_t)self->rows, sizeof *self->order);
    if (!self->order) {
        cornu__free(self);
        return NULL;
    }
    return &self->base;
}
