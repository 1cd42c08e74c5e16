/* array_sequence.c: a Sequence of the rows of arrays. */
#include "array/array.h"
#include "data/generator.h"
#include "base/options.h"

typedef struct array_sequence {
    cornu_array *x, *y, *sample_weight;
    int64_t rows, batch_size;
} array_sequence;

static int64_t array_sequence_length(void *state)
{
    const array_sequence *self = state;
    return (self->rows + self->batch_size - 1) / self->batch_size;
}

static cornu_status take_rows(cornu_array *from, int64_t begin, int64_t end, cornu_array **taken)
{
    if (!from)
        return CORNU_OK;
    *taken = cornu_array_rows(from, begin, end);
    return *taken ? CORNU_OK : cornu_error_status();
}

static cornu_status array_sequence_get(void *state, int64_t index, cornu_batch *batch)
{
    const array_sequence *self = state;
    int64_t begin = index * self->batch_size;
    int64_t end = begin + self->batch_size < self->rows ? begin + self->batch_size : self->rows;
    CORNU_TRY(take_rows(self->x, begin, end, &batch->x));
    CORNU_TRY(take_rows(self->y, begin, end, &batch->y));
    CORNU_TRY(take_rows(self->sample_weight, begin, end, &batch->sample_weight));
    batch->samples = cornu__array_uninitialized(CORNU_INT64, 1, (int64_t[]){end - begin});
    if (!batch->samples)
        return cornu_error_status();
    for (int64_t i = begin; i < end; i++)
        ((int64_t *)batch->samples->data)[i - begin] = i;
    return CORNU_OK;
}

static void array_sequence_release(void *state)
{
    array_sequence *self = state;
    cornu_array_release(self->x);
    cornu_array_release(self->y);
    cornu_array_release(self->sample_weight);
    cornu__free(self);
}

/* All plain arrays in a collection must have `rows` rows; *rows < 0: the first one says. */
static cornu_status check_rows(const char *what, const cornu_array *array, int64_t *rows)
{
    for (size_t i = 0; array && i < cornu_array_item_count(array); i++) {
        const cornu_array *item = cornu_array_item(array, i);
        if (cornu_array_is_collection(item) || cornu_array_rank(item) == 0)
            return cornu__fail(CORNU_ERROR_SHAPE, "array_sequence: %s has an item without rows", what);
        int64_t here = cornu_array_size(item, 0);
        *rows = *rows < 0 ? here : *rows;
        if (here != *rows)
            return cornu__fail(CORNU_ERROR_SHAPE, "array_sequence: %s has %lld samples where x has %lld", what,
                               (long long)here, (long long)*rows);
    }
    return CORNU_OK;
}

static cornu_status check_all(const cornu_array *x, const cornu_array *y, const cornu_array_sequence_options *options,
                              int64_t *rows)
{
    *rows = -1;
    if (!x)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "array_sequence: there is no x");
    if (options->batch_size < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "array_sequence: batch_size is %d, and must be at least 1",
                           options->batch_size);
    CORNU_TRY(check_rows("x", x, rows));
    CORNU_TRY(check_rows("y", y, rows));
    CORNU_TRY(check_rows("sample_weight", options->sample_weight, rows));
    if (*rows < 1)
        return cornu__fail(CORNU_ERROR_DATA, "array_sequence: x has no samples");
    return CORNU_OK;
}

cornu_sequence *cornu_array_sequence_with(cornu_array *x, cornu_array *y, const cornu_array_sequence_options *options)
{
    cornu_array_sequence_options given = {.struct_size = sizeof given, CORNU_ARRAY_SEQUENCE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    int64_t rows;
    if (check_all(x, y, &given, &rows) != CORNU_OK)
        return NULL;
    array_sequence *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    *self = (array_sequence){cornu_array_retain(x), cornu_array_retain(y), cornu_array_retain(given.sample_weight),
                             rows, given.batch_size};
    cornu_sequence *sequence = cornu_sequence_create(.length = array_sequence_length, .get = array_sequence_get,
                                                     .state = self, .release = array_sequence_release);
    if (!sequence) {
        array_sequence_release(self);
        return NULL;
    }
    sequence->begins_early = true;
    return sequence;
}
