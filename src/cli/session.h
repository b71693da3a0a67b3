/* The loop, the links and who they lead to: what a command needs that speaks to machines. One-shot
 * commands end it at once; the prompt keeps it, and with it the connections. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "cli/console.h"
#include "fleet/link/link-pool.h"

struct session {
    struct console *console;
    struct fleet *fleet;   /* borrowed from the console */
    struct signer *signer; /* borrowed from the console */
    uv_loop_t loop;
    struct tickets *tickets;
    struct link_factory *factory;
    struct link_pool *pool;
    uv_signal_t interrupt;
    void (*on_interrupt)(struct session *session, unsigned times); /* NULL: Ctrl-C ends hune */
    void *user;                                                    /* of on_interrupt */
    unsigned interrupts;                                           /* since session_catch() */
    struct buffer jobs; /* the short ids that were shown last, each with its NUL */
    bool is_open;
};

/* `warm` keeps links after they were used. Tells its trouble; returns what to exit with, 0 if all
 * is well. */
int session_open(struct session *session, struct console *console, bool warm);
void session_close(struct session *session);
#define _cleanup_session_ _cleanup_(session_close)

/* Runs the loop until `*done`. */
void session_wait(struct session *session, const bool *done);
/* From now on Ctrl-C calls `on_interrupt` with how often it was pressed; NULL: as before. */
void session_catch(struct session *session,
                   void (*on_interrupt)(struct session *session, unsigned times), void *user);
/* Somebody changed the fleet list: read it again; links to machines are looked up anew.
 * `before_out` as of console_fleet_reload(). */
int session_reload(struct session *session, struct fleet **before_out);
void session_target(const struct machine *machine, struct link_target *target_out);
