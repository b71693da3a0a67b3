/* See mirror.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mirror.h"

enum { CAPACITY = 16 * 4096 };

static void test_bytes_stay_in_order(void **state)
{
    struct mirror mirror = {0};
    uint8_t next_in = 0, next_out = 0;
    size_t room;

    (void)state;
    assert_int_equal(mirror_open(&mirror, CAPACITY), 0);
    assert_int_equal(mirror_open(&mirror, 2 * CAPACITY), 0); /* it is open */
    for (size_t step = 1; step < 40000; step += 977) {
        uint8_t *at = mirror_room(&mirror, &room);
        size_t size = step < room ? step : room;

        assert_int_equal(room, CAPACITY - mirror_length(&mirror));
        for (size_t i = 0; i < size; i++)
            at[i] = next_in++;
        mirror_commit(&mirror, size);
        size = mirror_length(&mirror) * 2 / 3;
        for (size_t i = 0; i < size; i++)
            assert_int_equal(mirror_bytes(&mirror)[i], next_out++);
        mirror_consume(&mirror, size);
    }
    while (mirror_length(&mirror) > 0) {
        assert_int_equal(mirror_bytes(&mirror)[0], next_out++);
        mirror_consume(&mirror, 1);
    }
    mirror_close(&mirror);
    mirror_close(&mirror);
}

static void test_full_across_the_end(void **state)
{
    struct mirror mirror = {0};
    size_t room;
    uint8_t *at;

    (void)state;
    assert_int_equal(mirror_open(&mirror, CAPACITY), 0);
    mirror_commit(&mirror, CAPACITY - 10);
    mirror_consume(&mirror, CAPACITY - 20);
    at = mirror_room(&mirror, &room);
    assert_int_equal(room, CAPACITY - 10);
    memset(at, 'x', room);
    mirror_commit(&mirror, room);
    mirror_room(&mirror, &room);
    assert_int_equal(room, 0);
    mirror_consume(&mirror, 10);
    for (size_t i = 0; i < CAPACITY - 10; i++)
        assert_int_equal(mirror_bytes(&mirror)[i], 'x');
    mirror_close(&mirror);
}

static void test_bad_capacities(void **state)
{
    struct mirror mirror = {0};
    size_t room;

    (void)state;
    assert_int_equal(mirror_open(&mirror, 0), -EINVAL);
    assert_int_equal(mirror_open(&mirror, 1000), -EINVAL);
    mirror_room(&mirror, &room);
    assert_int_equal(room, 0);
    assert_int_equal(mirror_length(&mirror), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_stay_in_order),
        cmocka_unit_test(test_full_across_the_end),
        cmocka_unit_test(test_bad_capacities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
