#include "cli/when.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cli/history-graph.h"

/* 2026-11-25 13:30:00 UTC, 14:30 in Paris */
static const uint64_t now_ms = 1795613400000;

static void check(const char *text, uint64_t expected_ms)
{
    struct fault fault = {0};
    uint64_t wall_ms = 0;

    if (!when_parse(text, now_ms, &wall_ms, &fault))
        fail_msg("%s: %s", text, fault.text);
    if (wall_ms != expected_ms)
        fail_msg("%s: %llu, not %llu", text, (unsigned long long)wall_ms,
                 (unsigned long long)expected_ms);
}

static void test_times(void **state)
{
    (void)state;
    check("now", now_ms);
    check("90s", now_ms - 90000);
    check("24h", now_ms - 86400000);
    check("14d", now_ms - 14 * 86400000ull);
    check("14:00", now_ms - 30 * 60000);
    check("14:00:30", now_ms - 30 * 60000 + 30000);
    check("2026-11-25", now_ms - (14 * 60 + 30) * 60000);
    check("2026-11-25 14:30", now_ms);
    check("2026-11-25T14:30:00", now_ms);
    check("2026-11-24 14:30", now_ms - 86400000);
    /* In summer the clock is an hour ahead. */
    check("2026-07-01 12:00", 1782900000000);
}

static void test_no_times(void **state)
{
    static const char *const texts[] = {
        "",   "yesterday",    "25:00", "2026-02-30", "2026-13-01",     "2026-11-25 14:30:00 CET",
        "1x", "99999999999d", "-1h",   "14:00 ",     "1969-01-01 1:00"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(texts); i++) {
        struct fault fault = {0};
        uint64_t wall_ms;

        if (when_parse(texts[i], now_ms, &wall_ms, &fault))
            fail_msg("\"%s\" was read as %llu", texts[i], (unsigned long long)wall_ms);
        assert_true(*fault.text && *fault.hint);
    }
}

static void test_format(void **state)
{
    char text[WHEN_SIZE];

    (void)state;
    when_format(now_ms, text);
    assert_string_equal(text, "2026-11-25 14:30:00");
    when_format_utc(now_ms, text);
    assert_string_equal(text, "2026-11-25T13:30:00Z");
}

/* ---- the past, resampled ---- */

static void test_resample(void **state)
{
    static uint64_t rows[] = {1000, 2000, 3000, 7000};
    static double mean[] = {10, NAN, 30, 70}, low[] = {5, NAN, 30, 60}, high[] = {15, NAN, 30, 99};
    struct vitals_history history = {.since_ms = 1000,
                                     .until_ms = 9000,
                                     .step_ms = 1000,
                                     .column_count = 1,
                                     .row_count = 4,
                                     .row_ms = rows,
                                     .mean = mean,
                                     .min = low,
                                     .max = high};
    struct history_span span;
    float out[16];

    (void)state;
    history_resample(&history, mean, 0, out, 8);
    assert_true(out[0] == 10 && isnan(out[1]) && out[2] == 30);
    assert_true(isnan(out[3]) && isnan(out[4]) && isnan(out[5]) && out[6] == 70 && isnan(out[7]));
    /* Fewer parts: means of what falls on them. More: each row fills its own. */
    history_resample(&history, mean, 0, out, 2);
    assert_true(out[0] == 20 && out[1] == 70);
    history_resample(&history, mean, 0, out, 16);
    assert_true(out[0] == 10 && out[1] == 10 && isnan(out[2]) && out[4] == 30 && out[5] == 30);
    assert_true(isnan(out[6]) && out[12] == 70 && out[13] == 70 && isnan(out[14]));
    history_span(&history, 0, &span);
    assert_true(span.least == 5 && span.greatest == 99 && span.newest == 70);
    assert_true(fabs(span.mean - 110. / 3) < 1e-9);
    history.row_count = 0;
    history_span(&history, 0, &span);
    assert_true(isnan(span.least) && isnan(span.mean) && isnan(span.greatest));
    history_resample(&history, mean, 0, out, 2);
    assert_true(isnan(out[0]) && isnan(out[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_no_times),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_resample),
    };

    /* Written out, so that no zone data need be installed. */
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
