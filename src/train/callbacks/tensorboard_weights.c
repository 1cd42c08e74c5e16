/*
 * tensorboard_weights.c: weights as histograms and pictures, and a model's structure, as Keras 3's callback writes them
 * (keras/src/callbacks/tensorboard.py and tensorboard/plugins/{histogram,image}/summary_v2.py, read for their rules).
 */
#include "train/callbacks/tensorboard_weights.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "format/png.h"
#include "model/model.h"

#define MOST_IMAGES 3 /* of one weight */

/* --- Histograms --- */

void cornu__histogram(const float *values, int64_t count, double buckets[CORNU__HISTOGRAM_BUCKETS][3])
{
    const int last = CORNU__HISTOGRAM_BUCKETS - 1;
    double least = INFINITY, greatest = -INFINITY;
    int64_t finite = 0;
    memset(buckets, 0, CORNU__HISTOGRAM_BUCKETS * sizeof *buckets);
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        least = fmin(least, (double)values[i]);
        greatest = fmax(greatest, (double)values[i]);
        finite++;
    }
    if (finite == 0)
        return;
    double width = (greatest - least) / CORNU__HISTOGRAM_BUCKETS;
    for (int b = 0; b <= last; b++) {
        buckets[b][0] = least + width * b;
        buckets[b][1] = b < last ? least + width * (b + 1) : greatest;
    }
    if (width == 0) {
        buckets[last][2] = (double)finite;
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(values[i]))
            buckets[(int)fmin(floor(((double)values[i] - least) / width), last)][2]++;
    }
}

static cornu_status write_histogram(cornu__event_file *file, const char *tag, int64_t step, const cornu_array *weight)
{
    double buckets[CORNU__HISTOGRAM_BUCKETS][3];
    cornu__histogram(cornu_array_data(weight), cornu_array_count(weight), buckets);
    return cornu__event_file_add_matrix(file, tag, CORNU__PLUGIN_HISTOGRAMS, step, CORNU__HISTOGRAM_BUCKETS, 3,
                                        buckets[0]);
}

/* --- Pictures --- */

/* How a weight is looked at: pictures[i][y][x][c] is values[i * picture + y * row + x * column + c]. */
typedef struct weight_view {
    int64_t count, height, width;
    int channels;
    int64_t picture, row, column;
} weight_view;

/* By the sizes that are not 1: (n) is a column; (m, n) lies on its longer side; of (m, n, k) each k is a picture; (n, h, w, 3 or 4) are coloured
 * ones. False: there is no way to show it. */
static bool look_at(const cornu_array *weight, weight_view *view)
{
    int64_t sizes[CORNU_MAX_RANK] = {0};
    int rank = 0;
    for (int i = 0; i < cornu_array_rank(weight); i++) {
        if (cornu_array_shape(weight)[i] != 1)
            sizes[rank++] = cornu_array_shape(weight)[i];
    }
    *view = (weight_view){.count = 1, .channels = 1};
    if (cornu_array_count(weight) == 0)
        return false;
    if (rank == 1) {
        view->height = sizes[0], view->row = 1;
        view->width = 1;
    } else if (rank == 2 && sizes[0] > sizes[1]) {
        view->height = sizes[1], view->row = 1;
        view->width = sizes[0], view->column = sizes[1];
    } else if (rank == 2) {
        view->height = sizes[0], view->row = sizes[1];
        view->width = sizes[1], view->column = 1;
    } else if (rank == 3) {
        view->count = sizes[2], view->picture = 1;
        view->height = sizes[0], view->row = sizes[1] * sizes[2];
        view->width = sizes[1], view->column = sizes[2];
    } else if (rank == 4 && (sizes[3] == 3 || sizes[3] == 4)) {
        view->channels = (int)sizes[3];
        view->count = sizes[0], view->picture = sizes[1] * sizes[2] * sizes[3];
        view->height = sizes[1], view->row = sizes[2] * sizes[3];
        view->width = sizes[2], view->column = sizes[3];
    } else {
        return false;
    }
    return true;
}

/* 0 is black, 1 is white; what is below or above is cut. TensorFlow's rounding. */
static uint8_t sample_of(float value)
{
    float scaled = value * 255.5f;
    return !(scaled > 0) ? 0 : scaled < 255 ? (uint8_t)scaled : 255;
}

static cornu_status encode_picture(const float *values, const weight_view *view, int64_t number, cornu__text *png)
{
    uint8_t *pixels = cornu__alloc_array((size_t)(view->height * view->width), (size_t)view->channels), *to = pixels;
    if (!pixels)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int64_t y = 0; y < view->height; y++) {
        for (int64_t x = 0; x < view->width; x++) {
            for (int c = 0; c < view->channels; c++)
                *to++ = sample_of(values[number * view->picture + y * view->row + x * view->column + c]);
        }
    }
    cornu_status status = cornu__png_encode(pixels, view->width, view->height, view->channels, png);
    cornu__free(pixels);
    return status;
}

static cornu_status write_pictures(cornu__event_file *file, const char *tag, int64_t step, const float *values,
                                   const weight_view *view)
{
    char width[32], height[32];
    cornu__text pngs[MOST_IMAGES] = {{0}};
    cornu__event_bytes texts[2 + MOST_IMAGES];
    int64_t count = view->count < MOST_IMAGES ? view->count : MOST_IMAGES;
    texts[0] = (cornu__event_bytes){width, (size_t)snprintf(width, sizeof width, "%lld", (long long)view->width)};
    texts[1] = (cornu__event_bytes){height, (size_t)snprintf(height, sizeof height, "%lld", (long long)view->height)};
    cornu_status status = CORNU_OK;
    for (int64_t i = 0; i < count && status == CORNU_OK; i++) {
        status = encode_picture(values, view, i, &pngs[i]);
        texts[2 + i] = (cornu__event_bytes){pngs[i].data, pngs[i].length};
    }
    if (status == CORNU_OK)
        status = cornu__event_file_add_texts(file, tag, CORNU__PLUGIN_IMAGES, step, 2 + count, texts);
    for (int i = 0; i < MOST_IMAGES; i++)
        cornu__text_free(&pngs[i]);
    return status;
}

/* --- Weights --- */

/* Keras's name of a weight: that of a Sequential's begins with the model's. */
static char *name_weight(const cornu_model *model, const char *key, const char *behind)
{
    cornu__text tag = {0};
    cornu__text_add(&tag, "%s%s%s/%s", model->sequential ? cornu_model_name(model) : "", model->sequential ? "/" : "",
                    key, behind);
    return cornu__text_take(&tag);
}

static cornu_status write_weight(cornu__event_file *file, const cornu_model *model, const char *key,
                                 const cornu_array *weight, int64_t step, bool images)
{
    weight_view view;
    char *tag = name_weight(model, key, "histogram");
    cornu_status status = tag ? write_histogram(file, tag, step, weight) : CORNU_ERROR_OUT_OF_MEMORY;
    cornu__free(tag);
    if (status != CORNU_OK || !images || !look_at(weight, &view))
        return status;
    tag = name_weight(model, key, "image");
    status = tag ? write_pictures(file, tag, step, cornu_array_data(weight), &view) : CORNU_ERROR_OUT_OF_MEMORY;
    cornu__free(tag);
    return status;
}

cornu_status cornu__tensorboard_write_weights(cornu__event_file *file, cornu_model *model, int64_t step, bool images)
{
    cornu_array *weights = cornu_get_named_weights(model);
    cornu_status status = weights ? CORNU_OK : cornu_error_status();
    for (size_t i = 0; weights && i < cornu_array_item_count(weights) && status == CORNU_OK; i++)
        status =
            write_weight(file, model, cornu_array_item_name(weights, i), cornu_array_item(weights, i), step, images);
    cornu_array_release(weights);
    return status;
}

/* --- The graph --- */

static cornu_status write_text(cornu__event_file *file, const char *tag, const char *plugin, const char *text)
{
    const cornu__event_bytes bytes = {text, strlen(text)};
    return cornu__event_file_add_texts(file, tag, plugin, 0, 0, &bytes);
}

static cornu_status write_json(cornu__event_file *file, cornu_model *model)
{
    char *json = cornu_model_to_json(model);
    if (!json) {
        cornu__warn("TensorBoard: model '%s' is not shown as a graph: %s", cornu_model_name(model),
                    cornu_error_message());
        return CORNU_OK;
    }
    cornu_status status = write_text(file, "keras", CORNU__PLUGIN_KERAS_MODEL, json);
    cornu_free(json);
    return status;
}

/* As a block of Markdown, so that its columns stay. */
static cornu_status write_summary(cornu__event_file *file, cornu_model *model)
{
    cornu__text text = {0};
    char *summary = cornu_summary_text(model);
    if (!summary)
        return cornu_error_status();
    cornu__text_add(&text, "```\n%s\n```\n", summary);
    cornu_free(summary);
    if (text.failed)
        return cornu__fail_memory("a summary", text.length);
    cornu_status status = write_text(file, "model_summary", CORNU__PLUGIN_TEXT, text.data);
    cornu__text_free(&text);
    return status;
}

cornu_status cornu__tensorboard_write_graph(cornu__event_file *file, cornu_model *model)
{
    CORNU_TRY(write_json(file, model));
    return write_summary(file, model);
}
