/* canvas.c: drawing through cairo into a file that appears whole or not at all. */
#include <stdio.h>
#include <string.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include "base/text.h"
#include "view/canvas.h"

#define MOST_PIXELS 32767 /* of a side: cairo's limit */
#define LONGEST_TEXT 256
#define MOST_DESCRIPTION 65536
#define ROUNDING 1e-3 /* of a width: what two canvases may differ in */

#define RGB(hex)                                                                                                       \
    {                                                                                                                  \
        ((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex)&255) / 255.0                                   \
    }

static const cornu__theme light = {
    .paper = RGB(0xFFFFFF),
    .ink = RGB(0x1F2328),
    .faint = RGB(0x656D76),
    .grid = RGB(0xE3E6EA),
    .series = {RGB(0x0072B2), RGB(0xD55E00), RGB(0x009E73), RGB(0xCC79A7), RGB(0xE69F00), RGB(0x56B4E9), RGB(0x8C6D1F),
               RGB(0x000000)},
    .right = RGB(0x0072B2),
    .wrong = RGB(0xD55E00),
};

static const cornu__theme dark = {
    .paper = RGB(0x14181D),
    .ink = RGB(0xE8EBEF),
    .faint = RGB(0x9AA4AF),
    .grid = RGB(0x2D343C),
    .series = {RGB(0x56B4E9), RGB(0xE69F00), RGB(0x2FC79B), RGB(0xE39BC5), RGB(0xF0E442), RGB(0x4C8FD0), RGB(0xD58B5A),
               RGB(0xFFFFFF)},
    .right = RGB(0x56B4E9),
    .wrong = RGB(0xF08A4B),
};

const cornu__theme *cornu__theme_of(bool dark_paper)
{
    return dark_paper ? &dark : &light;
}

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned int length)
{
    FILE *stream = closure;
    return fwrite(data, 1, length, stream) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Notes a text for the <desc> of an SVG file. */
static void note_words(cornu__canvas *canvas, const char *drawable)
{
    if (!canvas->is_svg || canvas->words.length > MOST_DESCRIPTION)
        return;
    for (const char *c = drawable; *c; c++) {
        const char *escaped = *c == '&' ? "&amp;" : *c == '<' ? "&lt;" : *c == '>' ? "&gt;" : NULL;
        if (escaped)
            cornu__text_add(&canvas->words, "%s", escaped);
        else
            cornu__text_add_bytes(&canvas->words, c, 1);
    }
    cornu__text_add_bytes(&canvas->words, "\n", 1);
}

/* How many of the bytes belong to the file's head up to the end of the tag <svg ...>. */
static unsigned int length_of_head(cornu__canvas *canvas, const unsigned char *data, unsigned int length)
{
    static const char tag[] = "<svg";
    for (unsigned int i = 0; i < length; i++) {
        if (canvas->seen_of_tag < 4) {
            bool next = data[i] == (unsigned char)tag[canvas->seen_of_tag];
            canvas->seen_of_tag = next ? canvas->seen_of_tag + 1 : data[i] == '<';
        } else if (data[i] == '>') {
            canvas->described = true;
            return i + 1;
        }
    }
    return length;
}

/* Writes what cairo gives, with the description behind the first tag. */
static cairo_status_t write_svg(void *closure, const unsigned char *data, unsigned int length)
{
    cornu__canvas *canvas = closure;
    FILE *stream = canvas->file.stream;
    bool whole = true;
    if (!canvas->described) {
        unsigned int head = length_of_head(canvas, data, length);
        whole = fwrite(data, 1, head, stream) == head;
        if (canvas->described)
            whole = fprintf(stream, "\n<desc>%s</desc>", canvas->words.data ? canvas->words.data : "") > 0 && whole;
        data += head;
        length -= head;
    }
    return whole && fwrite(data, 1, length, stream) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_surface_t *surface_for(cornu__canvas *canvas, const char *path, double scale)
{
    canvas->is_svg = cornu__text_has_ending(path, ".svg");
    if (canvas->is_svg)
        return cairo_svg_surface_create_for_stream(write_svg, canvas, canvas->width, canvas->height);
    if (cornu__text_has_ending(path, ".pdf"))
        return cairo_pdf_surface_create_for_stream(write_bytes, canvas->file.stream, canvas->width, canvas->height);
    canvas->is_png = true;
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(canvas->width * scale), (int)(canvas->height * scale));
}

cornu_status cornu__canvas_check_name(const char *path)
{
    static const char *const endings[] = {".png", ".svg", ".pdf"};
    for (size_t i = 0; path && i < sizeof endings / sizeof *endings; i++) {
        if (cornu__text_has_ending(path, endings[i]))
            return CORNU_OK;
    }
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: a picture's name must end in .png, .svg or .pdf",
                       path ? path : "NULL");
}

static cornu_status check_size(const char *path, double width, double height)
{
    bool png = cornu__text_has_ending(path, ".png");
    if (width >= 1 && height >= 1 && (!png || (width <= MOST_PIXELS && height <= MOST_PIXELS)))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_LIMIT,
                       "%s: the picture would be %.0f x %.0f pixels; wanted 1 to %d. A name that ends in .svg or .pdf "
                       "has no such limit",
                       path, width, height, MOST_PIXELS);
}

/* Cairo's context, in which a text is as wide as on any other canvas: fitted to pixels, its letters would be wider on some than where they were measured. */
static cairo_t *context_of(cairo_surface_t *surface)
{
    cairo_t *context = cairo_create(surface);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_set_font_options(context, options);
    cairo_font_options_destroy(options);
    return context;
}

cornu_status cornu__canvas_begin_scaled(cornu__canvas *canvas, const char *path, double width, double height,
                                        double scale, cornu__color paper)
{
    *canvas = (cornu__canvas){.width = width, .height = height};
    CORNU_TRY(cornu__canvas_check_name(path));
    CORNU_TRY(check_size(path, width * scale, height * scale));
    CORNU_TRY(cornu__file_begin(&canvas->file, path));
    canvas->surface = surface_for(canvas, path, scale);
    canvas->cairo = context_of(canvas->surface);
    if (canvas->is_png)
        cairo_scale(canvas->cairo, scale, scale);
    cornu__canvas_bold(canvas, false);
    cornu__canvas_color(canvas, paper);
    cairo_paint(canvas->cairo);
    return CORNU_OK;
}

cornu_status cornu__canvas_begin(cornu__canvas *canvas, const char *path, double width, double height,
                                 cornu__color paper)
{
    return cornu__canvas_begin_scaled(canvas, path, width, height, 1, paper);
}

void cornu__canvas_begin_measuring(cornu__canvas *canvas)
{
    *canvas = (cornu__canvas){.surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)};
    canvas->cairo = context_of(canvas->surface);
    cornu__canvas_bold(canvas, false);
}

void cornu__canvas_drop(cornu__canvas *canvas)
{
    cairo_destroy(canvas->cairo);
    cairo_surface_destroy(canvas->surface);
}

cornu_status cornu__canvas_commit(cornu__canvas *canvas)
{
    cairo_status_t status = cairo_status(canvas->cairo);
    cairo_destroy(canvas->cairo);
    if (status == CAIRO_STATUS_SUCCESS && canvas->is_png)
        status = cairo_surface_write_to_png_stream(canvas->surface, write_bytes, canvas->file.stream);
    cairo_surface_finish(canvas->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(canvas->surface);
    cairo_surface_destroy(canvas->surface);
    if (canvas->words.failed)
        status = CAIRO_STATUS_NO_MEMORY;
    cornu__text_free(&canvas->words);
    if (status == CAIRO_STATUS_SUCCESS)
        return cornu__file_commit(&canvas->file);
    cornu__fail(status == CAIRO_STATUS_NO_MEMORY ? CORNU_ERROR_OUT_OF_MEMORY : CORNU_ERROR_IO, "%s: cannot draw: %s",
                canvas->file.path, cairo_status_to_string(status));
    cornu__file_abandon(&canvas->file);
    return cornu_error_status();
}

void cornu__canvas_color(cornu__canvas *canvas, cornu__color color)
{
    cairo_set_source_rgb(canvas->cairo, color.red, color.green, color.blue);
}

cornu__color cornu__color_mix(cornu__color a, cornu__color b, double share)
{
    return (cornu__color){a.red + share * (b.red - a.red), a.green + share * (b.green - a.green),
                          a.blue + share * (b.blue - a.blue)};
}

void cornu__canvas_bold(cornu__canvas *canvas, bool bold)
{
    cairo_select_font_face(canvas->cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
}

void cornu__canvas_line(cornu__canvas *canvas, double x0, double y0, double x1, double y1, double width)
{
    cairo_set_line_width(canvas->cairo, width);
    cairo_move_to(canvas->cairo, x0, y0);
    cairo_line_to(canvas->cairo, x1, y1);
    cairo_stroke(canvas->cairo);
}

void cornu__canvas_round_rectangle(cornu__canvas *canvas, double left, double top, double width, double height,
                                   double radius)
{
    const double quarter = 1.5707963267948966;
    cairo_new_sub_path(canvas->cairo);
    cairo_arc(canvas->cairo, left + width - radius, top + radius, radius, -quarter, 0);
    cairo_arc(canvas->cairo, left + width - radius, top + height - radius, radius, 0, quarter);
    cairo_arc(canvas->cairo, left + radius, top + height - radius, radius, quarter, 2 * quarter);
    cairo_arc(canvas->cairo, left + radius, top + radius, radius, 2 * quarter, 3 * quarter);
    cairo_close_path(canvas->cairo);
}

/* How many bytes the UTF-8 character at `text` has; 0: it is none, or a control character. */
static size_t length_of_character(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : 0;
    if (first >= 0xF0 && first < 0xF5)
        length = 4;
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xC0) != 0x80)
            return 0;
    }
    unsigned char second = length > 2 ? (unsigned char)text[1] : 0x80;
    bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
                 (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90);
    return wrong || first < 0x20 || first == 0x7F ? 0 : length;
}

/* What of a text can be drawn: at most LONGEST_TEXT - 4 bytes of valid UTF-8. */
static void copy_drawable(const char *text, char out[LONGEST_TEXT])
{
    size_t at = 0;
    while (*text) {
        size_t length = length_of_character(text);
        if (at + (length > 0 ? length : 1) > LONGEST_TEXT - 4)
            break;
        memcpy(out + at, length > 0 ? text : "?", length > 0 ? length : 1);
        at += length > 0 ? length : 1;
        text += length > 0 ? length : 1;
    }
    out[at] = '\0';
}

static double measure(cornu__canvas *canvas, double size, const char *drawable)
{
    cairo_text_extents_t extents;
    cairo_set_font_size(canvas->cairo, size);
    cairo_text_extents(canvas->cairo, drawable, &extents);
    return extents.x_advance;
}

double cornu__canvas_text_width(cornu__canvas *canvas, double size, const char *text)
{
    char shown[LONGEST_TEXT];
    copy_drawable(text, shown);
    return measure(canvas, size, shown);
}

void cornu__canvas_text(cornu__canvas *canvas, double x, double y, double size, cornu__align align, double width,
                        const char *text)
{
    char shown[LONGEST_TEXT], drawable[LONGEST_TEXT];
    copy_drawable(text, drawable);
    memcpy(shown, drawable, sizeof shown);
    double text_width = measure(canvas, size, shown), room = width * (1 + ROUNDING);
    for (size_t length = strlen(shown); width > 0 && text_width > room && length > 1;) {
        length--;
        while (length > 1 && ((unsigned char)shown[length] & 0xC0) == 0x80) /* not inside a UTF-8 character */
            length--;
        memcpy(shown + length, "\xE2\x80\xA6", 4);
        text_width = measure(canvas, size, shown);
    }
    double shift = align == CORNU__ALIGN_LEFT ? 0 : align == CORNU__ALIGN_CENTER ? text_width / 2 : text_width;
    cairo_move_to(canvas->cairo, x - shift, y);
    cairo_show_text(canvas->cairo, shown);
    note_words(canvas, drawable);
}
