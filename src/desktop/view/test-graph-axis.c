/* The marks of an axis of time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desktop/view/graph-axis.h"

#define MINUTE G_GINT64_CONSTANT(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static void test_steps(void **state)
{
    (void)state;
    assert_int_equal(graph_axis_step(5 * MINUTE, 6), MINUTE);
    assert_int_equal(graph_axis_step(HOUR, 7), 10 * MINUTE);
    assert_int_equal(graph_axis_step(HOUR, 6), 15 * MINUTE);
    assert_int_equal(graph_axis_step(DAY, 5), 6 * HOUR);
    assert_int_equal(graph_axis_step(14 * DAY, 8), 2 * DAY);
    assert_int_equal(graph_axis_step(14 * DAY, 3), 7 * DAY);
}

/* 2026-11-26 13:47 UTC. */
#define NOON (G_GINT64_CONSTANT(1795700820) * 1000)

static guint marks_of(gint64 span, gint64 step, const char *zone_name, struct graph_mark *marks)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);

    assert_non_null(zone);
    return graph_axis_marks(NOON - span, NOON, step, zone, marks);
}

static void test_full_hours_of_the_wall(void **state)
{
    struct graph_mark marks[GRAPH_AXIS_MARKS_MAX];
    guint count = marks_of(DAY, 6 * HOUR, "+05:30", marks);

    (void)state;
    assert_int_equal(count, 4);
    for (guint i = 0; i < count; i++) {
        assert_int_equal((marks[i].time_ms + 5 * HOUR + 30 * MINUTE) % (6 * HOUR), 0);
        assert_true(marks[i].time_ms >= NOON - DAY && marks[i].time_ms <= NOON);
    }
    assert_string_equal(marks[0].text, "00:00");
    assert_string_equal(marks[3].text, "18:00");
}

static void test_days_begin_at_midnight(void **state)
{
    struct graph_mark marks[GRAPH_AXIS_MARKS_MAX];
    guint count = marks_of(14 * DAY, DAY, "+01:00", marks);

    (void)state;
    assert_int_equal(count, 14);
    assert_int_equal((marks[13].time_ms + HOUR) % DAY, 0);
    assert_string_equal(marks[13].text, "Thu 26");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_full_hours_of_the_wall),
        cmocka_unit_test(test_days_begin_at_midnight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
