/* See when.h. */
#include "cli/when.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "proto/vitals.h"

void when_format(uint64_t wall_ms, char text_out[WHEN_SIZE])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;

    *text_out = '\0';
    if (localtime_r(&seconds, &parts))
        strftime(text_out, WHEN_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
}

void when_format_utc(uint64_t wall_ms, char text_out[WHEN_SIZE])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;

    *text_out = '\0';
    if (gmtime_r(&seconds, &parts))
        strftime(text_out, WHEN_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* mktime() moves the 30th of February into March: then it was no date. */
static bool is_a_date(const struct tm *typed, time_t when)
{
    struct tm back;

    return when != (time_t)-1 && localtime_r(&when, &back) && back.tm_mday == typed->tm_mday &&
           back.tm_mon == typed->tm_mon;
}

static bool parse_clock(const char *text, uint64_t now_ms, uint64_t *wall_ms_out)
{
    static const char *const patterns[] = {
        "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
        "%Y-%m-%d",          "%H:%M:%S",          "%H:%M"};
    time_t now = (time_t)(now_ms / 1000);

    for (size_t i = 0; i < ELEMENTS_OF(patterns); i++) {
        struct tm parts = {0}, typed;
        const char *end;
        time_t when;

        if (patterns[i][1] == 'H') {
            if (!localtime_r(&now, &parts))
                return false;
            parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
        }
        end = strptime(text, patterns[i], &parts);
        if (!end || *end)
            continue;
        parts.tm_isdst = -1;
        typed = parts;
        when = mktime(&parts);
        if (!is_a_date(&typed, when) || when < 0)
            return false;
        *wall_ms_out = (uint64_t)when * 1000;
        return true;
    }
    return false;
}

bool when_parse(const char *text, uint64_t now_ms, uint64_t *wall_ms_out, struct fault *fault)
{
    uint64_t span_ms;

    if (text_equal(text, "now")) {
        *wall_ms_out = now_ms;
        return true;
    }
    if (vital_span_parse(text, &span_ms) && span_ms <= now_ms) {
        *wall_ms_out = now_ms - span_ms;
        return true;
    }
    if (parse_clock(text, now_ms, wall_ms_out))
        return true;
    fault_set(fault, _("Write it like 24h, 14:00, 2026-11-25 or \"2026-11-25 14:00\"."),
              _("\"%s\" is no time."), text);
    return false;
}
