/* skipgrams.c: pairs of words that stand near each other, for word vectors (Mikolov et al., "Efficient estimation of word representations in vector
 * space", 2013, as keras.preprocessing.sequence makes them). */
#include <math.h>
#include <string.h>

#include "base/options.h"
#include "base/random.h"
#include "data/preprocessing.h"

#define EULER_MASCHERONI 0.577 /* as many digits as Keras takes */

cornu_array *cornu_make_sampling_table_with(int64_t size, const cornu_make_sampling_table_options *options)
{
    cornu_make_sampling_table_options given = {.struct_size = sizeof given, CORNU_MAKE_SAMPLING_TABLE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (size < 1)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "make_sampling_table: size is %lld; wanted at least 1",
                                (long long)size);
    if (!(given.sampling_factor > 0) || !isfinite(given.sampling_factor))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "make_sampling_table: sampling_factor is %g; wanted a number above 0",
                                given.sampling_factor);
    cornu_array *table = cornu__zeros_within_limits("make_sampling_table", CORNU_FLOAT64, 1, &size);
    for (int64_t i = 0; table && i < size; i++) {
        double rank = i > 0 ? (double)i : 1;
        double frequency = given.sampling_factor * (rank * (log(rank) + EULER_MASCHERONI) + 0.5 - 1 / (12 * rank));
        ((double *)table->data)[i] = fmin(1, frequency / sqrt(frequency));
    }
    return table;
}

/* Draws for one call, each purpose under a key of its own. */
enum { KEEP, WORDS, NEGATIVES, ORDER };

typedef struct pairs {
    const int64_t *words;
    int64_t length, vocabulary_size, window_size;
    const double *table; /* or NULL */
    uint64_t seed;
    int64_t positive, all;
} pairs;

static cornu__random_key key_of(const pairs *self, uint64_t purpose)
{
    return cornu__random_key_make(self->seed, CORNU__RANDOM_USER, 0x736b6970, purpose);
}

static bool is_kept(const pairs *self, int64_t i)
{
    if (self->words[i] == 0)
        return false;
    return !self->table || self->table[self->words[i]] >= cornu__random_uniform_double(key_of(self, KEEP), (uint64_t)i);
}

/* Writes the pairs that occur (to NULL: only counts them); returns their number. */
static int64_t write_positive(const pairs *self, int32_t *couples)
{
    int64_t count = 0;
    for (int64_t i = 0; i < self->length; i++) {
        if (!is_kept(self, i))
            continue;
        int64_t begin = i > self->window_size ? i - self->window_size : 0;
        int64_t end = self->window_size < self->length - i - 1 ? i + self->window_size + 1 : self->length;
        for (int64_t j = begin; j < end; j++) {
            if (j == i || self->words[j] == 0)
                continue;
            if (couples) {
                couples[2 * count] = (int32_t)self->words[i];
                couples[2 * count + 1] = (int32_t)self->words[j];
            }
            count++;
        }
    }
    return count;
}

/* Behind the pairs that occur: their first words in a random order, over and over, each with a random word. */
static cornu_status write_negative(const pairs *self, int32_t *couples)
{
    if (self->all == self->positive)
        return CORNU_OK;
    int64_t *order = cornu__alloc_array((size_t)self->positive, sizeof *order);
    if (!order)
        return cornu_error_status();
    cornu__random_permutation(key_of(self, WORDS), self->positive, order);
    cornu__random_key key = key_of(self, NEGATIVES);
    for (int64_t i = self->positive; i < self->all; i++) {
        uint64_t drawn = cornu__random_below(key, (uint64_t)i, (uint64_t)(self->vocabulary_size - 1));
        couples[2 * i] = couples[2 * order[(i - self->positive) % self->positive]];
        couples[2 * i + 1] = (int32_t)drawn + 1;
    }
    cornu__free(order);
    return CORNU_OK;
}

/* The pairs in their final order, and their labels. */
static cornu_status finish(const pairs *self, const cornu_skipgrams_options *given, const int32_t *made,
                           cornu_array *couples, cornu_array *labels)
{
    int64_t *order = given->shuffle ? cornu__alloc_array((size_t)self->all, sizeof *order) : NULL;
    if (given->shuffle && !order)
        return cornu_error_status();
    if (order)
        cornu__random_permutation(key_of(self, ORDER), self->all, order);
    int32_t *couple = couples->data, *label = labels->data;
    for (int64_t i = 0; i < self->all; i++) {
        int64_t from = order ? order[i] : i;
        couple[2 * i] = made[2 * from];
        couple[2 * i + 1] = made[2 * from + 1];
        if (given->categorical)
            label[2 * i + (from < self->positive)] = 1;
        else
            label[i] = from < self->positive;
    }
    cornu__free(order);
    return CORNU_OK;
}

static cornu_status check_words(const pairs *self)
{
    for (int64_t i = 0; i < self->length; i++) {
        if (self->words[i] < 0 || self->words[i] >= self->vocabulary_size)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                               "skipgrams: word %lld of the sequence is %lld; wanted 0 to vocabulary_size - 1 = %lld",
                               (long long)i, (long long)self->words[i], (long long)self->vocabulary_size - 1);
    }
    return CORNU_OK;
}

static cornu_status check_options(const cornu_array *sequence, int64_t vocabulary_size,
                                  const cornu_skipgrams_options *given)
{
    CORNU_TRY(cornu__expect_plain("skipgrams", "sequence", sequence));
    if (cornu_array_rank(sequence) != 1)
        return cornu__fail(CORNU_ERROR_SHAPE, "skipgrams: the sequence has %d axes; wanted 1",
                           cornu_array_rank(sequence));
    if (vocabulary_size < 2 || vocabulary_size > INT32_MAX)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "skipgrams: vocabulary_size is %lld; wanted 2 to %d",
                           (long long)vocabulary_size, INT32_MAX);
    if (given->window_size < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "skipgrams: window_size is %lld; wanted at least 0",
                           (long long)given->window_size);
    if (!(given->negative_samples >= 0) || !isfinite(given->negative_samples))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "skipgrams: negative_samples is %g; wanted at least 0",
                           given->negative_samples);
    if (!given->sampling_table)
        return CORNU_OK;
    CORNU_TRY(cornu__expect_plain("skipgrams", "sampling_table", given->sampling_table));
    if (cornu_array_rank(given->sampling_table) != 1 || cornu_array_count(given->sampling_table) < vocabulary_size)
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "skipgrams: sampling_table has %lld elements in %d axes; wanted one for each of the %lld "
                           "words",
                           (long long)cornu_array_count(given->sampling_table), cornu_array_rank(given->sampling_table),
                           (long long)vocabulary_size);
    return CORNU_OK;
}

/* Writes all pairs in the order they are made, and then in that of the result. */
static cornu_status make_pairs(const pairs *self, const cornu_skipgrams_options *given, cornu_array *couples,
                               cornu_array *labels)
{
    int32_t *made = cornu__alloc_array((size_t)self->all, 2 * sizeof *made);
    if (!made)
        return cornu_error_status();
    write_positive(self, made);
    cornu_status status = write_negative(self, made);
    if (status == CORNU_OK)
        status = finish(self, given, made, couples, labels);
    cornu__free(made);
    return status;
}

static cornu_array *skipgrams(pairs *self, const cornu_skipgrams_options *given)
{
    self->positive = write_positive(self, NULL);
    double negative = (double)self->positive * given->negative_samples;
    if (negative > 0x1p62)
        return cornu__fail_null(CORNU_ERROR_LIMIT, "skipgrams: negative_samples %g gives %g pairs, which is too many",
                                given->negative_samples, negative);
    self->all = self->positive + (int64_t)negative;
    const char *names[] = {"couples", "labels"};
    cornu_array *parts[] = {cornu__zeros_within_limits("skipgrams", CORNU_INT32, 2, (int64_t[]){self->all, 2}), NULL};
    if (parts[0])
        parts[1] = cornu_array_zeros(CORNU_INT32, given->categorical ? 2 : 1, (int64_t[]){self->all, 2});
    cornu_array *both = NULL;
    if (parts[1] && make_pairs(self, given, parts[0], parts[1]) == CORNU_OK)
        both = cornu_array_dict(2, names, parts);
    cornu_array_release(parts[0]);
    cornu_array_release(parts[1]);
    return both;
}

cornu_array *cornu_skipgrams_with(const cornu_array *sequence, int64_t vocabulary_size,
                                  const cornu_skipgrams_options *options)
{
    cornu_skipgrams_options given = {.struct_size = sizeof given, CORNU_SKIPGRAMS_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (check_options(sequence, vocabulary_size, &given) != CORNU_OK)
        return NULL;
    cornu_array *words = cornu_array_cast(sequence, CORNU_INT64), *both = NULL;
    cornu_array *table = words && given.sampling_table ? cornu_array_cast(given.sampling_table, CORNU_FLOAT64) : NULL;
    if (words && (table || !given.sampling_table)) {
        pairs self = {.words = words->data,
                      .length = words->count,
                      .vocabulary_size = vocabulary_size,
                      .window_size = given.window_size,
                      .table = table ? table->data : NULL,
                      .seed = given.seed};
        both = check_words(&self) == CORNU_OK ? skipgrams(&self, &given) : NULL;
    }
    cornu_array_release(words);
    cornu_array_release(table);
    return both;
}
