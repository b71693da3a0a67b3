/* See vitals-scan.h. */
#include "fleet/watch/vitals-scan.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Powers of ten that a double holds exactly. */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum { POWER_MAX = (int)(sizeof(powers) / sizeof(powers[0])) - 1, DIGITS_MAX = 19 };

bool scan_text(struct vitals_scan *scan, const char *text)
{
    size_t length = strlen(text);

    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, text, length) != 0)
        return false;
    scan->at += length;
    return true;
}

/* Digits onto the mantissa; false if there is none. Those beyond what it holds only count. */
static bool scan_digits(struct vitals_scan *scan, uint64_t *mantissa, int *kept, int *dropped)
{
    const char *start = scan->at;

    while (scan->at < scan->end && (unsigned)(*scan->at - '0') <= 9) {
        if (*kept < DIGITS_MAX) {
            *mantissa = *mantissa * 10 + (unsigned)(*scan->at - '0');
            *kept += *mantissa > 0;
        } else if (*dropped < 1000) {
            ++*dropped;
        }
        scan->at++;
    }
    return scan->at > start;
}

/* The number of an exponent, held within what matters. */
static bool scan_exponent(struct vitals_scan *scan, int *exponent)
{
    bool negative = scan_text(scan, "-");
    uint64_t value = 0;
    int kept = 0;
    int dropped = 0;

    if (!negative)
        (void)scan_text(scan, "+");
    if (!scan_digits(scan, &value, &kept, &dropped))
        return false;
    if (value > 400 || dropped > 0)
        value = 400;
    *exponent += negative ? -(int)value : (int)value;
    return true;
}

static double scaled(uint64_t mantissa, int exponent)
{
    double value = (double)mantissa;

    while (exponent > 0 && value > 0 && value < INFINITY) {
        int step = exponent < POWER_MAX ? exponent : POWER_MAX;

        value *= powers[step];
        exponent -= step;
    }
    while (exponent < 0 && value > 0) {
        int step = -exponent < POWER_MAX ? -exponent : POWER_MAX;

        value /= powers[step];
        exponent += step;
    }
    return value;
}

bool scan_value(struct vitals_scan *scan, double *value_out)
{
    bool negative = scan_text(scan, "-");
    uint64_t mantissa = 0;
    int kept = 0;
    int dropped = 0;
    int exponent;

    if (!negative && scan_text(scan, "null")) {
        *value_out = NAN;
        return true;
    }
    if (!scan_digits(scan, &mantissa, &kept, &dropped))
        return false;
    exponent = dropped;
    if (scan_text(scan, ".")) {
        const char *start = scan->at;
        int before = dropped;

        if (!scan_digits(scan, &mantissa, &kept, &dropped))
            return false;
        exponent -= (int)(scan->at - start < 1000 ? scan->at - start : 1000) - (dropped - before);
    }
    if ((scan_text(scan, "e") || scan_text(scan, "E")) && !scan_exponent(scan, &exponent))
        return false;
    *value_out = negative ? -scaled(mantissa, exponent) : scaled(mantissa, exponent);
    return true;
}
