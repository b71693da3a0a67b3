/* What `hune watch` waits for: the language of rules, and the judgement of one machine by one rule.
 *
 *     cpu > 90 for 5m                 a vital against a number, and for how long
 *     disk.free < 5%                  bytes may be compared as a share of the whole
 *     disk{mount="/srv"} > 90         one thing instead of the whole machine
 *     mem > 95 or swap > 50           and binds tighter than or; not, ( )
 *     down   down for 2m   refused    how the console gets on with the machine
 *
 * Names are those of proto/vitals.h, and cpu, mem, swap, disk, load for the usual ones. Everything
 * here is pure: measured values and the time are passed in. What a rule says of a machine has
 * hysteresis twice over, so that a value at the edge is one alert and not a hundred: a threshold
 * that was crossed must be crossed back by a margin, and an alert ends only after the rule was
 * false for a while.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fleet/home/fault.h"
#include "proto/vitals.h"

enum {
    RULE_TEXT_MAX = 512,       /* bytes: what a person types */
    RULE_NODES_MAX = 32,       /* conditions and what joins them */
    RULE_DEPTH_MAX = 16,       /* parentheses */
    RULE_CLEAR_MS = 30 * 1000, /* how long a rule is false before its alert ends */
    RULE_MARGIN_PERCENT = 5,   /* of the threshold, which a value must come back by */
};

/* How the console gets on with a machine. */
enum presence {
    PRESENCE_UNKNOWN, /* not reached yet, and not found missing */
    PRESENCE_UP,
    PRESENCE_DOWN,    /* a whole attempt to connect failed */
    PRESENCE_REFUSED, /* somebody answers, but not as it should: another id, our key unknown */
};

/* "up", "down", "refused"; "unknown". */
const char *presence_word(enum presence presence);

enum rule_error {
    RULE_E_SYNTAX = 1, /* something is missing, or stands where it does not belong */
    RULE_E_WORD,       /* no such vital; the hint names the nearest one */
    RULE_E_NUMBER,     /* not a number, or with a unit that this vital does not have */
    RULE_E_LONG,       /* more than RULE_TEXT_MAX, RULE_NODES_MAX or RULE_DEPTH_MAX */
};

struct rule;

/* Returns 0, -ENOMEM, or an enum rule_error with its sentence and the column (from 1, in bytes) in
 * `fault`, which may be NULL. */
int rule_parse(const char *text, struct rule **rule_out, struct fault *fault);
struct rule *rule_free(struct rule *rule);
void rule_cleanup(struct rule **rule);
#define _cleanup_rule_ _cleanup_(rule_cleanup)
/* As it was written, without the spaces around it. */
const char *rule_text(const struct rule *rule);
/* The vitals of the whole machine that it looks at, a bit for each: a rule of `down` alone needs
 * none. */
uint64_t rule_vitals(const struct rule *rule);
/* The labels of single things that it looks at (disk{mount="/srv"}), a bit for each. */
uint32_t rule_labels(const struct rule *rule);

/* What is known of a machine at one moment. */
struct reading {
    enum presence presence;
    uint64_t presence_ms; /* monotonic: since when */
    const float *vitals;  /* VITAL_COUNT values of the machine; NAN: not known. NULL: none is */
    /* The value of one thing, NAN if it is not known; NULL: none is. */
    double (*thing)(const struct reading *reading, enum vital vital, const char *name);
    const void *user; /* of `thing` */
};

/* What a rule remembers of one machine: rule_marks() of these, zeroed. */
struct rule_mark {
    uint64_t since_ms; /* a condition with `for`: since when it holds; 0: it does not */
    bool holds;
};

/* One rule, one machine. The struct is the caller's; `marks` has rule_marks() elements. */
struct judgement {
    struct rule_mark *marks;
    uint64_t false_ms; /* since when the rule of an active alert is false; 0: it is not */
    bool is_active;
};

enum verdict { VERDICT_SAME, VERDICT_BEGINS, VERDICT_ENDS };

size_t rule_marks(const struct rule *rule);
/* Judges the reading at `now_ms` (monotonic, never 0). `clear_ms`: how long the rule must be false
 * before the alert ends. What is not known neither begins nor ends anything. */
enum verdict rule_judge(const struct rule *rule, struct judgement *judgement,
                        const struct reading *reading, uint64_t now_ms, uint64_t clear_ms);
/* The alert stood already when this console began: it is not told again, and ends as usual. */
void rule_resume(const struct rule *rule, struct judgement *judgement, uint64_t now_ms);
