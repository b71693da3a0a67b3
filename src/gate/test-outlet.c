#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/outlet.h"

static struct outlet_mark mark_at(uint64_t from, uint64_t at, uint64_t acknowledged)
{
    struct outlet_mark mark = {.from = from, .at = at};

    list_init(&mark.link);
    outlet_mark_acknowledge(&mark, acknowledged);
    return mark;
}

static void test_acknowledged_counts_from_the_start(void **state)
{
    (void)state;
    assert_int_equal(mark_at(100, 100, 0).held, 100);
    assert_int_equal(mark_at(100, 150, 0).held, 100);
    assert_int_equal(mark_at(100, 150, 20).held, 120);
    assert_int_equal(mark_at(100, 150, 50).held, 150);
}

static void test_nobody_holds_what_was_not_sent(void **state)
{
    (void)state;
    assert_int_equal(mark_at(100, 150, 51).held, 150);
    assert_int_equal(mark_at(100, 150, UINT64_MAX).held, 150);
    assert_int_equal(mark_at(0, 0, UINT64_MAX).held, 0);
}

static void test_nothing_goes_without_a_reader(void **state)
{
    struct list marks;

    (void)state;
    list_init(&marks);
    assert_int_equal(outlet_release_to(&marks, 0), 0);
    assert_int_equal(outlet_release_to(&marks, 700), 700);
}

static void test_the_slowest_reader_decides(void **state)
{
    struct outlet_mark fast = mark_at(0, 1000, 1000);
    struct outlet_mark slow = mark_at(0, 1000, 300);
    struct outlet_mark late = mark_at(500, 900, 100);
    struct list marks;

    (void)state;
    list_init(&marks);
    list_append(&marks, &fast.link);
    assert_int_equal(outlet_release_to(&marks, 0), 1000);
    list_append(&marks, &slow.link);
    list_append(&marks, &late.link);
    assert_int_equal(outlet_release_to(&marks, 0), 300);
    list_remove(&slow.link);
    assert_int_equal(outlet_release_to(&marks, 300), 600);
    list_remove(&late.link);
    assert_int_equal(outlet_release_to(&marks, 600), 1000);
}

static void test_never_back(void **state)
{
    struct outlet_mark behind = mark_at(0, 100, 50);
    struct list marks;

    (void)state;
    list_init(&marks);
    list_append(&marks, &behind.link);
    assert_int_equal(outlet_release_to(&marks, 80), 80);
    assert_int_equal(outlet_release_to(&marks, 50), 50);
    assert_int_equal(outlet_release_to(&marks, 49), 50);
}

static void test_a_receipt_is_no_more_than_others_hold(void **state)
{
    struct outlet_mark slow = mark_at(0, 1000, 300);
    struct list marks;

    (void)state;
    list_init(&marks);
    assert_int_equal(outlet_held_by_all(&marks, 700), 700);
    list_append(&marks, &slow.link);
    assert_int_equal(outlet_held_by_all(&marks, 700), 300);
    assert_int_equal(outlet_held_by_all(&marks, 200), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acknowledged_counts_from_the_start),
        cmocka_unit_test(test_nobody_holds_what_was_not_sent),
        cmocka_unit_test(test_nothing_goes_without_a_reader),
        cmocka_unit_test(test_a_receipt_is_no_more_than_others_hold),
        cmocka_unit_test(test_the_slowest_reader_decides),
        cmocka_unit_test(test_never_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
