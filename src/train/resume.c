/* resume.c: all that a training goes on from, out and in again. */
#include <string.h>

#include "array/dictionary.h"
#include "base/log.h"
#include "base/text.h"
#include "train/fit.h"

#define NAME_SIZE 64
#define CONTENTS "contents"

/* Where the training stands. */
typedef struct standing {
    int64_t epoch, batch, steps;
    bool stopped;
} standing;

static const cornu__number_field standing_fields[] = {
    {"epoch", CORNU_INT64, offsetof(standing, epoch)}, /* to go on with */
    {"batch", CORNU_INT64, offsetof(standing, batch)}, /* of that epoch; 0: it is not begun */
    {"steps", CORNU_INT64, offsetof(standing, steps)}, /* of that epoch; -1: not known */
    {"stopped", CORNU_BOOL, offsetof(standing, stopped)}, {0},
};

static const cornu__number_field fact_fields[] = {
    {"samples", CORNU_INT64, offsetof(cornu__data_facts, samples)},
    {"batch_size", CORNU_INT64, offsetof(cornu__data_facts, batch_size)},
    {"steps_per_epoch", CORNU_INT64, offsetof(cornu__data_facts, steps_per_epoch)},
    {"shuffle", CORNU_INT64, offsetof(cornu__data_facts, shuffle)},
    {0},
};

static const cornu__number_field position_fields[] = {
    {"epoch", CORNU_INT64, offsetof(cornu__position, epoch)},
    {"index", CORNU_INT64, offsetof(cornu__position, index)},
    {"updates", CORNU_UINT64, offsetof(cornu__position, updates)},
    {"asked", CORNU_INT64, offsetof(cornu__position, asked)},
    {0},
};

/* --- Out --- */

static cornu_array *fields_of(const cornu__number_field *fields, const void *record)
{
    cornu__dictionary made = {0};
    cornu__dictionary_add_fields(&made, fields, record);
    return cornu__dictionary_take(&made);
}

static void add_position(cornu__dictionary *state, const char *name, const cornu__position *position)
{
    cornu__dictionary made = {0};
    cornu__dictionary_add_fields(&made, position_fields, position);
    if (position->state)
        cornu__dictionary_add(&made, "state", cornu_array_retain(position->state));
    cornu__dictionary_add(state, name, cornu__dictionary_take(&made));
}

static void add_position_of(cornu__dictionary *state, const char *name, const cornu__enqueuer *enqueuer)
{
    cornu__position position;
    cornu__enqueuer_position(enqueuer, &position);
    add_position(state, name, &position);
    cornu__position_clear(&position);
}

static void add_data(cornu__dictionary *state, const cornu__fit *fit)
{
    if (fit->batches)
        add_position_of(state, "data", fit->batches);
    else
        add_position(state, "data", &fit->from.data); /* all were used before */
    if (fit->validation_begins)
        add_position(state, "validation_data", fit->validation_begins);
    else if (fit->validation)
        add_position_of(state, "validation_data", fit->validation);
}

/* What the epoch in hand has counted, or, where its validation is running, its training values. */
static void add_counted(cornu__dictionary *state, const cornu_training *training)
{
    const cornu_logs *values = training->fit->epoch_values;
    if (values) {
        cornu__dictionary_add_numbers(state, "epoch_values", CORNU_FLOAT64, values->count, values->values);
        return;
    }
    cornu__dictionary_add_numbers(state, "tally_rows", CORNU_FLOAT64, 1, &training->tally.rows);
    cornu__dictionary_add_numbers(state, "tally_weighted", CORNU_FLOAT64, cornu__model_loss_count(training->model),
                                  training->tally.weighted);
}

static cornu_status fail_save(const cornu_callback *callback)
{
    if (cornu_error_status() == CORNU_OK)
        cornu__fail(CORNU_ERROR_STATE, "it returned NULL without a message");
    return cornu__fail_context("%s, save_state", callback->name);
}

static cornu_status add_callback(cornu__dictionary *state, const cornu_callback *callback, int number)
{
    char name[NAME_SIZE];
    cornu_error_clear();
    cornu_array *kept = callback->save_state(callback->state);
    if (!kept)
        return fail_save(callback);
    snprintf(name, sizeof name, "callbacks/%d/name", number);
    cornu__dictionary_add_text(state, name, callback->name);
    snprintf(name, sizeof name, "callbacks/%d/state", number);
    cornu__dictionary_add(state, name, kept);
    return state->failed ? cornu__fail_context("%s, save_state", callback->name) : CORNU_OK;
}

static void add_callbacks(cornu__dictionary *state, const cornu_training *training)
{
    int number = 0;
    for (int i = 0; i < training->callback_count && !state->failed; i++) {
        const cornu_callback *callback = training->callbacks[i];
        if (callback->save_state && add_callback(state, callback, number++) != CORNU_OK)
            state->failed = true;
    }
}

/* Between two epochs the epoch in hand is the next, and nothing is counted yet. */
static standing standing_of(const cornu_training *training)
{
    bool between = training->fit->epoch_over;
    return (standing){.epoch = training->epoch + between,
                      .batch = between ? 0 : training->next_batch,
                      .steps = between ? -1 : training->epoch_steps,
                      .stopped = training->stop || training->fit->data_ended};
}

/* The names of all items, with a NUL behind each: an archive's checksums do not protect its names. */
static void add_contents(cornu__dictionary *state)
{
    cornu__text names = {0};
    for (size_t i = 0; i < state->count; i++)
        cornu__text_add_bytes(&names, state->names[i], strlen(state->names[i]) + 1);
    state->failed = state->failed || names.failed;
    cornu__dictionary_add_numbers(state, CONTENTS, CORNU_UINT8, (int64_t)names.length, names.data);
    cornu__text_free(&names);
}

cornu_array *cornu__training_state(cornu_training *training)
{
    const cornu__fit *fit = training->fit;
    const standing now = standing_of(training);
    cornu__dictionary state = {0};
    cornu__dictionary_add_fields(&state, standing_fields, &now);
    cornu__dictionary_add(&state, "facts", fields_of(fact_fields, &fit->facts));
    add_data(&state, fit);
    if (now.batch > 0)
        add_counted(&state, training);
    cornu__dictionary_add(&state, "model", cornu__model_training_state(training->model));
    cornu__dictionary_add(&state, "history", cornu__history_save(fit->history));
    cornu__dictionary_add(&state, "model_history", cornu__history_save(cornu__model_history(fit->model)));
    add_callbacks(&state, training);
    add_contents(&state);
    return cornu__dictionary_take(&state);
}

/* --- In: before the data are begun --- */

static cornu_status fail_here(const cornu__resumption *from)
{
    cornu__fail_context("%s", from->place);
    return cornu__fail_context("%s", from->keeper);
}

static cornu_status check_contents(const cornu_array *kept)
{
    const cornu_array *names;
    CORNU_TRY(cornu__dictionary_get(kept, CONTENTS, CORNU_UINT8, -1, &names));
    const char *name = cornu_array_data(names), *end = name + cornu_array_count(names);
    for (; name < end; name += strlen(name) + 1) {
        if (!memchr(name, 0, (size_t)(end - name)))
            return cornu__fail(CORNU_ERROR_FORMAT, "'" CONTENTS "' does not end");
        if (!cornu_array_item_named(kept, name))
            return cornu__fail(CORNU_ERROR_FORMAT, "there is no '%s'", name);
    }
    return CORNU_OK;
}

static cornu_status read_standing(cornu__resumption *from)
{
    standing kept;
    if (check_contents(from->kept) != CORNU_OK ||
        cornu__dictionary_get_fields(from->kept, standing_fields, &kept) != CORNU_OK)
        return cornu__fail_context("this is no whole backup of a training");
    if (kept.epoch < 0 || kept.batch < 0 || (kept.steps >= 0 && kept.batch > kept.steps))
        return cornu__fail(CORNU_ERROR_FORMAT, "epoch %lld, batch %lld of %lld is no place to go on at",
                           (long long)kept.epoch, (long long)kept.batch, (long long)kept.steps);
    from->epoch = kept.epoch;
    from->batch = kept.batch;
    from->steps = kept.steps;
    from->stopped = kept.stopped;
    return CORNU_OK;
}

static cornu_status read_position(const cornu_array *kept, const char *name, cornu__position *position, bool *found)
{
    cornu_array *part;
    CORNU_TRY(cornu__dictionary_part(kept, name, &part));
    *found = part != NULL;
    if (!part)
        return CORNU_OK;
    cornu_status status = cornu__dictionary_get_fields(part, position_fields, position);
    if (status == CORNU_OK)
        status = cornu__dictionary_part(part, "state", &position->state);
    if (status == CORNU_OK && (position->epoch < 0 || position->index < 0 || position->asked < 0))
        status = cornu__fail(CORNU_ERROR_FORMAT, "a position is negative");
    cornu_array_release(part);
    return status == CORNU_OK ? CORNU_OK : cornu__fail_context("'%s'", name);
}

/* "samples is 40 and was 50, batch_size ..." for what differs; NULL: nothing, or no memory for it. */
static char *differences(const cornu__data_facts *was, const cornu__data_facts *is)
{
    cornu__text text = {0};
    for (const cornu__number_field *field = fact_fields; field->name; field++) {
        int64_t before, now;
        memcpy(&before, (const char *)was + field->offset, sizeof before);
        memcpy(&now, (const char *)is + field->offset, sizeof now);
        if (before != now && (before < 0 || now < 0))
            cornu__text_add(&text, "%s%s is %s", text.data ? ", " : "", field->name,
                            now < 0 ? "now a generator's and was fit's" : "now fit's and was a generator's");
        else if (before != now)
            cornu__text_add(&text, "%s%s is %lld and was %lld", text.data ? ", " : "", field->name, (long long)now,
                            (long long)before);
    }
    return text.data ? cornu__text_take(&text) : NULL;
}

static cornu_status check_facts(cornu__resumption *from, const cornu__fit *fit)
{
    cornu_array *part;
    cornu__data_facts kept;
    CORNU_TRY(cornu__dictionary_part(from->kept, "facts", &part));
    cornu_status status = cornu__dictionary_get_fields(part, fact_fields, &kept);
    cornu_array_release(part);
    CORNU_TRY(status);
    char *words = differences(&kept, &fit->facts);
    from->same_data = !words;
    if (words && from->batch > 0)
        status =
            cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                        "training was interrupted after batch %lld of epoch %lld and cannot go on there with other "
                        "data: %s. Start it as it was, or remove the backup to begin anew",
                        (long long)from->batch, (long long)from->epoch + 1, words);
    else if (words)
        cornu__warn("%s: training goes on with epoch %lld and other data than before: %s", fit->function,
                    (long long)from->epoch + 1, words);
    cornu__free(words);
    return status;
}

static cornu_status read_kept(cornu__fit *fit)
{
    cornu__resumption *from = &fit->from;
    bool found;
    CORNU_TRY(read_standing(from));
    CORNU_TRY(check_facts(from, fit));
    CORNU_TRY(read_position(from->kept, "data", &from->data, &found));
    CORNU_TRY(read_position(from->kept, "validation_data", &from->validation_data, &from->validation_begun));
    fit->initial_epoch = from->epoch;
    if (from->stopped && from->batch == 0 && fit->epochs > from->epoch)
        fit->epochs = from->epoch;
    return found ? CORNU_OK : cornu__fail(CORNU_ERROR_FORMAT, "there is no 'data'");
}

/* The first backup that there is counts. */
static cornu_status restore(cornu__fit *fit, const cornu_callback *callback)
{
    cornu_array *kept = NULL;
    const char *place = NULL;
    fit->keeps_backups = true;
    CORNU_TRY(callback->backup->restore(callback->state, &kept, &place));
    if (kept && !fit->from.kept)
        fit->from = (cornu__resumption){.kept = kept, .keeper = callback->name, .place = place};
    else
        cornu_array_release(kept);
    return CORNU_OK;
}

cornu_status cornu__fit_resume(cornu__fit *fit)
{
    for (int i = 0; i < CORNU_MAX_CALLBACKS && fit->callbacks[i]; i++) {
        const cornu_callback *callback = fit->callbacks[i];
        if (callback->failure == CORNU_OK && callback->backup && restore(fit, callback) != CORNU_OK)
            return cornu__fail_context("%s", callback->name);
    }
    return !fit->from.kept || read_kept(fit) == CORNU_OK ? CORNU_OK : fail_here(&fit->from);
}

const cornu__position *cornu__resume_data(const cornu__resumption *from)
{
    return from->kept && from->same_data ? &from->data : NULL;
}

const cornu__position *cornu__resume_validation_data(const cornu__resumption *from)
{
    return from->kept && from->validation_begun ? &from->validation_data : NULL;
}

void cornu__resume_warn_of_replay(const cornu__fit *fit, const cornu_generator *generator,
                                  const cornu__position *position, const char *which)
{
    int64_t count = position ? cornu__generator_replays(generator, position) : 0;
    if (count > 0)
        cornu__warn("%s: training goes on with epoch %lld; the %s is asked again for the %lld batches before "
                    "(save_state and load_state, or seek, would spare that)",
                    fit->function, (long long)fit->initial_epoch + 1, which, (long long)count);
    else if (count < 0)
        cornu__warn(
            "%s: training goes on with epoch %lld; the %s was asked for more batches than were used, and cannot go "
            "back: other batches follow than without the interruption",
            fit->function, (long long)fit->initial_epoch + 1, which);
}

/* --- In: after on_train_begin --- */

static cornu_status set_counted(cornu__fit *fit, cornu_training *training)
{
    const cornu_array *kept = fit->from.kept, *rows, *weighted;
    int losses = cornu__model_loss_count(fit->model), values = cornu__model_value_count(fit->model);
    if (cornu_array_item_named(kept, "epoch_values"))
        return cornu__dictionary_get(kept, "epoch_values", CORNU_FLOAT64, values, &fit->from_values);
    CORNU_TRY(cornu__dictionary_get(kept, "tally_rows", CORNU_FLOAT64, 1, &rows));
    CORNU_TRY(cornu__dictionary_get(kept, "tally_weighted", CORNU_FLOAT64, losses, &weighted));
    training->tally.rows = cornu_array_get(rows, 0);
    memcpy(training->tally.weighted, cornu_array_data(weighted), (size_t)losses * sizeof *training->tally.weighted);
    return CORNU_OK;
}

static cornu_status set_part(const cornu_array *kept, const char *name,
                             cornu_status (*set)(void *, const cornu_array *), void *what)
{
    cornu_array *part;
    CORNU_TRY(cornu__dictionary_part(kept, name, &part));
    cornu_status status = part ? set(what, part) : cornu__fail(CORNU_ERROR_FORMAT, "there is no '%s'", name);
    cornu_array_release(part);
    return status;
}

static cornu_status set_model(void *model, const cornu_array *kept)
{
    return cornu__model_set_training_state(model, kept);
}

static cornu_status set_history(void *history, const cornu_array *kept)
{
    return cornu__history_load(history, kept);
}

static cornu_status set_model_history(cornu__fit *fit)
{
    cornu_array *kept;
    CORNU_TRY(cornu__dictionary_part(fit->from.kept, "model_history", &kept));
    cornu_status status = cornu__fit_record_go_on(fit, kept);
    cornu_array_release(kept);
    return status;
}

/* The callback that a state is for: the first of that name that has none yet. -1: none. */
static int find_callback(const cornu_training *training, const char *name, const bool *has_state)
{
    for (int i = 0; i < training->callback_count; i++) {
        const cornu_callback *callback = training->callbacks[i];
        if (callback->load_state && !has_state[i] && strcmp(callback->name, name) == 0)
            return i;
    }
    return -1;
}

static cornu_status set_callback(const cornu_array *kept, const char *name, const cornu_callback *callback)
{
    cornu_error_clear();
    cornu_status status = set_part(kept, name, callback->load_state, callback->state);
    if (status == CORNU_OK)
        return CORNU_OK;
    if (cornu_error_status() != status || cornu_error_message()[0] == '\0')
        cornu__fail(status, "it returned the status \"%s\" without a message", cornu_status_name(status));
    return cornu__fail_context("%s, load_state", callback->name);
}

static cornu_status set_callbacks(const cornu__fit *fit, cornu_training *training)
{
    bool has_state[CORNU__MAX_CALLBACKS] = {false};
    for (int number = 0; number < CORNU__MAX_CALLBACKS; number++) {
        char item[NAME_SIZE], *name;
        snprintf(item, sizeof item, "callbacks/%d/name", number);
        if (!cornu_array_item_named(fit->from.kept, item))
            break;
        CORNU_TRY(cornu__dictionary_get_text(fit->from.kept, item, &name));
        int place = find_callback(training, name, has_state);
        if (place < 0)
            cornu__warn("%s: training goes on without the callback %s that it began with", fit->function, name);
        cornu__free(name);
        if (place < 0)
            continue;
        has_state[place] = true;
        snprintf(item, sizeof item, "callbacks/%d/state", number);
        CORNU_TRY(set_callback(fit->from.kept, item, training->callbacks[place]));
    }
    for (int i = 0; i < training->callback_count; i++) {
        if (training->callbacks[i]->load_state && !has_state[i])
            cornu__warn("%s: training goes on with the callback %s, which was not there when it began: it begins anew",
                        fit->function, training->callbacks[i]->name);
    }
    return CORNU_OK;
}

static cornu_status go_on(cornu__fit *fit, cornu_training *training)
{
    const cornu__resumption *from = &fit->from;
    training->stop = from->stopped;
    CORNU_TRY(set_part(from->kept, "history", set_history, fit->history));
    CORNU_TRY(set_model_history(fit));
    if (from->batch > 0)
        CORNU_TRY(set_counted(fit, training));
    CORNU_TRY(set_part(from->kept, "model", set_model, fit->model));
    return set_callbacks(fit, training); /* last, since they may change files */
}

cornu_status cornu__fit_go_on(cornu__fit *fit)
{
    return go_on(fit, fit->training) == CORNU_OK ? CORNU_OK : fail_here(&fit->from);
}

void cornu__resumption_clear(cornu__resumption *from)
{
    cornu_array_release(from->kept);
    cornu__position_clear(&from->data);
    cornu__position_clear(&from->validation_data);
    *from = (cornu__resumption){0};
}
