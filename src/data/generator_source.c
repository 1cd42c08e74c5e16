/* generator_source.c: batches that a program's generator or Sequence gives. */
#include "data/source.h"

typedef struct generator_source {
    cornu__source base;
    bool shuffle;
    int64_t *order; /* of a shuffled Sequence's batches */
    int64_t order_room;
    int64_t steps;   /* the most batches in an epoch of a Sequence; 0: no limit */
    int64_t first;   /* how many batches a plain generator was asked for before batch 0 */
    int64_t gone_by; /* how many of those that are numbered from 0 an earlier process used */
    bool exhausted;  /* a plain generator had no more while it was brought to where it was */
} generator_source;

/* --- Going on --- */

/* A generator without hooks gives its next batches only when it is asked for all those before. */
static cornu_status ask_again(generator_source *self, int64_t count)
{
    for (int64_t i = 0; i < count && !self->exhausted; i++) {
        cornu_batch batch;
        if (cornu__generator_ask(self->base.generator, self->base.generator->asked, &batch) != CORNU_OK)
            return cornu__fail_context("batch %lld, asked for again", (long long)i);
        self->exhausted = !batch.x;
        cornu_batch_clear(&batch);
        self->base.generator->asked++;
    }
    return CORNU_OK;
}

static cornu_status go_on(cornu__source *source, const cornu__position *from)
{
    generator_source *self = (generator_source *)source;
    CORNU_TRY(cornu__generator_go_on(self->base.generator, from));
    if (cornu__is_sequence(self->base.generator))
        return CORNU_OK;
    self->gone_by = from->index;
    return ask_again(self, cornu__generator_replays(self->base.generator, from));
}

static int64_t asked(const cornu__source *source, int64_t index)
{
    const generator_source *self = (const generator_source *)source;
    return cornu__is_sequence(self->base.generator) ? self->base.generator->asked : self->first + index;
}

/* --- Epochs --- */

static cornu_status save_epoch_state(generator_source *self)
{
    cornu_array_release(self->base.epoch_state);
    self->base.epoch_state = NULL;
    return self->base.keep_states ? cornu__generator_save_state(self->base.generator, &self->base.epoch_state)
                                  : CORNU_OK;
}

static cornu_status draw_order(generator_source *self, int64_t epoch)
{
    int64_t length = self->base.length;
    if (length > self->order_room) {
        cornu__free(self->order);
        self->order_room = 0;
        self->order = cornu__alloc_array((size_t)length, sizeof *self->order);
        if (!self->order)
            return CORNU_ERROR_OUT_OF_MEMORY;
        self->order_room = length;
    }
    cornu__random_permutation(cornu__order_key(&self->base, epoch), length, self->order);
    return CORNU_OK;
}

static cornu_status begin_epoch(cornu__source *source, int64_t epoch)
{
    generator_source *self = (generator_source *)source;
    if (!source->epoch_state)
        CORNU_TRY(save_epoch_state(self));
    if (!cornu__is_sequence(self->base.generator)) {
        source->length = CORNU__ENDLESS;
        self->first = self->base.generator->asked - self->gone_by;
        return CORNU_OK;
    }
    CORNU_TRY(cornu__sequence_length_checked(self->base.generator, &source->length));
    if (self->shuffle)
        CORNU_TRY(draw_order(self, epoch));
    if (self->steps > 0 && self->steps < source->length)
        source->length = self->steps;
    return CORNU_OK;
}

static cornu_status end_epoch(cornu__source *source)
{
    generator_source *self = (generator_source *)source;
    if (self->base.generator->on_epoch_end)
        self->base.generator->on_epoch_end(self->base.generator->state);
    self->base.generator->asked++;
    self->base.generator->next_index = 0;
    return save_epoch_state(self);
}

/* --- Batches --- */

static cornu_status fail_without_x(const generator_source *self, int64_t number)
{
    return cornu__fail(CORNU_ERROR_DATA, "the Sequence gave no x for index %lld of %lld", (long long)number,
                       (long long)self->base.length);
}

static int64_t number_of(const cornu__source *source, int64_t index)
{
    const generator_source *self = (const generator_source *)source;
    if (!cornu__is_sequence(self->base.generator))
        return self->first + index;
    return self->shuffle ? self->order[index] : index;
}

static cornu_status pull(cornu__source *source, cornu__slot *slot, int64_t index)
{
    generator_source *self = (generator_source *)source;
    bool is_sequence = cornu__is_sequence(self->base.generator);
    int64_t number = number_of(source, index);
    slot->ended = self->exhausted;
    if (slot->ended)
        return CORNU_OK;
    CORNU_TRY(cornu__generator_ask(self->base.generator, number, &slot->given));
    if (is_sequence)
        return slot->given.x ? CORNU_OK : fail_without_x(self, number);
    __atomic_fetch_add(&self->base.generator->asked, 1, __ATOMIC_RELAXED);
    slot->ended = !slot->given.x;
    return source->keep_states && !slot->ended ? cornu__generator_save_state(self->base.generator, &slot->state)
                                               : CORNU_OK;
}

static cornu_status write_batch(cornu__source *source, cornu__slot *slot, int64_t index)
{
    (void)index;
    cornu__columns columns;
    CORNU_TRY(cornu__standardize(&source->ports, slot->given.x, slot->given.y, slot->given.sample_weight, &columns));
    CORNU_TRY(cornu__labels_check(&source->ports, &columns, 0));
    if (source->class_weights)
        CORNU_TRY(cornu__class_weights_check(source->class_weights, &source->ports, &columns, columns.rows));
    CORNU_TRY(cornu__slot_write(slot, &columns, NULL, 0, columns.rows, source->class_weights));
    return cornu__slot_take_samples(slot);
}

static void destroy(cornu__source *source)
{
    generator_source *self = (generator_source *)source;
    cornu__free(self->order);
    cornu__free(self);
}

static const cornu__source_class generator_source_class = {.go_on = go_on,
                                                           .begin_epoch = begin_epoch,
                                                           .pull = pull,
                                                           .write = write_batch,
                                                           .end_epoch = end_epoch,
                                                           .asked = asked,
                                                           .number = number_of,
                                                           .destroy = destroy};

cornu__source *cornu__generator_source(const cornu__ports *ports, cornu_generator *generator, bool shuffle,
                                       int64_t steps, const cornu__class_weights *class_weights)
{
    generator_source *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->base = (cornu__source){.class = &generator_source_class,
                                 .ports = *ports,
                                 .class_weights = class_weights,
                                 .generator = cornu_generator_retain(generator),
                                 .concurrent = generator->thread_safe,
                                 .begins_early = generator->begins_early};
    self->steps = steps;
    self->shuffle = shuffle && cornu__is_sequence(generator) && !generator->in_turn;
    return &self->base;
}
