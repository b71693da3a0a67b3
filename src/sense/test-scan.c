/* Walking through text: ends, numbers at their limits, fields without a line to end them. */
#include "sense/test-fixture.h"

static void lines_and_fields_end(void **state)
{
    struct span text = span_of("a  b\t c\n\nlast");
    struct span line;
    struct span field;

    (void)state;
    assert_true(scan_line(&text, &line));
    assert_true(scan_field(&line, &field));
    assert_span_equal(field, "a");
    assert_true(scan_field(&line, &field));
    assert_span_equal(field, "b");
    assert_true(scan_field(&line, &field));
    assert_span_equal(field, "c");
    assert_false(scan_field(&line, &field));
    assert_true(scan_line(&text, &line));
    assert_true(span_is_empty(line));
    assert_true(scan_line(&text, &line));
    assert_span_equal(line, "last");
    assert_false(scan_line(&text, &line));
}

static void numbers_have_limits(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } cases[] = {
        {"0", 0},
        {"007", 7},
        {"18446744073709551614", UINT64_MAX - 1},
        {"18446744073709551616", SENSE_UNKNOWN},
        {"99999999999999999999999999", SENSE_UNKNOWN},
        {"", SENSE_UNKNOWN},
        {"-1", SENSE_UNKNOWN},
        {"+1", SENSE_UNKNOWN},
        {"1 ", SENSE_UNKNOWN},
        {"0x1", SENSE_UNKNOWN},
        {"max", SENSE_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++)
        assert_true(span_number(span_of(cases[i].text)) == cases[i].value);
    assert_true(span_hex(span_of("fFfffffffffffffe")) == UINT64_MAX - 1);
    assert_true(span_hex(span_of("0a")) == 10);
    assert_true(span_hex(span_of("10000000000000000")) == SENSE_UNKNOWN);
    assert_true(span_hex(span_of("")) == SENSE_UNKNOWN);
    assert_true(span_hex(span_of("g")) == SENSE_UNKNOWN);
    assert_true(span_hex((struct span){"1\0", 2}) == SENSE_UNKNOWN);
}

static void decimals_ignore_the_locale(void **state)
{
    (void)state;
    assert_true(span_decimal(span_of("0.15")) == 0.15);
    assert_true(span_decimal(span_of("12")) == 12);
    assert_true(span_decimal(span_of("2445.424")) == 2445.424);
    assert_true(span_decimal(span_of("1.0000009999")) == 1);
    assert_true(span_decimal(span_of("1.")) < 0);
    assert_true(span_decimal(span_of(".5")) < 0);
    assert_true(span_decimal(span_of("1,5")) < 0);
    assert_true(span_decimal(span_of("-1.5")) < 0);
    assert_true(span_decimal(span_of("1.-5")) < 0);
    assert_true(span_decimal(span_of("nan")) < 0);
}

static void unknown_stays_unknown(void **state)
{
    (void)state;
    assert_true(known_product(3, 4) == 12);
    assert_true(known_product(UINT64_MAX / 2, 3) == SENSE_UNKNOWN);
    assert_true(known_product(SENSE_UNKNOWN, 0) == SENSE_UNKNOWN);
    assert_true(known_sum(3, 4) == 7);
    assert_true(known_sum(UINT64_MAX - 1, 2) == SENSE_UNKNOWN);
    assert_true(known_sum(1, SENSE_UNKNOWN) == SENSE_UNKNOWN);
    assert_true(known_ticks_to_ms(3) == 3000 / (uint64_t)sysconf(_SC_CLK_TCK));
    assert_true(known_ticks_to_ms(SENSE_UNKNOWN) == SENSE_UNKNOWN);
    assert_true(known_difference(4, 3) == 1);
    assert_true(known_difference(3, 4) == 0);
    assert_true(known_difference(SENSE_UNKNOWN, 4) == SENSE_UNKNOWN);
    assert_true(known_difference(4, SENSE_UNKNOWN) == SENSE_UNKNOWN);
}

static void spans_are_cut_and_stripped(void **state)
{
    struct span before;
    struct span rest;

    (void)state;
    assert_true(span_cut(span_of("a:b:c"), ':', &before, &rest));
    assert_span_equal(before, "a");
    assert_span_equal(rest, "b:c");
    assert_false(span_cut(span_of("abc"), ':', &before, &rest));
    assert_span_equal(before, "abc");
    assert_true(span_is_empty(rest));
    assert_true(span_cut(span_of("abc:"), ':', &before, &rest));
    assert_true(span_is_empty(rest));
    assert_span_equal(span_strip(span_of(" \t\n x y \r\v\f ")), "x y");
    assert_true(span_is_empty(span_strip(span_of("  "))));
    assert_true(span_equal(span_of(""), ""));
    assert_false(span_equal(span_of("ab"), "abc"));
    assert_false(span_starts(span_of("ab"), "abc"));
    assert_true(span_starts(span_of("abc"), "ab"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_fields_end),       cmocka_unit_test(numbers_have_limits),
        cmocka_unit_test(decimals_ignore_the_locale), cmocka_unit_test(unknown_stays_unknown),
        cmocka_unit_test(spans_are_cut_and_stripped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
