#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/cleanup.h"
#include "gate/vitals-ask.h"

enum { NOW = 1764133563 };

static const uint64_t now_ms = NOW * 1000ull;
static char detail[256];

static int ask(const char *query, struct vitals_asked *asked_out)
{
    *detail = '\0';
    return vitals_ask_parse(query, now_ms, asked_out, detail, sizeof(detail));
}

static void test_once(void **state)
{
    struct vitals_asked asked;

    (void)state;
    assert_int_equal(ask(NULL, &asked), 0);
    assert_int_equal(asked.form, VITALS_ONCE);
    assert_int_equal(asked.fields.labels, (1u << VITAL_LABEL_COUNT) - 1);
    assert_int_equal(ask("", &asked), 0);
    assert_int_equal(ask("fields=cpu.busy&processes=50", &asked), 0);
    assert_int_equal(asked.form, VITALS_ONCE);
    assert_int_equal(asked.fields.vitals, 1ull << VITAL_CPU_BUSY);
    assert_int_equal(asked.processes, 50);
}

static void test_stream(void **state)
{
    struct vitals_asked asked;

    (void)state;
    assert_int_equal(ask("every=2s", &asked), 0);
    assert_int_equal(asked.form, VITALS_STREAM);
    assert_int_equal(asked.every_ms, 2000);
    assert_int_equal(ask("every=1ms", &asked), 0); /* nobody makes this machine work more */
    assert_int_equal(asked.every_ms, 1000);
    assert_int_equal(ask("every=0", &asked), 0);
    assert_int_equal(asked.every_ms, 1000);
    assert_int_equal(ask("every=14s&fields=summary", &asked), 0);
    assert_int_equal(asked.every_ms, 10000);
    assert_int_equal(ask("every=9d", &asked), 0);
    assert_int_equal(asked.every_ms, 3600000);
}

static void test_history(void **state)
{
    struct vitals_asked asked;

    (void)state;
    assert_int_equal(ask("since=24h", &asked), 0);
    assert_int_equal(asked.form, VITALS_HISTORY);
    assert_int_equal(asked.since_ms, now_ms - 86400000);
    assert_int_equal(asked.until_ms, now_ms);
    assert_int_equal(asked.step_ms, 0);
    assert_int_equal(ask("until=1700000060000&step=1ms&since=1700000000000", &asked), 0);
    assert_int_equal(asked.since_ms, 1700000000000);
    assert_int_equal(asked.until_ms, 1700000060000);
    assert_int_equal(asked.step_ms, 1);
    assert_int_equal(ask("since=0", &asked), 0);
    assert_int_equal(asked.since_ms, 0);
    assert_int_equal(ask("since=0&until=3000d", &asked), 0);
}

static void test_refused(void **state)
{
    static const struct {
        const char *query;
        const char *says;
    } bad[] = {
        {"fields=cpu.bussy", "\"cpu.bussy\" is no vital"},
        {"fields=", "\"\" is no vital"},
        {"fields=cpu.busy,,mem.used", "\"\" is no vital"},
        {"fields", "no parameter \"fields\""},
        {"evry=1", "no parameter \"evry\""},
        {"=", "no parameter \"\""},
        {"&", "no parameter \"\""},
        {"every=1&every=2", "twice"},
        {"every=", "every=: expected a length of time"},
        {"every=-1", "expected a length of time"},
        {"processes=51", "a number up to 50"},
        {"processes=x", "a number up to 50"},
        {"since=now", "milliseconds since 1970"},
        {"since=5&until=5", "must come before"},
        {"since=9&until=5", "must come before"},
        {"since=9999999999999", "must come before"},
        {"until=5", "go with since"},
        {"step=5", "go with since"},
        {"since=24h&every=1", "do not go with"},
        {"since=24h&processes=1", "do not go with"},
        {"since=24h&step=x", "expected a length of time"},
    };
    struct vitals_asked asked;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++) {
        assert_int_equal(ask(bad[i].query, &asked), 1);
        if (!strstr(detail, bad[i].says))
            fail_msg("%s: %s", bad[i].query, detail);
    }
}

static void test_long_values(void **state)
{
    char query[8192];
    struct vitals_asked asked;

    (void)state;
    for (size_t length = 2000; length < 2100; length++) {
        size_t used = (size_t)snprintf(query, sizeof(query), "fields=cpu.busy");

        while (used < length)
            used += (size_t)snprintf(query + used, sizeof(query) - used, ",temp");
        (void)ask(query, &asked); /* of any length: no harm */
    }
    memset(query, '9', sizeof(query) - 1);
    query[sizeof(query) - 1] = '\0';
    memcpy(query, "since=", 6);
    assert_int_equal(ask(query, &asked), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_history),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_long_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
