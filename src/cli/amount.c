/* See amount.h. */
#include "cli/amount.h"

#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "fleet/home/i18n.h"

const char *amount_size(uint64_t bytes, char text_out[AMOUNT_TEXT])
{
    static const char *const units[] = {N_("B"),   N_("KiB"), N_("MiB"), N_("GiB"),
                                        N_("TiB"), N_("PiB"), N_("EiB")};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1024 && unit + 1 < ELEMENTS_OF(units)) {
        value /= 1024;
        unit++;
    }
    snprintf(text_out, AMOUNT_TEXT, unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value,
             _(units[unit]));
    return text_out;
}

const char *amount_duration(uint64_t ms, char text_out[AMOUNT_TEXT])
{
    unsigned long long seconds = ms / 1000;

    if (ms < 10 * 1000)
        snprintf(text_out, AMOUNT_TEXT, _("%.1f s"), (double)(ms / 100) / 10);
    else if (seconds < 60)
        snprintf(text_out, AMOUNT_TEXT, _("%llu s"), seconds);
    else if (seconds < 3600)
        snprintf(text_out, AMOUNT_TEXT, _("%llu min %llu s"), seconds / 60, seconds % 60);
    else if (seconds < 86400)
        snprintf(text_out, AMOUNT_TEXT, _("%llu h %llu min"), seconds / 3600, seconds / 60 % 60);
    else
        snprintf(text_out, AMOUNT_TEXT, _("%llu d %llu h"), seconds / 86400, seconds / 3600 % 24);
    return text_out;
}

const char *amount_moment(uint64_t wall_ms, char text_out[AMOUNT_TEXT])
{
    time_t moment = (time_t)(wall_ms / 1000);
    time_t now = time(NULL);
    struct tm then, today;

    text_out[0] = '\0';
    if (!localtime_r(&moment, &then) || !localtime_r(&now, &today))
        return text_out;
    if (then.tm_year == today.tm_year && then.tm_yday == today.tm_yday)
        strftime(text_out, AMOUNT_TEXT, "%H:%M:%S", &then);
    else
        strftime(text_out, AMOUNT_TEXT, "%Y-%m-%d %H:%M:%S", &then);
    return text_out;
}
