/* See wave.h. */
#include "fleet/run/wave.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_shares(void **state)
{
    struct wave_share share;

    (void)state;
    assert_true(wave_share_parse("10", &share));
    assert_int_equal(share.value, 10);
    assert_false(share.is_percent);
    assert_true(wave_share_parse("25%", &share));
    assert_int_equal(share.value, 25);
    assert_true(share.is_percent);
    assert_true(wave_share_parse("0", &share));
    assert_false(wave_share_parse("101%", &share));
    assert_false(wave_share_parse("%", &share));
    assert_false(wave_share_parse("", &share));
    assert_false(wave_share_parse("-1", &share));
    assert_false(wave_share_parse("10 %", &share));
}

static void test_all_at_once(void **state)
{
    struct wave wave;

    (void)state;
    wave_init(&wave, &(struct wave_settings){.machines = 3});
    assert_int_equal(wave.limit, 3);
    assert_int_equal(wave.count, 1);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(wave_ended(&wave, false), WAVE_SAME);
}

static void test_canary_and_waves(void **state)
{
    struct wave wave;

    (void)state;
    wave_init(&wave, &(struct wave_settings){.machines = 10, .canaries = 2, .size = {3, false}});
    assert_int_equal(wave.count, 4);
    assert_int_equal(wave.limit, 2);
    assert_true(wave_is_canary(&wave));
    assert_int_equal(wave_ended(&wave, true), WAVE_SAME);
    assert_int_equal(wave_ended(&wave, true), WAVE_NEXT);
    assert_false(wave_is_canary(&wave));
    assert_int_equal(wave.limit, 5);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(wave_ended(&wave, true), i == 2 ? WAVE_NEXT : WAVE_SAME);
    assert_int_equal(wave.limit, 8);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(wave_ended(&wave, true), i == 2 ? WAVE_NEXT : WAVE_SAME);
    assert_int_equal(wave.limit, 10);
    assert_int_equal(wave.number, 4);
    assert_int_equal(wave_of(&wave, 1), 1);
    assert_int_equal(wave_of(&wave, 2), 2);
    assert_int_equal(wave_of(&wave, 9), 4);
}

static void test_canary_fails(void **state)
{
    struct wave wave;

    (void)state;
    /* Even if others may fail. */
    wave_init(&wave,
              &(struct wave_settings){
                  .machines = 10, .canaries = 2, .has_failing = true, .failing = {5, false}});
    assert_int_equal(wave_ended(&wave, false), WAVE_OVER);
    assert_int_equal(wave_ended(&wave, true), WAVE_SAME);
    assert_int_equal(wave.limit, 2);
    wave_init(&wave, &(struct wave_settings){.machines = 10, .canaries = 2, .keep_going = true});
    assert_int_equal(wave_ended(&wave, false), WAVE_SAME);
    assert_int_equal(wave_ended(&wave, false), WAVE_NEXT);
    assert_int_equal(wave.limit, 10);
}

static void test_share_that_may_fail(void **state)
{
    struct wave wave;

    (void)state;
    wave_init(&wave,
              &(struct wave_settings){
                  .machines = 40, .size = {25, true}, .has_failing = true, .failing = {5, true}});
    assert_int_equal(wave.limit, 10);
    assert_int_equal(wave.failing, 2);
    assert_int_equal(wave_ended(&wave, false), WAVE_SAME);
    assert_int_equal(wave_ended(&wave, false), WAVE_SAME);
    assert_int_equal(wave_ended(&wave, false), WAVE_OVER);
    /* Without waves, too, as long as some have not begun. */
    wave_init(&wave,
              &(struct wave_settings){.machines = 40, .has_failing = true, .failing = {0, false}});
    assert_int_equal(wave.limit, 40);
    assert_int_equal(wave_ended(&wave, false), WAVE_OVER);
}

static void test_small_percentages(void **state)
{
    struct wave wave;

    (void)state;
    wave_init(&wave, &(struct wave_settings){.machines = 3, .size = {1, true}});
    assert_int_equal(wave.size, 1);
    assert_int_equal(wave.count, 3);
    wave_init(&wave, &(struct wave_settings){.machines = 3, .canaries = 9});
    assert_int_equal(wave.limit, 3);
    assert_int_equal(wave.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_canary_and_waves),
        cmocka_unit_test(test_canary_fails),
        cmocka_unit_test(test_share_that_may_fail),
        cmocka_unit_test(test_small_percentages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
