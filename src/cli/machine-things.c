/* The pages of what a machine has several of: disks and interfaces, a line each. */
#include <math.h>

#include "cli/history-graph.h"
#include "cli/machine-parts.h"
#include "cli/table.h"
#include "fleet/home/i18n.h"

struct thing_figure {
    const char *heading; /* NULL behind the last */
    enum vital vital;
    bool is_trouble; /* unless it is 0 */
};

/* One line each: a name, figures, and perhaps a bar that takes what is left of the line. */
struct thing_table {
    enum vital_label label;
    const char *heading;
    struct thing_figure figures[7];
    const char *bar_heading; /* NULL: none */
    enum vital bar;
    double warn, bad; /* of the bar */
};

enum { THING_FIGURE = 5, THING_STEP = THING_FIGURE + 1 }; /* columns */

static void draw_thing_headings(struct machine_view *view, int row, int name_width,
                                const struct thing_table *table)
{
    int columns = view->paper.columns, at = name_width + 1;

    canvas_fill(&view->paper, row, 0, columns, STYLE_HEADING);
    canvas_text(&view->paper, row, 0, name_width, STYLE_HEADING, _(table->heading));
    for (const struct thing_figure *figure = table->figures; figure->heading; figure++) {
        canvas_right(&view->paper, row, at, THING_FIGURE, STYLE_HEADING, _(figure->heading));
        at += THING_STEP;
    }
    if (table->bar_heading)
        canvas_text(&view->paper, row, at, columns - at, STYLE_HEADING, _(table->bar_heading));
}

static void draw_thing(struct machine_view *view, int row, int name_width,
                       const struct thing_table *table, size_t index)
{
    int at = name_width + 1;

    canvas_text(&view->paper, row, 0, name_width, STYLE_PLAIN,
                view->sample->series[table->label].things[index]);
    for (const struct thing_figure *figure = table->figures; figure->heading; figure++) {
        double number = vitals_series_value(view->sample, figure->vital, index);

        part_figure(view, row, at, THING_FIGURE,
                    figure->is_trouble && number > 0 ? STYLE_BAD : STYLE_PLAIN, number,
                    vital_info(figure->vital)->unit);
        at += THING_STEP;
    }
    if (table->bar_heading) {
        double share = vitals_series_value(view->sample, table->bar, index);

        part_bar(view, row, at, view->paper.columns - at, "", 0, share,
                 share_style(share, table->warn, table->bad));
    }
}

static int draw_things(struct machine_view *view, int row, int name_width,
                       const struct thing_table *table)
{
    draw_thing_headings(view, row++, name_width, table);
    for (size_t i = 0; i < view->sample->series[table->label].count; i++)
        draw_thing(view, row++, name_width, table, i);
    return row;
}

static int thing_width(const struct machine_view *view)
{
    return view->paper.columns < 60 ? 8 : 16;
}

/* ---- disks ---- */

int page_disks(struct machine_view *view)
{
    static const struct thing_table mounts = {
        .label = VITAL_LABEL_MOUNT,
        .heading = N_("MOUNT"),
        .figures = {{N_("TOTAL"), VITAL_DISK_SIZE},
                    {N_("FREE"), VITAL_DISK_FREE},
                    {N_("INODE"), VITAL_INODE_FULL}},
        .bar_heading = N_("FULL"),
        .bar = VITAL_DISK_FULL,
        .warn = 85,
        .bad = 95,
    };
    static const struct thing_table devices = {
        .label = VITAL_LABEL_DEVICE,
        .heading = N_("DEVICE"),
        .figures = {{N_("READ"), VITAL_DISK_READ},
                    {N_("WRITE"), VITAL_DISK_WRITE},
                    {N_("R/s"), VITAL_DISK_READ_OPS},
                    {N_("W/s"), VITAL_DISK_WRITE_OPS}},
        .bar_heading = N_("BUSY"),
        .bar = VITAL_DISK_BUSY,
        .warn = 75,
        .bad = 95,
    };
    int name = view->paper.columns - 32, row;

    name = name < 8 ? 8 : name > 30 ? 30 : name;
    row = draw_things(view, 0, name, &mounts);
    if (view->sample->series[VITAL_LABEL_DEVICE].count > 0)
        row = draw_things(view, row + 1, thing_width(view), &devices);
    return row;
}

/* ---- network ---- */

int page_network(struct machine_view *view)
{
    static const struct thing_table interfaces = {
        .label = VITAL_LABEL_INTERFACE,
        .heading = N_("INTERFACE"),
        .figures = {{N_("IN"), VITAL_NET_RX},
                    {N_("OUT"), VITAL_NET_TX},
                    {N_("IN/s"), VITAL_NET_RX_PACKETS},
                    {N_("OUT/s"), VITAL_NET_TX_PACKETS},
                    {N_("ERR/s"), VITAL_NET_ERRORS, .is_trouble = true},
                    {N_("DROP"), VITAL_NET_DROPS}},
    };
    int row = part_live(view, 0, _("Received, in a second"), view->live_rx,
                        VITAL_UNIT_BYTES_PER_SECOND, NAN, 4);

    row = part_live(view, row, _("Sent, in a second"), view->live_tx, VITAL_UNIT_BYTES_PER_SECOND,
                    NAN, 4);
    return draw_things(view, row + 1, thing_width(view), &interfaces);
}
