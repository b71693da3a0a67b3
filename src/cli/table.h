/* The table of `hune top`: one line for each machine, sorted, filtered, with a cursor that follows
 * its machine. Draws on a canvas and only what is visible; knows no terminal and no connection. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/canvas.h"
#include "fleet/inventory/machines.h"
#include "fleet/watch/lookout.h"

/* X(NAME, "word", "HEADING"): what can be sorted by. */
#define HUNE_TABLE_KEYS(X)         \
    X(NAME, "name", N_("MACHINE")) \
    X(STATE, "state", "")          \
    X(CPU, "cpu", N_("CPU"))       \
    X(MEM, "mem", N_("MEM"))       \
    X(LOAD, "load", N_("LOAD"))    \
    X(DISK, "disk", N_("DISK"))    \
    X(NET, "net", N_("NET"))       \
    X(UPTIME, "uptime", N_("UP"))

enum table_key {
#define X(name, word, heading) TABLE_##name,
    HUNE_TABLE_KEYS(X)
#undef X
        TABLE_KEY_COUNT, /* how many there are */
};

enum { TABLE_FILTER_SIZE = 256 };

/* One machine; everything is borrowed. */
struct table_row {
    const struct machine *machine;
    const struct sight *sight;
};

struct table {
    const struct fleet *fleet;
    struct table_row *rows; /* by position */
    uint32_t count;
    uint32_t *order; /* positions, as shown: sorted and filtered */
    uint32_t shown;
    bool *is_in;     /* by position: whether the filter lets it through */
    uint32_t cursor; /* in `order` */
    uint32_t top;    /* the first visible one */
    int name_width;  /* of the longest name */
    int height;      /* lines for machines, when it was drawn last */
    int first_line;  /* of the canvas, likewise */
    enum table_key sort;
    bool is_reversed;
    char filter[TABLE_FILTER_SIZE];
    bool filter_is_selector; /* else it is a piece of a name */
    uint32_t every_ms;
    double cpu, mem; /* means over what is shown, as of the last sorting */
    uint64_t now_ms; /* monotonic, of the drawing */
    struct buffer scratch;
};

/* `rows` are owned by the table from now on (freed with free()), also on error. Returns 0 or
 * -ENOMEM. */
int table_init(struct table *table, const struct fleet *fleet, struct table_row *rows,
               uint32_t count);
void table_deinit(struct table *table);
bool table_key_parse(const char *word, enum table_key *key_out);
const char *table_key_word(enum table_key key);

/* Sorts anew; the cursor stays on its machine, and the machine where it is on the screen. */
void table_sort(struct table *table);
void table_sort_by(struct table *table, enum table_key key, bool reversed);
/* Shows what the text picks: a selector, or else what has the text in its name, address or tags.
 * "" shows everything. */
void table_set_filter(struct table *table, const char *text);
void table_move(struct table *table, int64_t lines);
void table_move_to(struct table *table, uint32_t at);
/* The position under the cursor; FLEET_NONE if nothing is shown. */
uint32_t table_chosen(const struct table *table);
void table_choose(struct table *table, uint32_t position);
/* Whether the machine's line is on the screen. */
bool table_is_visible(const struct table *table, uint32_t position);
/* Draws into the lines from `row` on. */
void table_draw(struct table *table, struct canvas *canvas, int row, int height, uint64_t now_ms);

/* How bad a value is, for its colour. */
enum style share_style(double percent, double warn, double bad);
