/*
 * graph_layout.c: layers by the longest way to them; few crossings by barycentres; places by least squares.
 *
 * An edge that spans several layers passes a vertex of no height in each of those between, so that it keeps clear of boxes. All further steps
 * see vertices and segments between neighbouring layers alone.
 */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "view/graph_layout.h"

#define MOST_VERTICES 100000
#define ORDER_SWEEPS 12
#define PLACE_SWEEPS 64
#define LINE_ROOM 10.0   /* that a passing edge takes of a layer */
#define STRAIGHTNESS 6.0 /* how much more a passing edge insists on its place than a box */

typedef struct layout {
    cornu__layout *graph;
    int layer_count, vertex_count, segment_count;
    int *layer;         /* of each vertex; boxes come first */
    int *position;      /* of each vertex in its layer, from the left */
    int *order;         /* vertices by layer, each layer from the left */
    int *begin;         /* layer_count + 1: where in `order` a layer begins */
    int *upper, *lower; /* of each segment: its vertices */
    int *first_vertex;  /* of each edge: the first one that it passes; the others follow */
    /* neighbours in the layer above and in the one below: of vertex v those from start[v] to start[v + 1] */
    int *above_start, *above, *below_start, *below;
    int *best;    /* the order with the fewest crossings so far */
    int *counts;  /* room to count crossings in */
    double *wish; /* room for barycentres and wished places */
    double *x;
    double *block_sum, *block_weight; /* room to place a layer in */
    int *block_size;
    double *layer_top, *layer_height;
} layout;

/* --- Layers --- */

static int span(const layout *l, const cornu__layout_edge *edge)
{
    return l->layer[edge->to] - l->layer[edge->from];
}

/* Each box one below the lowest that it follows; one that follows none just above the first that follows it. */
static void choose_layers(layout *l)
{
    cornu__layout *graph = l->graph;
    for (int e = 0; e < graph->edge_count; e++) { /* edges come in the order of `to`: see sort_edges */
        const cornu__layout_edge *edge = &graph->edges[e];
        if (l->layer[edge->to] <= l->layer[edge->from])
            l->layer[edge->to] = l->layer[edge->from] + 1;
    }
    for (int b = 0; b < graph->box_count; b++) {
        int nearest = -1;
        for (int e = 0; e < graph->edge_count; e++) {
            const cornu__layout_edge *edge = &graph->edges[e];
            if (edge->to == b)
                nearest = 0;
            else if (edge->from == b && (nearest < 0 || l->layer[edge->to] < nearest))
                nearest = l->layer[edge->to];
        }
        if (l->layer[b] == 0 && nearest > 1)
            l->layer[b] = nearest - 1;
    }
    for (int b = 0; b < graph->box_count; b++)
        l->layer_count = l->layer[b] >= l->layer_count ? l->layer[b] + 1 : l->layer_count;
}

static int compare_edges(const void *a, const void *b)
{
    const cornu__layout_edge *first = a, *second = b;
    return first->to != second->to ? (first->to > second->to) - (first->to < second->to)
                                   : (first->from > second->from) - (first->from < second->from);
}

static cornu_status count_vertices(layout *l)
{
    int64_t vertices = l->graph->box_count, segments = 0;
    for (int e = 0; e < l->graph->edge_count; e++) {
        vertices += span(l, &l->graph->edges[e]) - 1;
        segments += span(l, &l->graph->edges[e]);
    }
    if (vertices > MOST_VERTICES || segments > MOST_VERTICES)
        return cornu__fail(CORNU_ERROR_LIMIT, "the graph of %d boxes and %d connections is too large to be drawn",
                           l->graph->box_count, l->graph->edge_count);
    l->vertex_count = (int)vertices;
    l->segment_count = (int)segments;
    return CORNU_OK;
}

/* --- Vertices and segments --- */

static cornu_status make_room(layout *l)
{
    size_t vertices = (size_t)l->vertex_count, segments = (size_t)l->segment_count;
    int *layer = cornu__alloc_array(vertices, sizeof *layer);
    if (!layer)
        return CORNU_ERROR_OUT_OF_MEMORY;
    memcpy(layer, l->layer, (size_t)l->graph->box_count * sizeof *layer);
    cornu__free(l->layer);
    l->layer = layer;
    int **numbers[] = {&l->position, &l->order, &l->best, &l->counts, &l->block_size};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = cornu__alloc_array(vertices + 1, sizeof(int));
    int **lists[] = {&l->upper, &l->lower, &l->above, &l->below};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        *lists[i] = cornu__alloc_array(segments + 1, sizeof(int));
    l->above_start = cornu__alloc_array(vertices + 2, sizeof(int));
    l->below_start = cornu__alloc_array(vertices + 2, sizeof(int));
    l->begin = cornu__alloc_array((size_t)l->layer_count + 1, sizeof(int));
    l->first_vertex = cornu__alloc_array((size_t)l->graph->edge_count + 1, sizeof(int));
    double **places[] = {&l->wish, &l->x, &l->block_sum, &l->block_weight};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        *places[i] = cornu__alloc_array(vertices + 1, sizeof(double));
    l->layer_top = cornu__alloc_array((size_t)l->layer_count, sizeof(double));
    l->layer_height = cornu__alloc_array((size_t)l->layer_count, sizeof(double));
    bool whole = l->position && l->order && l->best && l->counts && l->block_size && l->upper && l->lower && l->above &&
                 l->below && l->above_start && l->below_start && l->begin && l->first_vertex && l->wish && l->x &&
                 l->block_sum && l->block_weight && l->layer_top && l->layer_height;
    return whole ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static void free_room(layout *l)
{
    void *const blocks[] = {l->layer,        l->position,   l->order,        l->begin,       l->upper,
                            l->lower,        l->above,      l->below,        l->above_start, l->below_start,
                            l->best,         l->counts,     l->wish,         l->x,           l->block_sum,
                            l->block_weight, l->block_size, l->first_vertex, l->layer_top,   l->layer_height};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        cornu__free(blocks[i]);
}

static void make_segments(layout *l)
{
    int vertex = l->graph->box_count, segment = 0;
    for (int e = 0; e < l->graph->edge_count; e++) {
        const cornu__layout_edge *edge = &l->graph->edges[e];
        int above = edge->from;
        l->first_vertex[e] = vertex;
        for (int at = l->layer[edge->from] + 1; at <= l->layer[edge->to]; at++) {
            int below = at < l->layer[edge->to] ? vertex++ : edge->to;
            l->layer[below] = at;
            l->upper[segment] = above;
            l->lower[segment++] = below;
            above = below;
        }
    }
}

/* Lists the neighbours of each vertex: `of` their segments' ends on its side, `others` those on the other side. */
static void list_neighbours(const layout *l, const int *of, const int *others, int *start, int *list)
{
    for (int s = 0; s < l->segment_count; s++)
        start[of[s] + 2]++;
    for (int v = 0; v < l->vertex_count; v++)
        start[v + 2] += start[v + 1];
    for (int s = 0; s < l->segment_count; s++)
        list[start[of[s] + 1]++] = others[s];
}

/* --- Order --- */

static void note_positions(layout *l)
{
    for (int at = 0; at < l->layer_count; at++) {
        for (int i = l->begin[at]; i < l->begin[at + 1]; i++)
            l->position[l->order[i]] = i - l->begin[at];
    }
}

/* As the vertices come: boxes before passing edges. */
static void first_order(layout *l)
{
    for (int v = 0; v < l->vertex_count; v++)
        l->begin[l->layer[v] + 1]++;
    for (int at = 0; at < l->layer_count; at++)
        l->begin[at + 1] += l->begin[at];
    for (int v = 0; v < l->vertex_count; v++)
        l->order[l->begin[l->layer[v]] + l->counts[l->layer[v]]++] = v;
    memset(l->counts, 0, ((size_t)l->vertex_count + 1) * sizeof *l->counts);
    note_positions(l);
}

static int compare_wishes(const void *a, const void *b, void *context)
{
    const layout *l = context;
    int first = *(const int *)a, second = *(const int *)b;
    if (l->wish[first] != l->wish[second])
        return l->wish[first] < l->wish[second] ? -1 : 1;
    return l->position[first] - l->position[second];
}

/* Sorts a layer by l->wish; equals stay as they are. */
static void sort_layer(layout *l, int at)
{
    int begin = l->begin[at], end = l->begin[at + 1];
    qsort_r(l->order + begin, (size_t)(end - begin), sizeof *l->order, compare_wishes, l);
    for (int i = begin; i < end; i++)
        l->position[l->order[i]] = i - begin;
}

/* Orders a layer by the barycentres of each vertex's neighbours in the layer above or below. */
static void order_layer(layout *l, int at, bool by_above)
{
    const int *start = by_above ? l->above_start : l->below_start, *list = by_above ? l->above : l->below;
    int other = by_above ? at - 1 : at + 1;
    double size = l->begin[at + 1] - l->begin[at], other_size = l->begin[other + 1] - l->begin[other];
    for (int i = l->begin[at]; i < l->begin[at + 1]; i++) {
        int v = l->order[i];
        double sum = 0;
        for (int n = start[v]; n < start[v + 1]; n++)
            sum += l->position[list[n]] + 0.5;
        int count = start[v + 1] - start[v];
        l->wish[v] = count > 0 ? sum / count : (l->position[v] + 0.5) / size * other_size;
    }
    sort_layer(l, at);
}

/* Crossings between a layer and the next: pairs of segments whose ends lie in opposite orders, counted by a Fenwick tree. */
static int64_t crossings_below(layout *l, int at)
{
    int size = l->begin[at + 2] - l->begin[at + 1];
    int64_t crossings = 0, seen = 0;
    memset(l->counts, 0, ((size_t)size + 1) * sizeof *l->counts);
    for (int i = l->begin[at]; i < l->begin[at + 1]; i++) {
        int v = l->order[i];
        for (int n = l->below_start[v]; n < l->below_start[v + 1]; n++) {
            int64_t not_right = 0;
            for (int p = l->position[l->below[n]] + 1; p > 0; p -= p & -p)
                not_right += l->counts[p];
            crossings += seen - not_right;
        }
        for (int n = l->below_start[v]; n < l->below_start[v + 1]; n++, seen++) {
            for (int p = l->position[l->below[n]] + 1; p <= size; p += p & -p)
                l->counts[p]++;
        }
    }
    return crossings;
}

static int64_t all_crossings(layout *l)
{
    int64_t crossings = 0;
    for (int at = 0; at + 1 < l->layer_count; at++)
        crossings += crossings_below(l, at);
    return crossings;
}

static void choose_order(layout *l)
{
    size_t bytes = (size_t)l->vertex_count * sizeof *l->order;
    first_order(l);
    int64_t fewest = all_crossings(l);
    memcpy(l->best, l->order, bytes);
    for (int sweep = 0; sweep < ORDER_SWEEPS && fewest > 0; sweep++) {
        for (int at = 1; sweep % 2 == 0 && at < l->layer_count; at++)
            order_layer(l, at, true);
        for (int at = l->layer_count - 2; sweep % 2 == 1 && at >= 0; at--)
            order_layer(l, at, false);
        int64_t crossings = all_crossings(l);
        if (crossings >= fewest)
            continue;
        fewest = crossings;
        memcpy(l->best, l->order, bytes);
    }
    memcpy(l->order, l->best, bytes);
    note_positions(l);
}

/* --- Places --- */

static bool is_passing(const layout *l, int vertex)
{
    return vertex >= l->graph->box_count;
}

static double width_of(const layout *l, int vertex)
{
    return is_passing(l, vertex) ? LINE_ROOM : l->graph->boxes[vertex].width;
}

/* The least distance of the middles of two neighbours. */
static double distance(const layout *l, int left, int right)
{
    double gap = is_passing(l, left) && is_passing(l, right) ? 0 : l->graph->box_gap;
    return (width_of(l, left) + width_of(l, right)) / 2 + gap;
}

static void place_packed(layout *l, int at)
{
    for (int i = l->begin[at]; i < l->begin[at + 1]; i++)
        l->x[l->order[i]] = i > l->begin[at] ? l->x[l->order[i - 1]] + distance(l, l->order[i - 1], l->order[i]) : 0;
}

/*
 * Places a layer as near (in least squares) to its vertices' wishes as order and distances allow. With each place counted from where its
 * vertex would be in the packed layer, that is a regression by a sequence that does not fall: neighbours that would are pooled.
 */
static void place_layer(layout *l, int at)
{
    int blocks = 0, begin = l->begin[at];
    double packed = 0;
    for (int i = begin; i < l->begin[at + 1]; i++) {
        int v = l->order[i];
        double weight = is_passing(l, v) ? STRAIGHTNESS : 1;
        packed += i > begin ? distance(l, l->order[i - 1], v) : 0;
        l->block_sum[blocks] = weight * (l->wish[v] - packed);
        l->block_weight[blocks] = weight;
        l->block_size[blocks++] = 1;
        while (blocks > 1 && l->block_sum[blocks - 2] / l->block_weight[blocks - 2] >
                                 l->block_sum[blocks - 1] / l->block_weight[blocks - 1]) {
            blocks--;
            l->block_sum[blocks - 1] += l->block_sum[blocks];
            l->block_weight[blocks - 1] += l->block_weight[blocks];
            l->block_size[blocks - 1] += l->block_size[blocks];
        }
    }
    packed = 0;
    for (int block = 0, i = begin; block < blocks; block++) {
        double place = l->block_sum[block] / l->block_weight[block];
        for (int k = 0; k < l->block_size[block]; k++, i++) {
            packed += i > begin ? distance(l, l->order[i - 1], l->order[i]) : 0;
            l->x[l->order[i]] = place + packed;
        }
    }
}

static double mean_place(const layout *l, const int *start, const int *list, int vertex)
{
    double sum = 0;
    for (int n = start[vertex]; n < start[vertex + 1]; n++)
        sum += l->x[list[n]];
    return start[vertex + 1] > start[vertex] ? sum / (start[vertex + 1] - start[vertex]) : NAN;
}

/* A vertex wishes to be where its neighbours above are, or those below, or in the middle of both; without any, to stay. */
static void wish_layer(layout *l, int at, bool above, bool below)
{
    for (int i = l->begin[at]; i < l->begin[at + 1]; i++) {
        int v = l->order[i];
        double up = above ? mean_place(l, l->above_start, l->above, v) : NAN,
               down = below ? mean_place(l, l->below_start, l->below, v) : NAN;
        l->wish[v] = isnan(up) ? (isnan(down) ? l->x[v] : down) : isnan(down) ? up : (up + down) / 2;
    }
}

static void choose_places(layout *l)
{
    for (int at = 0; at < l->layer_count; at++)
        place_packed(l, at);
    for (int sweep = 0; sweep < PLACE_SWEEPS; sweep++) {
        bool both = sweep >= PLACE_SWEEPS / 2;
        for (int i = 0; i < l->layer_count; i++) {
            bool down = sweep % 2 == 0;
            int at = down ? i : l->layer_count - 1 - i;
            wish_layer(l, at, both || down, both || !down);
            place_layer(l, at);
        }
    }
}

static void move_to_origin(layout *l)
{
    double left = DBL_MAX, right = -DBL_MAX, top = 0;
    for (int v = 0; v < l->vertex_count; v++) {
        left = fmin(left, l->x[v] - width_of(l, v) / 2);
        right = fmax(right, l->x[v] + width_of(l, v) / 2);
    }
    for (int v = 0; v < l->vertex_count; v++)
        l->x[v] -= left;
    for (int b = 0; b < l->graph->box_count; b++)
        l->layer_height[l->layer[b]] = fmax(l->layer_height[l->layer[b]], l->graph->boxes[b].height);
    for (int at = 0; at < l->layer_count; at++) {
        l->layer_top[at] = top;
        top += l->layer_height[at] + l->graph->layer_gap;
    }
    for (int b = 0; b < l->graph->box_count; b++) {
        l->graph->boxes[b].x = l->x[b];
        l->graph->boxes[b].y = l->layer_top[l->layer[b]] + l->layer_height[l->layer[b]] / 2;
    }
    l->graph->width = right - left;
    l->graph->height = top - l->graph->layer_gap;
}

/* --- Edges --- */

/* From the lower border of a box, straight through the layers that it passes, to the upper border of the other. */
static cornu_status trace_edge(const layout *l, int number)
{
    cornu__layout_edge *edge = &l->graph->edges[number];
    const cornu__layout_box *from = &l->graph->boxes[edge->from], *to = &l->graph->boxes[edge->to];
    int passed = span(l, edge) - 1, count = 0;
    edge->points = cornu__alloc_array(2 + 2 * (size_t)passed, sizeof *edge->points);
    if (!edge->points)
        return CORNU_ERROR_OUT_OF_MEMORY;
    edge->points[count++] = (cornu__layout_point){from->x, from->y + from->height / 2};
    for (int i = 0; i < passed; i++) {
        int at = l->layer[edge->from] + 1 + i;
        double x = l->x[l->first_vertex[number] + i];
        edge->points[count++] = (cornu__layout_point){x, l->layer_top[at]};
        edge->points[count++] = (cornu__layout_point){x, l->layer_top[at] + l->layer_height[at]};
    }
    edge->points[count++] = (cornu__layout_point){to->x, to->y - to->height / 2};
    edge->point_count = count;
    return CORNU_OK;
}

void cornu__layout_free_ways(cornu__layout *graph)
{
    for (int e = 0; e < graph->edge_count; e++) {
        cornu__free(graph->edges[e].points);
        graph->edges[e].points = NULL;
    }
}

static cornu_status lay_out(layout *l)
{
    l->layer = cornu__alloc_array((size_t)l->graph->box_count, sizeof *l->layer);
    if (!l->layer)
        return CORNU_ERROR_OUT_OF_MEMORY;
    choose_layers(l);
    CORNU_TRY(count_vertices(l));
    CORNU_TRY(make_room(l));
    make_segments(l);
    list_neighbours(l, l->lower, l->upper, l->above_start, l->above);
    list_neighbours(l, l->upper, l->lower, l->below_start, l->below);
    choose_order(l);
    choose_places(l);
    move_to_origin(l);
    for (int e = 0; e < l->graph->edge_count; e++)
        CORNU_TRY(trace_edge(l, e));
    return CORNU_OK;
}

cornu_status cornu__layout_find(cornu__layout *graph)
{
    layout l = {.graph = graph};
    if (graph->edge_count > 0)
        qsort(graph->edges, (size_t)graph->edge_count, sizeof *graph->edges, compare_edges);
    cornu_status status = graph->box_count > 0 ? lay_out(&l) : CORNU_OK;
    free_room(&l);
    if (status != CORNU_OK)
        cornu__layout_free_ways(graph);
    return status;
}
