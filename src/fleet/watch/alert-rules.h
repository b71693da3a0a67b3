/* What is to be watched for: rules with what belongs to each, from the command line and from
 * ~/.config/hune/alerts.conf (INI). Both consoles read it.
 *
 *     [hot]                        a section is one alert; its name is the label
 *     when = cpu > 90 for 5m       the rule: see rule.h
 *     machines = @web              a selector; without it, all that are watched
 *     do = logger "$HUNE_MACHINE"  a line for the shell, at the begin and at the end
 *     clear = 2m                   so long must the rule be false before the alert ends
 *     notify = no                  no message on the desktop
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fleet/home/fault.h"
#include "fleet/watch/rule.h"

enum { ALERT_RULES_MAX = 64, ALERT_LABEL_SIZE = 64 };

struct alert_rule {
    struct rule *rule;
    char label[ALERT_LABEL_SIZE]; /* the section, or "" */
    char *machines;               /* a selector, or NULL */
    char *command;                /* or NULL */
    uint64_t clear_ms;
    bool is_silent; /* no message on the desktop */
    uint32_t line;  /* in the file, from 1; 0: it comes from elsewhere */
};

struct alert_rules {
    struct alert_rule items[ALERT_RULES_MAX];
    uint32_t count;
};

void alert_rules_deinit(struct alert_rules *rules);
/* Adds one rule of text, without a label. Returns 0, -ENOMEM, -ENOSPC, or an enum rule_error;
 * `fault` then says what is wrong, with the column. */
int alert_rules_add(struct alert_rules *rules, const char *text, struct fault *fault);
/* Adds those of the file; a file that is not there has none. Returns 0, -errno, or 1 with the first
 * mistake in `fault`, its line set (and the column, if the rule itself is wrong): then none of the
 * file is added. */
int alert_rules_read(struct alert_rules *rules, const char *path, struct fault *fault);
/* The same from text. */
int alert_rules_parse(struct alert_rules *rules, const void *text, size_t size,
                      struct fault *fault);
/* The vitals that any rule looks at, as a request names them, behind those of `base` (which may be
 * NULL). `fields_out` is NULL if there are none; free it. Returns 0 or -ENOMEM. */
int alert_rules_fields(const struct alert_rules *rules, const char *base, char **fields_out);
