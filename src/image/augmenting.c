/* augmenting.c: a pipeline's run over the pictures of a batch. */
#include <math.h>
#include <string.h>

#include "array/array.h"
#include "image/augmentation.h"

struct cornu__augmenting {
    const cornu_augmentation *pipeline; /* whose owner keeps it */
    bool training;
    int count; /* of the steps that act */
    const cornu__step *steps[CORNU_MAX_STEPS];
    cornu__extent before[CORNU_MAX_STEPS + 1]; /* each step; behind the last: what comes out */
    int mixes;                                 /* how many of them mix */
    int mask_channels;
    size_t largest; /* values of a picture or mask on its way */

    float *input, *finished; /* a picture before and after it is in another layout or dtype */
    float *buffers[2];       /* a picture between two steps */
    float *batches[2];       /* all pictures before and after they are mixed */
    void *scratch;
    cornu__resizer resizer;
    cornu__image resized;
    double *labels;
    size_t label_capacity;
    cornu_random_transformation *drawn; /* of picture i and step s: drawn[i * count + s] */

    uint64_t seed, epoch, first_sample;
    cornu_array *out;
};

/* --- Layouts --- */

void cornu__channels_to_first(cornu__extent extent, const float *from, float *to)
{
    size_t pixels = (size_t)extent.height * (size_t)extent.width, channels = (size_t)extent.channels;
    for (size_t channel = 0; channel < channels; channel++)
        for (size_t i = 0; i < pixels; i++)
            *to++ = from[i * channels + channel];
}

void cornu__channels_to_last(cornu__extent extent, const float *from, float *to)
{
    size_t pixels = (size_t)extent.height * (size_t)extent.width, channels = (size_t)extent.channels;
    for (size_t i = 0; i < pixels; i++)
        for (size_t channel = 0; channel < channels; channel++)
            *to++ = from[channel * pixels + i];
}

static size_t values_of(cornu__extent extent)
{
    return (size_t)extent.height * (size_t)extent.width * (size_t)extent.channels;
}

static cornu__extent masked(const cornu__augmenting *self, int step, bool mask)
{
    cornu__extent extent = self->before[step];
    if (mask)
        extent.channels = self->mask_channels;
    return extent;
}

/* --- What is done to one picture --- */

typedef enum act_kind { ACT_COPY, ACT_PLACE, ACT_MOVE, ACT_CHANGE } act_kind;

typedef struct act {
    act_kind kind;
    int step; /* the first that fills, of a place */
    cornu__affine map;
} act;

static bool is_identity(const cornu__affine *map)
{
    return map->a00 == 1 && map->a01 == 0 && map->a10 == 0 && map->a11 == 1 && map->b0 == 0 && map->b1 == 0;
}

/* Only flips: each axis as it is, or from its other end. */
static bool is_flip(const cornu__affine *map, cornu__extent extent)
{
    return map->a01 == 0 && map->a10 == 0 && fabs(map->a00) == 1 && fabs(map->a11) == 1 &&
           map->b0 == (map->a00 < 0 ? extent.height - 1 : 0) && map->b1 == (map->a11 < 0 ? extent.width - 1 : 0);
}

static bool agree(const cornu__step *a, const cornu__step *b)
{
    return !a->fills || !b->fills ||
           (a->fill_mode == b->fill_mode && a->order == b->order && a->fill_value == b->fill_value);
}

/* Adds a map to the acts: to the one before if that is one too and agrees. */
static int add_place(const cornu__augmenting *self, int step, const cornu__affine *map, act *acts, int count)
{
    act *last = count > 0 ? &acts[count - 1] : NULL;
    if (last && last->kind == ACT_PLACE && agree(self->steps[last->step], self->steps[step])) {
        cornu__affine_compose(&last->map, *map);
        if (!self->steps[last->step]->fills)
            last->step = step;
        return is_identity(&last->map) ? count - 1 : count;
    }
    acts[count] = (act){ACT_PLACE, step, *map};
    return count + 1;
}

/* What steps begin .. end - 1 do to picture i, or to its mask: at most one act for each, and one more. */
static int plan(const cornu__augmenting *self, int64_t i, int begin, int end, bool mask, act *acts)
{
    int count = 0;
    for (int s = begin; s < end; s++) {
        const cornu__step_class *class = self->steps[s]->class;
        const void *config = self->steps[s]->config;
        const double *values = self->drawn[i * self->count + s].values;
        cornu__affine map;
        if (class->map) {
            if (class->map(config, values, self->before[s], &map))
                count = add_place(self, s, &map, acts, count);
        } else if (!(class->idle && class->idle(config, values)) && !(class->change && mask)) {
            acts[count++] = (act){.kind = class->move ? ACT_MOVE : ACT_CHANGE, .step = s};
        }
    }
    if (count == 0 || acts[0].kind == ACT_CHANGE) {
        memmove(acts + 1, acts, (size_t)count * sizeof *acts);
        acts[0] = (act){.kind = ACT_COPY, .step = begin};
        count++;
    }
    return count;
}

static cornu_status place(const cornu__step *step, const cornu__affine *map, cornu__extent extent, bool mask,
                          const float *from, float *to)
{
    if (is_flip(map, extent)) {
        cornu__flip(extent, map->a11 < 0, map->a00 < 0, from, to);
        return CORNU_OK;
    }
    cornu__warp warp = {
        .map = *map, .fill_mode = step->fill_mode, .order = mask ? 0 : step->order, .constant = step->fill_value};
    return cornu__warp_run(&warp, extent, from, to, NULL);
}

static cornu_status do_act(cornu__augmenting *self, const act *what, int64_t i, bool mask, const float *from, float *to)
{
    const cornu__step *step = what->step < self->count ? self->steps[what->step] : NULL;
    cornu__step_call call = {.drawn = &self->drawn[i * self->count + what->step],
                             .mask = mask,
                             .from = masked(self, what->step, mask),
                             .scratch = self->scratch,
                             .resizer = &self->resizer,
                             .resized = &self->resized};
    switch (what->kind) {
    case ACT_COPY:
        memcpy(to, from, values_of(call.from) * sizeof *to);
        return CORNU_OK;
    case ACT_PLACE:
        return place(step, &what->map, call.from, mask, from, to);
    case ACT_MOVE:
    case ACT_CHANGE:
        break;
    }
    call.config = step->config;
    call.to = masked(self, what->step + 1, mask);
    return what->kind == ACT_MOVE ? step->class->move(&call, from, to) : step->class->change(&call, to);
}

/* to := picture i, or its mask, behind steps begin .. end - 1, none of which mixes. */
static cornu_status run_part(cornu__augmenting *self, int64_t i, int begin, int end, bool mask, const float *from,
                             float *to)
{
    act acts[CORNU_MAX_STEPS + 1];
    int count = plan(self, i, begin, end, mask, acts), copies = 0;
    for (int k = 0; k < count; k++)
        copies += acts[k].kind != ACT_CHANGE;
    float *at = NULL;
    for (int k = 0; k < count; k++) {
        float *next = at;
        if (acts[k].kind != ACT_CHANGE) { /* the last copy becomes the result */
            copies--;
            next = copies == 0 ? to : self->buffers[at == self->buffers[0]];
        }
        if (do_act(self, &acts[k], i, mask, at ? at : from, next) != CORNU_OK)
            return cornu__fail_context("%s", self->steps[acts[k].step]->class->layer.base.name);
        at = next;
    }
    return CORNU_OK;
}

cornu_status cornu__step_run(const cornu__step *step, cornu__step_call *call, const float *from, float *to)
{
    const cornu__step_class *class = step->class;
    const double *values = call->drawn->values;
    cornu__affine map;
    call->config = step->config;
    if (class->map && class->map(call->config, values, call->from, &map))
        return place(step, &map, call->from, call->mask, from, to);
    if (class->move && !(class->idle && class->idle(call->config, values)))
        return class->move(call, from, to);
    memcpy(to, from, values_of(call->from) * sizeof *to);
    return class->change && !call->mask ? class->change(call, to) : CORNU_OK;
}

/* --- A batch --- */

void cornu__augmenting_begin(cornu__augmenting *self, uint64_t seed, uint64_t epoch, cornu_array *out)
{
    self->seed = seed;
    self->epoch = epoch;
    self->out = out;
}

/* The key of a sample and step; a layer's own seed is part of it. */
static cornu__random_key key_of(const cornu__augmenting *self, uint64_t sample, int s)
{
    const cornu__step *step = self->steps[s];
    const cornu__field *field = cornu__class_field(step->layer->object.class, "seed");
    int64_t own = field ? *(const int64_t *)((const char *)step->config + field->offset) : CORNU_NO_SEED;
    cornu__random_key key = cornu__random_key_make(self->seed, CORNU__RANDOM_AUGMENT, self->epoch, sample);
    return cornu__key_below(key, (uint64_t)step->number, (uint64_t)own);
}

static void draw(cornu__augmenting *self, int64_t i, uint64_t sample)
{
    for (int s = 0; s < self->count; s++) {
        cornu_random_transformation *drawn = &self->drawn[i * self->count + s];
        cornu__random_key key = key_of(self, sample, s);
        const cornu__step *step = self->steps[s];
        memset(drawn->values, 0, sizeof drawn->values);
        drawn->key = cornu__key_number(key);
        if (!self->training) /* what always acts, as where nothing is drawn */
            drawn->values[0] = drawn->values[1] = NAN;
        else if (step->class->draw)
            step->class->draw(step->config, self->before[s], key, drawn->values);
    }
}

/* The first step from `begin` on that mixes, or the end. */
static int next_mix(const cornu__augmenting *self, int begin)
{
    while (begin < self->count && !self->steps[begin]->class->mix)
        begin++;
    return begin;
}

static bool is_direct(const cornu__augmenting *self, const cornu_array *out)
{
    return out->dtype == CORNU_FLOAT32 && !self->pipeline->channels_first;
}

static char *row_of(const cornu_array *array, int64_t i)
{
    return (char *)array->data + (size_t)(i * cornu__row_count(array)) * cornu_dtype_size(array->dtype);
}

/* Where a finished picture is written, and what is to be done then. */
static float *place_for(const cornu__augmenting *self, const cornu_array *out, int64_t i)
{
    return is_direct(self, out) ? (float *)(void *)row_of(out, i) : self->finished;
}

static void deliver(const cornu__augmenting *self, bool mask, cornu_array *out, int64_t i)
{
    if (is_direct(self, out))
        return;
    const float *finished = self->finished;
    if (self->pipeline->channels_first) {
        cornu__channels_to_first(masked(self, self->count, mask), finished, self->input);
        finished = self->input;
    }
    cornu__convert(out->dtype, row_of(out, i), CORNU_FLOAT32, finished, cornu__row_count(out));
}

/* Picture i, or its mask, through the steps before the first that mixes. */
static cornu_status take(cornu__augmenting *self, int64_t i, bool mask, const float *picture, cornu_array *out)
{
    int end = next_mix(self, 0);
    if (end < self->count)
        return run_part(self, i, 0, end, mask, picture,
                        self->batches[0] + (size_t)i * values_of(masked(self, end, mask)));
    CORNU_TRY(run_part(self, i, 0, end, mask, picture, place_for(self, out, i)));
    deliver(self, mask, out, i);
    return CORNU_OK;
}

cornu_status cornu__augmenting_take(cornu__augmenting *self, int64_t i, uint64_t sample, const float *picture)
{
    if (i == 0)
        self->first_sample = sample;
    draw(self, i, sample);
    if (self->pipeline->channels_first) {
        cornu__channels_to_last(self->before[0], picture, self->input);
        picture = self->input;
    }
    return take(self, i, false, picture, self->out);
}

/* The partners of a mix: a random order of the batch, which depends on its first sample. */
static void draw_partners(cornu__augmenting *self, int s, int64_t count)
{
    cornu__random_key key = cornu__key_below(key_of(self, self->first_sample, s), UINT64_MAX, 0);
    for (int64_t i = 0; i < count; i++)
        self->drawn[i * self->count + s].values[0] = (double)i;
    for (int64_t i = count - 1; i > 0; i--) {
        double *a = &self->drawn[i * self->count + s].values[0];
        double *b =
            &self->drawn[(int64_t)cornu__random_below(key, (uint64_t)i, (uint64_t)i + 1) * self->count + s].values[0];
        double kept = *a;
        *a = *b;
        *b = kept;
    }
}

static cornu_status mix(cornu__augmenting *self, int s, int64_t i, bool mask, float *to)
{
    size_t size = values_of(masked(self, s, mask));
    const cornu_random_transformation *drawn = &self->drawn[i * self->count + s];
    cornu__step_call call = {.config = self->steps[s]->config,
                             .drawn = drawn,
                             .mask = mask,
                             .from = masked(self, s, mask),
                             .to = masked(self, s, mask)};
    return self->steps[s]->class->mix(&call, self->batches[0] + (size_t)i * size,
                                      self->batches[0] + (size_t)drawn->values[0] * size, to);
}

/* A mix that is the last step makes the results. */
static cornu_status mix_at_last(cornu__augmenting *self, int s, int64_t count, bool mask, cornu_array *out)
{
    for (int64_t i = 0; i < count; i++) {
        CORNU_TRY(mix(self, s, i, mask, place_for(self, out, i)));
        deliver(self, mask, out, i);
    }
    return CORNU_OK;
}

/* The steps from the first that mixes on. */
static cornu_status finish(cornu__augmenting *self, int64_t count, bool mask, cornu_array *out)
{
    for (int s = next_mix(self, 0), end; s < self->count; s = end) {
        size_t size = values_of(masked(self, s, mask));
        end = next_mix(self, s + 1);
        bool last = end == self->count;
        if (s + 1 == self->count)
            return mix_at_last(self, s, count, mask, out);
        for (int64_t i = 0; i < count; i++)
            CORNU_TRY(mix(self, s, i, mask, self->batches[1] + (size_t)i * size));
        for (int64_t i = 0; i < count; i++) {
            float *to =
                last ? place_for(self, out, i) : self->batches[0] + (size_t)i * values_of(masked(self, end, mask));
            CORNU_TRY(run_part(self, i, s + 1, end, mask, self->batches[1] + (size_t)i * size, to));
            if (last)
                deliver(self, mask, out, i);
        }
    }
    return CORNU_OK;
}

cornu_status cornu__augmenting_finish(cornu__augmenting *self, int64_t count)
{
    for (int s = next_mix(self, 0); s < self->count; s = next_mix(self, s + 1))
        draw_partners(self, s, count);
    return finish(self, count, false, self->out);
}

cornu_status cornu__augmenting_masks(cornu__augmenting *self, int64_t count, const cornu_array *masks, cornu_array *out)
{
    cornu__extent extent = masked(self, 0, true);
    bool whole = masks->dtype != CORNU_FLOAT32 && masks->dtype != CORNU_FLOAT64 && masks->dtype != CORNU_FLOAT16;
    for (int s = 0; whole && s < self->count; s++)
        if (self->steps[s]->class->blends)
            return cornu__fail(CORNU_ERROR_DTYPE, "%s makes masks of values in between, so they must be floats, not %s",
                               self->steps[s]->class->layer.base.name, cornu_dtype_name(masks->dtype));
    for (int64_t i = 0; i < count; i++) {
        float *loaded = self->input, *last = self->finished;
        cornu__convert(CORNU_FLOAT32, loaded, masks->dtype, row_of(masks, i), cornu__row_count(masks));
        if (self->pipeline->channels_first) {
            /* `finished` is free until the mask is through */
            cornu__channels_to_last(extent, loaded, last);
            memcpy(loaded, last, values_of(extent) * sizeof *loaded);
        }
        CORNU_TRY(take(self, i, true, loaded, out));
    }
    return finish(self, count, true, out);
}

/* --- Labels --- */

static cornu_status reserve_labels(cornu__augmenting *self, size_t count)
{
    if (self->label_capacity >= 2 * count)
        return CORNU_OK;
    double *labels = cornu__alloc_array(2 * count, sizeof *labels);
    if (!labels)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__free(self->labels);
    self->labels = labels;
    self->label_capacity = 2 * count;
    return CORNU_OK;
}

static void mix_labels(const cornu__augmenting *self, int s, int64_t count, int64_t size, const double *from,
                       double *to)
{
    for (int64_t i = 0; i < count; i++) {
        const double *values = self->drawn[i * self->count + s].values;
        const double *own = from + i * size, *partner = from + (int64_t)values[0] * size;
        for (int64_t k = 0; k < size; k++)
            *to++ = values[1] * own[k] + (1 - values[1]) * partner[k];
    }
}

cornu_status cornu__augmenting_labels(cornu__augmenting *self, int64_t count, cornu_array *labels)
{
    if (self->mixes == 0)
        return CORNU_OK;
    int64_t size = cornu__row_count(labels), all = size * count;
    CORNU_TRY(reserve_labels(self, (size_t)all));
    double *from = self->labels, *to = self->labels + all;
    cornu__convert(CORNU_FLOAT64, from, labels->dtype, labels->data, all);
    for (int s = next_mix(self, 0); s < self->count; s = next_mix(self, s + 1)) {
        mix_labels(self, s, count, size, from, to);
        double *kept = from;
        from = to;
        to = kept;
    }
    cornu__convert(labels->dtype, labels->data, CORNU_FLOAT64, from, all);
    return CORNU_OK;
}

/* The place of a step of the pipeline among those that act; -1: it does not. */
static int place_of_step(const cornu__augmenting *self, int step)
{
    for (int s = 0; s < self->count; s++)
        if (self->steps[s]->number == step)
            return s;
    return -1;
}

const cornu_random_transformation *cornu__augmenting_drawn(const cornu__augmenting *self, int64_t i, int step)
{
    int place = place_of_step(self, step);
    return place >= 0 ? &self->drawn[i * self->count + place] : NULL;
}

cornu__extent cornu__augmenting_extent(const cornu__augmenting *self, int step)
{
    int place = place_of_step(self, step);
    return self->before[place >= 0 ? place : 0];
}

/* --- Making and freeing --- */

void cornu__augmenting_free(cornu__augmenting *self)
{
    if (!self)
        return;
    for (int i = 0; i < 2; i++) {
        cornu__free(self->buffers[i]);
        cornu__free(self->batches[i]);
    }
    cornu__free(self->input);
    cornu__free(self->finished);
    cornu__free(self->scratch);
    cornu__free(self->labels);
    cornu__free(self->drawn);
    cornu__resizer_free(&self->resizer);
    cornu__image_free(&self->resized);
    cornu__free(self);
}

static cornu_status find_extents(cornu__augmenting *self, bool training, cornu__extent extent)
{
    for (int i = 0; i < self->pipeline->count; i++) {
        const cornu__step *step = &self->pipeline->steps[i];
        if (!training && !step->class->always)
            continue;
        self->steps[self->count] = step;
        self->before[self->count++] = extent;
        self->mixes += step->class->mix != NULL;
        if (step->class->resize)
            CORNU_TRY(step->class->resize(step->config, &extent));
    }
    self->before[self->count] = extent;
    return CORNU_OK;
}

static bool reserve(cornu__augmenting *self, int64_t most)
{
    size_t scratch = 0, largest_mixed = 0;
    for (int s = 0; s <= self->count; s++) {
        cornu__extent extent = self->before[s];
        if (extent.channels < self->mask_channels)
            extent.channels = self->mask_channels;
        size_t values = values_of(extent);
        const cornu__step_class *class = s < self->count ? self->steps[s]->class : NULL;
        size_t wanted = class && class->scratch ? class->scratch(self->steps[s]->config, extent) : 0;
        self->largest = values > self->largest ? values : self->largest;
        scratch = wanted > scratch ? wanted : scratch;
        if (class && class->mix && values > largest_mixed)
            largest_mixed = values;
    }
    self->input = cornu__alloc_array(self->largest, sizeof(float));
    self->finished = cornu__alloc_array(self->largest, sizeof(float));
    self->scratch = cornu__alloc_uninitialized(scratch);
    self->drawn = cornu__alloc_array((size_t)most * (size_t)self->count + 1, sizeof *self->drawn);
    bool got = self->input && self->finished && self->scratch && self->drawn;
    for (int i = 0; i < 2 && got; i++) {
        self->buffers[i] = cornu__alloc_array(self->largest, sizeof(float));
        self->batches[i] = cornu__alloc_array(largest_mixed * (size_t)most, sizeof(float));
        got = self->buffers[i] && self->batches[i];
    }
    return got;
}

cornu__augmenting *cornu__augmenting_create(const cornu_augmentation *augmentation, bool training, cornu__extent extent,
                                            int mask_channels, int64_t most)
{
    cornu__augmenting *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->pipeline = augmentation;
    self->mask_channels = mask_channels;
    self->training = training;
    if (find_extents(self, training, extent) == CORNU_OK && reserve(self, most))
        return self;
    cornu__augmenting_free(self);
    return NULL;
}
