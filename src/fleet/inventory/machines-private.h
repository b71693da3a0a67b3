/* What the machines-*.c files share; machines.h is what others use. */
#pragma once

#include "fleet/inventory/arena.h"
#include "fleet/inventory/machines.h"
#include "fleet/inventory/table.h"

/* X(NAME, "title") in the order of a new file */
#define FLEET_COLUMNS(X) \
    X(NAME, "name")      \
    X(HOST, "host")      \
    X(PORT, "port")      \
    X(TAGS, "tags")      \
    X(USER, "user")      \
    X(ID, "id")

enum column {
#define X(name, title) COLUMN_##name,
    FLEET_COLUMNS(X)
#undef X
        COLUMN_COUNT,
    COLUMN_UNKNOWN = COLUMN_COUNT,
};

struct fleet_column {
    const char *title;
    enum column known; /* or COLUMN_UNKNOWN; a title's second appearance is unknown */
};

enum row_kind {
    ROW_KEPT, /* a comment, a blank or bad line: written as it was */
    /* A bad line with an open quote. Which lines it would swallow depends on the quotes behind it,
     * so once anything changes it goes to the end of the file, where it can swallow no machine. */
    ROW_BROKEN,
    ROW_HEADER,
    ROW_MACHINE,
    ROW_NEW,     /* a machine that has no source yet */
    ROW_DROPPED, /* a machine that was removed */
};

struct fleet_row {
    enum row_kind kind;
    uint32_t machine; /* its index, or FLEET_NONE */
    size_t begin;     /* offsets in fleet.source */
    size_t end;
    const char *line; /* of a new one: where its other cells come from, in the arena; NULL */
};

struct fleet *fleet_new(void);
/* The title that a known column has in a new file. */
const char *column_title(enum column column);
/* Which known column has this title (any case); COLUMN_UNKNOWN for none. */
enum column column_find(const char *title);
/* The position of a known column in this file, or FLEET_NONE. */
uint32_t fleet_column_of(const struct fleet *fleet, enum column column);
int fleet_append_column(struct fleet *fleet, const char *title, enum column known);
int fleet_append_row(struct fleet *fleet, struct fleet_row row);
int fleet_append_bad(struct fleet *fleet, struct fleet_bad bad);
/* Appends and indexes. The texts must be the arena's. */
int fleet_append_machine(struct fleet *fleet, const struct machine *machine);

/* machines-index.c */
/* Builds both indexes anew, with room for all that `machines` has room for. */
int fleet_reindex(struct fleet *fleet);
void fleet_index_insert(struct fleet *fleet, uint32_t machine);
void fleet_index_remove(struct fleet *fleet, uint32_t machine);

/* machines-judge.c */

/* What is wrong with a spec, or BAD_ROW_NONE, or -ENOMEM. Fills name, host, tags, user, id and port
 * of `machine_out` with texts of the fleet's arena. `column_out` is where the fault lies. */
int fleet_judge(struct fleet *fleet, const struct machine_spec *spec, struct machine *machine_out,
                enum column *column_out);
/* The same for one cell; each fills its part of `machine`. */
int fleet_judge_name(struct fleet *fleet, const char *name, struct machine *machine);
int fleet_judge_address(struct fleet *fleet, const char *host, uint16_t port,
                        struct machine *machine);
int fleet_judge_user(struct fleet *fleet, const char *user, struct machine *machine);
/* Appends the tags of a cell, normalised to "a,b". Returns 0, -ENOMEM or BAD_ROW_TAG. */
int tags_normalise(const char *tags, struct buffer *out);
/* Fills a fault with a bad_row's sentence. `text` may be "". */
void bad_row_fault(enum bad_row problem, const char *text, struct fault *fault);

/* machines-read.c: reads fleet.source into an empty fleet. */
int fleet_read(struct fleet *fleet, struct fault *fault);
