/* See figure.h. */
#include "fleet/home/figure.h"
#include "fleet/home/i18n.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char prefixes[] = "BKMGTPE";
static const char *const units[] = {N_("B"),   N_("KiB"), N_("MiB"), N_("GiB"),
                                    N_("TiB"), N_("PiB"), N_("EiB")};

/* Brings bytes below 1000 (999.5 would be shown as 1000), so that three digits are enough. */
static double scale(double bytes, size_t *prefix_out)
{
    size_t prefix = 0;

    while (fabs(bytes) >= 999.5 && prefix < sizeof(prefixes) - 2) {
        bytes /= 1024;
        prefix++;
    }
    *prefix_out = prefix;
    return bytes;
}

/* Digits behind the point while the value is below `limit`; whole bytes have none. */
static int digits(double value, size_t prefix, double limit)
{
    return prefix > 0 && fabs(value) < limit ? 1 : 0;
}

static int append_bytes(struct buffer *out, double value, const char *behind)
{
    size_t prefix;

    value = scale(value, &prefix);
    return buffer_printf(out, "%.*f %s%s", digits(value, prefix, 99.95), value, _(units[prefix]),
                         behind);
}

int figure_append_span(struct buffer *out, double seconds)
{
    uint64_t s = seconds > 0 && seconds < 1e15 ? (uint64_t)seconds : 0;

    if (s < 60)
        return buffer_printf(out, _("%us"), (unsigned)s);
    if (s < 3600)
        return s % 60 ? buffer_printf(out, _("%um %us"), (unsigned)(s / 60), (unsigned)(s % 60))
                      : buffer_printf(out, _("%um"), (unsigned)(s / 60));
    if (s < 86400)
        return buffer_printf(out, _("%uh %um"), (unsigned)(s / 3600), (unsigned)(s / 60 % 60));
    return buffer_printf(out, _("%llud %uh"), (unsigned long long)(s / 86400),
                         (unsigned)(s / 3600 % 24));
}

int figure_append(struct buffer *out, double value, enum vital_unit unit)
{
    if (!isfinite(value))
        return buffer_append_text(out, "-");
    switch (unit) {
    case VITAL_UNIT_PERCENT: return buffer_printf(out, "%.*f %%", fabs(value) < 9.95, value);
    case VITAL_UNIT_NUMBER: return buffer_printf(out, "%.0f", value);
    case VITAL_UNIT_LOAD: return buffer_printf(out, "%.2f", value);
    case VITAL_UNIT_CORES: return buffer_printf(out, "%.4g", value);
    case VITAL_UNIT_BYTES: return append_bytes(out, value, "");
    case VITAL_UNIT_BYTES_PER_SECOND: return append_bytes(out, value, "/s");
    case VITAL_UNIT_PER_SECOND: return buffer_printf(out, "%.*f/s", fabs(value) < 9.95, value);
    case VITAL_UNIT_CELSIUS: return buffer_printf(out, "%.0f °C", value);
    case VITAL_UNIT_SECONDS: return figure_append_span(out, value);
    }
    return 0;
}

static void short_bytes(double value, char *text_out, size_t size)
{
    size_t prefix;

    value = scale(value, &prefix);
    if (prefix == 0)
        snprintf(text_out, size, "%.0f%s", value, _(units[0]));
    else
        snprintf(text_out, size, "%.*f%c", digits(value, prefix, 9.95), value, prefixes[prefix]);
}

static void short_span(double seconds, char *text_out, size_t size)
{
    uint64_t s = seconds > 0 && seconds < 1e15 ? (uint64_t)seconds : 0;
    unsigned long long days = s / 86400;

    if (s < 60)
        snprintf(text_out, size, _("%us"), (unsigned)s);
    else if (s < 3600)
        snprintf(text_out, size, _("%um"), (unsigned)(s / 60));
    else if (s < 86400)
        snprintf(text_out, size, _("%uh%02u"), (unsigned)(s / 3600), (unsigned)(s / 60 % 60));
    else if (days < 10)
        snprintf(text_out, size, _("%llud%uh"), days, (unsigned)(s / 3600 % 24));
    else
        snprintf(text_out, size, _("%llud"), days);
}

/* A plain number: as many digits behind the point as there is room for. */
static void short_number(double value, int places, char *text_out, size_t size)
{
    static const char thousands[] = "kMGT";
    size_t prefix = 0;

    if (fabs(value) < 9999.5) {
        while (places > 0 && fabs(value) >= (places == 2 ? 99.995 : 999.95))
            places--;
        snprintf(text_out, size, "%.*f", places, value);
        return;
    }
    while (fabs(value) >= 999.5 && prefix < sizeof(thousands) - 1) {
        value /= 1000;
        prefix++;
    }
    snprintf(text_out, size, "%.*f%c", fabs(value) < 9.95, value, thousands[prefix - 1]);
}

void figure_short(double value, enum vital_unit unit, char text_out[FIGURE_SHORT_SIZE])
{
    char text[64];

    if (!isfinite(value)) {
        snprintf(text_out, FIGURE_SHORT_SIZE, "-");
        return;
    }
    switch (unit) {
    case VITAL_UNIT_PERCENT: snprintf(text, sizeof(text), "%.0f%%", value); break;
    case VITAL_UNIT_BYTES:
    case VITAL_UNIT_BYTES_PER_SECOND: short_bytes(value, text, sizeof(text)); break;
    case VITAL_UNIT_LOAD:
    case VITAL_UNIT_CORES: short_number(value, 2, text, sizeof(text)); break;
    case VITAL_UNIT_NUMBER:
    case VITAL_UNIT_PER_SECOND: short_number(value, 0, text, sizeof(text)); break;
    case VITAL_UNIT_CELSIUS: snprintf(text, sizeof(text), "%.0fC", value); break;
    case VITAL_UNIT_SECONDS: short_span(value, text, sizeof(text)); break;
    default: snprintf(text, sizeof(text), "-"); break;
    }
    snprintf(text_out, FIGURE_SHORT_SIZE, "%.*s", FIGURE_SHORT,
             strnlen(text, sizeof(text)) > FIGURE_SHORT ? "huge" : text);
}
