/* Many names in few characters: web[01-40,50] stands for 41 names, db[1-3]-[a,b] for six. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fleet/home/fault.h"

/* A selector typed by mistake must not fill memory or time. */
enum { NODESET_MAX = 1000000, NODESET_NAME_MAX = 255 };

enum nodeset_error {
    NODESET_E_BRACKET = 1, /* [ without ], ] without [, or nothing between them */
    NODESET_E_RANGE,       /* an item that is no number, range or word; or a range that runs down */
    NODESET_E_TOO_MANY,    /* more than NODESET_MAX names */
    NODESET_E_LONG,        /* a name of more than NODESET_NAME_MAX characters */
};

/* Calls `each` for every name of `text`: patterns separated by commas or spaces. In brackets stand
 * words, numbers, ranges of numbers (a leading zero sets the width; "1-9/2" steps) or of letters.
 * Brackets vary from right to left. Stops when `each` returns nonzero and returns that; else 0 or
 * an enum nodeset_error, with sentence and column in `fault` (may be NULL). The bound is looked at
 * before the first call for that pattern. */
int nodeset_expand(const char *text, size_t length,
                   int (*each)(const char *name, size_t length, void *context), void *context,
                   struct fault *fault);

/* Appends the names, folded: "db1,web[001-038,040]". Duplicates vanish; groups come in the order of
 * their first name. Names that contain [ ] or , are copied as they are. Returns 0 or -ENOMEM. */
int nodeset_fold(const char *const *names, size_t count, struct buffer *out);
