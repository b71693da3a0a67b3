/* What hune top looks at: the machines that were picked, and the list of them, which may change
 * while they are shown. */
#include "cli/top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

static void on_change(struct lookout *lookout, uint32_t position, void *user)
{
    struct top *top = user;

    (void)lookout;
    top->is_changed = true;
    if (top->mode == TOP_MACHINE ? position == top->viewed
                                 : top->mode != TOP_HELP && table_is_visible(&top->table, position))
        top_draw_next(top);
}

static void on_any_sample(struct lookout *lookout, uint32_t position,
                          const struct vitals_sample *sample, void *user)
{
    (void)sample;
    on_change(lookout, position, user);
}

static const struct lookout_events lookout_events = {.on_change = on_change,
                                                     .on_sample = on_any_sample};

static uint64_t every_ms(const struct top *top, uint32_t count)
{
    if (top->options->every)
        return top->options->every * 1000;
    return count <= 50 ? 2000 : count <= 500 ? 3000 : 5000;
}

/* What was known of a machine before the fleet list was read anew. */
struct memory {
    char *name;
    struct sight sight;
};

struct memories {
    struct memory *items;
    uint32_t count;
};

static void memories_deinit(struct memories *memories)
{
    for (uint32_t i = 0; i < memories->count; i++)
        free(memories->items[i].name);
    free(memories->items);
}

/* Without memory for it the table begins blank. */
static void memories_take(struct memories *memories, const struct top *top)
{
    uint32_t count = top->table.count;

    *memories = (struct memories){.items = calloc(count + 1, sizeof(*memories->items))};
    for (; memories->items && memories->count < count; memories->count++) {
        const struct table_row *row = &top->table.rows[memories->count];
        struct memory *memory = &memories->items[memories->count];

        memory->name = strdup(row->machine->name);
        memory->sight = *row->sight;
        if (!memory->name)
            return;
    }
}

/* The position of a machine of this name; FLEET_NONE if it is not looked at. */
static uint32_t position_of(const struct top *top, const char *name)
{
    return selection_find(&top->selection, fleet_find(top->session.fleet, name));
}

int top_look(struct top *top)
{
    struct fleet *fleet = top->session.fleet;
    uint32_t count = top->selection.count;
    struct table_row *rows = calloc(count + 1, sizeof(*rows));
    const struct lookout_settings settings = {.pool = top->session.pool,
                                              .machines = top->selection.indices,
                                              .count = count,
                                              .fields = TOP_FIELDS,
                                              .every_ms = (uint32_t)every_ms(top, count),
                                              .events = &lookout_events,
                                              .user = top};

    if (!rows || lookout_new(&top->lookout, &settings) < 0) {
        free(rows);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        rows[i] = (struct table_row){.machine = &fleet->machines[top->selection.indices[i]],
                                     .sight = lookout_sight(top->lookout, i)};
    if (table_init(&top->table, fleet, rows, count) < 0)
        return -ENOMEM;
    top->table.every_ms = settings.every_ms;
    return 0;
}

int top_select(struct top *top)
{
    static const char *const everything[] = {"all", NULL};
    struct console *console = top->session.console;
    bool is_open = !console->common.target && !top->words[0];

    selection_deinit(&top->selection);
    top->selection = SELECTION_INIT;
    return console_select(console, is_open ? everything : top->words, &top->selection);
}

/* Complaints have no place on a full screen: the note says what matters. */
static bool read_fleet_anew(struct top *top)
{
    struct output *error = &top->session.console->error;
    bool is_good;

    error->closed = true;
    is_good = session_reload(&top->session, NULL) == 0 && top_select(top) == 0;
    error->closed = false;
    return is_good;
}

/* Machines came, went or moved: begins anew with what is known of those that stay. */
static void reload(struct top *top)
{
    struct memories memories;
    const struct table old = top->table; /* the settings only */
    uint32_t chosen = table_chosen(&top->table);
    bool is_open = top->mode == TOP_MACHINE;
    char filter[TABLE_FILTER_SIZE];
    _cleanup_free_ char *name = NULL;

    if (is_open)
        chosen = top->viewed;
    top_back(top);
    memories_take(&memories, top);
    if (chosen != FLEET_NONE)
        name = strdup(top->table.rows[chosen].machine->name);
    text_copy(filter, sizeof(filter), top->table.filter);
    table_deinit(&top->table);
    top->lookout = lookout_free(top->lookout);
    if (!read_fleet_anew(top)) {
        selection_deinit(&top->selection);
        top->selection = SELECTION_INIT;
        text_copy(top->note, sizeof(top->note),
                  _("The fleet list has changed, and nothing is picked from it any more."));
    }
    if (!top->session.fleet || top_look(top) < 0) {
        top_leave(top, STATUS_FAILED);
    } else {
        for (uint32_t i = 0; i < memories.count; i++) {
            uint32_t position = position_of(top, memories.items[i].name);

            if (position != FLEET_NONE)
                lookout_adopt(top->lookout, position, &memories.items[i].sight);
        }
        top->table.is_reversed = old.is_reversed;
        top->table.sort = old.sort;
        top->table.height = old.height;
        table_set_filter(&top->table, filter);
        chosen = name ? position_of(top, name) : FLEET_NONE;
        if (chosen != FLEET_NONE)
            table_choose(&top->table, chosen);
        if (is_open)
            top_enter(top, chosen);
    }
    memories_deinit(&memories);
}

/* ---- whether the list has changed ---- */

static void take_stamp(const struct top *top, uint64_t stamp_out[3])
{
    const char *path;
    struct stat now;

    memset(stamp_out, 0, sizeof(top->stamp));
    if (console_fleet_path(top->session.console, &path) || stat(path, &now) < 0)
        return;
    stamp_out[0] = (uint64_t)now.st_ino;
    stamp_out[1] = (uint64_t)now.st_size;
    stamp_out[2] = (uint64_t)now.st_mtim.tv_sec * 1000000000 + (uint64_t)now.st_mtim.tv_nsec;
}

bool top_follow_fleet(struct top *top)
{
    uint64_t stamp[ELEMENTS_OF(top->stamp)];

    take_stamp(top, stamp);
    if (memcmp(stamp, top->stamp, sizeof(stamp)) == 0)
        return false;
    memcpy(top->stamp, stamp, sizeof(stamp));
    reload(top);
    return true;
}

void top_know_fleet(struct top *top)
{
    take_stamp(top, top->stamp);
}
