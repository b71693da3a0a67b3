#include "cli/draw.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/canvas.h"

static void assert_drawn(struct buffer *out, const char *expected)
{
    assert_string_equal(buffer_text(out), expected);
    buffer_clear(out);
}

static void test_bar(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    draw_bar(&out, 0, 4, false);
    assert_drawn(&out, "    ");
    draw_bar(&out, 0.5, 4, false);
    assert_drawn(&out, "██  ");
    draw_bar(&out, 1, 4, false);
    assert_drawn(&out, "████");
    draw_bar(&out, 0.53125, 4, false);
    assert_drawn(&out, "██▏ ");
    draw_bar(&out, 0.0001, 4, false);
    assert_drawn(&out, "▏   ");
    draw_bar(&out, 7, 3, false);
    assert_drawn(&out, "███");
    draw_bar(&out, -1, 3, false);
    assert_drawn(&out, "   ");
    draw_bar(&out, NAN, 3, false);
    assert_drawn(&out, "   ");
    draw_bar(&out, 0.5, 4, true);
    assert_drawn(&out, "##  ");
    draw_bar(&out, 0.001, 4, true);
    assert_drawn(&out, "#   ");
    draw_bar(&out, 0.99, 4, true);
    assert_drawn(&out, "####");
    draw_bar(&out, 0.5, 0, false);
    assert_int_equal(buffer_length(&out), 0);
}

static void test_spark(void **state)
{
    static const float ramp[] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const float holes[] = {100, NAN, 0};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    draw_spark(&out, ramp, 8, 0, 7, 8, false);
    assert_drawn(&out, "▁▂▃▄▅▆▇█");
    draw_spark(&out, ramp, 8, 0, 7, 3, false);
    assert_drawn(&out, "▆▇█");
    draw_spark(&out, holes, 3, 0, 100, 5, false);
    assert_drawn(&out, "  █ ▁");
    draw_spark(&out, holes, 3, 0, 100, 3, true);
    assert_drawn(&out, "# _");
    draw_spark(&out, holes, 3, 5, 5, 3, false); /* no range at all */
    assert_drawn(&out, "▁ ▁");
    draw_spark(&out, NULL, 0, 0, 1, 2, false);
    assert_drawn(&out, "  ");
}

static void test_graph(void **state)
{
    static const float values[] = {0, 1, 2, 3, 4, 5, NAN, 7};
    struct draw_graph graph = {.values = values, .width = 4, .rows = 2, .low = 0, .high = 7};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    draw_graph_row(&out, &graph, 0);
    assert_drawn(&out, "  ⡠⠈");
    draw_graph_row(&out, &graph, 1);
    assert_drawn(&out, "⡠⠊  ");
    graph.filled = true;
    draw_graph_row(&out, &graph, 0);
    assert_drawn(&out, "  ⣠⢸");
    draw_graph_row(&out, &graph, 1);
    assert_drawn(&out, "⣠⣾⣿⢸");
    graph.ascii = true;
    draw_graph_row(&out, &graph, 0);
    assert_drawn(&out, "  **");
    draw_graph_row(&out, &graph, 1);
    assert_drawn(&out, "**::");
}

static void test_resample(void **state)
{
    static const double values[] = {1, 3, NAN, NAN, 5, NAN, 7, 9};
    float out[8];

    (void)state;
    draw_resample(values, 8, out, 4);
    assert_true(out[0] == 2 && isnan(out[1]) && out[2] == 5 && out[3] == 8);
    draw_resample(values, 2, out, 4);
    assert_true(out[0] == 1 && out[1] == 1 && out[2] == 3 && out[3] == 3);
    draw_resample(values, 0, out, 2);
    assert_true(isnan(out[0]) && isnan(out[1]));
}

static void test_ceiling(void **state)
{
    (void)state;
    assert_true(draw_ceiling(0, false) == 1);
    assert_true(draw_ceiling(NAN, false) == 1);
    assert_true(draw_ceiling(3, false) == 5);
    assert_true(draw_ceiling(11, false) == 20);
    assert_true(draw_ceiling(501, false) == 1000);
    assert_true(draw_ceiling(1001, false) == 2000);
    assert_true(draw_ceiling(1500, true) == 2048);
    assert_true(draw_ceiling(1000, true) == 1024);
    assert_true(draw_ceiling(1e300, true) == 1);
}

/* ---- the canvas ---- */

static void assert_row(const struct canvas *canvas, int row, const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(canvas_row(canvas, row, &out), 0);
    assert_string_equal(buffer_text(&out), expected);
}

static void test_text_is_cut(void **state)
{
    _cleanup_canvas_ struct canvas canvas = {0};

    (void)state;
    assert_int_equal(canvas_resize(&canvas, 2, 10), 0);
    assert_int_equal(canvas_text(&canvas, 0, 0, 10, STYLE_PLAIN, "0123456789"), 10);
    assert_row(&canvas, 0, "0123456789");
    assert_int_equal(canvas_text(&canvas, 1, 0, 10, STYLE_PLAIN, "0123456789a"), 10);
    assert_row(&canvas, 1, "012345678…");
    canvas_clear(&canvas);
    assert_int_equal(canvas_text(&canvas, 0, 7, 10, STYLE_PLAIN, "abcdef"), 3);
    assert_row(&canvas, 0, "       ab…");
    canvas_clear(&canvas);
    canvas_right(&canvas, 0, 2, 5, STYLE_PLAIN, "ab");
    assert_row(&canvas, 0, "     ab");
    canvas_clear(&canvas);
    /* A wide character never sticks out. */
    assert_int_equal(canvas_text(&canvas, 0, 0, 4, STYLE_PLAIN, "日本語"), 3);
    assert_row(&canvas, 0, "日…");
    canvas.ascii = true;
    canvas_text(&canvas, 1, 0, 4, STYLE_PLAIN, "añb");
    assert_row(&canvas, 1, "a?b");
}

static void test_nothing_outside(void **state)
{
    _cleanup_canvas_ struct canvas canvas = {0};
    _cleanup_buffer_ struct buffer bar = BUFFER_INIT;

    (void)state;
    assert_int_equal(canvas_resize(&canvas, 3, 4), 0);
    canvas_text(&canvas, -1, 0, 4, STYLE_PLAIN, "x");
    canvas_text(&canvas, 3, 0, 4, STYLE_PLAIN, "x");
    canvas_text(&canvas, 0, 4, 4, STYLE_PLAIN, "x");
    canvas_text(&canvas, 0, -3, 9, STYLE_PLAIN, "x");
    canvas_text(&canvas, 0, 1, -5, STYLE_PLAIN, "x");
    canvas_fill(&canvas, 7, 0, 100, STYLE_BAD);
    canvas_fill(&canvas, 0, 3, 100, STYLE_BAD);
    canvas_choose(&canvas, 9);
    draw_bar(&bar, 1, 100, false);
    canvas_drawn(&canvas, 2, 2, 100, STYLE_PLAIN, &bar);
    assert_row(&canvas, 0, "");
    assert_row(&canvas, 1, "");
    assert_row(&canvas, 2, "  ██");
}

/* A machine cannot write on the operator's terminal. */
static void test_hostile_text(void **state)
{
    _cleanup_canvas_ struct canvas canvas = {0};

    (void)state;
    assert_int_equal(canvas_resize(&canvas, 1, 40), 0);
    canvas_text(&canvas, 0, 0, 40, STYLE_PLAIN, "a\x1b[2Jb\nc\xff");
    for (int i = 0; i < 40; i++)
        assert_true(canvas.cells[i].code >= ' ' && canvas.cells[i].code < 0x7f);
    assert_row(&canvas, 0, "a\\x1b[2Jb\\x0ac\\xff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bar),
        cmocka_unit_test(test_spark),
        cmocka_unit_test(test_graph),
        cmocka_unit_test(test_resample),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_text_is_cut),
        cmocka_unit_test(test_nothing_outside),
        cmocka_unit_test(test_hostile_text),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
