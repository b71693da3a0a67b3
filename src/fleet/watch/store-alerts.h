/* What the console remembers of watching: alerts with their begin and end, and when each machine
 * was found up, down or refusing. Several consoles may watch at once: an alert that stands is one
 * row, so only one of them tells its begin and only one its end.
 *
 * All functions take a NULL store (see store.h); times are the wall clock in ms. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fleet/home/store.h"
#include "fleet/watch/rule.h"

enum {
    STORE_ALERTS_DAYS = 400, /* what is older is forgotten */
};

enum store_alerts_condition {
    STORE_ALERT_KNOWN = 10, /* it began, or ended, already: another console told it */
};

/* Returns 0 if the alert is new, STORE_ALERT_KNOWN if it stands already, or STORE_OFF. `finding` is
 * what the values were: see finding.h. */
int store_alert_begin(struct store *store, const char *machine, const char *rule,
                      const char *finding, uint64_t at_ms);
/* Returns 0 with the time of its begin, STORE_ALERT_KNOWN if none stands, or STORE_OFF. */
int store_alert_end(struct store *store, const char *machine, const char *rule, uint64_t at_ms,
                    uint64_t *begun_ms_out);
/* Whether this alert stands: 0 with its begin, STORE_ALERT_KNOWN if not, or STORE_OFF. Its finding
 * is appended to `finding_out`, which may be NULL. */
int store_alert_stands(struct store *store, const char *machine, const char *rule,
                       uint64_t *begun_ms_out, struct buffer *finding_out);

/* Writes down that the machine is so since `at_ms`, unless that is what was written last. `reason`
 * may be NULL. Returns 0 or STORE_OFF. */
int store_presence(struct store *store, const char *machine, enum presence presence,
                   const char *reason, uint64_t at_ms);

/* One thing that was remembered; texts are valid in the callback only. */
struct stored_event {
    uint64_t at_ms;
    const char *machine;
    const char *kind;    /* "begin", "end"; "up", "down", "refused" */
    const char *rule;    /* of an alert; NULL */
    const char *finding; /* of an alert: its values, for programs; may be NULL */
    const char *detail;  /* values for people, or why a machine is not up; may be NULL */
    uint64_t begun_ms;   /* of "end" */
};

/* Tells all since `since_ms`, oldest first; `machine` NULL: of all machines. Returns 0 or
 * STORE_OFF. */
int store_events(struct store *store, uint64_t since_ms, const char *machine,
                 void (*tell)(const struct stored_event *event, void *user), void *user);
/* Forgets what ended long ago. Returns 0 or STORE_OFF. */
int store_alerts_prune(struct store *store, uint64_t now_ms);
