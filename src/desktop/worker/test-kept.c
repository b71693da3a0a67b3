/* The newest part of what was said, and where it stands in a job's stream. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "desktop/worker/kept.h"

enum { MAX = 1000 };

/* Byte N is N modulo a prime, so that what is in a wrong place is seen. */
static uint8_t byte_at(uint64_t at)
{
    return (uint8_t)(at % 251);
}

static void say(struct kept *kept, uint64_t from, size_t size)
{
    uint8_t bytes[4096];

    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(from + i);
    kept_say(kept, from, bytes, size);
}

static void assert_copied(const struct kept *kept, uint64_t from, uint64_t size, size_t wanted)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(kept_copy(kept, from, size, &out), 0);
    assert_int_equal(buffer_length(&out), wanted);
    for (size_t i = 0; i < wanted; i++)
        assert_int_equal(buffer_bytes(&out)[i], byte_at(from + i));
}

static void test_newest(void **state)
{
    struct kept *kept = kept_new("/tmp", MAX);

    (void)state;
    assert_true(kept_from(kept) == UINT64_MAX);
    say(kept, 5000, 600);
    assert_int_equal(kept_from(kept), 5000);
    assert_copied(kept, 5000, 600, 600);
    say(kept, 5600, 700);
    assert_int_equal(kept_from(kept), 5300);
    assert_copied(kept, 5300, 5000, 1000);
    assert_copied(kept, 5900, 10, 10);
    say(kept, 6300, 3000); /* more than it holds, at once */
    assert_int_equal(kept_from(kept), 8300);
    assert_copied(kept, 8300, 1000, 1000);
    assert_copied(kept, 9300, 1, 0);
    kept_free(kept);
}

/* Let go, it begins anew with what is said next. */
static void test_let_go(void **state)
{
    struct kept *kept = kept_new("/tmp", MAX);

    (void)state;
    assert_int_equal(kept_on_disk(NULL), 0);
    say(kept, 0, 600);
    assert_int_equal(kept_on_disk(kept), 600);
    say(kept, 600, 3000);
    assert_int_equal(kept_on_disk(kept), MAX);
    kept_let_go(kept);
    assert_int_equal(kept_on_disk(kept), 0);
    assert_true(kept_from(kept) == UINT64_MAX);
    kept_let_go(kept);
    say(kept, 3600, 50);
    assert_int_equal(kept_from(kept), 3600);
    assert_copied(kept, 3600, 50, 50);
    kept_free(kept);
}

static void test_only_where(void **state)
{
    struct kept *kept = kept_new("/tmp", 0);
    struct kept_mark mark;

    (void)state;
    kept_frame(kept, 0, 10);
    say(kept, 0, 600);
    assert_true(kept_from(kept) == UINT64_MAX);
    assert_copied(kept, 0, 600, 0);
    assert_true(kept_find(kept, 300, 0, &mark));
    assert_int_equal(mark.stream, 10);
    kept_free(kept);
}

static void test_no_disk(void **state)
{
    struct kept *kept = kept_new("/nowhere/at/all", MAX);

    (void)state;
    say(kept, 0, 100);
    assert_true(kept_from(kept) == UINT64_MAX);
    kept_free(kept);
}

static void test_marks(void **state)
{
    struct kept *kept = kept_new("/tmp", MAX);
    struct kept_mark mark;

    (void)state;
    assert_false(kept_find(kept, 0, 0, &mark));
    for (uint64_t i = 0; i < 10; i++) {
        kept_frame(kept, i * 40000, i * 40012);
        kept_frame(kept, i * 40000 + 10, i * 40012); /* the same frame */
    }
    assert_true(kept_find(kept, 100000, 0, &mark));
    assert_int_equal(mark.said, 80000);
    assert_int_equal(mark.stream, 80024);
    assert_true(kept_find(kept, 100000, 80025, &mark)); /* the machine begins later */
    assert_int_equal(mark.said, 120000);
    assert_true(kept_find(kept, UINT64_MAX, 0, &mark));
    assert_int_equal(mark.said, 360000);
    assert_false(kept_find(kept, 0, 400000, &mark));
    kept_free(kept);
}

/* The rest of a frame whose beginning was too near to the last mark is no place to begin. */
static void test_frames_in_pieces(void **state)
{
    struct kept *kept = kept_new("/tmp", 0);
    struct kept_mark mark;

    (void)state;
    kept_frame(kept, 0, 0);
    kept_frame(kept, 30000, 30012);
    kept_frame(kept, 46000, 30012);
    assert_true(kept_find(kept, 50000, 0, &mark));
    assert_int_equal(mark.said, 0);
    kept_frame(kept, 62000, 62024);
    assert_true(kept_find(kept, 62000, 0, &mark));
    assert_int_equal(mark.said, 62000);
    assert_int_equal(mark.stream, 62024);
    kept_free(kept);
}

static void test_marks_are_few(void **state)
{
    struct kept *kept = kept_new("/tmp", MAX);
    struct kept_mark mark;

    (void)state;
    for (uint64_t i = 0; i < 100000; i++)
        kept_frame(kept, i * 40000, i * 40012);
    for (uint64_t said = 0; said < 100000ull * 40000; said += 123456789) {
        assert_true(kept_find(kept, said, 0, &mark));
        assert_true(mark.said <= said && said - mark.said <= 8 * 40000);
        assert_int_equal(mark.stream, mark.said / 40000 * 40012);
    }
    kept_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newest),        cmocka_unit_test(test_let_go),
        cmocka_unit_test(test_only_where),    cmocka_unit_test(test_no_disk),
        cmocka_unit_test(test_marks),         cmocka_unit_test(test_frames_in_pieces),
        cmocka_unit_test(test_marks_are_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
