/* The worker: one thread with a libuv loop that owns all of fleet/ (the list, the key, the links)
 * and never sees a widget. Letters ask it for something; letters bring back plain copies.
 *
 * Functions marked "window" belong to the main thread, all others to the worker. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <glib.h>

#include "desktop/worker/bridge.h"
#include "fleet/home/fault.h"
#include "fleet/inventory/machines.h"

struct worker;

struct worker_settings {
    const char *fleet_path; /* NULL: the default; copied */
    const char *identity;   /* NULL: the default; copied */
    void *window;           /* who reads letters to the window */
};

/* Window: starts the thread. The first letter that comes back is a roster. */
struct worker *worker_start(const struct worker_settings *settings);
/* Window: ends the thread (waits for it, at most for what a blocking key needs) and frees it. */
struct worker *worker_end(struct worker *worker);
/* Window: sends a letter; to no worker (NULL: it has ended), drops it. */
void worker_send(struct worker *worker, struct letter *letter);
/* The worker's own way back. */
void worker_tell(struct worker *worker, struct letter *letter);

/* ---- the list (worker-list.c) ---- */

/* One machine of the list, as plain text. `slot` stays the same while name, address, user and id
 * do; states and measures are told by slot. */
struct roster_row {
    uint32_t slot;
    uint16_t port;
    bool has_id;
    const char *name;
    const char *host;
    const char *tags;
    const char *user;
    const char *id; /* "SHA256:..." or "" */
};

struct roster {
    struct letter letter;
    char *path;
    char *fault; /* why the list could not be read, with what to do; NULL if it was */
    struct roster_row *rows;
    uint32_t count;
    char **bad; /* NULL-terminated: sentences about lines that are no machines */
    uint32_t bad_count;
    GStringChunk *texts;
};
void roster_free(struct roster *roster);

/* A change of the list. `edit` runs on a thread of its own (it waits for locks and disks) as in
 * fleet_edit(); `done` in the window, after the roster that shows the change. */
struct worker_edit {
    int (*edit)(struct fleet *fleet, void *context, struct fault *fault);
    void *context;
    /* `fault` is NULL if it was saved. Owns context afterwards. */
    void (*done)(void *context, const struct fault *fault, void *owner);
    void *owner;
};
/* Window. */
void worker_send_edit(struct worker *worker, const struct worker_edit *edit);

/* Runs with the list as it is, in the worker, to copy things out of it; `done` then runs in the
 * window. */
struct worker_look {
    void (*look)(const struct fleet *fleet, void *context);
    void (*done)(void *context, void *owner);
    void *context;
    void *owner;
};
/* Window. */
void worker_send_look(struct worker *worker, const struct worker_look *look);

/* ---- which machines a selector means (worker-list.c) ---- */

struct match {
    struct letter letter;
    char *text;
    uint32_t serial; /* the window's own count of questions */
    bool is_valid;
    char *fault;  /* if not valid: why not */
    guint8 *bits; /* by slot */
    uint32_t bit_count;
    uint32_t count;
};
/* Window: answered by hune_fleet_read_match(). */
void worker_send_match(struct worker *worker, const char *text, uint32_t serial);
void match_free(struct match *match);
