/* canvas.c: drawing through cairo into a file that appears whole or not at all. */
#include <stdio.h>
#include <string.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include "base/text.h"
#include "view/canvas.h"

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

static cairo_surface_t *surface_for(cornu__canvas *canvas, const char *path)
{
    if (cornu__text_has_ending(path, ".svg"))
        return cairo_svg_surface_create_for_stream(write_bytes, canvas->file.stream, canvas->width, canvas->height);
    if (cornu__text_has_ending(path, ".pdf"))
        return cairo_pdf_surface_create_for_stream(write_bytes, canvas->file.stream, canvas->width, canvas->height);
    canvas->is_png = true;
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)canvas->width, (int)canvas->height);
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

cornu_status cornu__canvas_begin(cornu__canvas *canvas, const char *path, double width, double height,
                                 cornu__color paper)
{
    *canvas = (cornu__canvas){.width = width, .height = height};
    CORNU_TRY(cornu__canvas_check_name(path));
    CORNU_TRY(cornu__file_begin(&canvas->file, path));
    canvas->surface = surface_for(canvas, path);
    canvas->cairo = cairo_create(canvas->surface);
    cairo_select_font_face(canvas->cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cornu__canvas_color(canvas, paper);
    cairo_paint(canvas->cairo);
    return CORNU_OK;
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

double cornu__canvas_text_width(cornu__canvas *canvas, double size, const char *text)
{
    cairo_text_extents_t extents;
    cairo_set_font_size(canvas->cairo, size);
    cairo_text_extents(canvas->cairo, text, &extents);
    return extents.x_advance;
}

void cornu__canvas_text(cornu__canvas *canvas, double x, double y, double size, cornu__align align, double width,
                        const char *text)
{
    char shown[256];
    snprintf(shown, sizeof shown - 4, "%s", text);
    double text_width = cornu__canvas_text_width(canvas, size, shown);
    for (size_t length = strlen(shown); width > 0 && text_width > width && length > 1;) {
        length--;
        while (length > 1 && ((unsigned char)shown[length] & 0xC0) == 0x80) /* not inside a UTF-8 character */
            length--;
        memcpy(shown + length, "\xE2\x80\xA6", 4);
        text_width = cornu__canvas_text_width(canvas, size, shown);
    }
    double shift = align == CORNU__ALIGN_LEFT ? 0 : align == CORNU__ALIGN_CENTER ? text_width / 2 : text_width;
    cairo_move_to(canvas->cairo, x - shift, y);
    cairo_show_text(canvas->cairo, shown);
}
