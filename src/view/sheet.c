/* sheet.c: many small images on one page, each with its caption. */
#include <math.h>
#include <string.h>

#include <cornu/plot.h>

#include "base/memory.h"
#include "base/options.h"
#include "view/caption.h"

#define COLUMN 96.0 /* the least width of a column */
#define GAP 14.0
#define CAPTION_HEIGHT 20.0 /* of a caption's first line */
#define LINE_HEIGHT 14.0    /* of each further one */
#define TITLE_HEIGHT 40.0
#define TEXT_SIZE 12.0
#define WIDEST_COLUMN 180.0 /* where words are wider than an image */
#define OVERHANG 8.0        /* how far a line may reach into the gap between columns */
#define MOST_IMAGES 1024

typedef struct pictures {
    const cornu_array *array;
    int64_t count, height, width, channels;
    double minimum, maximum;
} pictures;

static cornu_status look_at(const cornu_array *images, const cornu_sheet_options *options, pictures *out)
{
    int rank = cornu_array_rank(images);
    *out = (pictures){.array = images,
                      .count = cornu_array_size(images, 0),
                      .height = rank >= 3 ? cornu_array_size(images, 1) : 0,
                      .width = rank >= 3 ? cornu_array_size(images, 2) : 0,
                      .channels = rank == 4 ? cornu_array_size(images, 3) : 1,
                      .minimum = options->minimum,
                      .maximum = options->maximum};
    bool fits = (rank == 3 || rank == 4) && (out->channels == 1 || out->channels == 3 || out->channels == 4) &&
                out->width > 0 && out->height > 0;
    if (!fits)
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "cornu_plot_images: wanted images of shape (n, height, width) or (n, height, width, 1, 3 or "
                           "4), got rank %d with %lld channels",
                           rank, (long long)out->channels);
    if (out->count < 1 || out->count > MOST_IMAGES)
        return cornu__fail(CORNU_ERROR_SHAPE, "cornu_plot_images: %lld images; wanted 1 to %d", (long long)out->count,
                           MOST_IMAGES);
    if (out->minimum != out->maximum)
        return CORNU_OK;
    out->minimum = INFINITY;
    out->maximum = -INFINITY;
    for (int64_t i = 0; i < cornu_array_count(images); i++) {
        double value = cornu_array_get(images, i);
        out->minimum = fmin(out->minimum, value);
        out->maximum = fmax(out->maximum, value);
    }
    return CORNU_OK;
}

static unsigned level(const pictures *images, int64_t index)
{
    double range = images->maximum - images->minimum;
    double share = range > 0 ? (cornu_array_get(images->array, index) - images->minimum) / range : 0;
    share = share > 0 ? share : 0; /* also for NaN */
    return (unsigned)lround(255 * (share < 1 ? share : 1));
}

/* What is transparent shows a grey that is neither theme's paper. */
static void lay_on_grey(uint32_t alpha, uint32_t *red, uint32_t *green, uint32_t *blue)
{
    uint32_t *const parts[] = {red, green, blue};
    for (int i = 0; i < 3; i++)
        *parts[i] = (*parts[i] * alpha + 128 * (255 - alpha)) / 255;
}

/* Image number n as a cairo surface, pixel for pixel. */
static cairo_surface_t *surface_of(const pictures *images, int64_t n)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)images->width, (int)images->height);
    unsigned char *pixels = cairo_image_surface_get_data(surface);
    if (!pixels)
        return surface; /* an error surface: painting it sets the canvas's status */
    int stride = cairo_image_surface_get_stride(surface);
    for (int64_t y = 0; y < images->height; y++) {
        for (int64_t x = 0; x < images->width; x++) {
            int64_t at = ((n * images->height + y) * images->width + x) * images->channels;
            uint32_t red = level(images, at);
            uint32_t green = images->channels >= 3 ? level(images, at + 1) : red;
            uint32_t blue = images->channels >= 3 ? level(images, at + 2) : red;
            if (images->channels == 4)
                lay_on_grey(level(images, at + 3), &red, &green, &blue);
            uint32_t pixel = red << 16 | green << 8 | blue;
            memcpy(pixels + y * stride + x * 4, &pixel, sizeof pixel);
        }
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

static void draw_image(cornu__canvas *canvas, const pictures *images, int64_t n, double left, double top, double scale)
{
    cairo_surface_t *surface = surface_of(images, n);
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, left, top);
    cairo_scale(canvas->cairo, scale, scale);
    cairo_set_source_surface(canvas->cairo, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(canvas->cairo), scale >= 1 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
    cairo_paint(canvas->cairo);
    cairo_restore(canvas->cairo);
    cairo_surface_destroy(surface);
}

/* --- Captions and where all lies --- */

/* A row of images begins at `tops[row]`; the last number is the page's height. */
typedef struct layout {
    int64_t count, columns, rows;
    double column;   /* the width of each */
    double scale;    /* what a pixel of an image becomes: an image fills a column's width, or a square of that side */
    char **captions; /* broken into lines; NULL: there is none */
    double *tops;
} layout;

static void free_layout(layout *self)
{
    for (int64_t n = 0; self->captions && n < self->count; n++)
        cornu__free(self->captions[n]);
    cornu__free(self->captions);
    cornu__free(self->tops);
}

/* A column has a least width, and is as wide as the widest word. */
static void measure_captions(layout *self, cornu__canvas *measuring, const char *const *captions)
{
    double widest = 0;
    for (int64_t n = 0; captions && n < self->count; n++) {
        if (captions[n])
            widest = fmax(widest, cornu__caption_word_width(measuring, TEXT_SIZE, captions[n]));
    }
    self->column = fmin(fmax(COLUMN, ceil(widest)), WIDEST_COLUMN);
}

static cornu_status break_captions(layout *self, cornu__canvas *measuring, const char *const *captions)
{
    for (int64_t n = 0; captions && n < self->count; n++) {
        if (!captions[n])
            continue;
        self->captions[n] = cornu__caption_broken(measuring, TEXT_SIZE, self->column + OVERHANG, captions[n]);
        if (!self->captions[n])
            return cornu_error_status();
    }
    return CORNU_OK;
}

/* Of the captions below a row; where there are any, a row without one leaves the room of one line. */
static double height_of_captions(const layout *self, int64_t row)
{
    int most = 1;
    for (int64_t n = row * self->columns; n < self->count && n < (row + 1) * self->columns; n++) {
        int lines = self->captions[n] ? cornu__caption_line_count(self->captions[n]) : 1;
        most = lines > most ? lines : most;
    }
    return CAPTION_HEIGHT + (most - 1) * LINE_HEIGHT;
}

static cornu_status lay_out(layout *self, const pictures *all, const cornu_sheet_options *options)
{
    int64_t columns = options->columns > 0 ? options->columns : (int64_t)ceil(sqrt((double)all->count * 1.6));
    self->count = all->count;
    self->columns = columns < all->count ? columns : all->count;
    self->rows = (all->count + self->columns - 1) / self->columns;
    self->captions = cornu__alloc_array((size_t)self->count, sizeof *self->captions);
    self->tops = cornu__alloc_array((size_t)self->rows + 1, sizeof *self->tops);
    if (!self->captions || !self->tops)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__canvas measuring;
    cornu__canvas_begin_measuring(&measuring);
    measure_captions(self, &measuring, options->captions);
    cornu_status status = break_captions(self, &measuring, options->captions);
    cornu__canvas_drop(&measuring);
    if (status != CORNU_OK)
        return status;
    self->scale = fmin(self->column / (double)all->width, self->column / (double)all->height);
    self->tops[0] = GAP + (options->title ? TITLE_HEIGHT : 0);
    for (int64_t row = 0; row < self->rows; row++)
        self->tops[row + 1] = self->tops[row] + self->scale * (double)all->height +
                              (options->captions ? height_of_captions(self, row) : 0) + GAP;
    return CORNU_OK;
}

static void draw_caption(cornu__canvas *canvas, cornu__align align, double x, double top, const char *caption)
{
    char line[256];
    for (double y = top + 15; caption; y += LINE_HEIGHT) {
        size_t length = strcspn(caption, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), caption);
        cornu__canvas_text(canvas, x, y, TEXT_SIZE, align, 0, line);
        caption = caption[length] ? caption + length + 1 : NULL;
    }
}

static cornu_status draw(const char *path, const pictures *all, const layout *places,
                         const cornu_sheet_options *options)
{
    const cornu__theme *theme = cornu__theme_of(options->dark);
    cornu__canvas canvas;
    CORNU_TRY(cornu__canvas_begin(&canvas, path, GAP + (double)places->columns * (places->column + GAP),
                                  places->tops[places->rows], theme->paper));
    if (options->title) {
        cornu__canvas_color(&canvas, theme->ink);
        cornu__canvas_text(&canvas, GAP, 28, TEXT_SIZE + 5, CORNU__ALIGN_LEFT, canvas.width - 2 * GAP, options->title);
    }
    cornu__align align = options->captions_left ? CORNU__ALIGN_LEFT : CORNU__ALIGN_CENTER;
    double shift = options->captions_left ? 0 : 0.5, width = places->scale * (double)all->width;
    for (int64_t n = 0; n < all->count; n++) {
        double left = GAP + (double)(n % places->columns) * (places->column + GAP);
        double top = places->tops[n / places->columns];
        bool marked = options->marked && options->marked[n];
        draw_image(&canvas, all, n, left + shift * (places->column - width), top, places->scale);
        cornu__canvas_color(&canvas, marked ? theme->wrong : theme->ink);
        draw_caption(&canvas, align, left + shift * places->column, top + places->scale * (double)all->height,
                     places->captions[n]);
    }
    return cornu__canvas_commit(&canvas);
}

cornu_status cornu_plot_images_with(const char *path, const cornu_array *images, const cornu_sheet_options *given)
{
    cornu_sheet_options own = {.struct_size = sizeof own};
    cornu__options_lay(&own, sizeof own, given);
    pictures all;
    layout places = {0};
    CORNU_TRY(look_at(images, &own, &all));
    cornu_status status = lay_out(&places, &all, &own);
    if (status == CORNU_OK)
        status = draw(path, &all, &places, &own);
    free_layout(&places);
    return status;
}
