/* See graph-axis.h. */
#include "desktop/view/graph-axis.h"

#include <langinfo.h>
#include <string.h>

#define MINUTE G_GINT64_CONSTANT(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

gint64 graph_axis_step(gint64 span_ms, guint marks)
{
    static const gint64 steps[] = {MINUTE,      2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE,
                                   30 * MINUTE, HOUR,       2 * HOUR,   3 * HOUR,    6 * HOUR,
                                   12 * HOUR,   DAY,        2 * DAY,    7 * DAY,     14 * DAY};

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (span_ms / steps[i] < MIN(MAX(marks, 1), GRAPH_AXIS_MARKS_MAX))
            return steps[i];
    }
    return MAX(span_ms, steps[G_N_ELEMENTS(steps) - 1]);
}

/* Whether the locale counts the hours to twelve. */
static gboolean is_twelve_hours(void)
{
    const char *format = nl_langinfo(T_FMT);

    return strstr(format, "%r") || strstr(format, "%I") || strstr(format, "%l");
}

static GDateTime *local_time(gint64 time_ms, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time_ms / 1000);

    return utc ? g_date_time_to_timezone(utc, zone) : NULL;
}

/* The first full step on the wall's clock at or behind a time. Days have 23 hours at times. */
static gint64 next_mark(gint64 time_ms, gint64 step_ms, GTimeZone *zone)
{
    gint64 mark = time_ms;

    for (int turn = 0; turn < 2; turn++) {
        g_autoptr(GDateTime) time = local_time(mark, zone);
        gint64 offset = time ? g_date_time_get_utc_offset(time) / 1000 : 0;

        mark = (time_ms + offset + step_ms - 1) / step_ms * step_ms - offset;
    }
    return MAX(mark, time_ms);
}

guint graph_axis_marks(gint64 from_ms, gint64 until_ms, gint64 step_ms, GTimeZone *zone,
                       struct graph_mark marks_out[GRAPH_AXIS_MARKS_MAX])
{
    const char *format = step_ms >= DAY ? "%a %-d" : is_twelve_hours() ? "%-I:%M %p" : "%H:%M";
    gint64 mark = next_mark(from_ms, step_ms, zone);
    guint count = 0;

    while (mark <= until_ms && count < GRAPH_AXIS_MARKS_MAX) {
        g_autoptr(GDateTime) time = local_time(mark, zone);
        g_autofree char *text = time ? g_date_time_format(time, format) : NULL;

        marks_out[count].time_ms = mark;
        g_strlcpy(marks_out[count++].text, text ? text : "", GRAPH_AXIS_TEXT_MAX);
        mark = next_mark(mark + MINUTE, step_ms, zone);
    }
    return count;
}
