/* The alerts of many machines: every rule judged for every machine that it is about, each alert
 * told once at its begin and once at its end, and remembered in the console's store. Pure but for
 * the store: what is known of a machine and the time are passed in. Both consoles use it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fleet/home/store.h"
#include "fleet/inventory/machines.h"
#include "fleet/inventory/selector.h"
#include "fleet/watch/alert-rules.h"

struct alarm;

/* What is told. Texts are valid in the callback only. */
struct alert {
    uint32_t position;             /* of the machine, as in alarm_settings */
    const struct machine *machine; /* of the fleet */
    const struct alert_rule *rule;
    bool is_over;        /* it ends; else it begins */
    uint64_t at_ms;      /* wall clock: now */
    uint64_t begun_ms;   /* wall clock: when it began */
    const char *finding; /* the values that were looked at, for programs: see finding.h */
    const char *detail;  /* the same for people: "cpu 97 %"; may be "" */
};

struct alarm_settings {
    const struct fleet *fleet; /* borrowed */
    const uint32_t *machines;  /* indices, ascending; borrowed */
    uint32_t count;
    const struct alert_rules *rules; /* borrowed */
    struct store *store;             /* borrowed; may be NULL: nothing is remembered */
    /* The alarm of before a change of the list or of the rules; NULL: there was none. What it knows
     * of machines and rules that are still there goes on: no `for 5m` begins anew. Its fleet and
     * rules must still be there; needed in alarm_new() only. */
    const struct alarm *before;
    void (*on_alert)(struct alarm *alarm, const struct alert *alert, void *user);
    void *user;
};

/* Alerts that stand in the store are taken up and not told again. Returns 0, -ENOMEM, or an enum
 * selector_error of a rule's `machines` with its sentence in `fault`. */
int alarm_new(struct alarm **alarm_out, const struct alarm_settings *settings, uint64_t now_ms,
              struct fault *fault);
struct alarm *alarm_free(struct alarm *alarm);
/* Judges one machine by all rules: once a second or so. `now_ms` is monotonic. */
void alarm_judge(struct alarm *alarm, uint32_t position, const struct reading *reading,
                 uint64_t now_ms, uint64_t wall_ms);
/* How many alerts stand. */
uint32_t alarm_standing(const struct alarm *alarm);
/* Another number whenever an alert began or ended, whoever told it. */
uint32_t alarm_changes(const struct alarm *alarm);

/* An alert that stands; texts are valid in the callback only. */
struct standing {
    uint32_t position; /* of the machine */
    const struct alert_rule *rule;
    uint64_t begun_ms;   /* wall clock; 0: not known */
    const char *finding; /* the values at its begin: see finding.h */
};
void alarm_each(const struct alarm *alarm,
                void (*each)(const struct standing *standing, void *user), void *user);
