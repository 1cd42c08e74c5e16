/*
 * kernels/places.h: where the pixels of a row of the result come from, many at once, and what is done about those that the fast loops cannot take.
 *
 * The loops over places have no branch in them, so they become vectors. A place that needs care (the fill mode looks at it pixel by pixel, or a
 * wide load there would leave the picture) is told by an offset beyond every limit. Which ones these are does not depend on the instruction
 * set, and both ways compute the same.
 */
#ifndef CORNU_IMAGE_KERNELS_PLACES_H
#define CORNU_IMAGE_KERNELS_PLACES_H

#include "image/kernels/table.h"

#define PLACES_AT_ONCE 256
#define WITH_CARE INT64_MAX

typedef struct places {
    int64_t upper[PLACES_AT_ONCE], lower[PLACES_AT_ONCE]; /* the first elements of the left pixels, or WITH_CARE */
    float x[PLACES_AT_ONCE], y[PLACES_AT_ONCE];           /* the parts behind the point */
} places;

/* How places come into the picture. */
typedef enum approach {
    APPROACH_INSIDE, /* they are */
    APPROACH_CLAMP,  /* the nearest place inside */
    APPROACH_MIRROR, /* mirrored once at an edge, then the nearest */
    APPROACH_WRAP,   /* a period further on or back; between the last pixel and the first with care */
    APPROACH_CARE    /* one by one */
} approach;

/* For a line: its places in `inside` are inside, the others need something more. */
typedef struct row_plan {
    approach outside;
    cornu__warp_span inside;
} row_plan;

#if defined(__AVX2__)
#define CLAMPS_ARE_CHEAP true /* there is a comparison of vectors of 64-bit numbers */
#else
#define CLAMPS_ARE_CHEAP false
#endif

/* The part behind the point, in [0, 1): 24 bits, which a float holds exactly. */
static inline float fraction_of(int64_t fixed)
{
    return (float)(int32_t)((uint32_t)fixed >> 8) * 0x1p-24f;
}

static inline bool stays_near(int64_t begin, int64_t step, int count, int64_t size)
{
    int64_t end = begin + (count - 1) * step, low = begin < end ? begin : end, high = begin < end ? end : begin;
    return low >= -size * CORNU__FILL_ONE && high < 2 * size * CORNU__FILL_ONE;
}

static inline row_plan plan_row(const cornu__warp_picture *picture, const cornu__warp_line *line)
{
    cornu__extent extent = picture->extent;
    cornu__fill_mode mode = picture->warp->fill_mode;
    row_plan plan = {.outside = APPROACH_CARE};
    if (mode == CORNU__FILL_NEAREST)
        plan.outside = APPROACH_CLAMP;
    else if (mode == CORNU__FILL_REFLECT && stays_near(line->row, line->row_step, extent.width, extent.height) &&
             stays_near(line->column, line->column_step, extent.width, extent.width))
        plan.outside = APPROACH_MIRROR;
    else if (mode == CORNU__FILL_WRAP && stays_near(line->row, line->row_step, extent.width, extent.height) &&
             stays_near(line->column, line->column_step, extent.width, extent.width))
        plan.outside = APPROACH_WRAP;
    int64_t rows = (extent.height - 1) * CORNU__FILL_ONE + 1, columns = (extent.width - 1) * CORNU__FILL_ONE + 1;
    if (plan.outside == APPROACH_CARE || !CLAMPS_ARE_CHEAP)
        plan.inside = cornu__warp_inside(line, extent.width, rows, columns);
    return plan;
}

/* Behind the last pixel's centre there is nothing between two pixels when mirrored, so a clamp does for the rest. */
static inline __attribute__((always_inline)) int64_t into(int64_t at, int64_t last, approach how)
{
    const int64_t half = CORNU__FILL_ONE / 2;
    if (how == APPROACH_INSIDE)
        return at;
    if (how == APPROACH_WRAP) {
        at = at < 0 ? at + last + CORNU__FILL_ONE : at;
        return at >= last + CORNU__FILL_ONE ? at - last - CORNU__FILL_ONE : at;
    }
    if (how == APPROACH_MIRROR) {
        at = at < -half ? -CORNU__FILL_ONE - at : at;
        at = at > last + half ? 2 * last + CORNU__FILL_ONE - at : at;
    }
    at = at < 0 ? 0 : at;
    return at > last ? last : at;
}

/* The places of pixels `begin` to begin + count - 1, as places[first] and on. `nudge` is added to both coordinates at last. */
static inline __attribute__((always_inline)) void find_part(const cornu__warp_picture *picture,
                                                            const cornu__warp_line *line, int begin, int count,
                                                            int64_t nudge, approach how, places *out, int first)
{
    const int64_t last_row = (picture->extent.height - 1) * CORNU__FILL_ONE;
    const int64_t last_column = (picture->extent.width - 1) * CORNU__FILL_ONE;
    const uint32_t channels = (uint32_t)picture->extent.channels;
    const uint32_t length =
        (uint32_t)picture->extent.width * channels; /* cornu__warp_run sees to it that this is enough */
    const int64_t row_step = line->row_step, column_step = line->column_step;
    int64_t row = line->row + begin * row_step, column = line->column + begin * column_step;
    int64_t *upper = out->upper + first, *lower = out->lower + first;
    float *x = out->x + first, *y = out->y + first;
    for (int i = 0; i < count; i++) {
        int64_t at_row = into(row, last_row, how), at_column = into(column, last_column, how);
        bool between_ends = how == APPROACH_WRAP && (at_row > last_row || at_column > last_column);
        at_row += nudge;
        at_column += nudge;
        uint64_t whole_row = (uint64_t)at_row >> 32, whole_column = (uint64_t)at_column >> 32;
        uint64_t offset = (uint64_t)(uint32_t)whole_row * length + (uint64_t)(uint32_t)whole_column * channels;
        upper[i] = between_ends ? WITH_CARE : (int64_t)offset;
        lower[i] = between_ends ? WITH_CARE : (int64_t)(offset + (at_row < last_row ? length : 0));
        x[i] = fraction_of(at_column);
        y[i] = fraction_of(at_row);
        row += row_step;
        column += column_step;
    }
}

static void find_outside(const cornu__warp_picture *picture, const cornu__warp_line *line, approach how, int begin,
                         int count, int64_t nudge, places *out, int first)
{
    if (how == APPROACH_CLAMP)
        find_part(picture, line, begin, count, nudge, APPROACH_CLAMP, out, first);
    else if (how == APPROACH_MIRROR)
        find_part(picture, line, begin, count, nudge, APPROACH_MIRROR, out, first);
    else if (how == APPROACH_WRAP)
        find_part(picture, line, begin, count, nudge, APPROACH_WRAP, out, first);
    else
        for (int i = first; i < first + count; i++)
            out->upper[i] = out->lower[i] = WITH_CARE;
}

static void find_places(const cornu__warp_picture *picture, const cornu__warp_line *line, const row_plan *plan,
                        int begin, int count, int64_t nudge, places *out)
{
    int end = begin + count, from = plan->inside.begin, to = plan->inside.end;
    if (from >= to) {
        find_outside(picture, line, plan->outside, begin, count, nudge, out, 0);
        return;
    }
    from = from < begin ? begin : from > end ? end : from;
    to = to < from ? from : to > end ? end : to;
    find_outside(picture, line, plan->outside, begin, from - begin, nudge, out, 0);
    find_part(picture, line, from, to - from, nudge, APPROACH_INSIDE, out, from - begin);
    find_outside(picture, line, plan->outside, to, end - to, nudge, out, to - begin);
}

/* For the plain constant: what is not inside. */
static inline void fill_outside(const cornu__warp_picture *picture, cornu__warp_span inside, float *to)
{
    int64_t channels = picture->extent.channels;
    for (int64_t i = 0; i < inside.begin * channels; i++)
        to[i] = picture->warp->constant;
    for (int64_t i = inside.end * channels; i < picture->extent.width * channels; i++)
        to[i] = picture->warp->constant;
}

/* A row's pixels in parts. `take` makes pixels begin ... begin + count - 1 at their places. */
typedef void part_taker(const cornu__warp_picture *picture, const cornu__warp_line *line, const places *at, int begin,
                        int count, bool last, float *to);

static inline __attribute__((always_inline)) void take_row(const cornu__warp_picture *picture,
                                                           const cornu__warp_line *line, int64_t nudge, bool last,
                                                           part_taker *take, float *to)
{
    row_plan plan = plan_row(picture, line);
    int begin = 0, end = picture->extent.width;
    bool is_constant = picture->warp->fill_mode == CORNU__FILL_CONSTANT;
    if (is_constant) {
        begin = plan.inside.begin;
        end = plan.inside.end;
    }
    places at;
    for (; begin < end; begin += PLACES_AT_ONCE) {
        int count = end - begin < PLACES_AT_ONCE ? end - begin : PLACES_AT_ONCE;
        find_places(picture, line, &plan, begin, count, nudge, &at);
        take(picture, line, &at, begin, count, last, to + (int64_t)begin * picture->extent.channels);
    }
    if (is_constant) /* now, since the last pixel inside may have written more than itself */
        fill_outside(picture, plan.inside, to);
}

static inline float element_of(const cornu__warp_picture *picture, int64_t i)
{
    return picture->bytes ? (float)picture->bytes[i] : picture->from[i];
}

#endif
