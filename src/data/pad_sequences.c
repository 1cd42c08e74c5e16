/* pad_sequences.c: sequences of different lengths as one array. */
#include <math.h>
#include <string.h>

#include "base/options.h"
#include "base/text.h"
#include "data/preprocessing.h"

/* What the sequences have in common. */
typedef struct padded_shape {
    int64_t longest;
    int rank; /* of the result */
    int64_t shape[CORNU_MAX_RANK];
    bool known; /* the shape behind the first axis of a sequence, from the first that is not empty */
} padded_shape;

static cornu_status join_shape(padded_shape *all, const cornu__one_sequence *one, int64_t index)
{
    all->longest = one->shape[0] > all->longest ? one->shape[0] : all->longest;
    if (one->shape[0] == 0)
        return CORNU_OK;
    if (one->rank >= CORNU_MAX_RANK)
        return cornu__fail(CORNU_ERROR_SHAPE, "pad_sequences: sequence %lld has %d axes; at most %d are possible",
                           (long long)index, one->rank, CORNU_MAX_RANK - 1);
    if (!all->known) {
        all->known = true;
        all->rank = one->rank + 1;
        memcpy(all->shape + 2, one->shape + 1, (size_t)(one->rank - 1) * sizeof *one->shape);
    } else if (!cornu__shape_equal(all->rank - 2, all->shape + 2, one->rank - 1, one->shape + 1)) {
        char here[CORNU__SHAPE_TEXT_SIZE], first[CORNU__SHAPE_TEXT_SIZE];
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "pad_sequences: the elements of sequence %lld have the shape %s; those of the first that is "
                           "not empty have %s",
                           (long long)index, cornu__text_shape(here, sizeof here, one->rank - 1, one->shape + 1),
                           cornu__text_shape(first, sizeof first, all->rank - 2, all->shape + 2));
    }
    return CORNU_OK;
}

/* *before := whether `side` says "pre". */
static cornu_status read_side(const char *option, const char *side, bool *before)
{
    *before = side && strcmp(side, "pre") == 0;
    if (*before || (side && strcmp(side, "post") == 0))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "pad_sequences: %s is '%s'; wanted \"pre\" or \"post\"", option,
                       side ? side : "NULL");
}

/* Whether a value is one of `dtype`'s: padding that is not what was asked for would be hard to see. */
static bool holds(cornu_dtype dtype, double value)
{
    double back = 0;
    char element[8] = {0};
    if (dtype == CORNU_FLOAT32 || dtype == CORNU_FLOAT64 || dtype == CORNU_FLOAT16)
        return true;
    cornu__convert(dtype, element, CORNU_FLOAT64, &value, 1);
    cornu__convert(CORNU_FLOAT64, &back, dtype, element, 1);
    return back == trunc(value);
}

static void fill(cornu_array *rows, double value)
{
    size_t size = cornu_dtype_size(rows->dtype);
    if (value == 0 && !signbit(value))
        return;
    char element[8] = {0};
    cornu__convert(rows->dtype, element, CORNU_FLOAT64, &value, 1);
    for (int64_t i = 0; i < rows->count; i++)
        memcpy((char *)rows->data + (size_t)i * size, element, size);
}

static void put(cornu_array *rows, int64_t row, const cornu__one_sequence *one, bool pad_before, bool cut_before)
{
    int64_t maxlen = rows->shape[1], kept = one->shape[0] < maxlen ? one->shape[0] : maxlen, width = 1;
    if (kept == 0)
        return;
    for (int axis = 2; axis < rows->rank; axis++)
        width *= rows->shape[axis];
    int64_t from = cut_before ? one->shape[0] - kept : 0, to = row * maxlen + (pad_before ? maxlen - kept : 0);
    cornu__convert(rows->dtype, (char *)rows->data + (size_t)(to * width) * cornu_dtype_size(rows->dtype), one->dtype,
                   one->data + (size_t)(from * width) * cornu_dtype_size(one->dtype), kept * width);
}

cornu_array *cornu_pad_sequences_with(const cornu_array *sequences, const cornu_pad_sequences_options *options)
{
    cornu_pad_sequences_options given = {.struct_size = sizeof given, CORNU_PAD_SEQUENCES_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    int64_t count;
    bool pad_before, cut_before;
    if (cornu__expect_sequences("pad_sequences", sequences, &count) != CORNU_OK ||
        read_side("padding", given.padding, &pad_before) != CORNU_OK ||
        read_side("truncating", given.truncating, &cut_before) != CORNU_OK)
        return NULL;
    if (given.maxlen < CORNU_NONE)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "pad_sequences: maxlen is %lld; wanted a length, or CORNU_NONE for the longest's",
                                (long long)given.maxlen);
    if (cornu_dtype_size(given.dtype) > 0 && !holds(given.dtype, given.value))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "pad_sequences: the value %g is none of dtype %s",
                                given.value, cornu_dtype_name(given.dtype));
    padded_shape all = {.rank = 2};
    for (int64_t i = 0; i < count; i++) {
        cornu__one_sequence one = cornu__sequence_at(sequences, i);
        if (join_shape(&all, &one, i) != CORNU_OK)
            return NULL;
    }
    all.shape[0] = count;
    all.shape[1] = given.maxlen == CORNU_NONE ? all.longest : given.maxlen;
    cornu_array *rows = cornu__zeros_within_limits("pad_sequences", given.dtype, all.rank, all.shape);
    if (!rows)
        return NULL;
    fill(rows, given.value);
    for (int64_t i = 0; i < count; i++) {
        cornu__one_sequence one = cornu__sequence_at(sequences, i);
        put(rows, i, &one, pad_before, cut_before);
    }
    return rows;
}
