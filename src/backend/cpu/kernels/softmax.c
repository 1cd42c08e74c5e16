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

#define BLOCK 64 /* rows handled together: their exponentials are one loop, so that short rows fill vectors too */

/* y := e^(x - the row's maximum), which goes to `highest`. */
static void shifted_exponentials(const float *x, int64_t rows, int64_t width, float *highest, float *y)
{
    for (int64_t r = 0; r < rows; r++) {
        float maximum = row_maximum(x + r * width, width);
        highest[r] = maximum;
        for (int64_t i = 0; i < width; i++)
            y[r * width + i] = x[r * width + i] - maximum;
    }
    int64_t count = rows * width;
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++)
        y[i] = vector_exp(y[i]);
}

static void scale_row(float *y, int64_t width, float factor)
{
#pragma GCC ivdep
    for (int64_t i = 0; i < width; i++)
        y[i] *= factor;
}

static void softmax_block(const float *x, int64_t rows, int64_t width, float *y)
{
    float highest[BLOCK];
    shifted_exponentials(x, rows, width, highest, y);
    for (int64_t r = 0; r < rows; r++, y += width)
        scale_row(y, width, 1.0f / row_sum(y, width));
}

void CORNU_ISA_NAME(cornu__softmax)(const float *x, int64_t rows, int64_t width, float *y)
{
    for (int64_t r = 0; r < rows; r += BLOCK)
        softmax_block(x + r * width, rows - r < BLOCK ? rows - r : BLOCK, width, y + r * width);
}

static void log_softmax_block(const float *x, int64_t rows, int64_t width, float *y)
{
    float highest[BLOCK];
    shifted_exponentials(x, rows, width, highest, y);
    for (int64_t r = 0; r < rows; r++, x += width, y += width) {
        float logarithm = vector_log(row_sum(y, width));
#pragma GCC ivdep
        for (int64_t i = 0; i < width; i++)
            y[i] = x[i] - highest[r] - logarithm;
    }
}

void CORNU_ISA_NAME(cornu__log_softmax)(const float *x, int64_t rows, int64_t width, float *y)
{
    for (int64_t r = 0; r < rows; r += BLOCK)
        log_softmax_block(x + r * width, rows - r < BLOCK ? rows - r : BLOCK, width, y + r * width);
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
static void sparse_block(const float *logits, const int32_t *labels, int64_t rows, int64_t width, bool clip,
                         float *loss, float *probabilities)
{
    float highest[BLOCK], total[BLOCK];
    shifted_exponentials(logits, rows, width, highest, probabilities);
    for (int64_t r = 0; r < rows; r++, probabilities += width) {
        total[r] = row_sum(probabilities, width);
        scale_row(probabilities, width, 1.0f / total[r]);
        if (clip)
            loss[r] = clipped_loss(probabilities, width, labels[r]);
    }
    for (int64_t r = 0; r < rows && !clip; r++)
        loss[r] = vector_log(total[r]) - (logits[r * width + labels[r]] - highest[r]);
}

void CORNU_ISA_NAME(cornu__sparse_cross_entropy)(const float *logits, const int32_t *labels, int64_t rows,
                                                 int64_t width, bool clip, float *loss, float *probabilities)
{
    for (int64_t r = 0; r < rows; r += BLOCK)
        sparse_block(logits + r * width, labels + r, rows - r < BLOCK ? rows - r : BLOCK, width, clip, loss + r,
                     probabilities + r * width);
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

static void dense_block(const float *logits, const float *targets, int64_t rows, int64_t width, float smoothing,
                        bool clip, float *loss, float *probabilities)
{
    float keep = 1.0f - smoothing, spread = smoothing / (float)width;
    float highest[BLOCK];
    shifted_exponentials(logits, rows, width, highest, probabilities);
    for (int64_t r = 0; r < rows; r++, logits += width, targets += width, probabilities += width) {
        float total = row_sum(probabilities, width), logarithm = vector_log(total), sum = 0;
        scale_row(probabilities, width, 1.0f / total);
        for (int64_t i = 0; i < width; i++) {
            float target = targets[i] * keep + spread;
            float surprise =
                clip ? -vector_log(clip_probability(probabilities[i])) : logarithm - (logits[i] - highest[r]);
            sum += target * surprise;
        }
        loss[r] = sum;
    }
}

void CORNU_ISA_NAME(cornu__softmax_cross_entropy)(const float *logits, const float *targets, int64_t rows,
                                                  int64_t width, float smoothing, bool clip, float *loss,
                                                  float *probabilities)
{
    for (int64_t r = 0; r < rows; r += BLOCK)
        dense_block(logits + r * width, targets + r * width, rows - r < BLOCK ? rows - r : BLOCK, width, smoothing,
                    clip, loss + r, probabilities + r * width);
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
