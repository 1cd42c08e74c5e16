/* bend_steps.c: RandomPerspective, RandomElasticTransform: where pixels come from, by maps that are not affine. */
#include "image/steps/bend.h"

#include <math.h>
#include <string.h>

#include "image/warp_places.h"

static int order_of(const cornu__step_call *call, const char *interpolation)
{
    return !call->mask && strcmp(interpolation, "nearest") != 0;
}

/* Places of one row of the result, two columns of doubles. */
static size_t places_size(cornu__extent extent)
{
    return 2 * (size_t)extent.width * sizeof(double);
}

/* --- RandomPerspective --- */

typedef cornu_random_perspective_options perspective_options;

static const perspective_options perspective_defaults = {.struct_size = sizeof perspective_defaults,
                                                         CORNU_RANDOM_PERSPECTIVE_DEFAULTS};
static const char *const perspective_values[] = {
    "apply_perspective", "end_x1", "end_y1", "end_x2", "end_y2", "end_x3", "end_y3", "end_x4", "end_y4", NULL};

static cornu_status check_perspective(void *config)
{
    const perspective_options *o = config;
    CORNU_TRY(cornu__factor_check("factor", o->factor, 0, 1));
    return cornu__factor_check("scale", (cornu_interval){.first = o->scale}, 0, 1);
}

/* Upper left, upper right, lower left, lower right. */
static void find_corners(cornu__extent extent, double corners[8])
{
    double right = extent.width - 1, bottom = extent.height - 1;
    const double all[] = {0, 0, right, 0, 0, bottom, right, bottom};
    memcpy(corners, all, sizeof all);
}

static void draw_perspective(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const perspective_options *o = config;
    double corners[8];
    find_corners(extent, corners);
    values[0] = cornu__draw_happens(key, 0, o->factor);
    for (uint64_t i = 0; i < 8; i++)
        values[1 + i] =
            corners[i] * (1 + cornu__draw_between(key, 2 + i, (cornu__limits){-0.5 * o->scale, 0.5 * o->scale}));
}

/* A corner on an edge stays on it. */
static bool perspective_varies(const void *config, int value)
{
    (void)config;
    double corners[8];
    find_corners((cornu__extent){2, 2, 1}, corners);
    return value == 0 || corners[value - 1] != 0;
}

bool cornu__projection_make(const double from[8], const double to[8], double map[8])
{
    double rows[8][9];
    for (int i = 0; i < 4; i++) {
        double x = from[2 * i], y = from[2 * i + 1], u = to[2 * i], v = to[2 * i + 1];
        const double first[9] = {x, y, 1, 0, 0, 0, -u * x, -u * y, u},
                     second[9] = {0, 0, 0, x, y, 1, -v * x, -v * y, v};
        memcpy(rows[2 * i], first, sizeof first);
        memcpy(rows[2 * i + 1], second, sizeof second);
    }
    for (int column = 0; column < 8; column++) {
        int pivot = column;
        for (int row = column + 1; row < 8; row++)
            pivot = fabs(rows[row][column]) > fabs(rows[pivot][column]) ? row : pivot;
        if (!(fabs(rows[pivot][column]) > 1e-12))
            return false;
        double kept[9];
        memcpy(kept, rows[pivot], sizeof kept);
        memcpy(rows[pivot], rows[column], sizeof kept);
        memcpy(rows[column], kept, sizeof kept);
        for (int row = 0; row < 8; row++) {
            double times = row == column ? 0 : rows[row][column] / rows[column][column];
            for (int k = column; times != 0 && k < 9; k++)
                rows[row][k] -= times * rows[column][k];
        }
    }
    for (int i = 0; i < 8; i++)
        map[i] = rows[i][8] / rows[i][i];
    return true;
}

static cornu_status bend_perspective(const cornu__step_call *call, const float *from, float *to)
{
    const perspective_options *o = call->config;
    double corners[8], m[8], *rows = call->scratch, *columns = rows + call->from.width;
    find_corners(call->from, corners);
    if (!cornu__projection_make(&call->drawn->values[1], corners, m)) { /* a line, or three corners on one: no view */
        memcpy(to, from, cornu__extent_count(call->from) * sizeof *to);
        return CORNU_OK;
    }
    cornu__warp warp = {.fill_mode = CORNU__FILL_CONSTANT_BLENDED,
                        .order = order_of(call, o->interpolation),
                        .constant = (float)o->fill_value};
    size_t length = (size_t)call->from.width * (size_t)call->from.channels;
    for (int y = 0; y < call->from.height; y++) {
        for (int x = 0; x < call->from.width; x++) {
            double k = m[6] * x + m[7] * y + 1;
            columns[x] = (m[0] * x + m[1] * y + m[2]) / k;
            rows[x] = (m[3] * x + m[4] * y + m[5]) / k;
        }
        cornu__warp_places(&warp, call->from, from, rows, columns, call->from.width, to + (size_t)y * length);
    }
    return CORNU_OK;
}

static size_t perspective_scratch(const void *config, cornu__extent extent)
{
    (void)config;
    return places_size(extent);
}

static const cornu__field perspective_fields[] = {
    CORNU__LAYER_FIELDS(perspective_options),
    CORNU__FIELD(INTERVAL, perspective_options, factor),
    CORNU__FIELD(DOUBLE, perspective_options, scale),
    CORNU__FIELD(TEXT, perspective_options, interpolation, .choices = cornu__step_interpolations),
    CORNU__FIELD(DOUBLE, perspective_options, fill_value),
    CORNU__SEED_FIELD(perspective_options),
    CORNU__FORMAT_FIELD(perspective_options),
};
static const cornu__step_class perspective_class = {
    CORNU__STEP_BASE("RandomPerspective", perspective_options, perspective_defaults, perspective_fields,
                     .check = check_perspective),
    .values = perspective_values,
    .varies = perspective_varies,
    .draw = draw_perspective,
    .idle = cornu__idle_at_zero,
    .move = bend_perspective,
    .scratch = perspective_scratch,
};

cornu_layer *cornu_random_perspective_with(const perspective_options *options)
{
    return cornu__layer_create(&perspective_class.layer, options);
}

/* --- RandomElasticTransform --- */

typedef cornu_random_elastic_transform_options elastic_options;

static const elastic_options elastic_defaults = {.struct_size = sizeof elastic_defaults,
                                                 CORNU_RANDOM_ELASTIC_TRANSFORM_DEFAULTS};
static const char *const elastic_values[] = {"apply_transform", "distortion_factor", NULL};

static cornu_status check_elastic(void *config)
{
    const elastic_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    CORNU_TRY(cornu__factor_check("factor", o->factor, 0, 1));
    return cornu__factor_check("scale", o->scale, 0, 1);
}

static void draw_elastic(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const elastic_options *o = config;
    (void)extent;
    values[1] = cornu__draw_between(key, 2, cornu__factor_limits(o->scale, CORNU__FACTOR_FROM_0));
    values[0] = cornu__draw_happens(key, 0, o->factor) && values[1] > 0;
}

static double least_side(int height, int width)
{
    return height < width ? height : width;
}

/* The filter's size, and the memory for its weights: its deviation is at most a twentieth of a side. */
static int elastic_weights(int height, int width, double scale)
{
    return 6 * (int)(0.05 * scale * least_side(height, width)) | 1;
}

cornu_status cornu__elastic_smooth(int height, int width, double scale, float *noise, float *between)
{
    double deviation = 0.05 * scale * least_side(height, width),
           reach = 0.1 * scale * (height > width ? height : width);
    size_t count = (size_t)height * (size_t)width;
    int size = elastic_weights(height, width, scale);
    float *weights = between + count;
    cornu__gauss_weights(size, deviation, weights);
    for (size_t i = 0; i < count; i++)
        noise[i] *= (float)deviation;
    CORNU_TRY(
        cornu__filter_separately(noise, (cornu__extent){height, width, 1}, size, weights, size, weights, between));
    for (size_t i = 0; i < count; i++)
        noise[i] *= (float)reach;
    return CORNU_OK;
}

/* In the scratch memory: places, how far pixels move down and to the side, and what smoothing takes. */
static size_t elastic_scratch(const void *config, cornu__extent extent)
{
    (void)config;
    size_t count = (size_t)extent.height * (size_t)extent.width;
    return places_size(extent) + (3 * count + (size_t)elastic_weights(extent.height, extent.width, 1)) * sizeof(float);
}

static void draw_noise(cornu__random_key key, size_t count, float *noise)
{
    for (size_t i = 0; i < count; i++)
        noise[i] = (float)cornu__random_normal(key, i);
}

static cornu_status bend_elastic(const cornu__step_call *call, const float *from, float *to)
{
    const elastic_options *o = call->config;
    int height = call->from.height, width = call->from.width;
    size_t count = (size_t)height * (size_t)width, length = (size_t)width * (size_t)call->from.channels;
    double *rows = call->scratch, *columns = rows + width, scale = call->drawn->values[1];
    float *across = (float *)(void *)(columns + width), *down = across + count, *between = down + count;
    cornu__random_key key = cornu__key_of_number(call->drawn->key);
    draw_noise(cornu__key_below(key, 0, 0), count, across);
    draw_noise(cornu__key_below(key, 0, 1), count, down);
    CORNU_TRY(cornu__elastic_smooth(height, width, scale, across, between));
    CORNU_TRY(cornu__elastic_smooth(height, width, scale, down, between));
    cornu__warp warp = {.order = order_of(call, o->interpolation), .constant = (float)o->fill_value};
    CORNU_TRY(cornu__step_fill_mode(o->fill_mode, &warp.fill_mode));
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            columns[x] = x + across[(size_t)y * (size_t)width + (size_t)x];
            rows[x] = y + down[(size_t)y * (size_t)width + (size_t)x];
        }
        float *row = to + (size_t)y * length;
        cornu__warp_places(&warp, call->from, from, rows, columns, width, row);
        for (size_t i = 0; !call->mask && i < length; i++)
            row[i] = cornu__clip(row[i], (float)o->value_range.first, (float)o->value_range.second);
    }
    return CORNU_OK;
}

static const cornu__field elastic_fields[] = {
    CORNU__LAYER_FIELDS(elastic_options),
    CORNU__FIELD(INTERVAL, elastic_options, factor),
    CORNU__FIELD(INTERVAL, elastic_options, scale),
    CORNU__PLACE_FIELDS(elastic_options),
    CORNU__RANGE_FIELD(elastic_options),
    CORNU__SEED_FIELD(elastic_options),
    CORNU__FORMAT_FIELD(elastic_options),
};
static const cornu__step_class elastic_class = {
    CORNU__STEP_BASE("RandomElasticTransform", elastic_options, elastic_defaults, elastic_fields,
                     .check = check_elastic),
    .values = elastic_values,
    .draw = draw_elastic,
    .idle = cornu__idle_at_zero,
    .move = bend_elastic,
    .scratch = elastic_scratch,
};

cornu_layer *cornu_random_elastic_transform_with(const elastic_options *options)
{
    return cornu__layer_create(&elastic_class.layer, options);
}

cornu__family cornu__bend_steps = {&perspective_class.layer.base, &elastic_class.layer.base, NULL};
