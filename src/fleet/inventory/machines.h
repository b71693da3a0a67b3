/* The fleet list: machines.csv, made to be edited by people and spreadsheets.
 *
 * The file is theirs: lines that Hune does not change are written back byte for byte, comments,
 * unknown columns and bad lines included; a changed line keeps its unknown cells. A bad line is
 * reported and costs no other line. (Lines with an open quote move to the end when something else
 * changes: elsewhere they could swallow their neighbours.)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "fleet/home/fault.h"
#include "proto/order.h"

enum {
    MACHINE_NAME_MAX = 255,     /* bytes */
    FLEET_LINE_MAX = 64 * 1024, /* a longer line (or quoted cell that never ends) is a bad line */
    FLEET_FILE_MAX = 256 << 20,
    FLEET_NONE = UINT32_MAX, /* no index */
};

/* One machine; read it, change it through the functions below. The texts live as long as the fleet.
 */
struct machine {
    const char *name;
    const char *host; /* no brackets, no port */
    const char *tags; /* "web,prod", or "" */
    const char *user; /* run as; "" leaves it to the machine */
    uint16_t port;
    bool has_id;
    uint8_t id[MACHINE_ID_SIZE]; /* the pinned machine id */
    /* private */
    uint32_t row;
    uint32_t changed; /* a bit per known column */
    uint32_t next_of_name;
    uint32_t next_of_host;
};

/* X(NAME, what is wrong with the cell or the line, what to do next) */
#define HUNE_BAD_ROWS(X)                                                                          \
    X(HOST_MISSING, N_("there is no host"), N_("Write a name or an address in the host column.")) \
    X(HOST, N_("this is not a host name or an address"),                                          \
      N_("Write it like web1, web1.example.com, 192.0.2.7 or 2001:db8::7."))                      \
    X(PORT, N_("the port is not a number from 1 to 65535"),                                       \
      N_("Leave the cell empty for port 10000."))                                                 \
    X(PORT_TWICE, N_("the host cell and the port cell name different ports"),                     \
      N_("Keep the port in one of them."))                                                        \
    X(NAME, N_("this cannot be a machine's name"),                                                \
      N_("Use letters, digits and . _ - : only, a letter or digit first, and not \"all\"."))      \
    X(NAME_TWICE, N_("another line above has this name already"),                                 \
      N_("Give each machine a name of its own."))                                                 \
    X(TAG, N_("this cannot be a tag"), N_("Use letters, digits and . _ - : = / only."))           \
    X(USER, N_("this cannot be a user's name"), N_("Use a name as useradd takes it."))            \
    X(ID, N_("this is not a machine id"),                                                         \
      N_("An id is SHA256: and 43 characters, as huned shows it; or leave the cell empty."))      \
    X(CELLS, N_("there are more cells than the first line names"),                                \
      N_("Put cells that contain the separator between double quotes."))                          \
    X(QUOTE, N_("a quote is not closed, or stands in the middle of a cell"),                      \
      N_("Close the quote; a quote inside a quoted cell is written twice."))                      \
    X(LONG, N_("the line is too long"), N_("Shorten it; the limit is 64 KiB."))                   \
    X(NUL, N_("there is a NUL byte in it"),                                                       \
      N_("Save the file as CSV text in UTF-8, without binary parts."))

enum bad_row {
    BAD_ROW_NONE = 0,
#define X(name, text, hint) BAD_ROW_##name,
    HUNE_BAD_ROWS(X)
#undef X
        BAD_ROW_COUNT,
};

/* A line that is no machine; it stays in the file as it is. */
struct fleet_bad {
    enum bad_row problem;
    uint32_t line;    /* of the file, from 1 */
    uint32_t cell;    /* from 1; 0 if it is about the whole line */
    const char *text; /* the cell, shortened; "" if it is about the whole line */
};

struct fleet_index {
    uint32_t *heads;
    uint32_t mask;
};

/* What @NAME may mean beside a tag. */
struct fleet_groups {
    /* Appends the names of its machines to `names_out`, each with a NUL. Returns 0; 1 if there is
     * no such group; FLEET_GROUP_BAD with a sentence in `fault` (may be NULL); or -ENOMEM. */
    int (*find)(const char *name, size_t length, struct buffer *names_out, struct fault *fault,
                void *user);
    void *user;
};
enum { FLEET_GROUP_BAD = 2 };

struct arena_block;
struct fleet_column;
struct fleet_row;

/* Read `machines`, `count`, `bad`, `bad_count`; the rest is private. */
struct fleet {
    struct machine *machines; /* in the order of the file */
    uint32_t count;
    struct fleet_bad *bad;
    uint32_t bad_count;
    const struct fleet_groups *groups; /* set by the caller, borrowed; may be NULL */

    char *path; /* NULL if it was parsed from memory */
    struct buffer source;
    struct fleet_column *columns;
    uint32_t column_count;
    struct fleet_row *rows;
    uint32_t row_count;
    uint32_t header_row; /* FLEET_NONE: a bare column of addresses */
    bool header_changed;
    bool has_bom;
    bool crlf;
    char separator;
    struct fleet_index by_name;
    struct fleet_index by_host;
    uint32_t machine_room;
    uint32_t bad_room;
    uint32_t row_room;
    struct arena_block *arena;
    uint64_t stamp[5]; /* of the file when it was read: device, inode, size, mtime s and ns */
};

enum fleet_error {
    FLEET_E_HEADER = 1, /* several columns, and the first line calls none of them "host" */
    FLEET_E_CHANGED,    /* the file on disk is not the one that was loaded: load again */
    FLEET_E_LOCKED,     /* another console has been writing for ten seconds */
};

/* ---- the file ---- */

/* Reads the list; a file that is not there is an empty fleet. Returns 0, FLEET_E_HEADER, or -errno
 * (-EFBIG past FLEET_FILE_MAX); `fault` (may be NULL) then says it. Bad lines are no error: look at
 * `bad`. */
int fleet_load(const char *path, struct fleet **fleet_out, struct fault *fault);
/* The same from memory; `bytes` is copied. */
int fleet_parse(const void *bytes, size_t size, struct fleet **fleet_out, struct fault *fault);
struct fleet *fleet_free(struct fleet *fleet);
void fleet_cleanup(struct fleet **fleet);
#define _cleanup_fleet_ _cleanup_(fleet_cleanup)

/* Writes the list back to where it was loaded from, atomically, making the directory if needed.
 * Returns 0, FLEET_E_CHANGED or -errno (the file on disk is then as it was). Prefer fleet_edit().
 */
int fleet_save(struct fleet *fleet, struct fault *fault);
/* Changes the list so that no other console's change is lost: takes `path`.lock, loads, calls
 * `edit`, saves if it returned 0. Returns what `edit` returned if that was not 0 (nothing is
 * written then), an enum fleet_error, or -errno. `edit` may be called a second time on a freshly
 * loaded fleet, if an editor without locks saved the file meanwhile. */
int fleet_edit(const char *path,
               int (*edit)(struct fleet *fleet, void *context, struct fault *fault), void *context,
               struct fault *fault);
/* Appends the list as CSV text, exactly as saving would write it. Returns 0 or -ENOMEM. */
int fleet_export(const struct fleet *fleet, struct buffer *out);
/* Appends a CSV of the chosen machines only: the same columns, bad lines and comments left out. */
int fleet_export_some(const struct fleet *fleet, const uint32_t *indices, uint32_t count,
                      struct buffer *out);

/* The sentence and the hint of a bad line, its line and cell as column. */
void fleet_bad_describe(const struct fleet *fleet, const struct fleet_bad *bad,
                        struct fault *fault_out);

/* ---- machines ---- */

/* FLEET_NONE if there is none. A name is compared exactly. */
uint32_t fleet_find(const struct fleet *fleet, const char *name);
/* The first machine with this host (and port, unless 0), and the next one after `index`; in no
 * particular order. FLEET_NONE at the end. */
uint32_t fleet_find_host(const struct fleet *fleet, const char *host, uint16_t port);
uint32_t fleet_next_host(const struct fleet *fleet, uint32_t index, uint16_t port);

struct machine_spec {
    const char *name; /* NULL or "": the host; "host:port" if that name is taken */
    const char *host;
    uint16_t port;     /* 0: DEFAULT_PORT */
    const char *tags;  /* separated by commas or spaces; NULL for none */
    const char *user;  /* NULL for none */
    const uint8_t *id; /* MACHINE_ID_SIZE bytes, or NULL */
    /* A line as fleet_line() told it: cells of columns that are none of ours come from there. It
     * must have this list's columns. NULL: those cells are empty. Copied. */
    const char *line;
};

/* Appends a machine's line as it would be written now, without a NUL. Returns 0 or -ENOMEM. */
int fleet_line(const struct fleet *fleet, uint32_t index, struct buffer *out);
/* Returns 0, -ENOMEM, or the enum bad_row that forbids it (with its sentence in `fault`). */
int fleet_add(struct fleet *fleet, const struct machine_spec *spec, uint32_t *index_out,
              struct fault *fault);
/* Removes all of them at once; `indices` in any order, duplicates allowed. All indices change.
 * Returns 0 or -ENOMEM. */
int fleet_remove(struct fleet *fleet, const uint32_t *indices, uint32_t count);
/* Each returns 0, -ENOMEM, or an enum bad_row with its sentence in `fault`. */
int fleet_rename(struct fleet *fleet, uint32_t index, const char *name, struct fault *fault);
int fleet_set_address(struct fleet *fleet, uint32_t index, const char *host, uint16_t port,
                      struct fault *fault);
int fleet_set_user(struct fleet *fleet, uint32_t index, const char *user, struct fault *fault);
int fleet_tag(struct fleet *fleet, uint32_t index, const char *tag, struct fault *fault);
/* A tag that is not there is no error. Returns 0 or -ENOMEM. */
int fleet_untag(struct fleet *fleet, uint32_t index, const char *tag);
/* NULL takes the id away. Returns 0 or -ENOMEM. */
int fleet_set_id(struct fleet *fleet, uint32_t index, const uint8_t *id);

bool machine_has_tag(const struct machine *machine, const char *tag, size_t length);
/* Whether a text can be a name, a tag, a user. */
bool machine_name_valid(const char *name);
bool machine_tag_valid(const char *tag, size_t length);
bool machine_user_valid(const char *user);

/* ---- columns, as a desktop shows them ---- */

/* The title of a column as the file has it; NULL past the last one. */
const char *fleet_column_title(const struct fleet *fleet, uint32_t column);
/* Appends a machine's cell as the file would have it. Returns 0 or -ENOMEM. */
int fleet_cell(const struct fleet *fleet, uint32_t index, uint32_t column, struct buffer *out);
