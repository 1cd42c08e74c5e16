/* Layouts of graphs: boxes clear of each other and of passing lines, edges downwards, few crossings. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "view/graph_layout.h"

#define MOST 64

typedef struct sketch {
    cornu__layout layout;
    cornu__layout_box boxes[MOST];
    cornu__layout_edge edges[MOST];
} sketch;

static void begin(sketch *s, int boxes)
{
    *s = (sketch){.layout = {.box_count = boxes, .layer_gap = 30, .box_gap = 20}};
    s->layout.boxes = s->boxes;
    s->layout.edges = s->edges;
    for (int i = 0; i < boxes; i++)
        s->boxes[i] = (cornu__layout_box){.width = 60 + 17 * (i % 5), .height = 20 + 11 * (i % 3)};
}

static void join(sketch *s, int from, int to)
{
    s->edges[s->layout.edge_count++] = (cornu__layout_edge){.from = from, .to = to};
}

static bool strictly_inside(const cornu__layout_box *box, double x, double y)
{
    return fabs(x - box->x) < box->width / 2 - 0.01 && fabs(y - box->y) < box->height / 2 - 0.01;
}

static void check_boxes(const sketch *s)
{
    for (int a = 0; a < s->layout.box_count; a++) {
        const cornu__layout_box *one = &s->boxes[a];
        assert_true(one->x - one->width / 2 > -0.01 && one->x + one->width / 2 < s->layout.width + 0.01);
        assert_true(one->y - one->height / 2 > -0.01 && one->y + one->height / 2 < s->layout.height + 0.01);
        for (int b = 0; b < a; b++) {
            const cornu__layout_box *two = &s->boxes[b];
            bool apart = fabs(one->x - two->x) >= (one->width + two->width) / 2 + s->layout.box_gap - 0.01 ||
                         fabs(one->y - two->y) >= (one->height + two->height) / 2 + 0.01;
            assert_true(apart);
        }
    }
}

/* Each edge goes down from border to border, and through no box on its way. */
static void check_edges(const sketch *s)
{
    for (int e = 0; e < s->layout.edge_count; e++) {
        const cornu__layout_edge *edge = &s->edges[e];
        const cornu__layout_box *from = &s->boxes[edge->from], *to = &s->boxes[edge->to];
        const cornu__layout_point *points = edge->points, *last = &points[edge->point_count - 1];
        assert_true(points[0].x == from->x && points[0].y == from->y + from->height / 2);
        assert_true(last->x == to->x && last->y == to->y - to->height / 2);
        for (int i = 1; i < edge->point_count; i++) {
            assert_true(points[i].y >= points[i - 1].y);
            for (int b = 0; b < s->layout.box_count; b++)
                assert_false(strictly_inside(&s->boxes[b], points[i].x, (points[i].y + points[i - 1].y) / 2) &&
                             points[i].x == points[i - 1].x);
        }
    }
}

static void lay_out(sketch *s)
{
    assert_int_equal(cornu__layout_find(&s->layout), CORNU_OK);
    check_boxes(s);
    check_edges(s);
}

static void a_chain_is_a_straight_line(void **state)
{
    (void)state;
    sketch s;
    begin(&s, 50);
    for (int i = 1; i < 50; i++)
        join(&s, i - 1, i);
    lay_out(&s);
    for (int i = 1; i < 50; i++) {
        assert_true(fabs(s.boxes[i].x - s.boxes[0].x) < 1);
        assert_true(s.boxes[i].y > s.boxes[i - 1].y);
    }
    cornu__layout_free_ways(&s.layout);
}

static void a_long_edge_passes_beside_the_boxes(void **state)
{
    (void)state;
    sketch s;
    begin(&s, 6);
    for (int i = 1; i < 6; i++)
        join(&s, i - 1, i);
    join(&s, 0, 5);
    join(&s, 1, 4);
    lay_out(&s);
    cornu__layout_free_ways(&s.layout);
}

static void what_need_not_cross_does_not(void **state)
{
    (void)state;
    sketch s;
    begin(&s, 9);
    for (int i = 0; i < 4; i++)
        join(&s, i, 7 - i); /* four towers, given in opposite orders */
    for (int i = 4; i < 8; i++)
        join(&s, i, 8);
    lay_out(&s);
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < i; k++)
            assert_true((s.boxes[i].x > s.boxes[k].x) == (s.boxes[7 - i].x > s.boxes[7 - k].x));
    }
    cornu__layout_free_ways(&s.layout);
}

static void an_input_stands_just_above_where_it_goes(void **state)
{
    (void)state;
    sketch s;
    begin(&s, 6);
    for (int i = 2; i < 6; i++)
        join(&s, i == 2 ? 0 : i - 1, i);
    join(&s, 1, 5);
    lay_out(&s);
    assert_true(s.boxes[1].y > s.boxes[3].y && s.boxes[1].y < s.boxes[5].y);
    cornu__layout_free_ways(&s.layout);
}

static void boxes_without_connection_are_drawn_too(void **state)
{
    (void)state;
    sketch s;
    begin(&s, 3);
    lay_out(&s);
    assert_true(s.layout.width > 180);
    begin(&s, 0);
    assert_int_equal(cornu__layout_find(&s.layout), CORNU_OK);
}

static void many_branches_stay_apart(void **state)
{
    (void)state;
    sketch s;
    begin(&s, 30);
    uint32_t random = 12345;
    for (int i = 1; i < 30; i++) {
        for (int k = 0; k < 2; k++) {
            random = random * 1664525 + 1013904223;
            join(&s, (int)(random >> 16) % i, i);
        }
    }
    lay_out(&s);
    cornu__layout_free_ways(&s.layout);
}

static void a_graph_whose_lines_would_fill_memory_is_refused(void **state)
{
    (void)state;
    enum { BOXES = 2000 };
    cornu__layout_box *boxes = cornu__alloc_array(BOXES, sizeof *boxes);
    cornu__layout_edge *edges = cornu__alloc_array(2 * BOXES, sizeof *edges);
    cornu__layout layout = {.box_count = BOXES, .boxes = boxes, .edges = edges};
    for (int i = 1; i < BOXES; i++) {
        edges[layout.edge_count++] = (cornu__layout_edge){.from = i - 1, .to = i};
        edges[layout.edge_count++] = (cornu__layout_edge){.from = 0, .to = i};
    }
    assert_int_equal(cornu__layout_find(&layout), CORNU_ERROR_LIMIT);
    assert_non_null(strstr(cornu_error_message(), "too large to be drawn"));
    cornu__free(boxes);
    cornu__free(edges);
}

static void without_memory_nothing_is_left(void **state)
{
    (void)state;
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    uint64_t before = cornu__allocation_live();
    for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
        sketch s;
        begin(&s, 4);
        join(&s, 0, 1);
        join(&s, 1, 2);
        join(&s, 0, 3);
        join(&s, 2, 3);
        cornu__allocation_fail_at(n);
        status = cornu__layout_find(&s.layout);
        cornu__allocation_fail_at(0);
        if (status == CORNU_OK)
            cornu__layout_free_ways(&s.layout);
        assert_int_equal(cornu__allocation_live(), before);
        assert_true(n < 200);
    }
    assert_int_equal(status, CORNU_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_a_straight_line),
        cmocka_unit_test(a_long_edge_passes_beside_the_boxes),
        cmocka_unit_test(what_need_not_cross_does_not),
        cmocka_unit_test(an_input_stands_just_above_where_it_goes),
        cmocka_unit_test(boxes_without_connection_are_drawn_too),
        cmocka_unit_test(many_branches_stay_apart),
        cmocka_unit_test(a_graph_whose_lines_would_fill_memory_is_refused),
        cmocka_unit_test(without_memory_nothing_is_left),
    };
    return cmocka_run_group_tests_name("graph layout", tests, NULL, NULL);
}
