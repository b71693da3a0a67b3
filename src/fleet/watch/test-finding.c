#include "fleet/watch/finding.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static float vitals[VITAL_COUNT];

static void find(const char *text, const struct reading *reading, struct buffer *out)
{
    _cleanup_rule_ struct rule *rule = NULL;

    assert_int_equal(rule_parse(text, &rule, NULL), 0);
    assert_int_equal(finding_append(out, rule, reading), 0);
}

static void assert_explained(const char *finding, const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(finding_explain(&out, finding), 0);
    assert_string_equal(buffer_length(&out) ? buffer_text(&out) : "", expected);
}

static void test_facts_then_words(void **state)
{
    static const char text[] =
        "  (cpu > 90 or down) and disk.free < 5% and net.rx > 1M and mem.used > 1G";
    const struct reading reading = {.presence = PRESENCE_UP, .vitals = vitals};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    for (size_t i = 0; i < VITAL_COUNT; i++)
        vitals[i] = NAN;
    vitals[VITAL_CPU_BUSY] = 97.4F;
    vitals[VITAL_DISK_FULL] = 97.5F;
    vitals[VITAL_MEM_USED] = 8589934592.F;
    find(text, &reading, &out);
    assert_string_equal(buffer_text(&out),
                        "[{\"measure\":\"cpu\",\"value\":97.4,\"unit\":\"percent\"},"
                        "{\"measure\":\"disk.free\",\"value\":2.5,\"unit\":\"percent\"},"
                        "{\"measure\":\"mem.used\",\"value\":8.589935e9,\"unit\":\"bytes\"}]");
    assert_explained(buffer_text(&out), "cpu 97 %, disk.free 2.5 %, mem.used 8.0 GiB");
}

static double thing(const struct reading *reading, enum vital vital, const char *name)
{
    (void)reading;
    return vital == VITAL_DISK_FULL && strcmp(name, "/a, \"b\"") == 0 ? 91 : NAN;
}

static void test_names_with_everything(void **state)
{
    const struct reading reading = {.presence = PRESENCE_UP, .vitals = vitals, .thing = thing};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    find("disk{mount=\"/a, \\\"b\\\"\"} > 90", &reading, &out);
    assert_explained(buffer_text(&out), "disk{mount=\"/a, \\\"b\\\"\"} 91 %");
}

static void test_nothing_known(void **state)
{
    const struct reading reading = {.presence = PRESENCE_DOWN};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    find("down or cpu > 5", &reading, &out);
    assert_string_equal(buffer_text(&out), "[]");
    assert_explained("[]", "");
}

/* What an older version kept, and what nobody wrote. */
static void test_others(void **state)
{
    (void)state;
    assert_explained("", "");
    assert_explained("cpu 97 %, load 1.20", "cpu 97 %, load 1.20");
    assert_explained("{\"measure\":1}", "{\"measure\":1}");
    assert_explained("[1,{\"measure\":\"cpu\",\"value\":\"x\",\"unit\":\"percent\"},"
                     "{\"measure\":\"cpu\",\"value\":7,\"unit\":\"ells\"},"
                     "{\"measure\":\"cpu\",\"value\":7,\"unit\":\"number\"}]",
                     "cpu 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_then_words),
        cmocka_unit_test(test_names_with_everything),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
