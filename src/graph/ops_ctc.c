/*
 * ops_ctc.c: connectionist temporal classification (Graves, Fernandez, Gomez and Schmidhuber 2006): the probability of a sequence of labels, summed
 * over all ways to spread it, with blanks (class 0) between, over the time steps.
 *
 * A label of n classes is walked through 2 n + 1 states: blank, first class, blank, second class, ..., blank. alpha[t][s] is the probability of all
 * ways that are in state s at time t, the emission at t included; beta[t][s] that of all ways on from there. Both are kept as logarithms and each
 * time's are shifted so that the greatest is 0: only their proportions are needed, beside the sum of the shifts, which is the loss.
 */
#include <math.h>

#include "graph/operations.h"

#define BLANK 0

/* One sample's label, and where its numbers lie in the op's outputs. */
typedef struct label_walk {
    cornu_dtype dtype;
    const int32_t *label;
    int64_t length, states;  /* classes in the label; 2 length + 1 */
    int64_t times, classes;  /* of the logits */
    void *log_probabilities; /* the output that becomes the gradient: (times, classes) from `first_logit` on */
    int64_t first_logit;
    void *alphas; /* (times + 2, row) from `first_alpha` on: the last two rows are for the betas */
    int64_t first_alpha, row;
} label_walk;

/* --- shapes and gradient --- */

static cornu_status ctc_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *logits = op->inputs[0], *labels = op->inputs[1];
    CORNU_TRY(cornu__op_want_float(op, 0, "the logits"));
    CORNU_TRY(cornu__op_want_int(op, 1, "the labels"));
    if (logits->rank != 3 || labels->rank != 2 || logits->shape[0] != labels->shape[0])
        return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                              "logits (batch, times, classes) and labels (batch, length) were wanted, got %s and %s",
                              cornu__node_words(logits).text, cornu__node_words(labels).text);
    const int64_t alphas[3] = {logits->shape[0], logits->shape[1] + 2, 2 * labels->shape[1] + 1};
    CORNU_TRY(cornu__op_set_output(op, 0, logits->dtype, 1, logits->shape));
    CORNU_TRY(cornu__op_set_output_like(op, 1, logits));
    return cornu__op_set_output(op, 2, logits->dtype, 3, alphas);
}

static cornu_status ctc_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    if (!dy[0] || dy[1] || dy[2])
        return cornu__op_fail(op, CORNU_ERROR_UNSUPPORTED, "only the loss has a gradient");
    const int64_t shape[3] = {dy[0]->count, 1, 1};
    cornu_node *slope = cornu__op_unary(CORNU__OP_STOP_GRADIENT, op->outputs[1]);
    dx[0] = cornu__multiply(cornu__op_reshape(dy[0], 3, shape), slope);
    return cornu__built(dx[0]);
}

/* --- labels --- */

/* The classes before the first blank; an error if there is no way through them. */
static cornu_status begin_walk(const cornu__op *op, int64_t sample, label_walk *walk)
{
    int64_t most = op->inputs[1]->shape[1], repeated = 0;
    walk->length = 0;
    while (walk->length < most && walk->label[walk->length] != BLANK)
        walk->length++;
    for (int64_t i = 0; i < most; i++) {
        int32_t class = walk->label[i];
        if (class < 0 || class >= walk->classes)
            return cornu__op_fail(
                op, CORNU_ERROR_DATA,
                "sample %lld has the class %d in its label; 1 to %lld were wanted, and 0 behind the last",
                (long long)sample, (int)class, (long long)walk->classes - 1);
        if (i >= walk->length && class != BLANK)
            return cornu__op_fail(op, CORNU_ERROR_DATA,
                                  "sample %lld has a 0 between the classes of its label; 0 fills up the end only",
                                  (long long)sample);
        repeated += i > 0 && i < walk->length && class == walk->label[i - 1];
    }
    walk->states = 2 * walk->length + 1;
    if (walk->length + repeated <= walk->times)
        return CORNU_OK;
    return cornu__op_fail(
        op, CORNU_ERROR_DATA,
        "sample %lld has a label of %lld classes, which with a blank between equal ones takes %lld time "
        "steps; the output has %lld",
        (long long)sample, (long long)walk->length, (long long)(walk->length + repeated), (long long)walk->times);
}

static int32_t class_of(const label_walk *walk, int64_t state)
{
    return state % 2 == 0 ? BLANK : walk->label[state / 2];
}

/* Whether a way may leave out the blank before this state. */
static bool skips_blank(const label_walk *walk, int64_t state)
{
    return state % 2 == 1 && state >= 3 && class_of(walk, state) != class_of(walk, state - 2);
}

/* --- numbers --- */

static double log_probability(const label_walk *walk, int64_t time, int32_t class)
{
    return cornu__element_get(walk->dtype, walk->log_probabilities, walk->first_logit + time * walk->classes + class);
}

static double get_row(const label_walk *walk, int64_t row, int64_t state)
{
    return cornu__element_get(walk->dtype, walk->alphas, walk->first_alpha + row * walk->row + state);
}

static void set_row(const label_walk *walk, int64_t row, int64_t state, double value)
{
    cornu__element_set(walk->dtype, walk->alphas, walk->first_alpha + row * walk->row + state, value);
}

/* ln(e^a + e^b) */
static double log_add(double a, double b)
{
    if (a == -INFINITY)
        return b;
    if (b == -INFINITY)
        return a;
    return (a > b ? a : b) + log1p(exp(-fabs(a - b)));
}

/* Subtracts the row's greatest number, which is returned. */
static double shift_row(const label_walk *walk, int64_t row)
{
    double greatest = -INFINITY;
    for (int64_t s = 0; s < walk->states; s++) {
        double value = get_row(walk, row, s);
        greatest = value > greatest || isnan(value) ? value : greatest;
    }
    for (int64_t s = 0; s < walk->states && greatest != -INFINITY; s++)
        set_row(walk, row, s, get_row(walk, row, s) - greatest);
    return greatest;
}

static void take_log_softmax(const label_walk *walk, const void *logits)
{
    for (int64_t t = 0; t < walk->times; t++) {
        int64_t first = walk->first_logit + t * walk->classes;
        double greatest = -INFINITY, sum = 0;
        for (int64_t c = 0; c < walk->classes; c++)
            greatest = fmax(greatest, cornu__element_get(walk->dtype, logits, first + c));
        for (int64_t c = 0; c < walk->classes; c++)
            sum += exp(cornu__element_get(walk->dtype, logits, first + c) - greatest);
        for (int64_t c = 0; c < walk->classes; c++)
            cornu__element_set(walk->dtype, walk->log_probabilities, first + c,
                               cornu__element_get(walk->dtype, logits, first + c) - greatest - log(sum));
    }
}

/* Fills the alphas; the logarithm of the label's probability. */
static double walk_forward(const label_walk *walk)
{
    double shifts = 0;
    for (int64_t t = 0; t < walk->times; t++) {
        for (int64_t s = 0; s < walk->states; s++) {
            double ways = t > 0 ? get_row(walk, t - 1, s) : s < 2 ? 0 : -INFINITY;
            if (t > 0 && s >= 1)
                ways = log_add(ways, get_row(walk, t - 1, s - 1));
            if (t > 0 && skips_blank(walk, s))
                ways = log_add(ways, get_row(walk, t - 1, s - 2));
            set_row(walk, t, s, ways + log_probability(walk, t, class_of(walk, s)));
        }
        shifts += shift_row(walk, t);
    }
    double last = get_row(walk, walk->times - 1, walk->states - 1);
    if (walk->states > 1)
        last = log_add(last, get_row(walk, walk->times - 1, walk->states - 2));
    return shifts + last;
}

/* Row `to` := the betas before those of row `from`, which are of `time`. */
static void step_back(const label_walk *walk, int64_t time, int64_t from, int64_t to)
{
    for (int64_t s = 0; s < walk->states; s++) {
        double ways = -INFINITY;
        for (int64_t next = s; next < walk->states && next <= s + 2; next++) {
            if (next < s + 2 || skips_blank(walk, next))
                ways = log_add(ways, get_row(walk, from, next) + log_probability(walk, time, class_of(walk, next)));
        }
        set_row(walk, to, s, ways);
    }
    shift_row(walk, to);
}

/* At one time: log-probabilities become probabilities, less the share of all ways that are in a state of that class. */
static void take_gradient(const label_walk *walk, int64_t time, int64_t betas)
{
    int64_t first = walk->first_logit + time * walk->classes;
    double all = -INFINITY;
    for (int64_t s = 0; s < walk->states; s++)
        all = log_add(all, get_row(walk, time, s) + get_row(walk, betas, s));
    for (int64_t c = 0; c < walk->classes; c++)
        cornu__element_set(walk->dtype, walk->log_probabilities, first + c,
                           exp(log_probability(walk, time, (int32_t)c)));
    for (int64_t s = 0; s < walk->states; s++) {
        int32_t class = class_of(walk, s);
        double share = exp(get_row(walk, time, s) + get_row(walk, betas, s) - all);
        cornu__element_set(walk->dtype, walk->log_probabilities, first + class,
                           log_probability(walk, time, class) - share);
    }
}

static void walk_back(const label_walk *walk)
{
    int64_t betas = walk->times, other = walk->times + 1;
    for (int64_t s = 0; s < walk->states; s++)
        set_row(walk, betas, s, s >= walk->states - 2 ? 0 : -INFINITY);
    for (int64_t t = walk->times - 1; t >= 0; t--) {
        if (t > 0)
            step_back(walk, t, betas, other); /* before this time's log-probabilities go */
        take_gradient(walk, t, betas);
        int64_t swapped = betas;
        betas = other, other = swapped;
    }
}

static cornu_status ctc_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                  const cornu__run_state *run)
{
    (void)run;
    const cornu_node *logits = op->inputs[0], *labels = op->inputs[1], *alphas = op->outputs[2];
    label_walk walk = {.dtype = logits->dtype,
                       .times = logits->shape[1],
                       .classes = logits->shape[2],
                       .log_probabilities = outputs[1],
                       .alphas = outputs[2],
                       .row = alphas->shape[2]};
    for (int64_t sample = 0; sample < logits->shape[0]; sample++) {
        walk.label = (const int32_t *)inputs[1] + sample * labels->shape[1];
        walk.first_logit = sample * walk.times * walk.classes;
        walk.first_alpha = sample * alphas->shape[1] * walk.row;
        CORNU_TRY(begin_walk(op, sample, &walk));
        take_log_softmax(&walk, inputs[0]);
        cornu__element_set(walk.dtype, outputs[0], sample, -walk_forward(&walk));
        walk_back(&walk);
    }
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__CTC_FIRST]

const cornu__op_definition cornu__ops_ctc[] = {
    AT(CTC) = {"ctc", 2, 2, 3, 0, ctc_infer, ctc_gradient, ctc_reference},
};
