/* A machine's output made fit for a text view: valid UTF-8 only, control characters visible, lines
 * ended by CR or CR LF ended by LF, and lines without an end broken, because a text view lays out
 * whole lines and stands still over one of a mebibyte. Pieces may be cut anywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { DISPLAY_LINE_MAX = 4000 }; /* bytes; a longer line goes on in the next one */

struct display {
    uint8_t held[4]; /* the beginning of a character whose rest has not come yet */
    uint8_t held_size;
    bool after_cr;
    bool is_for_file; /* nobody lays it out: lines stay as long as they are */
    uint32_t column;  /* bytes of the line so far */
};

/* Appends what can be shown. Returns 0 or -ENOMEM. */
int display_feed(struct display *display, const uint8_t *bytes, size_t size, struct buffer *out);
/* Appends what was held back. */
int display_finish(struct display *display, struct buffer *out);
