/* What the halves of hune watch share: watch.c (its life, what it tells) and watch-look.c (which
 * machines it looks at, for what). */
#pragma once

#include <uv.h>

#include "cli/session.h"
#include "cli/watch.h"
#include "fleet/watch/alarm.h"
#include "fleet/watch/alert-do.h"
#include "fleet/watch/lookout.h"

/* When a file was as it is. */
struct stamp {
    uint64_t parts[3];
};

struct watch {
    struct session session;
    const struct watch_options *options;
    const char *const *words; /* the selector's */
    struct selection selection;
    struct alert_rules *rules;
    struct lookout *lookout;
    struct alarm *alarm;
    struct doer *doer;
    struct store *store;
    bool *is_told; /* by position: that it gives no vitals */
    char *fields;  /* of the vitals that the rules look at */
    char *path;    /* alerts.conf; NULL: the rules stand on the command line */
    struct stamp fleet_stamp, rules_stamp;
    uv_timer_t tick;
    uv_signal_t terminate;
    unsigned ticks;
    bool done;
    int status;
};

/* ---- watch.c ---- */
void watch_alert(struct alarm *alarm, const struct alert *alert, void *user);
extern const struct lookout_events watch_events;

/* ---- watch-look.c; statuses are what to exit with, 0 if all is well ---- */
int watch_read_rules(struct watch *watch);
int watch_select(struct watch *watch);
int watch_look(struct watch *watch);
/* If the list or the rules were edited: looks at what they say now. What is known of machines and
 * rules that are still there goes on. Sets `done` and `status` if it cannot. */
void watch_look_again(struct watch *watch);
void watch_look_away(struct watch *watch);
void watch_forget_rules(struct alert_rules *rules); /* NULL: nothing */
