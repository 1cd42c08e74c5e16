/*
 * view/graph_layout.h: where the boxes of a graph without cycles go, from top to bottom (the method of Sugiyama, Tagawa and Toda, "Methods for
 * visual understanding of hierarchical system structures", 1981).
 */
#ifndef CORNU_VIEW_GRAPH_LAYOUT_H
#define CORNU_VIEW_GRAPH_LAYOUT_H

#include "base/status.h"

typedef struct cornu__layout_box {
    double width, height; /* given */
    double x, y;          /* found: of its middle */
} cornu__layout_box;

typedef struct cornu__layout_point {
    double x, y;
} cornu__layout_point;

typedef struct cornu__layout_edge {
    int from, to;                /* given: from < to */
    int point_count;             /* found: the way between the boxes, its ends on their borders; */
    cornu__layout_point *points; /* cornu__layout_free_ways */
} cornu__layout_edge;

typedef struct cornu__layout {
    int box_count, edge_count;
    cornu__layout_box *boxes;
    cornu__layout_edge *edges;
    double layer_gap, box_gap; /* given: between layers, and between neighbours in one */
    double width, height;      /* found: of the whole */
} cornu__layout;

/* Places boxes and edges. CORNU_ERROR_LIMIT: the long edges of so large a graph would take too much room. */
cornu_status cornu__layout_find(cornu__layout *graph);

void cornu__layout_free_ways(cornu__layout *graph);

#endif
