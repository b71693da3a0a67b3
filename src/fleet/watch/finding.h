/* What a rule found when its alert began or ended: each value that it looked at. It is kept and
 * told to programs as facts, a JSON array of {"measure":"cpu","value":97.4,"unit":"percent"}; the
 * words are made when a person reads it, in that person's language. */
#pragma once

#include "base/buffer.h"
#include "fleet/watch/rule.h"

/* Appends what the rule finds in the reading; "[]" if it looks at no values, or knows none. Returns
 * 0 or -ENOMEM. */
int finding_append(struct buffer *out, const struct rule *rule, const struct reading *reading);
/* Appends it as a person reads it: "cpu 97 %, load 12.3". What is no finding is appended as it is:
 * an older version kept words. Returns 0 or -ENOMEM. */
int finding_explain(struct buffer *out, const char *finding);
