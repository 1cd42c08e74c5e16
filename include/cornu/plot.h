/*
 * plot.h: pictures: curves of training, sheets of images, graphs of models. The file's kind is its name's ending: .png, .svg or .pdf.
 */
#ifndef CORNU_PLOT_H
#define CORNU_PLOT_H

#include <cornu/array.h>
#include <cornu/history.h>
#include <cornu/model.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

#define CORNU_PLOT_MAX_SERIES 8
#define CORNU_PLOT_MAX_PANELS 6

/* One curve. `values[i]` belongs to x = first + i; NaN leaves a gap. The arrays are read during the call only. */
typedef struct cornu_series {
    const char *name;
    const double *values;
    int count;
} cornu_series;

/* One pair of axes: curves that share a y scale. */
typedef struct cornu_panel {
    const char *title;
    cornu_series series[CORNU_PLOT_MAX_SERIES]; /* ends at the first without values */
} cornu_panel;

typedef struct cornu_plot_options {
    size_t struct_size;
    const char *title;
    const char *x_label CORNU_DEFAULT("epoch");
    int first CORNU_DEFAULT(1); /* x of the first value */
    bool dark;                  /* light on dark */
    int width, height;          /* in pixels, for each panel at least 300 and, besides its legend, 200; 0: fitting */
    bool log_scale;             /* of y; what is not above 0 leaves a gap */
} cornu_plot_options;
#define CORNU_PLOT_DEFAULTS CORNU_DEFAULTS(.x_label = "epoch", .first = 1)

/* Draws `panel_count` panels (1 .. CORNU_PLOT_MAX_PANELS), in rows where the width does not do. The file appears whole or not at all. */
CORNU_API cornu_status cornu_plot_curves_with(const char *path, int panel_count, const cornu_panel *panels,
                                              const cornu_plot_options *options);
#define cornu_plot_curves(path, panel_count, panels, ...)                                                              \
    CORNU_KEYWORDS(cornu_plot_curves_with((path), (panel_count), (panels), &cornu_keywords), cornu_plot_options,       \
                   CORNU_PLOT_DEFAULTS __VA_ARGS__)

/* Draws a panel for each value that was trained on or measured, its val_ twin in the same panel. At most CORNU_PLOT_MAX_PANELS. */
CORNU_API cornu_status cornu_plot_history_with(const char *path, const cornu_history *history,
                                               const cornu_plot_options *options);
#define cornu_plot_history(path, history, ...)                                                                         \
    CORNU_KEYWORDS(cornu_plot_history_with((path), (history), &cornu_keywords), cornu_plot_options,                    \
                   CORNU_PLOT_DEFAULTS __VA_ARGS__)

typedef struct cornu_sheet_options {
    size_t struct_size;
    const char *title;
    /* One per image, or NULL; of several lines where '\n' is in it, and where it is too wide: between words, which a no-break space (U+00A0) does not part */
    const char *const *captions;
    const bool *marked;      /* captions set in the colour of a mistake, or NULL */
    int columns;             /* 0: fitting */
    double minimum, maximum; /* what is black and white; equal: the images' own extremes */
    bool dark;
    bool
        captions_left; /* captions begin at their images' left edge, for lists: the blanks before a line are kept. Else they are centered */
} cornu_sheet_options;

/* Draws images (n, height, width), or (n, height, width, 1, 3 or 4), of any dtype, as a sheet with captions, whose words make columns wider where they must. A fourth channel is opacity. */
CORNU_API cornu_status cornu_plot_images_with(const char *path, const cornu_array *images,
                                              const cornu_sheet_options *options);
#define cornu_plot_images(path, images, ...)                                                                           \
    CORNU_KEYWORDS(cornu_plot_images_with((path), (images), &cornu_keywords), cornu_sheet_options, __VA_ARGS__)

/* Keras's plot_model. */
typedef struct cornu_plot_model_options {
    size_t struct_size;
    bool show_shapes;                        /* of what goes into each layer and comes out */
    bool show_dtype;                         /* of what comes out */
    bool show_layer_names;                   /* the layers' names, not their classes alone */
    bool show_layer_activations;             /* of layers that have one */
    bool show_trainable;                     /* which layers' weights are trained */
    bool expand_nested;                      /* the layers of nested models, in a frame */
    const char *rankdir CORNU_DEFAULT("TB"); /* from top to bottom; "BT", "LR" (from left to right), "RL" */
    int dpi CORNU_DEFAULT(200);              /* pixels of a PNG per inch, of which text is 0.14 high; 24 .. 1200 */
    const char *title;
    bool dark; /* light on dark */
} cornu_plot_model_options;
#define CORNU_PLOT_MODEL_DEFAULTS CORNU_DEFAULTS(.rankdir = "TB", .dpi = 200)

/* Draws a model's layers and what goes from one to the other. A layer that is called more than once has a box for each call. A Sequential's
 * input layer is not shown, as in Keras. Without shapes, a Sequential whose input is not known can be drawn too. */
CORNU_API cornu_status cornu_plot_model_with(cornu_model *model, const char *path,
                                             const cornu_plot_model_options *options);
#define cornu_plot_model(model, path, ...)                                                                             \
    CORNU_KEYWORDS(cornu_plot_model_with((model), (path), &cornu_keywords), cornu_plot_model_options,                  \
                   CORNU_PLOT_MODEL_DEFAULTS __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
