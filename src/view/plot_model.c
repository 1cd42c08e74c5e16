/* plot_model.c: the graph of a model's layers. A nested model is laid out by itself and stands in the graph around it as one large box. */
#include <math.h>
#include <string.h>

#include <cornu/plot.h>

#include "base/options.h"
#include "base/text.h"
#include "model/model.h"
#include "view/canvas.h"
#include "view/graph_layout.h"

#define TEXT_SIZE 13.0
#define LINE_HEIGHT 18.0
#define BOX_PADDING 10.0
#define HEAD_HEIGHT 26.0
#define LARGEST_TEXT_WIDTH 460.0
#define LAYER_GAP 30.0
#define BOX_GAP 22.0
#define MARGIN 18.0
#define TITLE_HEIGHT 40.0
#define UNITS_PER_INCH 96.0
#define MOST_LINES 6
#define MOST_BOXES 10000 /* with those of nested models */

typedef struct diagram diagram;

typedef struct box {
    const cornu_layer *layer;
    const cornu__model_node *node; /* NULL: the model's shapes are not known */
    const char *name, *class_name; /* `name` NULL: not shown */
    char *lines[MOST_LINES];
    int line_count;
    diagram *inner; /* of a nested model that is expanded */
    double inner_left, inner_top;
} box;

struct diagram {
    box *boxes;
    cornu__layout graph;
};

typedef struct model_drawing {
    const cornu_plot_model_options *options;
    const cornu__theme *theme;
    cornu__canvas *canvas; /* to measure with, then to draw on */
    int box_count;         /* of all diagrams */
    bool lying;            /* from left to right or back: graphs are laid out with x and y in each other's place */
    bool upturned;         /* from the bottom up, or from right to left */
} model_drawing;

/* --- What stands in a box --- */

static cornu_status take_line(box *to, cornu__text *text)
{
    char *line = cornu__text_take(text);
    if (!line)
        return CORNU_ERROR_OUT_OF_MEMORY;
    to->lines[to->line_count++] = line;
    return CORNU_OK;
}

/* The shapes of some values: one, or a list. */
static void add_shapes(cornu__text *text, const cornu_model *model, int count, const int *values, int first)
{
    char shape[CORNU__SHAPE_TEXT_SIZE];
    cornu__text_add(text, "%s", count > 1 ? "[" : "");
    for (int i = 0; i < count; i++) {
        const cornu__spec *spec = &model->values[values ? values[i] : first + i];
        cornu__text_add(text, "%s%s", i > 0 ? ", " : "",
                        cornu__text_shape(shape, sizeof shape, spec->rank, spec->shape));
    }
    cornu__text_add(text, "%s", count > 1 ? "]" : "");
}

static cornu_status add_shape_lines(const cornu_model *model, box *to)
{
    cornu__text in = {0}, out = {0};
    if (to->node->input_count > 0) { /* an input layer has none */
        cornu__text_add(&in, "input shape: ");
        add_shapes(&in, model, to->node->input_count, to->node->inputs, 0);
        CORNU_TRY(take_line(to, &in));
    }
    cornu__text_add(&out, to->node->input_count > 0 ? "output shape: " : "shape: ");
    add_shapes(&out, model, to->node->output_count, NULL, to->node->output);
    return take_line(to, &out);
}

/* "relu", or NULL: the layer has no activation. */
static const char *activation_of(const cornu_layer *layer)
{
    const cornu__class *class = layer->object.class;
    const cornu__field *field = cornu__class_field(class, "activation");
    if (!field || field->type != CORNU__FIELD_OBJECT || layer->model)
        return NULL;
    cornu_identifier held = NULL;
    memcpy(&held, (const char *)layer->object.config + field->offset, sizeof held);
    const cornu__object *activation = (const void *)held;
    if (!activation || !activation->class)
        return "linear";
    return activation->class->name;
}

static int weights_of(const cornu_layer *layer)
{
    int count = layer->weight_count;
    for (int i = 0; layer->model && i < layer->model->layer_count; i++)
        count += weights_of(layer->model->layers[i]);
    return count;
}

static int calls_of(const cornu_model *model, const cornu_layer *layer)
{
    int count = 0;
    for (int i = 0; i < model->node_count; i++)
        count += model->nodes[i].layer == layer;
    return count;
}

static cornu_status add_one_line(box *to, const char *what, const char *value)
{
    cornu__text text = {0};
    cornu__text_add(&text, "%s%s", what, value);
    return take_line(to, &text);
}

static cornu_status describe(const model_drawing *drawing, const cornu_model *model, box *to)
{
    const cornu_plot_model_options *options = drawing->options;
    to->class_name = cornu__layer_class_name(to->layer);
    to->name = options->show_layer_names ? cornu_layer_name(to->layer) : NULL;
    const char *activation = options->show_layer_activations ? activation_of(to->layer) : NULL;
    if (activation)
        CORNU_TRY(add_one_line(to, "activation: ", activation));
    if (options->show_shapes && to->node)
        CORNU_TRY(add_shape_lines(model, to));
    if (options->show_dtype && to->node)
        CORNU_TRY(add_one_line(to, "dtype: ", cornu_dtype_name(model->values[to->node->output].dtype)));
    if (options->show_trainable && weights_of(to->layer) > 0)
        CORNU_TRY(add_one_line(to, "trainable: ", to->layer->trainable ? "yes" : "no"));
    int calls = to->node ? calls_of(model, to->layer) : 1;
    if (calls > 1) {
        cornu__text text = {0};
        cornu__text_add(&text, "shared: call %d of %d", to->node->call + 1, calls);
        CORNU_TRY(take_line(to, &text));
    }
    return CORNU_OK;
}

/* --- Sizes --- */

static double head_width(const model_drawing *drawing, const box *of)
{
    cornu__canvas_bold(drawing->canvas, true);
    double width = cornu__canvas_text_width(drawing->canvas, TEXT_SIZE, of->name ? of->name : of->class_name);
    cornu__canvas_bold(drawing->canvas, false);
    if (of->name)
        width += 8 + cornu__canvas_text_width(drawing->canvas, TEXT_SIZE, of->class_name);
    return fmin(width, LARGEST_TEXT_WIDTH);
}

static double text_height(const box *of)
{
    return HEAD_HEIGHT + (of->line_count > 0 ? of->line_count * LINE_HEIGHT + 8 : 0);
}

/* As seen, not as laid out. */
static void measure(const model_drawing *drawing, const box *of, double *width, double *height)
{
    *width = head_width(drawing, of);
    for (int i = 0; i < of->line_count; i++)
        *width = fmax(*width, cornu__canvas_text_width(drawing->canvas, TEXT_SIZE, of->lines[i]));
    *width = fmin(*width, LARGEST_TEXT_WIDTH) + 2 * BOX_PADDING;
    *height = text_height(of);
    if (!of->inner)
        return;
    const cornu__layout *inside = &of->inner->graph;
    *width = fmax(*width, (drawing->lying ? inside->height : inside->width) + 2 * MARGIN);
    *height += (drawing->lying ? inside->width : inside->height) + 2 * MARGIN;
}

/* --- The graph --- */

/* The number of the box that makes a value; -1: it is an input that is not shown. */
static int maker_of(const cornu_model *model, int value, const int *box_of_node)
{
    for (int i = 0; i < model->node_count; i++) {
        const cornu__model_node *node = &model->nodes[i];
        if (value >= node->output && value < node->output + node->output_count)
            return box_of_node[i];
    }
    return -1;
}

static cornu_status add_edge(cornu__layout *graph, int room, int from, int to)
{
    if (graph->edge_count == room)
        return cornu__fail(CORNU_ERROR_INTERNAL, "plot_model: more connections than counted");
    graph->edges[graph->edge_count++] = (cornu__layout_edge){.from = from, .to = to};
    return CORNU_OK;
}

static cornu_status add_edges(diagram *of, const cornu_model *model, const int *box_of_node)
{
    int room = 0;
    for (int i = 0; i < model->node_count; i++)
        room += model->nodes[i].input_count;
    of->graph.edges = cornu__alloc_array((size_t)room, sizeof *of->graph.edges);
    if (!of->graph.edges)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 0; i < model->node_count; i++) {
        for (int k = 0; k < model->nodes[i].input_count; k++) {
            int from = maker_of(model, model->nodes[i].inputs[k], box_of_node);
            if (from >= 0)
                CORNU_TRY(add_edge(&of->graph, room, from, box_of_node[i]));
        }
    }
    return CORNU_OK;
}

/* A Sequential whose shapes are not known: its layers are a chain all the same. */
static cornu_status add_chain(diagram *of)
{
    int count = of->graph.box_count;
    of->graph.edges = cornu__alloc_array((size_t)count, sizeof *of->graph.edges);
    if (!of->graph.edges)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 1; i < count; i++)
        CORNU_TRY(add_edge(&of->graph, count, i - 1, i));
    return CORNU_OK;
}

static void diagram_free(diagram *of)
{
    for (int b = 0; of && b < of->graph.box_count; b++) {
        for (int i = 0; i < of->boxes[b].line_count; i++)
            cornu__free(of->boxes[b].lines[i]);
        diagram_free(of->boxes[b].inner);
    }
    if (!of)
        return;
    cornu__layout_free_ways(&of->graph);
    cornu__free(of->graph.edges);
    cornu__free(of->graph.boxes);
    cornu__free(of->boxes);
    cornu__free(of);
}

static cornu_status diagram_make(model_drawing *drawing, const cornu_model *model, diagram **out);

static cornu_status add_box(model_drawing *drawing, const cornu_model *model, const cornu_layer *layer,
                            const cornu__model_node *node, diagram *to)
{
    box *made = &to->boxes[to->graph.box_count];
    cornu__layout_box *place = &to->graph.boxes[to->graph.box_count++];
    *made = (box){.layer = layer, .node = node};
    if (++drawing->box_count > MOST_BOXES)
        return cornu__fail(CORNU_ERROR_LIMIT,
                           "plot_model: the model has more than %d boxes with those of nested models", MOST_BOXES);
    CORNU_TRY(describe(drawing, model, made));
    if (drawing->options->expand_nested && layer->model)
        CORNU_TRY(diagram_make(drawing, layer->model, &made->inner));
    double width, height;
    measure(drawing, made, &width, &height);
    place->width = drawing->lying ? height : width;
    place->height = drawing->lying ? width : height;
    return CORNU_OK;
}

/* Boxes in the order of nodes; box_of_node[i] := that of node i, or -1. */
static cornu_status add_boxes(model_drawing *drawing, const cornu_model *model, diagram *to, int *box_of_node)
{
    for (int i = 0; model->structured && i < model->node_count; i++) {
        const cornu__model_node *node = &model->nodes[i];
        box_of_node[i] = -1;
        if (model->sequential && cornu__layer_is_input(node->layer))
            continue;
        box_of_node[i] = to->graph.box_count;
        CORNU_TRY(add_box(drawing, model, node->layer, node, to));
    }
    for (int i = 0; !model->structured && i < model->layer_count; i++) {
        if (!cornu__layer_is_input(model->layers[i]))
            CORNU_TRY(add_box(drawing, model, model->layers[i], NULL, to));
    }
    return CORNU_OK;
}

static cornu_status fill_diagram(model_drawing *drawing, const cornu_model *model, diagram *to)
{
    int room = model->structured ? model->node_count : model->layer_count;
    to->boxes = cornu__alloc_array((size_t)room, sizeof *to->boxes);
    to->graph.boxes = cornu__alloc_array((size_t)room, sizeof *to->graph.boxes);
    int *box_of_node = cornu__alloc_array((size_t)room, sizeof *box_of_node);
    bool whole = to->boxes && to->graph.boxes && box_of_node;
    cornu_status status = whole ? add_boxes(drawing, model, to, box_of_node) : CORNU_ERROR_OUT_OF_MEMORY;
    if (status == CORNU_OK)
        status = model->structured ? add_edges(to, model, box_of_node) : add_chain(to);
    cornu__free(box_of_node);
    CORNU_TRY(status);
    to->graph.layer_gap = LAYER_GAP;
    to->graph.box_gap = BOX_GAP;
    return cornu__layout_find(&to->graph);
}

static cornu_status diagram_make(model_drawing *drawing, const cornu_model *model, diagram **out)
{
    *out = cornu__alloc(sizeof **out);
    return *out ? fill_diagram(drawing, model, *out) : CORNU_ERROR_OUT_OF_MEMORY;
}

/* --- Drawing --- */

/* Where a point of a diagram's graph is on the page, `left` and `top` being where the diagram begins. */
static cornu__layout_point on_page(const model_drawing *drawing, const diagram *of, double left, double top,
                                   cornu__layout_point point)
{
    double y = drawing->upturned ? of->graph.height - point.y : point.y;
    return drawing->lying ? (cornu__layout_point){left + y, top + point.x}
                          : (cornu__layout_point){left + point.x, top + y};
}

static void draw_arrow_head(const model_drawing *drawing, cornu__layout_point at)
{
    cairo_t *cairo = drawing->canvas->cairo;
    double turn = (drawing->upturned ? -1 : 1) * 7, half = 4;
    cairo_move_to(cairo, at.x, at.y);
    if (drawing->lying) {
        cairo_line_to(cairo, at.x - turn, at.y - half);
        cairo_line_to(cairo, at.x - turn, at.y + half);
    } else {
        cairo_line_to(cairo, at.x - half, at.y - turn);
        cairo_line_to(cairo, at.x + half, at.y - turn);
    }
    cairo_close_path(cairo);
    cairo_fill(cairo);
}

static void draw_edge(const model_drawing *drawing, const diagram *of, double left, double top,
                      const cornu__layout_edge *edge)
{
    cairo_t *cairo = drawing->canvas->cairo;
    cornu__layout_point from = on_page(drawing, of, left, top, edge->points[0]);
    cairo_move_to(cairo, from.x, from.y);
    for (int i = 1; i < edge->point_count; i++) {
        cornu__layout_point to = on_page(drawing, of, left, top, edge->points[i]);
        double middle_x = (from.x + to.x) / 2, middle_y = (from.y + to.y) / 2;
        if (drawing->lying)
            cairo_curve_to(cairo, middle_x, from.y, middle_x, to.y, to.x, to.y);
        else
            cairo_curve_to(cairo, from.x, middle_y, to.x, middle_y, to.x, to.y);
        from = to;
    }
    cornu__canvas_color(drawing->canvas, drawing->theme->faint);
    cairo_set_line_width(cairo, 1.4);
    cairo_stroke(cairo);
    draw_arrow_head(drawing, from);
}

/* Inputs, layers with weights, and others, each in a colour of its own. */
static cornu__color head_color(const model_drawing *drawing, const box *of)
{
    const cornu__theme *theme = drawing->theme;
    if (cornu__layer_is_input(of->layer))
        return cornu__color_mix(theme->paper, theme->series[2], 0.30);
    return weights_of(of->layer) > 0 ? cornu__color_mix(theme->paper, theme->series[0], 0.28) : theme->grid;
}

static void draw_head(const model_drawing *drawing, const box *of, double left, double top, double width)
{
    cornu__canvas *canvas = drawing->canvas;
    double room = width - 2 * BOX_PADDING, at = left + BOX_PADDING, baseline = top + HEAD_HEIGHT - 8;
    const char *first = of->name ? of->name : of->class_name;
    cornu__canvas_color(canvas, drawing->theme->ink);
    double second_width = of->name ? 8 + cornu__canvas_text_width(canvas, TEXT_SIZE, of->class_name) : 0;
    double first_room = fmax(room - second_width, room / 2);
    cornu__canvas_bold(canvas, true);
    double first_width = fmin(cornu__canvas_text_width(canvas, TEXT_SIZE, first), first_room);
    cornu__canvas_text(canvas, at, baseline, TEXT_SIZE, CORNU__ALIGN_LEFT, first_room + 0.01, first);
    cornu__canvas_bold(canvas, false);
    if (of->name)
        cornu__canvas_text(canvas, at + first_width + 8, baseline, TEXT_SIZE, CORNU__ALIGN_LEFT,
                           room - first_width - 8 + 0.01, of->class_name);
}

static void draw_diagram(const model_drawing *drawing, const diagram *of, double left, double top);

static void draw_box(const model_drawing *drawing, const box *of, double left, double top, double width, double height)
{
    cornu__canvas *canvas = drawing->canvas;
    cairo_t *cairo = canvas->cairo;
    const cornu__theme *theme = drawing->theme;
    cairo_save(cairo);
    cornu__canvas_round_rectangle(canvas, left, top, width, height, 5);
    cairo_clip(cairo);
    cornu__canvas_color(canvas, of->inner ? cornu__color_mix(theme->paper, theme->grid, 0.35) : theme->paper);
    cairo_paint(cairo);
    cornu__canvas_color(canvas, head_color(drawing, of));
    cairo_rectangle(cairo, left, top, width, HEAD_HEIGHT);
    cairo_fill(cairo);
    cairo_restore(cairo);
    cornu__canvas_round_rectangle(canvas, left, top, width, height, 5);
    cornu__canvas_color(canvas, theme->faint);
    cairo_set_line_width(cairo, 1.2);
    cairo_stroke(cairo);
    draw_head(drawing, of, left, top, width);
    cornu__canvas_color(canvas, theme->ink);
    for (int i = 0; i < of->line_count; i++)
        cornu__canvas_text(canvas, left + BOX_PADDING, top + HEAD_HEIGHT + 17 + i * LINE_HEIGHT, TEXT_SIZE,
                           CORNU__ALIGN_LEFT, width - 2 * BOX_PADDING + 0.01, of->lines[i]);
    if (!of->inner)
        return;
    double inside = drawing->lying ? of->inner->graph.height : of->inner->graph.width;
    draw_diagram(drawing, of->inner, left + (width - inside) / 2, top + text_height(of) + MARGIN);
}

static void draw_diagram(const model_drawing *drawing, const diagram *of, double left, double top)
{
    for (int e = 0; e < of->graph.edge_count; e++)
        draw_edge(drawing, of, left, top, &of->graph.edges[e]);
    for (int b = 0; b < of->graph.box_count; b++) {
        const cornu__layout_box *place = &of->graph.boxes[b];
        cornu__layout_point middle = on_page(drawing, of, left, top, (cornu__layout_point){place->x, place->y});
        double width = drawing->lying ? place->height : place->width,
               height = drawing->lying ? place->width : place->height;
        draw_box(drawing, &of->boxes[b], middle.x - width / 2, middle.y - height / 2, width, height);
    }
}

static cornu_status draw_page(model_drawing *drawing, const diagram *of, const char *path)
{
    const cornu_plot_model_options *options = drawing->options;
    double title_height = options->title ? TITLE_HEIGHT : 0, title_width = 0;
    if (options->title)
        title_width =
            fmin(cornu__canvas_text_width(drawing->canvas, TEXT_SIZE + 5, options->title), LARGEST_TEXT_WIDTH);
    double graph_width = drawing->lying ? of->graph.height : of->graph.width;
    double width = ceil(fmax(graph_width, title_width) + 2 * MARGIN);
    double height = ceil((drawing->lying ? of->graph.width : of->graph.height) + 2 * MARGIN + title_height);
    cornu__canvas page;
    CORNU_TRY(
        cornu__canvas_begin_scaled(&page, path, width, height, options->dpi / UNITS_PER_INCH, drawing->theme->paper));
    drawing->canvas = &page;
    if (options->title) {
        cornu__canvas_color(&page, drawing->theme->ink);
        cornu__canvas_text(&page, width / 2, 28, TEXT_SIZE + 5, CORNU__ALIGN_CENTER, width - 2 * MARGIN + 0.01,
                           options->title);
    }
    draw_diagram(drawing, of, (width - graph_width) / 2, MARGIN + title_height);
    return cornu__canvas_commit(&page);
}

/* --- Checks --- */

static cornu_status read_direction(const char *rankdir, model_drawing *drawing)
{
    static const char *const directions[] = {"TB", "BT", "LR", "RL"};
    for (int i = 0; i < 4; i++) {
        if (!rankdir || strcmp(rankdir, directions[i]) != 0)
            continue;
        drawing->lying = i >= 2;
        drawing->upturned = i % 2 == 1;
        return CORNU_OK;
    }
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                       "plot_model: rankdir '%s'; wanted TB (top to bottom), BT, LR (left to right) or RL",
                       rankdir ? rankdir : "NULL");
}

static cornu_status need_structure(cornu_model *model, bool shapes)
{
    CORNU_TRY(cornu__model_status(model));
    bool known = cornu__model_need_structure(model) == CORNU_OK;
    CORNU_TRY(cornu__model_status(model));
    if (!known && shapes)
        return cornu__fail(CORNU_ERROR_STATE,
                           "plot_model: the shapes in model '%s' are not known before its input is: give its first "
                           "layer an input shape, or call cornu_build",
                           cornu_model_name(model));
    return known ? CORNU_OK : cornu__sequential_name_layers(model);
}

cornu_status cornu_plot_model_with(cornu_model *model, const char *path, const cornu_plot_model_options *given)
{
    cornu_plot_model_options options = {.struct_size = sizeof options, CORNU_PLOT_MODEL_DEFAULTS};
    cornu__options_lay(&options, sizeof options, given);
    if (!model)
        return cornu__fail_null_argument("plot_model: the model");
    if (options.dpi < 24 || options.dpi > 1200)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "plot_model: %d dpi; wanted 24 to 1200", options.dpi);
    model_drawing drawing = {.options = &options, .theme = cornu__theme_of(options.dark)};
    CORNU_TRY(read_direction(options.rankdir, &drawing));
    CORNU_TRY(cornu__canvas_check_name(path));
    CORNU_TRY(need_structure(model, options.show_shapes));
    cornu__canvas measuring;
    diagram *whole = NULL;
    cornu__canvas_begin_measuring(&measuring);
    drawing.canvas = &measuring;
    cornu_status status = diagram_make(&drawing, model, &whole);
    if (status == CORNU_OK && whole->graph.box_count == 0)
        status = cornu__fail(CORNU_ERROR_STATE, "plot_model: model '%s' has no layer to draw", cornu_model_name(model));
    if (status == CORNU_OK)
        status = draw_page(&drawing, whole, path);
    cornu__canvas_drop(&measuring);
    diagram_free(whole);
    return status;
}
