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

static cornu_status check_state_hooks(const char *what, cornu_array *(*save_state)(void *state),
                                      cornu_status (*load_state)(void *state, const cornu_array *saved))
{
    if (!save_state == !load_state)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a %s with %s wants %s too", what,
                       save_state ? "save_state" : "load_state", save_state ? "load_state" : "save_state");
}

cornu_generator *cornu_generator_create_with(const cornu_generator_options *options)
{
    cornu_generator_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    if (!given.next)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "a generator wants the function next");
    if (check_state_hooks("generator", given.save_state, given.load_state) != CORNU_OK)
        return NULL;
    cornu_generator *generator = generator_new();
    if (!generator)
        return NULL;
    generator->next = given.next;
    generator->state = given.state;
    generator->release = given.release;
    generator->thread_safe = given.thread_safe;
    generator->save_state = given.save_state;
    generator->load_state = given.load_state;
    generator->seek = given.seek;
    return generator;
}

cornu_sequence *cornu_sequence_create_with(const cornu_sequence_options *options)
{
    cornu_sequence_options given = {.struct_size = sizeof given, CORNU_SEQUENCE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (!given.length || !given.get)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "a Sequence wants the functions length and get");
    if (check_state_hooks("Sequence", given.save_state, given.load_state) != CORNU_OK)
        return NULL;
    cornu_sequence *sequence = generator_new();
    if (!sequence)
        return NULL;
    sequence->length = given.length;
    sequence->get = given.get;
    sequence->on_epoch_end = given.on_epoch_end;
    sequence->state = given.state;
    sequence->release = given.release;
    sequence->thread_safe = given.thread_safe;
    sequence->save_state = given.save_state;
    sequence->load_state = given.load_state;
    return sequence;
}

void cornu_batch_clear(cornu_batch *batch)
{
    if (!batch)
        return;
    cornu_array_release(batch->x);
    cornu_array_release(batch->y);
    cornu_array_release(batch->sample_weight);
    cornu_array_release(batch->samples);
    *batch = (cornu_batch){.number = batch->number};
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
    cornu_batch_clear(&generator->ahead);
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

/* A status that is not CORNU_OK of a program's function, with a message whatever it did. */
static cornu_status with_message(cornu_status status)
{
    if (status != CORNU_OK && (cornu_error_status() != status || cornu_error_message()[0] == '\0'))
        cornu__fail(status, "the program's function returned the status \"%s\" without a message",
                    cornu_status_name(status));
    return status;
}

/* The batch that was asked for ahead is its number's, whichever worker comes for it. */
static bool take_ahead(cornu_generator *generator, int64_t number, cornu_batch *batch)
{
    if (cornu__is_sequence(generator) || number != generator->ahead.number || !generator->ahead.x)
        return false;
    *batch = generator->ahead;
    generator->ahead = (cornu_batch){0};
    return true;
}

cornu_status cornu__generator_ask(cornu_generator *generator, int64_t number, cornu_batch *batch)
{
    if (take_ahead(generator, number, batch))
        return CORNU_OK;
    *batch = (cornu_batch){.number = number};
    cornu_error_clear();
    cornu_status status = cornu__is_sequence(generator) ? generator->get(generator->state, number, batch)
                                                        : generator->next(generator->state, batch);
    if (status == CORNU_OK)
        return CORNU_OK;
    cornu_batch_clear(batch);
    return with_message(status);
}

/* --- Where it stands --- */

/* What a generator makes when it is told the number depends on nothing else. */
static bool makes_numbers(const cornu_generator *generator)
{
    return !cornu__is_sequence(generator) && generator->thread_safe;
}

cornu_status cornu__generator_save_state(const cornu_generator *generator, cornu_array **state)
{
    *state = NULL;
    if (!generator->save_state || makes_numbers(generator))
        return CORNU_OK;
    cornu_error_clear();
    *state = generator->save_state(generator->state);
    if (!*state && cornu_error_status() == CORNU_OK)
        cornu__fail(CORNU_ERROR_DATA, "the program's function returned NULL without a message");
    if (!*state)
        return cornu__fail_context("save_state");
    if (!cornu_array_is_collection(*state))
        return CORNU_OK;
    cornu_array_release(*state);
    *state = NULL;
    return cornu__fail(CORNU_ERROR_DATA, "save_state: one plain array is wanted, but a list or dictionary came");
}

static cornu_status load_state(cornu_generator *generator, const cornu_array *saved)
{
    cornu_error_clear();
    if (with_message(generator->load_state(generator->state, saved)) != CORNU_OK)
        return cornu__fail_context("load_state");
    return CORNU_OK;
}

static cornu_status seek(cornu_generator *generator, int64_t number)
{
    cornu_error_clear();
    if (with_message(generator->seek(generator->state, number)) != CORNU_OK)
        return cornu__fail_context("seek to batch %lld", (long long)number);
    return CORNU_OK;
}

/* --- The first batch ahead of time --- */

/* Asks for the next batch of a plain generator and, where the program gave the means, sets it back to before it. *kept: it could not be, so
 * that the batch must be given when its turn comes. */
static cornu_status ask_ahead(cornu_generator *generator, cornu_batch *batch, bool *kept)
{
    bool saves = generator->save_state && generator->load_state && !makes_numbers(generator);
    cornu_array *before = NULL;
    if (saves)
        CORNU_TRY(cornu__generator_save_state(generator, &before));
    cornu_status status = cornu__generator_ask(generator, generator->asked, batch);
    if (status == CORNU_OK && saves)
        status = load_state(generator, before);
    else if (status == CORNU_OK && generator->seek)
        status = seek(generator, generator->asked);
    *kept = status == CORNU_OK && !makes_numbers(generator) && !saves && !generator->seek;
    cornu_array_release(before);
    return status;
}

cornu_status cornu__generator_first_x(cornu_generator *generator, cornu_array **x)
{
    cornu_batch first = {0};
    bool kept = false;
    cornu_status status = cornu__is_sequence(generator) ? cornu__generator_ask(generator, 0, &first)
                                                        : ask_ahead(generator, &first, &kept);
    *x = status == CORNU_OK ? cornu_array_retain(first.x) : NULL;
    if (kept)
        generator->ahead = first;
    else
        cornu_batch_clear(&first);
    return status;
}

/* --- Going on --- */

cornu_status cornu__generator_go_on(cornu_generator *generator, const cornu__position *from)
{
    if (makes_numbers(generator)) {
        generator->asked = from->asked;
        return CORNU_OK;
    }
    if (generator->load_state && from->state) {
        CORNU_TRY(load_state(generator, from->state));
        generator->asked = from->asked;
        return CORNU_OK;
    }
    if (cornu__is_sequence(generator)) {
        for (; generator->asked < from->asked; generator->asked++) {
            if (generator->on_epoch_end)
                generator->on_epoch_end(generator->state);
        }
        return CORNU_OK;
    }
    if (generator->seek) {
        CORNU_TRY(seek(generator, from->asked));
        generator->asked = from->asked;
    }
    return CORNU_OK;
}

int64_t cornu__generator_replays(const cornu_generator *generator, const cornu__position *from)
{
    bool loads = generator->load_state && from->state;
    if (makes_numbers(generator) || loads || generator->seek)
        return 0;
    if (cornu__is_sequence(generator))
        return generator->on_epoch_end && generator->asked > from->asked ? -1 : 0;
    return generator->asked > from->asked ? -1 : from->asked - generator->asked;
}

/* --- For programs --- */

static cornu_status next_of_sequence(cornu_sequence *sequence, cornu_batch *batch)
{
    int64_t length;
    CORNU_TRY(cornu__sequence_length_checked(sequence, &length));
    if (sequence->next_index >= length) {
        if (sequence->on_epoch_end)
            sequence->on_epoch_end(sequence->state);
        sequence->asked++;
        sequence->next_index = 0;
    }
    CORNU_TRY(cornu__generator_ask(sequence, sequence->next_index, batch));
    sequence->next_index++;
    return CORNU_OK;
}

cornu_status cornu_generator_next(cornu_generator *generator, cornu_batch *batch)
{
    *batch = (cornu_batch){0};
    if (!generator)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "this is no generator");
    if (cornu__is_sequence(generator))
        return next_of_sequence(generator, batch);
    CORNU_TRY(cornu__generator_ask(generator, generator->asked, batch));
    generator->asked += batch->x != NULL;
    return CORNU_OK;
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
