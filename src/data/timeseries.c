/* timeseries.c: windows over a series as a Sequence: Keras's TimeseriesGenerator and timeseries_dataset_from_array. */
#include <string.h>

#include "base/options.h"
#include "base/random.h"
#include "data/generator.h"
#include "data/timeseries.h"

typedef enum window_order { IN_ORDER, PERMUTED, DRAWN } window_order;

/* Window w takes rows begin + w * stride + k * rate of the data, and row begin + w * stride + target_offset of the targets. */
typedef struct windows {
    cornu_array *data, *targets; /* targets: or NULL */
    int64_t begin, stride, rate, steps, target_offset;
    int64_t count;    /* of windows */
    int64_t per_draw; /* DRAWN: begins are drawn from this many rows */
    int64_t batch_size;
    bool reverse;
    window_order order;
    uint64_t seed;
    int64_t epoch;
    int64_t *permutation;             /* PERMUTED: of this epoch */
    cornu__timeseries_made made_with; /* a TimeseriesGenerator's; length 0: it is none */
} windows;

static int64_t windows_length(void *state)
{
    const windows *self = state;
    return self->count / self->batch_size + (self->count % self->batch_size != 0);
}

/* The first row of the window that is sample `i` of batch `index`. */
static int64_t first_row(const windows *self, int64_t index, int64_t i)
{
    int64_t window = index * self->batch_size + i;
    if (self->order == DRAWN) {
        cornu__random_key key =
            cornu__random_key_make(self->seed, CORNU__RANDOM_SHUFFLE, (uint64_t)self->epoch, (uint64_t)index);
        return self->begin + (int64_t)cornu__random_below(key, (uint64_t)i, (uint64_t)self->per_draw);
    }
    return self->begin + (self->order == PERMUTED ? self->permutation[window] : window) * self->stride;
}

/* An array (samples, [steps,] ...) like the rows of `from`, not set yet. */
static cornu_array *batch_like(const cornu_array *from, int64_t samples, int64_t steps)
{
    int64_t shape[CORNU_MAX_RANK];
    int rank = 0;
    shape[rank++] = samples;
    if (steps > 0)
        shape[rank++] = steps;
    memcpy(shape + rank, from->shape + 1, (size_t)(from->rank - 1) * sizeof *shape);
    return cornu__array_uninitialized(from->dtype, rank + from->rank - 1, shape);
}

static void copy_window(const windows *self, char *to, int64_t first)
{
    size_t row = (size_t)cornu__row_count(self->data) * cornu_dtype_size(self->data->dtype);
    for (int64_t k = 0; row > 0 && k < self->steps; k++) {
        int64_t step = self->reverse ? self->steps - 1 - k : k;
        memcpy(to + (size_t)k * row, (const char *)self->data->data + (size_t)(first + step * self->rate) * row, row);
    }
}

static cornu_status windows_get(void *state, int64_t index, cornu_batch *batch)
{
    const windows *self = state;
    int64_t left = self->count - index * self->batch_size;
    int64_t samples = left < self->batch_size && self->order != DRAWN ? left : self->batch_size;
    batch->x = batch_like(self->data, samples, self->steps);
    if (!batch->x)
        return cornu_error_status();
    batch->y = self->targets ? batch_like(self->targets, samples, 0) : NULL;
    if (self->targets && !batch->y)
        return cornu_error_status();
    batch->samples = cornu__array_uninitialized(CORNU_INT64, 1, &samples);
    if (!batch->samples)
        return cornu_error_status();
    size_t window = (size_t)(self->steps * cornu__row_count(self->data)) * cornu_dtype_size(self->data->dtype);
    size_t row = self->targets ? (size_t)cornu__row_count(self->targets) * cornu_dtype_size(self->targets->dtype) : 0;
    for (int64_t i = 0; i < samples; i++) {
        int64_t first = first_row(self, index, i);
        ((int64_t *)batch->samples->data)[i] = first;
        copy_window(self, (char *)batch->x->data + (size_t)i * window, first);
        if (row > 0)
            memcpy((char *)batch->y->data + (size_t)i * row,
                   (const char *)self->targets->data + (size_t)(first + self->target_offset) * row, row);
    }
    return CORNU_OK;
}

static void begin_epoch(windows *self)
{
    if (self->permutation)
        cornu__random_permutation(
            cornu__random_key_make(self->seed, CORNU__RANDOM_SHUFFLE, (uint64_t)self->epoch, UINT64_MAX), self->count,
            self->permutation);
}

static void windows_epoch_end(void *state)
{
    windows *self = state;
    self->epoch++;
    begin_epoch(self);
}

static void windows_release(void *state)
{
    windows *self = state;
    cornu_array_release(self->data);
    cornu_array_release(self->targets);
    cornu__free(self->permutation);
    cornu__free(self);
}

/* A Sequence of windows that were checked; takes its own references. */
static cornu_sequence *windows_create(const windows *wanted)
{
    windows *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    *self = *wanted;
    cornu_array_retain(self->data);
    cornu_array_retain(self->targets);
    cornu_sequence *sequence = NULL;
    if (self->order == PERMUTED)
        self->permutation = cornu__alloc_array((size_t)self->count, sizeof *self->permutation);
    if (self->order != PERMUTED || self->permutation) {
        begin_epoch(self);
        sequence = cornu_sequence_create(.length = windows_length, .get = windows_get,
                                         .on_epoch_end = windows_epoch_end, .state = self, .release = windows_release);
    }
    if (!sequence) {
        windows_release(self);
        return NULL;
    }
    sequence->begins_early = true;
    return sequence;
}

const cornu__timeseries_made *cornu__timeseries_made_with(const cornu_sequence *sequence)
{
    const windows *self = sequence && sequence->get == windows_get ? sequence->state : NULL;
    return self && self->made_with.length > 0 ? &self->made_with : NULL;
}

/* --- Checks --- */

static cornu_status check_series(const char *function, const char *what, const cornu_array *array, int most_axes)
{
    CORNU_TRY(cornu__expect_plain(function, what, array));
    if (cornu_array_rank(array) < 1 || cornu_array_rank(array) > most_axes)
        return cornu__fail(CORNU_ERROR_SHAPE, "%s: %s has %d axes; wanted 1 to %d, the first of which is time",
                           function, what, cornu_array_rank(array), most_axes);
    return CORNU_OK;
}

static cornu_status check_at_least(const char *function, const char *option, int64_t value, int64_t least)
{
    if (value >= least)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: %s is %lld; wanted at least %lld", function, option,
                       (long long)value, (long long)least);
}

/* Windows of more than all rows would not be found by the checks of the ends when sums overflow; so each number is at most the number of rows. */
static cornu_status check_at_most(const char *function, const char *option, int64_t value, int64_t rows)
{
    if (value <= rows)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: %s is %lld, and the data has %lld rows", function, option,
                       (long long)value, (long long)rows);
}

/* --- TimeseriesGenerator --- */

static cornu_status check_generator(const cornu_array *data, const cornu_array *targets, int64_t length,
                                    const cornu_timeseries_generator_options *given)
{
    static const char name[] = "timeseries_generator";
    CORNU_TRY(check_series(name, "data", data, CORNU_MAX_RANK - 1));
    CORNU_TRY(check_series(name, "targets", targets, CORNU_MAX_RANK));
    int64_t rows = cornu_array_size(data, 0), target_rows = cornu_array_size(targets, 0);
    if (rows != target_rows)
        return cornu__fail(CORNU_ERROR_SHAPE, "%s: data has %lld rows and targets %lld; wanted as many", name,
                           (long long)rows, (long long)target_rows);
    CORNU_TRY(check_at_least(name, "length", length, 1));
    CORNU_TRY(check_at_least(name, "sampling_rate", given->sampling_rate, 1));
    CORNU_TRY(check_at_least(name, "stride", given->stride, 1));
    CORNU_TRY(check_at_least(name, "start_index", given->start_index, 0));
    CORNU_TRY(check_at_least(name, "end_index", given->end_index, CORNU_NONE));
    CORNU_TRY(check_at_least(name, "batch_size", given->batch_size, 1));
    CORNU_TRY(check_at_most(name, "length", length, rows));
    CORNU_TRY(check_at_most(name, "start_index", given->start_index, rows));
    CORNU_TRY(check_at_most(name, "end_index (the last row that is used)", given->end_index, rows - 1));
    int64_t end = given->end_index == CORNU_NONE ? rows - 1 : given->end_index;
    if (given->start_index + length > end)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "%s: start_index + length is %lld, behind end_index %lld: no row is left to be a target",
                           name, (long long)(given->start_index + length), (long long)end);
    return CORNU_OK;
}

cornu_sequence *cornu_timeseries_generator_with(cornu_array *data, cornu_array *targets, int64_t length,
                                                const cornu_timeseries_generator_options *options)
{
    cornu_timeseries_generator_options given = {.struct_size = sizeof given, CORNU_TIMESERIES_GENERATOR_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (check_generator(data, targets, length, &given) != CORNU_OK)
        return NULL;
    int64_t end = given.end_index == CORNU_NONE ? cornu_array_size(data, 0) - 1 : given.end_index;
    int64_t rows = end - (given.start_index + length) + 1;
    return windows_create(&(windows){.data = data,
                                     .targets = targets,
                                     .begin = given.start_index,
                                     .stride = given.stride,
                                     .rate = given.sampling_rate,
                                     .steps = (length - 1) / given.sampling_rate + 1,
                                     .target_offset = length,
                                     .count = (rows - 1) / given.stride + 1,
                                     .per_draw = rows,
                                     .batch_size = given.batch_size,
                                     .reverse = given.reverse,
                                     .order = given.shuffle ? DRAWN : IN_ORDER,
                                     .seed = given.seed,
                                     .made_with = {data, targets, length, given}});
}

/* --- timeseries_dataset_from_array --- */

static cornu_status check_dataset(const cornu_array *data, const cornu_array *targets, int64_t sequence_length,
                                  const cornu_timeseries_dataset_options *given)
{
    static const char name[] = "timeseries_dataset_from_array";
    CORNU_TRY(check_series(name, "data", data, CORNU_MAX_RANK - 1));
    if (targets)
        CORNU_TRY(check_series(name, "targets", targets, CORNU_MAX_RANK));
    int64_t rows = cornu_array_size(data, 0);
    CORNU_TRY(check_at_least(name, "sequence_length", sequence_length, 1));
    CORNU_TRY(check_at_least(name, "sequence_stride", given->sequence_stride, 1));
    CORNU_TRY(check_at_least(name, "sampling_rate", given->sampling_rate, 1));
    CORNU_TRY(check_at_least(name, "batch_size", given->batch_size, 1));
    CORNU_TRY(check_at_least(name, "start_index", given->start_index, 0));
    CORNU_TRY(check_at_least(name, "end_index", given->end_index, CORNU_NONE));
    CORNU_TRY(check_at_most(name, "sequence_length", sequence_length, rows));
    CORNU_TRY(check_at_most(name, "start_index", given->start_index, rows));
    CORNU_TRY(check_at_most(name, "end_index", given->end_index, rows));
    return CORNU_OK;
}

/* How many rows can begin a window; below 1: none. */
static int64_t beginnings(const cornu_array *data, const cornu_array *targets, int64_t sequence_length,
                          const cornu_timeseries_dataset_options *given)
{
    int64_t end = given->end_index == CORNU_NONE ? cornu_array_size(data, 0) : given->end_index, reach;
    if (__builtin_mul_overflow(sequence_length - 1, given->sampling_rate, &reach) || reach >= end)
        return 0;
    int64_t rows = end - given->start_index - reach;
    int64_t targeted = targets ? cornu_array_size(targets, 0) - given->start_index : rows;
    return targeted < rows ? targeted : rows;
}

cornu_sequence *cornu_timeseries_dataset_from_array_with(cornu_array *data, cornu_array *targets,
                                                         int64_t sequence_length,
                                                         const cornu_timeseries_dataset_options *options)
{
    cornu_timeseries_dataset_options given = {.struct_size = sizeof given, CORNU_TIMESERIES_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (check_dataset(data, targets, sequence_length, &given) != CORNU_OK)
        return NULL;
    int64_t rows = beginnings(data, targets, sequence_length, &given);
    if (rows < 1)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "timeseries_dataset_from_array: no window of %lld steps at a sampling_rate of %lld "
                                "fits between start_index and end_index",
                                (long long)sequence_length, (long long)given.sampling_rate);
    return windows_create(&(windows){.data = data,
                                     .targets = targets,
                                     .begin = given.start_index,
                                     .stride = given.sequence_stride,
                                     .rate = given.sampling_rate,
                                     .steps = sequence_length,
                                     .count = (rows - 1) / given.sequence_stride + 1,
                                     .batch_size = given.batch_size,
                                     .order = given.shuffle ? PERMUTED : IN_ORDER,
                                     .seed = given.seed});
}
