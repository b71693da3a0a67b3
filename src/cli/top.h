/* hune top: what its parts share. top.c begins and ends it and has its loop; top-fleet.c knows
 * which machines are looked at, top-machine.c the one that is open, top-shell.c hands the terminal
 * on; top-keys.c obeys the keys, top-draw.c puts the views together on one canvas. */
#pragma once

#include <uv.h>

#include "cli/machine-view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/table.h"

enum {
    TOP_FRAME_MS = 100, /* between two drawings */
    TOP_KEY_MS = 15,    /* a key is answered sooner, but pasted text is one drawing */
    TOP_SORT_MS = 2000, /* lines that jump all the time cannot be read; looks at the list, too */
    TOP_MACHINE_EVERY_MS = 1000,
    TOP_HISTORY_AGAIN_MS = 60 * 1000,
    TOP_HISTORY_EMPTY_MS = 5 * 1000, /* of an agent that has just begun to remember */
};

/* What the table shows is all that is asked of thousands of machines. */
#define TOP_FIELDS                                                                            \
    "cpu.busy,cpu.count,load.1m,mem.total,mem.used,swap.total,swap.used,disk.full,disk.busy," \
    "net.rx,net.tx,temp,proc.count,uptime"

struct top_options {
    uint64_t every; /* seconds; 0: by the number of machines */
    const char *sort;
    const char *filter;
};

/* Where keys go. */
enum top_mode { TOP_TABLE, TOP_FILTER, TOP_MACHINE, TOP_HELP };

struct top {
    struct session session;
    const struct top_options *options;
    const char *const *words; /* the selector's */
    struct selection selection;
    struct lookout *lookout;
    struct table table;
    struct screen *screen;
    struct canvas canvas;
    enum top_mode mode;
    enum top_mode behind; /* the help's */
    int help_scroll;

    struct machine_view view; /* of TOP_MACHINE */
    uint32_t viewed;          /* position */
    struct vitals_watch *watch;
    struct vitals_fetch *fetch;
    uint64_t history_ms; /* monotonic: when it was asked for last */

    uv_poll_t keys;
    bool has_keys;
    uv_timer_t frame; /* the next drawing */
    uv_timer_t tick;  /* sorting, the fleet list, ages */
    uv_signal_t signals[6];
    uint64_t drawn_ms;
    bool is_changed; /* something that the order or the summary depends on */
    bool leaving;
    int status;
    uint64_t stamp[3];   /* of the fleet list's file */
    char note[160];      /* shown instead of the keys, until the next key */
    uv_process_t *shell; /* another program has the terminal */
};

/* Watches the machines that the words pick (all without any) until the operator leaves; `options`
 * may be NULL. Returns what to exit with. */
int top_run(struct console *console, const struct top_options *options, const char *const *words);

/* Draws soon: within `ms`. */
void top_draw_soon(struct top *top, uint64_t ms);
/* Something on the screen is new: drawn when the last drawing is old enough. */
void top_draw_next(struct top *top);
void top_draw(struct top *top);
void top_key(struct top *top, uint32_t key);
/* Picks the machines anew. Returns what to exit with. */
int top_select(struct top *top);
/* Begins to look at them. Returns 0 or -ENOMEM. */
int top_look(struct top *top);
/* Notes how the fleet list is. */
void top_know_fleet(struct top *top);
/* Reads it again if it was changed since; tells so. */
bool top_follow_fleet(struct top *top);
/* Opens and closes the view of one machine. */
void top_enter(struct top *top, uint32_t position);
void top_back(struct top *top);
/* Asks again for what is missing of it: the connection may have been away. */
void top_ask_machine(struct top *top);
/* Another length of the past is shown: asks for it. */
void top_ask_history(struct top *top);
/* Hands the terminal to a shell on the chosen machine. */
void top_shell(struct top *top);
/* hune top ends, and takes it along. */
void top_end_shell(struct top *top);
void top_suspend(struct top *top);
void top_leave(struct top *top, int status);
