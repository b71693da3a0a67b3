/* See table-columns.h. */
#include "cli/table-columns.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "cli/draw.h"
#include "fleet/home/figure.h"
#include "fleet/home/i18n.h"

enum { NAME_BETTER = 16, NAME_BEST = 40 };

struct column_info {
    const char *heading;
    enum table_key key;
    int figure;
    int least, best;
};

static const struct column_info infos[] = {
#define X(name, key_, figure_, least_, best_, heading_) \
    {.heading = (heading_), .key = (key_), .figure = (figure_), .least = (least_), .best = (best_)},
    HUNE_TABLE_COLUMNS(X)
#undef X
};

/* What a wider screen gets next. */
enum want_kind { WANT_FIGURE, WANT_DRAWING, WANT_NAME };
struct want {
    enum want_kind kind;
    enum table_column column;
};

static const struct want wants[] = {
    {WANT_FIGURE, COLUMN_STATE},     {WANT_FIGURE, COLUMN_NAME}, {WANT_FIGURE, COLUMN_CPU},
    {WANT_FIGURE, COLUMN_MEM},       {WANT_DRAWING, COLUMN_CPU}, {WANT_FIGURE, COLUMN_LOAD},
    {WANT_FIGURE, COLUMN_DISK},      {WANT_DRAWING, COLUMN_MEM}, {WANT_FIGURE, COLUMN_RX},
    {WANT_FIGURE, COLUMN_TX},        {WANT_NAME, COLUMN_NAME},   {WANT_FIGURE, COLUMN_UPTIME},
    {WANT_DRAWING, COLUMN_DISK},     {WANT_DRAWING, COLUMN_TX},  {WANT_FIGURE, COLUMN_IO},
    {WANT_DRAWING, COLUMN_IO},       {WANT_FIGURE, COLUMN_TEMP}, {WANT_FIGURE, COLUMN_SWAP},
    {WANT_FIGURE, COLUMN_PROCESSES},
};

/* Takes `cost` columns if there are so many. */
static bool afford(int *left, int cost)
{
    if (cost <= 0 || cost > *left)
        return false;
    *left -= cost;
    return true;
}

static void spread_rest(struct table_layout *layout, int left)
{
    bool grew = true;

    while (left > 0 && grew) {
        grew = false;
        for (size_t i = 0; i < COLUMN_COUNT; i++) {
            if (layout->drawing[i] > 0 && layout->drawing[i] < infos[i].best && afford(&left, 1)) {
                layout->drawing[i]++;
                grew = true;
            }
        }
    }
}

void table_layout(int columns, int name_width, struct table_layout *layout_out)
{
    struct table_layout *layout = layout_out;
    int left = columns + 1; /* the last column needs no gap behind it */
    int name = name_width > NAME_BEST ? NAME_BEST : name_width;
    int at = 0;

    memset(layout, 0, sizeof(*layout));
    for (size_t i = 0; i < ELEMENTS_OF(wants); i++) {
        enum table_column column = wants[i].column;
        const struct column_info *info = &infos[column];
        int better = name < NAME_BETTER ? name : NAME_BETTER;

        if (wants[i].kind == WANT_FIGURE && afford(&left, info->figure + 1))
            layout->figure[column] = info->figure;
        else if (wants[i].kind == WANT_DRAWING && layout->figure[column] > 0 &&
                 afford(&left, info->least + 1))
            layout->drawing[column] = info->least;
        else if (wants[i].kind == WANT_NAME && afford(&left, better - layout->figure[column]))
            layout->figure[column] = better;
    }
    while (layout->figure[COLUMN_NAME] < name && afford(&left, 1))
        layout->figure[COLUMN_NAME]++;
    spread_rest(layout, left);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        layout->at[i] = layout->figure[i] > 0 ? at : -1;
        at += layout->figure[i] > 0 ? layout->figure[i] + 1 : 0;
        at += layout->drawing[i] > 0 ? layout->drawing[i] + 1 : 0;
    }
}

enum table_column table_layout_find(const struct table_layout *layout, int place)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        int end = layout->at[i] + layout->figure[i] +
                  (layout->drawing[i] ? layout->drawing[i] + 1 : 0);

        if (layout->at[i] >= 0 && place >= layout->at[i] && place < end)
            return (enum table_column)i;
    }
    return COLUMN_COUNT;
}

enum table_key table_column_key(enum table_column column)
{
    return column < COLUMN_COUNT ? infos[column].key : TABLE_KEY_COUNT;
}

static int width_of(const struct table_layout *layout, size_t column)
{
    return layout->figure[column] + (layout->drawing[column] ? layout->drawing[column] + 1 : 0);
}

void table_draw_heading(const struct table *table, const struct table_layout *layout,
                        struct canvas *canvas, int row)
{
    canvas_fill(canvas, row, 0, canvas->columns, STYLE_HEADING);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const char *heading = *infos[i].heading ? _(infos[i].heading) : "";
        bool is_sorted = infos[i].key == table->sort;
        int width = width_of(layout, i);
        const char *arrow = table->is_reversed ? "▲" : "▼";
        char text[64];

        if (layout->at[i] < 0)
            continue;
        if (canvas->ascii && (i == COLUMN_RX || i == COLUMN_TX))
            heading = i == COLUMN_RX ? _("NETrx") : _("NETtx");
        snprintf(text, sizeof(text), "%s%s",
                 !is_sorted || canvas_width(heading) >= width ? ""
                 : canvas->ascii                              ? "*"
                                                              : arrow,
                 heading);
        if (is_sorted)
            canvas_fill(canvas, row, layout->at[i], width, STYLE_SORTED);
        if (i == COLUMN_NAME || i == COLUMN_STATE)
            canvas_text(canvas, row, layout->at[i], width, is_sorted ? STYLE_SORTED : STYLE_HEADING,
                        text);
        else
            canvas_right(canvas, row, layout->at[i], width,
                         is_sorted ? STYLE_SORTED : STYLE_HEADING, text);
    }
}

/* ---- one line ---- */

enum style share_style(double percent, double warn, double bad)
{
    return percent >= bad ? STYLE_BAD : percent >= warn ? STYLE_WARN : STYLE_PLAIN;
}

static double ratio(const float *vitals, enum vital part, enum vital whole)
{
    double total = (double)vitals[whole];

    return total > 0 ? 100 * (double)vitals[part] / total : NAN;
}

/* A column's value, its unit, and how bad it is. */
static double value_of(enum table_column column, const float *vitals, enum vital_unit *unit_out,
                       enum style *style_out)
{
    double value;

    *style_out = STYLE_PLAIN;
    *unit_out = VITAL_UNIT_PERCENT;
    switch (column) {
    case COLUMN_CPU:
        value = (double)vitals[VITAL_CPU_BUSY];
        *style_out = share_style(value, 75, 90);
        return value;
    case COLUMN_MEM:
        value = ratio(vitals, VITAL_MEM_USED, VITAL_MEM_TOTAL);
        *style_out = share_style(value, 85, 95);
        return value;
    case COLUMN_SWAP: return ratio(vitals, VITAL_SWAP_USED, VITAL_SWAP_TOTAL);
    case COLUMN_DISK:
        value = (double)vitals[VITAL_DISK_FULL];
        *style_out = share_style(value, 85, 95);
        return value;
    case COLUMN_IO:
        value = (double)vitals[VITAL_DISK_BUSY];
        *style_out = share_style(value, 75, 95);
        return value;
    case COLUMN_LOAD:
        *unit_out = VITAL_UNIT_LOAD;
        *style_out = share_style(ratio(vitals, VITAL_LOAD_1, VITAL_CPU_COUNT), 150, 300);
        return (double)vitals[VITAL_LOAD_1];
    case COLUMN_RX: *unit_out = VITAL_UNIT_BYTES_PER_SECOND; return (double)vitals[VITAL_NET_RX];
    case COLUMN_TX: *unit_out = VITAL_UNIT_BYTES_PER_SECOND; return (double)vitals[VITAL_NET_TX];
    case COLUMN_TEMP:
        *unit_out = VITAL_UNIT_CELSIUS;
        *style_out = share_style((double)vitals[VITAL_TEMP], 80, 95);
        return (double)vitals[VITAL_TEMP];
    case COLUMN_PROCESSES: *unit_out = VITAL_UNIT_NUMBER; return (double)vitals[VITAL_PROC_COUNT];
    case COLUMN_UPTIME: *unit_out = VITAL_UNIT_SECONDS; return (double)vitals[VITAL_UPTIME];
    case COLUMN_STATE:
    case COLUMN_NAME:
    case COLUMN_COUNT: break;
    }
    return NAN;
}

/* Network speeds span six orders of magnitude: the sparkline's steps are powers. */
static void draw_net_spark(struct buffer *out, const float *track, int width, bool ascii)
{
    float levels[TRACK_LENGTH];

    for (size_t i = 0; i < TRACK_LENGTH; i++)
        levels[i] = isnan(track[i]) ? NAN : log10f(1 + (track[i] > 0 ? track[i] : 0));
    draw_spark(out, levels, TRACK_LENGTH, 2, 9, (size_t)width, ascii);
}

static void draw_drawing(struct buffer *out, enum table_column column, const struct sight *sight,
                         double value, int width, bool ascii)
{
    size_t room = (size_t)width;

    switch (column) {
    case COLUMN_CPU:
        draw_spark(out, sight->tracks[TRACK_CPU], TRACK_LENGTH, 0, 100, room, ascii);
        break;
    case COLUMN_IO:
        draw_spark(out, sight->tracks[TRACK_DISK], TRACK_LENGTH, 0, 100, room, ascii);
        break;
    case COLUMN_TX: draw_net_spark(out, sight->tracks[TRACK_NET], width, ascii); break;
    default: draw_bar(out, value / 100, room, ascii); break;
    }
}

static void draw_cell(struct table *table, const struct table_layout *layout, struct canvas *canvas,
                      int row, enum table_column column, const struct sight *sight, bool is_old)
{
    char text[FIGURE_SHORT_SIZE];
    enum vital_unit unit;
    enum style style;
    double value = value_of(column, sight->vitals, &unit, &style);
    int at = layout->at[column];

    figure_short(value, unit, text);
    if (is_old)
        style = STYLE_DIM;
    if (layout->drawing[column]) {
        draw_drawing(&table->scratch, column, sight, value, layout->drawing[column], canvas->ascii);
        canvas_drawn(canvas, row, at, layout->drawing[column],
                     style == STYLE_PLAIN ? STYLE_GOOD : style, &table->scratch);
        at += layout->drawing[column] + 1;
    }
    canvas_right(canvas, row, at, layout->figure[column], style, text);
}

/* Why there are no figures, in the place of the figures. */
static void draw_reason(struct table *table, const struct table_layout *layout,
                        struct canvas *canvas, int row, const struct sight *sight)
{
    int at = layout->at[COLUMN_NAME] + layout->figure[COLUMN_NAME] + 1;
    enum style style = sight->presence == PRESENCE_UNKNOWN ? STYLE_DIM
                       : sight->presence == PRESENCE_UP    ? STYLE_WARN
                                                           : STYLE_BAD;
    const char *words[] = {[PRESENCE_UNKNOWN] = _("connecting"),
                           [PRESENCE_UP] = _("up"),
                           [PRESENCE_DOWN] = _("down"),
                           [PRESENCE_REFUSED] = _("refused")};

    buffer_clear(&table->scratch);
    buffer_append_text(&table->scratch, words[sight->presence]);
    if (sight->presence_ms > 0 && table->now_ms > sight->presence_ms &&
        sight->presence != PRESENCE_UP) {
        buffer_append_text(&table->scratch, " ");
        figure_append_span(&table->scratch, (double)(table->now_ms - sight->presence_ms) / 1000);
    }
    if (sight->problem != PROBLEM_NONE)
        buffer_printf(&table->scratch, ": %s", _(problem_info(sight->problem)->text));
    canvas_text(canvas, row, at, canvas->columns - at, style, buffer_text(&table->scratch));
    buffer_clear(&table->scratch);
}

static const char *mark_of(const struct sight *sight, bool ascii, enum style *style_out)
{
    switch (sight->presence) {
    case PRESENCE_UP:
        *style_out = sight->is_ready ? STYLE_GOOD : STYLE_WARN;
        return ascii ? "+" : "●";
    case PRESENCE_DOWN: *style_out = STYLE_BAD; return ascii ? "-" : "○";
    case PRESENCE_REFUSED: *style_out = STYLE_BAD; return "!";
    case PRESENCE_UNKNOWN: break;
    }
    *style_out = STYLE_DIM;
    return ascii ? "." : "·";
}

void table_draw_line(struct table *table, const struct table_layout *layout, struct canvas *canvas,
                     int row, const struct table_row *line)
{
    const struct sight *sight = line->sight;
    uint64_t age = table->now_ms > sight->sample_ms ? table->now_ms - sight->sample_ms : 0;
    bool is_old = age > 3 * (uint64_t)table->every_ms + 2000;
    enum style style;
    const char *mark = mark_of(sight, canvas->ascii, &style);

    if (layout->at[COLUMN_STATE] >= 0)
        canvas_text(canvas, row, layout->at[COLUMN_STATE], layout->figure[COLUMN_STATE], style,
                    mark);
    canvas_text(canvas, row, layout->at[COLUMN_NAME], layout->figure[COLUMN_NAME],
                sight->presence == PRESENCE_UP ? STYLE_PLAIN : style, line->machine->name);
    if (sight->presence != PRESENCE_UP || sight->sample_ms == 0) {
        draw_reason(table, layout, canvas, row, sight);
        return;
    }
    for (size_t i = COLUMN_CPU; i < COLUMN_COUNT; i++) {
        if (layout->at[i] >= 0)
            draw_cell(table, layout, canvas, row, (enum table_column)i, sight, is_old);
    }
}
