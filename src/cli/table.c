/* See table.h. */
#include "cli/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "cli/table-columns.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/selector.h"

int table_init(struct table *table, const struct fleet *fleet, struct table_row *rows,
               uint32_t count)
{
    *table = (struct table){.fleet = fleet, .rows = rows, .count = count, .sort = TABLE_CPU};
    table->order = calloc(count + 1, sizeof(*table->order));
    table->is_in = calloc(count + 1, sizeof(*table->is_in));
    if (!table->order || !table->is_in) {
        table_deinit(table);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        int width = (int)strlen(rows[i].machine->name); /* names are ASCII */

        table->name_width = width > table->name_width ? width : table->name_width;
    }
    table_set_filter(table, "");
    return 0;
}

void table_deinit(struct table *table)
{
    free(table->rows);
    free(table->order);
    free(table->is_in);
    buffer_deinit(&table->scratch);
    *table = (struct table){0};
}

static const char *const key_words[] = {
#define X(name, word, heading) word,
    HUNE_TABLE_KEYS(X)
#undef X
};

bool table_key_parse(const char *word, enum table_key *key_out)
{
    for (size_t i = 0; i < TABLE_KEY_COUNT; i++) {
        if (text_equal(key_words[i], word)) {
            *key_out = (enum table_key)i;
            return true;
        }
    }
    return false;
}

const char *table_key_word(enum table_key key)
{
    return key_words[key];
}

/* ---- order ---- */

static double sort_value(enum table_key key, const struct sight *sight)
{
    const float *vitals = sight->vitals;

    if (key == TABLE_STATE) {
        static const double ranks[] = {
            [PRESENCE_REFUSED] = 3, [PRESENCE_DOWN] = 2, [PRESENCE_UNKNOWN] = 1, [PRESENCE_UP] = 0};

        return ranks[sight->presence];
    }
    if (sight->presence != PRESENCE_UP)
        return NAN;
    switch (key) {
    case TABLE_CPU: return (double)vitals[VITAL_CPU_BUSY];
    case TABLE_MEM: return (double)vitals[VITAL_MEM_USED] / (double)vitals[VITAL_MEM_TOTAL];
    case TABLE_LOAD: return (double)vitals[VITAL_LOAD_1];
    case TABLE_DISK: return (double)vitals[VITAL_DISK_FULL];
    case TABLE_NET: return (double)vitals[VITAL_NET_RX] + (double)vitals[VITAL_NET_TX];
    case TABLE_UPTIME: return (double)vitals[VITAL_UPTIME];
    case TABLE_NAME:
    case TABLE_STATE:
    case TABLE_KEY_COUNT: break;
    }
    return NAN;
}

/* The largest first, what is not known last whichever way round, then as in the fleet list. */
static int compare(const void *a, const void *b, void *user)
{
    const struct table *table = user;
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    int order = 0;

    if (table->sort != TABLE_NAME) {
        double x = sort_value(table->sort, table->rows[one].sight);
        double y = sort_value(table->sort, table->rows[other].sight);

        if (isnan(x) != isnan(y))
            return isnan(x) ? 1 : -1;
        order = x > y ? -1 : x < y ? 1 : 0;
    } else {
        order = strverscmp(table->rows[one].machine->name, table->rows[other].machine->name);
    }
    if (order == 0)
        return one < other ? -1 : 1;
    return table->is_reversed ? -order : order;
}

static void take_means(struct table *table)
{
    double cpu = 0, mem = 0;
    uint32_t known = 0;

    for (uint32_t i = 0; i < table->shown; i++) {
        const struct sight *sight = table->rows[table->order[i]].sight;
        double share = (double)sight->vitals[VITAL_MEM_USED] /
                       (double)sight->vitals[VITAL_MEM_TOTAL];

        if (sight->presence != PRESENCE_UP || isnan(sight->vitals[VITAL_CPU_BUSY]) ||
            !isfinite(share))
            continue;
        known++;
        cpu += (double)sight->vitals[VITAL_CPU_BUSY];
        mem += 100 * share;
    }
    table->cpu = known ? cpu / known : NAN;
    table->mem = known ? mem / known : NAN;
}

static void keep_in_sight(struct table *table)
{
    uint32_t height = table->height > 0 ? (uint32_t)table->height : 1;
    uint32_t last_top = table->shown > height ? table->shown - height : 0;

    if (table->cursor >= table->shown)
        table->cursor = table->shown ? table->shown - 1 : 0;
    if (table->top > table->cursor)
        table->top = table->cursor;
    if (table->cursor >= table->top + height)
        table->top = table->cursor - height + 1;
    if (table->top > last_top)
        table->top = last_top;
}

void table_sort(struct table *table)
{
    uint32_t chosen = table_chosen(table), line = table->cursor - table->top;
    bool at_top = table->cursor == 0;

    table->shown = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->is_in[i])
            table->order[table->shown++] = i;
    }
    qsort_r(table->order, table->shown, sizeof(*table->order), compare, table);
    take_means(table);
    /* Whoever has not moved wants to see the first lines, not one machine. */
    if (at_top) {
        table->top = 0;
    } else {
        table_choose(table, chosen);
        table->top = table->cursor > line ? table->cursor - line : 0;
    }
    keep_in_sight(table);
}

void table_sort_by(struct table *table, enum table_key key, bool reversed)
{
    table->sort = key;
    table->is_reversed = reversed;
    table_sort(table);
}

/* ---- filter ---- */

static bool contains(const char *text, const char *piece)
{
    return strcasestr(text, piece) != NULL;
}

static void take_selection(struct table *table, const struct selection *selection)
{
    uint32_t next = 0;

    /* Both ascend: the rows were made from a selection of the same fleet. */
    for (uint32_t i = 0; i < table->count; i++) {
        uint32_t index = (uint32_t)(table->rows[i].machine - table->fleet->machines);

        while (next < selection->count && selection->indices[next] < index)
            next++;
        table->is_in[i] = next < selection->count && selection->indices[next] == index;
    }
}

void table_set_filter(struct table *table, const char *text)
{
    _cleanup_selection_ struct selection selection = SELECTION_INIT;

    text_copy(table->filter, sizeof(table->filter), text);
    table->filter_is_selector = *text && selector_match(table->fleet, text, &selection, NULL) == 0;
    if (table->filter_is_selector) {
        take_selection(table, &selection);
    } else {
        for (uint32_t i = 0; i < table->count; i++) {
            const struct machine *machine = table->rows[i].machine;

            table->is_in[i] = contains(machine->name, text) || contains(machine->host, text) ||
                              contains(machine->tags, text);
        }
    }
    table_sort(table);
}

/* ---- cursor ---- */

void table_move_to(struct table *table, uint32_t at)
{
    table->cursor = at;
    keep_in_sight(table);
}

void table_move(struct table *table, int64_t lines)
{
    int64_t at = (int64_t)table->cursor + lines;

    table_move_to(table, at < 0 ? 0 : at > UINT32_MAX ? UINT32_MAX : (uint32_t)at);
}

uint32_t table_chosen(const struct table *table)
{
    return table->cursor < table->shown ? table->order[table->cursor] : FLEET_NONE;
}

void table_choose(struct table *table, uint32_t position)
{
    for (uint32_t i = 0; i < table->shown; i++) {
        if (table->order[i] == position) {
            table_move_to(table, i);
            return;
        }
    }
}

bool table_is_visible(const struct table *table, uint32_t position)
{
    uint32_t end = table->top + (uint32_t)(table->height > 0 ? table->height : 0);

    for (uint32_t i = table->top; i < end && i < table->shown; i++) {
        if (table->order[i] == position)
            return true;
    }
    return false;
}

/* ---- drawing ---- */

void table_draw(struct table *table, struct canvas *canvas, int row, int height, uint64_t now_ms)
{
    struct table_layout layout;

    if (height < 1)
        return;
    table->now_ms = now_ms;
    table_layout(canvas->columns, table->name_width, &layout);
    table_draw_heading(table, &layout, canvas, row);
    table->first_line = row + 1;
    table->height = height - 1;
    keep_in_sight(table);
    for (int i = 0; i < table->height && table->top + (uint32_t)i < table->shown; i++) {
        uint32_t at = table->top + (uint32_t)i;

        table_draw_line(table, &layout, canvas, table->first_line + i,
                        &table->rows[table->order[at]]);
        if (at == table->cursor)
            canvas_choose(canvas, table->first_line + i);
    }
    if (table->shown == 0 && table->height > 0)
        canvas_text(canvas, table->first_line, 0, canvas->columns, STYLE_DIM,
                    table->count ? _("Nothing fits the filter.") : _("No machine is left."));
}
