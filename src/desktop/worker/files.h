/* Files of one machine: what the window asks the worker, and hears. A folder's listing is a `get`
 * job that tells names; files move with fleet/run/transfer. */
#pragma once

#include "desktop/worker/worker.h"
#include "proto/state.h"
#include "proto/verb.h"

/* ---- one folder (worker-files.c) ---- */

struct files_listing {
    char *path;       /* absolute, as the machine calls it */
    GPtrArray *files; /* HuneFile */
    bool has_more;    /* than a listing may hold */
};

struct worker_list {
    uint32_t slot;
    const char *path; /* copied; one that is relative begins at the user's home */
    const char *user; /* read as this one; "": as the list says; copied */
    /* In the window. `listing` is borrowed, and NULL exactly if there is a sentence. */
    void (*done)(const struct files_listing *listing, const char *sentence, const char *advice,
                 void *owner);
    void *owner;
};
/* Window. */
void worker_send_list(struct worker *worker, const struct worker_list *ask);

/* ---- files on their way (worker-carry.c) ---- */

enum carry_event {
    CARRY_MOVED,  /* `moved` of `total` */
    CARRY_LINE,   /* `text`: something was left out, or went wrong; printable */
    CARRY_BROKEN, /* the connection is lost; it goes on when it is back */
    CARRY_BACK,
    CARRY_ENDED, /* nothing follows */
};

struct carry_news {
    struct letter letter;
    void (*told)(const struct carry_news *news, void *owner);
    void *owner;
    enum carry_event event;
    uint64_t moved;
    uint64_t total; /* 0: not known yet */
    char *text;
    /* CARRY_ENDED */
    struct job_state state;
    bool is_whole; /* all of it arrived and is in place */
    uint64_t entries;
    uint64_t bytes;
    char *sentence; /* what went wrong, or NULL */
    char *advice;
};

struct carry_request {
    uint32_t slot;
    enum verb verb;           /* VERB_GET or VERB_PUT */
    const char *const *paths; /* absolute; of the machine (get), of this computer (put); copied */
    const char *target;       /* a folder on the other side; copied */
    const char *user;         /* at the machine; "": as the list says; copied */
    void (*told)(const struct carry_news *news, void *owner);
    void *owner;
};
/* Window, both. */
void worker_send_carry(struct worker *worker, const struct carry_request *request);
/* Stops it, and with it what was begun on both sides; asked again, or while the connection is lost,
 * it is left alone: the machine gives it up by itself. CARRY_ENDED follows. */
void worker_send_carry_stop(struct worker *worker, void *owner);
