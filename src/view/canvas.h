/* view/canvas.h: a page to draw on that becomes a PNG, SVG or PDF file, whole or not at all. */
#ifndef CORNU_VIEW_CANVAS_H
#define CORNU_VIEW_CANVAS_H

#include <stdbool.h>

#include <cairo.h>

#include "base/file.h"
#include "base/status.h"
#include "base/text.h"

typedef struct cornu__color {
    double red, green, blue;
} cornu__color;

/* Paper, ink and data colours of a picture. */
typedef struct cornu__theme {
    cornu__color paper, ink, faint, grid;
    cornu__color series[8]; /* told apart by the colour-blind (Okabe and Ito, "Color universal design", 2008) */
    cornu__color right, wrong;
} cornu__theme;

const cornu__theme *cornu__theme_of(bool dark);

typedef struct cornu__canvas {
    cairo_t *cairo; /* unit: a pixel of the PNG, a point of SVG and PDF */
    double width, height;
    cairo_surface_t *surface;
    bool is_png;
    cornu__new_file file;
    /* of an SVG file, in which cairo draws letters as shapes: the texts, which go into its <desc> for search and screen readers */
    bool is_svg, described;
    int seen_of_tag; /* how much of "<svg" the bytes written last end with */
    cornu__text words;
} cornu__canvas;

/* Fails unless the name's ending is that of a kind of picture: .png, .svg or .pdf. */
cornu_status cornu__canvas_check_name(const char *path);

/* The kind of file by the path's ending. The page is `paper`; text is set to the sans-serif face. */
cornu_status cornu__canvas_begin(cornu__canvas *canvas, const char *path, double width, double height,
                                 cornu__color paper);
/* The same, with `scale` pixels of a PNG for each unit. */
cornu_status cornu__canvas_begin_scaled(cornu__canvas *canvas, const char *path, double width, double height,
                                        double scale, cornu__color paper);
/* A canvas without a page, to measure texts with; cornu__canvas_drop. */
void cornu__canvas_begin_measuring(cornu__canvas *canvas);
void cornu__canvas_drop(cornu__canvas *canvas);

/* Writes the file. After this, successful or not, the canvas is gone. */
cornu_status cornu__canvas_commit(cornu__canvas *canvas);

void cornu__canvas_color(cornu__canvas *canvas, cornu__color color);
/* `share` of b in a. */
cornu__color cornu__color_mix(cornu__color a, cornu__color b, double share);
void cornu__canvas_bold(cornu__canvas *canvas, bool bold);
void cornu__canvas_line(cornu__canvas *canvas, double x0, double y0, double x1, double y1, double width);
/* The outline of a rectangle with round corners as the current path. */
void cornu__canvas_round_rectangle(cornu__canvas *canvas, double left, double top, double width, double height,
                                   double radius);

typedef enum cornu__align { CORNU__ALIGN_LEFT, CORNU__ALIGN_CENTER, CORNU__ALIGN_RIGHT } cornu__align;

/* Text of a size with its baseline at y; what is no UTF-8 in it is shown as '?'; shortened with an ellipsis to `width` if that is > 0. */
void cornu__canvas_text(cornu__canvas *canvas, double x, double y, double size, cornu__align align, double width,
                        const char *text);
double cornu__canvas_text_width(cornu__canvas *canvas, double size, const char *text);

#endif
