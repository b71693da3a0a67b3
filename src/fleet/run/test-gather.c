/* See gather.h. */
#include "fleet/run/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NAMES = 2000 };

static struct transcripts *store;
static const char *names[NAMES];
static char name_texts[NAMES][16];

static int set_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(name_texts[i], sizeof(name_texts[i]), "m%u", i);
        names[i] = name_texts[i];
    }
    return transcripts_new(&store, &(struct transcripts_settings){0});
}

static int tear_down(void **state)
{
    (void)state;
    store = transcripts_free(store);
    return 0;
}

static uint32_t add(struct gather *gather, uint32_t member, uint32_t outcome, const char *said)
{
    struct transcript text = {0};
    uint32_t group;

    assert_int_equal(transcript_add(store, &text, said, strlen(said)), 0);
    assert_int_equal(transcript_finish(store, &text), 0);
    assert_int_equal(gather_add(gather, member, outcome, &text, &group), 0);
    assert_null(text.pieces);
    return group;
}

static void assert_names(const struct gather_group *group, const char *expected)
{
    _cleanup_buffer_ struct buffer folded = BUFFER_INIT;

    assert_int_equal(gather_names(group->members, group->count, names, &folded), 0);
    assert_string_equal(buffer_text(&folded), expected);
}

static void test_equal_outputs_fold(void **state)
{
    struct gather gather = {0};
    uint32_t order[2];

    (void)state;
    assert_int_equal(add(&gather, 9, 0, "11\n"), 0);
    assert_int_equal(add(&gather, 3, 0, "12\n"), 1);
    assert_int_equal(add(&gather, 1, 0, "12\n"), 1);
    assert_int_equal(add(&gather, 2, 0, "12\n"), 1);
    assert_int_equal(gather.count, 2);
    gather_order(&gather, order);
    assert_int_equal(order[0], 1);
    assert_int_equal(gather.groups[1].members[0], 1);
    assert_names(&gather.groups[1], "m[1-3]");
    assert_names(&gather.groups[0], "m9");
    gather_deinit(&gather);
}

static void test_outcome_keeps_apart(void **state)
{
    struct gather gather = {0};

    (void)state;
    add(&gather, 0, 0, "x");
    add(&gather, 1, 1, "x");
    add(&gather, 2, 0, "");
    add(&gather, 3, 0, "");
    assert_int_equal(gather.count, 3);
    assert_int_equal(gather.groups[2].count, 2);
    gather_deinit(&gather);
}

/* A difference in each place of short texts. */
static void test_every_byte_counts(void **state)
{
    (void)state;
    for (size_t size = 1; size < 20; size++) {
        for (size_t at = 0; at < size; at++) {
            struct gather gather = {0};
            char text[21] = {0};

            memset(text, 'x', size);
            add(&gather, 0, 0, text);
            add(&gather, 1, 0, text);
            text[at] = 'y';
            add(&gather, 2, 0, text);
            assert_int_equal(gather.count, 2);
            gather_deinit(&gather);
        }
    }
}

/* The table grows under them; each is found again. */
static void test_many_groups(void **state)
{
    struct gather gather = {0};
    uint32_t order[NAMES];

    (void)state;
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = NAMES; i-- > 0;)
            assert_int_equal(add(&gather, i, 0, names[i]), NAMES - 1 - i);
    assert_int_equal(gather.count, NAMES);
    gather_order(&gather, order);
    for (uint32_t i = 0; i < NAMES; i++)
        assert_int_equal(gather.groups[order[i]].members[0], i);
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

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
