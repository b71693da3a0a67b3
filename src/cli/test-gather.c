#include "cli/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(struct gather *gather, const char *name, uint32_t outcome, const char *text)
{
    struct buffer output = BUFFER_INIT;

    if (*text)
        assert_int_equal(buffer_append_text(&output, text), 0);
    assert_int_equal(gather_add(gather, name, outcome, &output), 0);
    assert_int_equal(buffer_length(&output), 0);
    buffer_deinit(&output);
}

static void assert_names(struct gather_group *group, const char *expected)
{
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;

    assert_int_equal(gather_names(group, &names), 0);
    assert_string_equal(buffer_text(&names), expected);
}

static void test_equal_outputs_fold(void **state)
{
    struct gather gather = {0};

    (void)state;
    add(&gather, "web1", 0, "12\n");
    add(&gather, "db1", 0, "11\n");
    add(&gather, "web2", 0, "12\n");
    add(&gather, "web3", 0, "12\n");
    assert_int_equal(gather.count, 2);
    assert_int_equal(gather.groups[0].count, 3);
    assert_names(&gather.groups[0], "web[1-3]");
    assert_names(&gather.groups[1], "db1");
    gather_deinit(&gather);
}

static void test_outcome_keeps_apart(void **state)
{
    struct gather gather = {0};

    (void)state;
    add(&gather, "a", 0, "x");
    add(&gather, "b", 1, "x");
    add(&gather, "c", 0, "");
    add(&gather, "d", 0, "");
    assert_int_equal(gather.count, 3);
    assert_int_equal(gather.groups[2].count, 2);
    gather_deinit(&gather);
}

/* Lengths around the hash's word of eight bytes, and a difference in each place. */
static void test_every_byte_counts(void **state)
{
    (void)state;
    for (size_t size = 1; size < 20; size++) {
        for (size_t at = 0; at < size; at++) {
            struct gather gather = {0};
            char text[21] = {0};

            memset(text, 'x', size);
            add(&gather, "a", 0, text);
            add(&gather, "b", 0, text);
            text[at] = 'y';
            add(&gather, "c", 0, text);
            assert_int_equal(gather.count, 2);
            gather_deinit(&gather);
        }
    }
}

static void test_many_groups(void **state)
{
    static char names[1000][16];
    struct gather gather = {0};

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        snprintf(names[i], sizeof(names[i]), "m%03zu", i);
        add(&gather, names[i], 0, names[i]);
    }
    assert_int_equal(gather.count, 1000);
    assert_names(&gather.groups[999], "m999");
    gather_deinit(&gather);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_outputs_fold),
        cmocka_unit_test(test_outcome_keeps_apart),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_many_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
