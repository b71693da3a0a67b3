#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "proto/vitals.h"

static void test_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VITAL_COUNT; i++) {
        const struct vital_info *info = vital_info((enum vital)i);
        enum vital found;

        assert_true(vital_parse(info->name, strlen(info->name), &found));
        assert_int_equal(found, i); /* so no two are alike */
        assert_non_null(vital_unit_word(info->unit));
        assert_true(strspn(info->name, "abcdefghijklmnopqrstuvwxyz0123456789._") ==
                    strlen(info->name));
        assert_false(vital_parse(info->name, strlen(info->name) - 1, &found) && found == i);
    }
    assert_null(vital_info(VITAL_COUNT));
}

static void test_places(void **state)
{
    (void)state;
    for (unsigned label = 0; label < VITAL_LABEL_COUNT; label++) {
        size_t width = vital_label_width((enum vital_label)label);
        uint64_t seen = 0;

        assert_in_range(width, 1, 16);
        for (unsigned i = 0; i < VITAL_COUNT; i++)
            if (vital_info((enum vital)i)->label == label)
                seen |= 1ull << vital_label_place((enum vital)i);
        assert_int_equal(seen, (1ull << width) - 1);
    }
}

static bool parses(const char *text, struct vital_column *column_out)
{
    char *copy = strndup(text, strlen(text)); /* of just its size, so that a read beyond shows */
    bool good = vital_column_parse(copy, strlen(text), column_out);

    free(copy);
    return good;
}

static void test_columns(void **state)
{
    static const char *const good[] = {"cpu.busy", "cpu.busy{core=\"0\"}",
                                       "disk.free{mount=\"/a \\\"b\\\" \\\\ {x=\\\"}\"}",
                                       "net.rx{interface=\"eth0\"}", "temp{sensor=\"ä 1\"}"};
    static const char *const bad[] = {"",
                                      "cpu",
                                      "cpu.busy ",
                                      "cpu.busy{",
                                      "cpu.busy{core",
                                      "cpu.busy{core=",
                                      "cpu.busy{core=\"",
                                      "cpu.busy{core=\"\"}",
                                      "cpu.busy{core=\"0\"",
                                      "cpu.busy{core=\"0\"}x",
                                      "cpu.busy{core=\"0\\\"}",
                                      "cpu.busy{core=\"\\n\"}",
                                      "cpu.busy{mount=\"/\"}",
                                      "load.1m{core=\"0\"}"};
    struct vital_column column;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(good); i++) {
        _cleanup_buffer_ struct buffer text = BUFFER_INIT;

        assert_true(parses(good[i], &column));
        assert_int_equal(vital_column_append(&column, &text), 0);
        assert_string_equal(buffer_text(&text), good[i]);
    }
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_false(parses(bad[i], &column));
    assert_true(parses("disk.free{mount=\"/a \\\"b\\\" \\\\\"}", &column));
    assert_int_equal(column.vital, VITAL_DISK_FREE);
    assert_string_equal(column.thing, "/a \"b\" \\");
}

static void test_long_things(void **state)
{
    char text[200];
    struct vital_column column;

    (void)state;
    for (int length = VITAL_THING_MAX - 3; length < VITAL_THING_MAX + 3; length++) {
        snprintf(text, sizeof(text), "disk.free{mount=\"%0*d\"}", length, 0);
        assert_int_equal(parses(text, &column), length < VITAL_THING_MAX);
    }
}

static void test_fields(void **state)
{
    struct vital_fields fields;
    const char *bad;
    size_t length;

    (void)state;
    assert_int_equal(vital_fields_parse("cpu.busy,mem.used", &fields, &bad, &length), 0);
    assert_int_equal(fields.vitals, 1ull << VITAL_CPU_BUSY | 1ull << VITAL_MEM_USED);
    assert_int_equal(fields.labels, 0);
    assert_int_equal(vital_fields_parse("interfaces,temp", &fields, &bad, &length), 0);
    assert_int_equal(fields.vitals, 1ull << VITAL_TEMP);
    assert_int_equal(fields.labels, 1u << VITAL_LABEL_INTERFACE);
    assert_int_equal(vital_fields_parse("summary", &fields, &bad, &length), 0);
    assert_int_equal(fields.vitals, UINT64_MAX >> (64 - VITAL_COUNT));
    assert_int_equal(fields.labels, 0);
    assert_int_equal(vital_fields_parse("all", &fields, &bad, &length), 0);
    assert_int_equal(fields.labels, (1u << VITAL_LABEL_COUNT) - 1);

    assert_int_equal(vital_fields_parse("cpu.busy,cpu.bussy,x", &fields, &bad, &length), 1);
    assert_int_equal(length, 9);
    assert_memory_equal(bad, "cpu.bussy", 9);
    assert_int_equal(vital_fields_parse("", &fields, &bad, &length), 1);
    assert_int_equal(length, 0);
    assert_int_equal(vital_fields_parse("all,", &fields, &bad, &length), 1);
    assert_int_equal(vital_fields_parse(",all", &fields, &bad, &length), 1);
}

static void test_spans(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"1ms", 1}, {"0ms", 0}, {"2", 2000}, {"90s", 90000}, {"24h", 86400000}};
    static const char *const bad[] = {"", "ms", "s", "-1", "1.5s", "1 s", "1w", "1mss", "99999d"};
    uint64_t ms;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(good); i++) {
        assert_true(vital_span_parse(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_false(vital_span_parse(bad[i], &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),   cmocka_unit_test(test_places),
        cmocka_unit_test(test_columns), cmocka_unit_test(test_long_things),
        cmocka_unit_test(test_fields),  cmocka_unit_test(test_spans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
