/* The marks on an axis of time: at full hours, days and the like of the clock on the wall, as many
 * as fit. Nothing is drawn here. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum { GRAPH_AXIS_MARKS_MAX = 32, GRAPH_AXIS_TEXT_MAX = 48 };

struct graph_mark {
    gint64 time_ms;
    char text[GRAPH_AXIS_TEXT_MAX]; /* "14:00", "2:00 PM", "Thu 26" */
};

/* The least step with which not more than so many marks come to stand in `span_ms`. */
gint64 graph_axis_step(gint64 span_ms, guint marks);
/* Fills `marks_out` from the earliest on; returns how many there are. */
guint graph_axis_marks(gint64 from_ms, gint64 until_ms, gint64 step_ms, GTimeZone *zone,
                       struct graph_mark marks_out[GRAPH_AXIS_MARKS_MAX]);

G_END_DECLS
