/* Changing ~/.config/hune/alerts.conf from a window: one section put in, changed or taken out. What
 * else stands in the file, comments too, stays as it is to the last byte: people edit it by hand. A
 * file with a mistake in it is not touched. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "fleet/home/fault.h"

enum {
    ALERT_LABEL_MAX = 49, /* bytes: what the INI library keeps of a section's name */
    ALERT_FILE_MAX = 1 << 20,
    ALERT_LOCK_WAIT_MS = 10 * 1000,
};

/* A section as a person typed it; texts may be NULL or "" for "not there". */
struct alert_draft {
    const char *label;
    const char *when;
    const char *machines;
    const char *command;
    const char *clear;
    bool is_silent;
};

enum alert_draft_field { ALERT_LABEL, ALERT_WHEN, ALERT_MACHINES, ALERT_COMMAND, ALERT_CLEAR };

/* Judges what can be judged without the list of machines. Returns 0, or 1 with the sentence in
 * `fault` (of the rule itself, with its column) and the field that it is about. */
int alert_draft_check(const struct alert_draft *draft, enum alert_draft_field *field_out,
                      struct fault *fault);

/* The file's text with the section `label` changed to `draft`: `label` NULL adds one at the end,
 * `draft` NULL takes it out. Pure. Appends to `out`. Returns 0, -ENOMEM, or 1 with `fault` set: no
 * such section, one of that name is there already, or the result could not be read. */
int alert_rules_rewrite(const char *text, size_t size, const char *label,
                        const struct alert_draft *draft, struct buffer *out, struct fault *fault);

/* The same in the file, which is locked, read and replaced. Waits for locks and disks. Returns 0,
 * 1 as above, or -errno, always with `fault` set. */
int alert_rules_change(const char *path, const char *label, const struct alert_draft *draft,
                       struct fault *fault);
