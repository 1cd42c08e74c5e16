/* classification.c: judging a classifier's outputs. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "train/classification.h"

#define SUM_TOLERANCE 1e-2 /* by which probabilities may miss 1: float16 models */
#define LEAST_PROBABILITY 1e-300

/* Outputs and targets of some samples, seen as rows. */
typedef struct view {
    const float *outputs;
    const cornu_array *targets;
    int64_t rows, columns;
    bool one_hot, probabilities;
} view;

static bool is_matrix(const cornu_array *array)
{
    return array && !cornu_array_is_collection(array) &&
           (cornu_array_rank(array) == 2 || (cornu_array_rank(array) == 1 && cornu_array_size(array, 0) > 0));
}

static int64_t columns_of(const cornu_array *array)
{
    return cornu_array_rank(array) == 2 ? cornu_array_size(array, 1) : 1;
}

static bool is_whole(const cornu_array *targets, int64_t count, double most)
{
    for (int64_t i = 0; i < count; i++) {
        double value = cornu_array_get(targets, i);
        if (!(value >= 0 && value <= most && value == floor(value)))
            return false;
    }
    return true;
}

static bool is_one_hot(const cornu_array *targets, int64_t rows, int64_t columns)
{
    if (!is_whole(targets, rows * columns, 1))
        return false;
    for (int64_t row = 0; row < rows; row++) {
        double sum = 0;
        for (int64_t k = 0; k < columns; k++)
            sum += cornu_array_get(targets, row * columns + k);
        if (sum != 1)
            return false;
    }
    return true;
}

const char *cornu__no_classification(const cornu_array *outputs, const cornu_array *targets)
{
    if (!is_matrix(outputs) || !is_matrix(targets) || cornu_array_dtype(outputs) != CORNU_FLOAT32)
        return "a sample's output is no list of classes";
    int64_t rows = cornu_array_size(outputs, 0), columns = columns_of(outputs);
    if (rows < 1 || cornu_array_size(targets, 0) < rows)
        return "there are fewer targets than outputs";
    bool labels = columns_of(targets) == 1;
    if (columns == 1)
        return labels && is_whole(targets, rows, 1) ? NULL : "the targets are numbers, not classes";
    if (columns > CORNU__MAX_REPORT_CLASSES)
        return "there are more than 10000 classes";
    if (labels)
        return is_whole(targets, rows, INT32_MAX) ? NULL : "the targets are numbers, not classes";
    if (columns_of(targets) != columns)
        return "a sample has more than one target";
    return is_one_hot(targets, rows, columns) ? NULL : "a sample's targets are numbers, or several classes at once";
}

static bool are_probabilities(const view *v)
{
    for (int64_t row = 0; row < v->rows; row++) {
        double sum = 0;
        for (int64_t k = 0; k < v->columns; k++) {
            double value = v->outputs[row * v->columns + k];
            if (value < 0 || value > 1 + SUM_TOLERANCE) /* NaN is neither way */
                return false;
            sum += value;
        }
        if (v->columns > 1 && fabs(sum - 1) > SUM_TOLERANCE)
            return false;
    }
    return true;
}

static cornu_status truth_of(const view *v, int64_t row, int *truth)
{
    int64_t classes = v->columns == 1 ? 2 : v->columns;
    double number = v->one_hot ? 0 : cornu_array_get(v->targets, row);
    for (int64_t k = 0; v->one_hot && k < v->columns; k++)
        number = cornu_array_get(v->targets, row * v->columns + k) == 1 ? (double)k : number;
    if (number >= (double)classes)
        return cornu__fail(CORNU_ERROR_DATA, "target %lld is class %.0f; the model tells %lld classes apart, 0 to %lld",
                           (long long)row, number, (long long)classes, (long long)classes - 1);
    *truth = (int)number;
    return CORNU_OK;
}

/* One output: the probability of class 1, or its logit. */
static cornu__mistake judge_binary(const view *v, int64_t row, int truth)
{
    double value = v->outputs[row], one = v->probabilities ? value : 1 / (1 + exp(-value));
    int said = one > 0.5;
    double right = truth == 1 ? one : 1 - one;
    return (cornu__mistake){.sample = row,
                            .truth = truth,
                            .said = said,
                            .probability = said == 1 ? one : 1 - one,
                            .loss = -log(fmax(right, LEAST_PROBABILITY))};
}

static cornu__mistake judge(const view *v, int64_t row, int truth)
{
    if (v->columns == 1)
        return judge_binary(v, row, truth);
    const float *outputs = v->outputs + row * v->columns;
    int said = 0;
    for (int k = 1; k < v->columns; k++)
        said = outputs[k] > outputs[said] || isnan(outputs[said]) ? k : said;
    double probability = outputs[said], right = outputs[truth];
    if (!v->probabilities) { /* softmax */
        double sum = 0;
        for (int64_t k = 0; k < v->columns; k++)
            sum += exp((double)outputs[k] - outputs[said]);
        probability = 1 / sum;
        right = exp((double)outputs[truth] - outputs[said]) / sum;
    }
    return (cornu__mistake){.sample = row,
                            .truth = truth,
                            .said = said,
                            .probability = probability,
                            .loss = -log(fmax(right, LEAST_PROBABILITY))};
}

static int compare_mistakes(const void *a, const void *b)
{
    const cornu__mistake *first = a, *second = b;
    double x = isnan(first->loss) ? INFINITY : first->loss, y = isnan(second->loss) ? INFINITY : second->loss;
    if (x != y)
        return x > y ? -1 : 1;
    return first->sample < second->sample ? -1 : first->sample > second->sample;
}

static cornu_status count(const view *v, cornu__classification *out)
{
    for (int64_t row = 0; row < v->rows; row++) {
        int truth = 0;
        CORNU_TRY(truth_of(v, row, &truth));
        cornu__mistake judged = judge(v, row, truth);
        out->counts[(int64_t)truth * out->class_count + judged.said]++;
        if (judged.said == truth)
            out->right_count++;
        else
            out->mistakes[out->mistake_count++] = judged;
    }
    if (out->mistake_count > 0)
        qsort(out->mistakes, (size_t)out->mistake_count, sizeof *out->mistakes, compare_mistakes);
    return CORNU_OK;
}

cornu_status cornu__classify(const cornu_array *outputs, const cornu_array *targets, cornu__classification *out)
{
    *out = (cornu__classification){0};
    const char *why_not = cornu__no_classification(outputs, targets);
    if (why_not)
        return cornu__fail(CORNU_ERROR_DATA, "no classes can be counted: %s", why_not);
    view v = {.outputs = cornu_array_data((cornu_array *)outputs),
              .targets = targets,
              .rows = cornu_array_size(outputs, 0),
              .columns = columns_of(outputs)};
    v.one_hot = columns_of(targets) > 1;
    v.probabilities = are_probabilities(&v);
    out->class_count = v.columns == 1 ? 2 : (int)v.columns;
    out->sample_count = v.rows;
    out->counts = cornu__alloc_array((size_t)out->class_count * (size_t)out->class_count, sizeof *out->counts);
    out->mistakes = out->counts ? cornu__alloc_array((size_t)v.rows, sizeof *out->mistakes) : NULL;
    cornu_status status = out->mistakes ? count(&v, out) : CORNU_ERROR_OUT_OF_MEMORY;
    if (status != CORNU_OK)
        cornu__classification_free(out);
    return status;
}

void cornu__classification_free(cornu__classification *classification)
{
    cornu__free(classification->counts);
    cornu__free(classification->mistakes);
    *classification = (cornu__classification){0};
}

cornu__class_score cornu__score_of_class(const cornu__classification *of, int number)
{
    int64_t classes = of->class_count, right = of->counts[number * classes + number], said = 0, support = 0;
    for (int64_t k = 0; k < classes; k++) {
        said += of->counts[k * classes + number];
        support += of->counts[number * classes + k];
    }
    return (cornu__class_score){.precision = said > 0 ? (double)right / (double)said : NAN,
                                .recall = support > 0 ? (double)right / (double)support : NAN,
                                .f1 = said + support > 0 ? 2 * (double)right / (double)(said + support) : NAN,
                                .support = support};
}
