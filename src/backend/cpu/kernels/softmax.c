/*
 * kernels/softmax.c: softmax and cross-entropy, a row at a time: shift by the row's maximum, exponentials, sum. A row's sum is taken in
 * lanes, so that its bits do not depend on where the row lies.
 */
#include "backend/cpu/kernels/table.h"
#include "backend/cpu/kernels/vector_math.h"

#define SMALLEST_PROBABILITY 1e-7f

static float row_maximum(const float *restrict x, int64_t width)
{
    float lane[CORNU_LANES];
    for (int j = 0; j < CORNU_LANES; j++)
        lane[j] = x[0];
    int64_t i = 0;
    for (; i + CORNU_LANES <= width; i += CORNU_LANES)
        for (int j = 0; j < CORNU_LANES; j++)
            lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
    float highest = x[0];
    if (i > 0)
        for (int j = 0; j < CORNU_LANES; j++)
            highest = lane[j] > highest ? lane[j] : highest;
    for (; i < width; i++)
        highest = x[i] > highest ? x[i] : highest;
    return highest < -3.4028234e38f ? 0.0f : highest; /* a row of -infinity */
}

static float lane_sum(float lane[CORNU_LANES])
{
    for (int half = CORNU_LANES / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

static float row_sum(const float *restrict x, int64_t width)
{
    float lane[CORNU_LANES] = {0};
    int64_t i = 0;
    for (; i + CORNU_LANES <= width; i += CORNU_LANES)
        for (int j = 0; j < CORNU_LANES; j++)
            lane[j] += x[i + j];
    if (i == 0) { /* short rows: no tree */
        float total = 0;
        for (; i < width; i++)
            total += x[i];
        return total;
    }
    for (int j = 0; i < width; i++, j++)
        lane[j] += x[i];
    return lane_sum(lane);
}

/* y := e^(x - max); returns the sum. */
static float shifted_exponentials(const float *x, float highest, int64_t width, float *y)
{
#pragma GCC ivdep
    for (int64_t i = 0; i < width; i++)
        y[i] = vector_exp(x[i] - highest);
    return row_sum(y, width);
}

static void scale_row(float *y, int64_t width, float factor)
{
#pragma GCC ivdep
    for (int64_t i = 0; i < width; i++)
        y[i] *= factor;
}

void CORNU_ISA_NAME(cornu__softmax)(const float *x, int64_t rows, int64_t width, float *y)
{
    for (int64_t r = 0; r < rows; r++, x += width, y += width)
        scale_row(y, width, 1.0f / shifted_exponentials(x, row_maximum(x, width), width, y));
}

void CORNU_ISA_NAME(cornu__log_softmax)(const float *x, int64_t rows, int64_t width, float *y)
{
    for (int64_t r = 0; r < rows; r++, x += width, y += width) {
        float highest = row_maximum(x, width);
        float logarithm = vector_log(shifted_exponentials(x, highest, width, y));
#pragma GCC ivdep
        for (int64_t i = 0; i < width; i++)
            y[i] = x[i] - highest - logarithm;
    }
}

static float clip_probability(float p)
{
    p = p < SMALLEST_PROBABILITY ? SMALLEST_PROBABILITY : p;
    return p > 1.0f - SMALLEST_PROBABILITY ? 1.0f - SMALLEST_PROBABILITY : p;
}

/* As of clipped probabilities, Keras's loss is the log-softmax of their logarithms: they are scaled to sum to 1 again. */
static float clipped_loss(const float *probabilities, int64_t width, int32_t label)
{
    float sum = 0;
    for (int64_t i = 0; i < width; i++)
        sum += clip_probability(probabilities[i]);
    return vector_log(sum) - vector_log(clip_probability(probabilities[label]));
}

/* loss = ln(sum of e^(x - max)) - (x[label] - max) */
void CORNU_ISA_NAME(cornu__sparse_cross_entropy)(const float *logits, const int32_t *labels, int64_t rows,
                                                 int64_t width, bool clip, float *loss, float *probabilities)
{
    for (int64_t r = 0; r < rows; r++, logits += width, probabilities += width) {
        float highest = row_maximum(logits, width);
        float total = shifted_exponentials(logits, highest, width, probabilities);
        scale_row(probabilities, width, 1.0f / total);
        int32_t label = labels[r];
        loss[r] = clip ? clipped_loss(probabilities, width, label) : vector_log(total) - (logits[label] - highest);
    }
}

void CORNU_ISA_NAME(cornu__sparse_cross_entropy_gradient)(const float *dloss, const float *probabilities,
                                                          const int32_t *labels, int64_t rows, int64_t width,
                                                          float *dlogits)
{
    for (int64_t r = 0; r < rows; r++, probabilities += width, dlogits += width) {
        float scale = dloss[r];
#pragma GCC ivdep
        for (int64_t i = 0; i < width; i++)
            dlogits[i] = probabilities[i] * scale;
        dlogits[labels[r]] = (probabilities[labels[r]] - 1.0f) * scale;
    }
}

void CORNU_ISA_NAME(cornu__softmax_cross_entropy)(const float *logits, const float *targets, int64_t rows,
                                                  int64_t width, float smoothing, bool clip, float *loss,
                                                  float *probabilities)
{
    float keep = 1.0f - smoothing, spread = smoothing / (float)width;
    for (int64_t r = 0; r < rows; r++, logits += width, targets += width, probabilities += width) {
        float highest = row_maximum(logits, width);
        float total = shifted_exponentials(logits, highest, width, probabilities);
        scale_row(probabilities, width, 1.0f / total);
        float logarithm = vector_log(total);
        float sum = 0;
        for (int64_t i = 0; i < width; i++) {
            float target = targets[i] * keep + spread;
            float surprise = clip ? -vector_log(clip_probability(probabilities[i])) : logarithm - (logits[i] - highest);
            sum += target * surprise;
        }
        loss[r] = sum;
    }
}

void CORNU_ISA_NAME(cornu__softmax_cross_entropy_gradient)(const float *dloss, const float *probabilities,
                                                           const float *targets, int64_t rows, int64_t width,
                                                           float smoothing, float *dlogits)
{
    float keep = 1.0f - smoothing, spread = smoothing / (float)width;
    for (int64_t r = 0; r < rows; r++, probabilities += width, targets += width, dlogits += width) {
        float mass = row_sum(targets, width) * keep + smoothing, scale = dloss[r];
#pragma GCC ivdep
        for (int64_t i = 0; i < width; i++)
            dlogits[i] = (probabilities[i] * mass - (targets[i] * keep + spread)) * scale;
    }
}
