/* The Tab key: candidates that continue the last word of what was typed. Knows nothing of
 * terminals. */
#pragma once

#include <stddef.h>

#include "base/buffer.h"

struct completion {
    const char *word; /* the begun word, borrowed; not terminated */
    size_t length;
    struct buffer found; /* of const char *, borrowed from what was offered; no duplicates */
    size_t count;
    size_t common; /* bytes that all of them share */
};

/* `line` up to the cursor, `size` bytes. */
struct completion completion_begin(const char *line, size_t size);
void completion_deinit(struct completion *completion);
#define _cleanup_completion_ _cleanup_(completion_deinit)
/* Takes the candidate if it continues the word. Memory that is not there costs only the candidate.
 */
void completion_offer(struct completion *completion, const char *candidate);
const char *const *completion_found(const struct completion *completion);
/* Whether the word is the first of the line. */
bool completion_is_first(const struct completion *completion, const char *line);
