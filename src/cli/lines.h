/* One machine's output among that of others: whole lines, each behind the machine's name; and the
 * output of one machine on a terminal, where a control character is shown and not obeyed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* A longer line is passed on in pieces of this size, so that a machine that never ends its line
 * fills no memory. */
enum { LINE_PIECE_MAX = 64 * 1024 };

struct lines {
    struct buffer partial; /* the begun line */
    const char *prefix;    /* borrowed; stands before each line, as it is */
    bool safe;             /* make the lines fit for a terminal */
};

void lines_deinit(struct lines *lines);
/* Appends every line that `bytes` completes to `out`. Returns 0 or -ENOMEM. */
int lines_feed(struct lines *lines, const void *bytes, size_t size, struct buffer *out);
/* The end: a begun line is passed on with a newline. Returns 0 or -ENOMEM. */
int lines_finish(struct lines *lines, struct buffer *out);

/* Bytes that come in pieces, made fit for a terminal: a character may be cut by a piece's end. */
struct screen {
    uint8_t tail[4];
    size_t tail_size;
};

int screen_feed(struct screen *screen, const void *bytes, size_t size, struct buffer *out);
int screen_finish(struct screen *screen, struct buffer *out);
