/* Machines from other tools' lists: a foreign CSV, ssh's client configuration, an Ansible inventory
 * (INI), a hosts file. Read first, look, then apply: nothing is changed before import_apply(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fleet/home/fault.h"
#include "fleet/inventory/machines.h"

/* X(NAME, "word") */
#define HUNE_IMPORT_FORMATS(X)                                                           \
    X(CSV, "csv")                                                                        \
    X(SSH_CONFIG, "ssh-config") /* its Port and User are ssh's and are not taken over */ \
    X(ANSIBLE, "ansible")       /* groups become tags */                                 \
    X(HOSTS, "hosts")

enum import_format {
    IMPORT_GUESS = 0, /* from the content */
#define X(name, word) IMPORT_##name,
    HUNE_IMPORT_FORMATS(X)
#undef X
};

const char *import_format_name(enum import_format format); /* "guess" for IMPORT_GUESS */
bool import_format_parse(const char *word, enum import_format *format_out);

enum import_outcome {
    IMPORT_ADDED,     /* a new machine */
    IMPORT_CHANGED,   /* a machine of that name: other address, user or id, or more tags */
    IMPORT_UNCHANGED, /* it is in the fleet already, just so */
    IMPORT_REFUSED,   /* `why` says what is wrong */
};

struct import_item {
    enum import_outcome outcome;
    uint32_t line;
    const char *name; /* "" where a refused line has none */
    const char *host;
    const char *tags;
    const char *user;
    uint16_t port; /* 0: not told; a new machine gets DEFAULT_PORT, a known one keeps its own */
    bool has_id;
    uint8_t id[MACHINE_ID_SIZE];
    struct import_was {
        const char *host; /* with its port; NULL: the address stays as it is */
        const char *user; /* NULL: stays */
        const char *tags; /* NULL: stay; others only come */
        uint16_t port;
        bool lacked_id; /* and gets one */
    } was;              /* IMPORT_CHANGED: what stands in the fleet where it would change */
    const char *why;    /* IMPORT_REFUSED: a translated sentence and what to do, else NULL */
    const char *hint;
    /* private */
    uint32_t machine; /* in the scratch fleet; FLEET_NONE: a line that is bad in itself */
};

struct import {
    enum import_format format;
    struct import_item *items;
    uint32_t count;
    uint32_t outcomes[IMPORT_REFUSED + 1]; /* how many of each */
    /* private */
    uint32_t room;
    struct fleet *scratch; /* the list as a fleet of its own: judges the lines, owns the texts */
};

enum import_error {
    IMPORT_E_EMPTY = 1, /* no machine and no bad line in it */
    IMPORT_E_FORMAT,    /* guessing found no known format */
    IMPORT_E_HEADER,    /* CSV: no column can be the host */
};

/* Reads the list and compares it with `fleet` (see import_preview). Returns 0, -ENOMEM, or an enum
 * import_error with its sentence in `fault`. Bad lines are items, not errors. */
int import_read(enum import_format format, const void *bytes, size_t size,
                const struct fleet *fleet, struct import **import_out, struct fault *fault);
struct import *import_free(struct import *import);
void import_cleanup(struct import **import);
#define _cleanup_import_ _cleanup_(import_cleanup)

/* Decides the outcome of each item against `fleet` as it is now. Returns 0 or -ENOMEM. */
int import_preview(struct import *import, const struct fleet *fleet);
/* What an item of IMPORT_CHANGED would change, translated: "address: a:1 → b:2", "tags: a → a,b",
 * with the separator between two fields. Nothing for other items. Appends; returns 0 or -ENOMEM. */
int import_changes(const struct import_item *item, const char *separator, struct buffer *out);
/* Appends the tags that such an item's machine would have, if was.tags. Returns 0 or -ENOMEM. */
int import_tags_after(const struct import_item *item, struct buffer *out);
/* Previews again, then adds and changes. Meant for use inside fleet_edit(). Returns 0 or -ENOMEM.
 */
int import_apply(struct import *import, struct fleet *fleet);
