/* The further lines of a graph that are parts of the first, as cores are of a processor: their
 * colours, and which is which. More than PARTS_NAMED_MAX are drawn faintly, all alike: nobody tells
 * so many colours apart. */
#include <adwaita.h>
#include <math.h>

#include "desktop/view/graph-private.h"

enum { PARTS_NAMED_MAX = 4, PARTS_TOLD_MAX = 8 };

/* Of the palette that every theme of libadwaita has: dark on light, light on dark. */
static const struct {
    const char *light;
    const char *dark;
} colours[PARTS_NAMED_MAX] = {
    {"orange_5", "orange_2"}, {"purple_4", "purple_1"}, {"green_5", "green_2"}, {"red_5", "red_1"}};

static guint parts_of(HuneGraph *self)
{
    return self->points->len && self->part_name
               ? graph_point_at(self, self->points->len - 1)->count - 1
               : 0;
}

gboolean graph_part_colour(HuneGraph *self, guint series, GdkRGBA *colour_out)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(self));
    gboolean dark = adw_style_manager_get_dark(adw_style_manager_get_default());
    guint parts = parts_of(self);

    if (series == 0 || series > parts || parts > PARTS_NAMED_MAX)
        return FALSE;
    return gtk_style_context_lookup_color(
        style, dark ? colours[series - 1].dark : colours[series - 1].light, colour_out);
}

/* "cpu0 4 %" */
static char *part_text(HuneGraph *self, guint series)
{
    const struct graph_point *last = graph_point_at(self, self->points->len - 1);
    g_autofree char *value = graph_value_text(self, last->values[series]);

    return g_strdup_printf("%s%u %s", self->part_name, series - 1, value);
}

char *graph_legend(HuneGraph *self)
{
    guint parts = parts_of(self);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 1; i <= parts && parts <= PARTS_NAMED_MAX; i++) {
        g_autofree char *part = part_text(self, i);
        GdkRGBA colour;

        if (!graph_part_colour(self, i, &colour))
            continue;
        g_string_append_printf(text, "%s<span foreground=\"#%02x%02x%02x\">", i > 1 ? "  " : "",
                               (guint)lroundf(colour.red * 255), (guint)lroundf(colour.green * 255),
                               (guint)lroundf(colour.blue * 255));
        g_string_append(text, part);
        g_string_append(text, "</span>");
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

char *graph_parts_text(HuneGraph *self)
{
    guint parts = MIN(parts_of(self), PARTS_TOLD_MAX);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 1; i <= parts; i++) {
        g_autofree char *part = part_text(self, i);

        g_string_append_printf(text, "%s%s", i > 1 ? " · " : "", part);
    }
    if (parts_of(self) > parts)
        g_string_append(text, " …");
    return g_string_free(g_steal_pointer(&text), FALSE);
}
