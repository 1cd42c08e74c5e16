/* generator.c: generators and Sequences as objects. */
#include "data/generator.h"
#include "base/options.h"

static cornu_generator *generator_new(void)
{
    cornu_generator *generator = cornu__alloc(sizeof *generator);
    if (!generator)
        return NULL;
    /* The first reference is the program's: it does not float. */
    cornu__reference_start(&generator->reference);
    cornu__reference_keep(&generator->reference);
    return generator;
}

cornu_generator *cornu_generator_create_with(const cornu_generator_options *options)
{
    cornu_generator_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    if (!given.next)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "a generator wants the function next");
    cornu_generator *generator = generator_new();
    if (!generator)
        return NULL;
    generator->next = given.next;
    generator->state = given.state;
    generator->release = given.release;
    generator->thread_safe = given.thread_safe;
    return generator;
}

cornu_sequence *cornu_sequence_create_with(const cornu_sequence_options *options)
{
    cornu_sequence_options given = {.struct_size = sizeof given, CORNU_SEQUENCE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (!given.length || !given.get)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "a Sequence wants the functions length and get");
    cornu_sequence *sequence = generator_new();
    if (!sequence)
        return NULL;
    sequence->length = given.length;
    sequence->get = given.get;
    sequence->on_epoch_end = given.on_epoch_end;
    sequence->state = given.state;
    sequence->release = given.release;
    sequence->thread_safe = given.thread_safe;
    return sequence;
}

cornu_generator *cornu_generator_retain(cornu_generator *generator)
{
    if (generator)
        cornu__reference_keep(&generator->reference);
    return generator;
}

void cornu_generator_release(cornu_generator *generator)
{
    if (!generator || !cornu__reference_drop(&generator->reference))
        return;
    if (generator->release)
        generator->release(generator->state);
    cornu__free(generator);
}

cornu_sequence *cornu_sequence_retain(cornu_sequence *sequence)
{
    return cornu_generator_retain(sequence);
}

void cornu_sequence_release(cornu_sequence *sequence)
{
    cornu_generator_release(sequence);
}

int64_t cornu_sequence_length(const cornu_sequence *sequence)
{
    return sequence && cornu__is_sequence(sequence) ? sequence->length(sequence->state) : -1;
}

cornu_status cornu__sequence_length_checked(const cornu_sequence *sequence, int64_t *length)
{
    *length = sequence->length(sequence->state);
    if (*length < 1)
        return cornu__fail(CORNU_ERROR_DATA, "the Sequence has the length %lld: an epoch wants at least one batch",
                           (long long)*length);
    return CORNU_OK;
}

cornu_status cornu__generator_ask(cornu_generator *generator, int64_t number, cornu_batch *batch)
{
    *batch = (cornu_batch){.number = number};
    cornu_error_clear();
    cornu_status status = cornu__is_sequence(generator) ? generator->get(generator->state, number, batch)
                                                        : generator->next(generator->state, batch);
    if (status == CORNU_OK)
        return CORNU_OK;
    cornu_array_release(batch->x);
    cornu_array_release(batch->y);
    cornu_array_release(batch->sample_weight);
    *batch = (cornu_batch){.number = number};
    if (cornu_error_status() != status || cornu_error_message()[0] == '\0')
        cornu__fail(status, "the program's function returned the status \"%s\" without a message",
                    cornu_status_name(status));
    return status;
}

cornu_status cornu_sequence_get(cornu_sequence *sequence, int64_t index, cornu_batch *batch)
{
    if (!sequence || !cornu__is_sequence(sequence))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "this is no Sequence");
    int64_t length;
    CORNU_TRY(cornu__sequence_length_checked(sequence, &length));
    if (index < 0 || index >= length)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "batch %lld of a Sequence of length %lld", (long long)index,
                           (long long)length);
    return cornu__generator_ask(sequence, index, batch);
}
