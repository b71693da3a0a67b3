#include "fleet/home/figure.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(double value, enum vital_unit unit, const char *full, const char *brief)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    char text[FIGURE_SHORT_SIZE];

    assert_int_equal(figure_append(&out, value, unit), 0);
    assert_string_equal(buffer_text(&out), full);
    figure_short(value, unit, text);
    assert_string_equal(text, brief);
}

static void test_units(void **state)
{
    (void)state;
    check(97.4, VITAL_UNIT_PERCENT, "97 %", "97%");
    check(2.54, VITAL_UNIT_PERCENT, "2.5 %", "3%");
    check(100, VITAL_UNIT_PERCENT, "100 %", "100%");
    check(0, VITAL_UNIT_BYTES, "0 B", "0B");
    check(999, VITAL_UNIT_BYTES, "999 B", "999B");
    check(1000, VITAL_UNIT_BYTES, "1.0 KiB", "1.0K");
    check(10.2 * 1024, VITAL_UNIT_BYTES, "10.2 KiB", "10K");
    check(1023.9 * 1024, VITAL_UNIT_BYTES, "1.0 MiB", "1.0M");
    check(3.4 * 1048576, VITAL_UNIT_BYTES_PER_SECOND, "3.4 MiB/s", "3.4M");
    check(23.5 * 1073741824, VITAL_UNIT_BYTES, "23.5 GiB", "24G");
    check(12, VITAL_UNIT_NUMBER, "12", "12");
    check(123456, VITAL_UNIT_NUMBER, "123456", "123k");
    check(10000, VITAL_UNIT_NUMBER, "10000", "10k");
    check(1.234, VITAL_UNIT_LOAD, "1.23", "1.23");
    check(99.999, VITAL_UNIT_LOAD, "100.00", "100.0");
    check(1234.5, VITAL_UNIT_LOAD, "1234.50", "1234");
    check(1.5, VITAL_UNIT_CORES, "1.5", "1.50");
    check(55.4, VITAL_UNIT_CELSIUS, "55 °C", "55C");
    check(0.25, VITAL_UNIT_PER_SECOND, "0.2/s", "0");
    check(NAN, VITAL_UNIT_BYTES, "-", "-");
    check(INFINITY, VITAL_UNIT_PERCENT, "-", "-");
}

static void test_spans(void **state)
{
    (void)state;
    check(0, VITAL_UNIT_SECONDS, "0s", "0s");
    check(59.9, VITAL_UNIT_SECONDS, "59s", "59s");
    check(60, VITAL_UNIT_SECONDS, "1m", "1m");
    check(725, VITAL_UNIT_SECONDS, "12m 5s", "12m");
    check(11220, VITAL_UNIT_SECONDS, "3h 7m", "3h07");
    check(9 * 86400 + 4 * 3600, VITAL_UNIT_SECONDS, "9d 4h", "9d4h");
    check(400 * 86400., VITAL_UNIT_SECONDS, "400d 0h", "400d");
    check(-5, VITAL_UNIT_SECONDS, "0s", "0s");
}

/* Whatever a machine says, a narrow column stays narrow. */
static void test_short_is_short(void **state)
{
    static const double values[] = {0,    -1,    9.95,   9.949, 99.95, 99.995, 999.4, 999.5,
                                    1000, 1e4,   1e6,    1e9,   1e12,  1e15,   1e18,  1e21,
                                    1e30, 1e300, -1e300, -999,  -9999, -99999, 0.001, 5e-324};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        for (int unit = VITAL_UNIT_PERCENT; unit <= VITAL_UNIT_SECONDS; unit++) {
            char text[FIGURE_SHORT_SIZE + 8];

            memset(text, 'x', sizeof(text));
            figure_short(values[i], (enum vital_unit)unit, text);
            assert_true(strlen(text) > 0 && strlen(text) <= FIGURE_SHORT);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_short_is_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
