/* CSV text as rows that know where in the text they stand (RFC 4180, read generously).
 *
 * A row that cannot be read costs one line, never the ones behind it: after a quote that is not
 * closed, reading starts anew on the next line.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "fleet/inventory/machines.h"

enum table_kind {
    TABLE_ROW,
    TABLE_BLANK,   /* nothing but spaces */
    TABLE_COMMENT, /* begins with # */
    TABLE_BAD,     /* `problem` says why */
};

struct table_row {
    enum table_kind kind;
    enum bad_row problem;
    size_t begin; /* offsets of the row in the text; the line end belongs to it */
    size_t end;
    uint32_t line; /* its first one, from 1 */
    const struct slice
        *cells; /* of a TABLE_ROW; valid in the callback, each with a NUL behind it */
    uint32_t count;
};

/* Calls `each` for every row. Returns 0, -ENOMEM, or what `each` returned if that was not 0. */
int table_read(const void *bytes, size_t size, char separator,
               int (*each)(const struct table_row *row, void *context), void *context);
/* ',', ';' or a tab: the one that the first line (without an open quote) has most of,
 * else ','. */
char table_separator(const void *bytes, size_t size);
/* Appends one cell, between quotes if it needs them. Returns 0 or -ENOMEM. */
int table_append_cell(struct buffer *out, const void *bytes, size_t size);
/* The length of a UTF-8 byte order mark at the front: 3 or 0. */
size_t table_bom(const void *bytes, size_t size);
