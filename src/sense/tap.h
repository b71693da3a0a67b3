/* A file of the kernel's that is read again and again: opened once, then read from its beginning.
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "sense/scan.h"

struct tap {
    int fd;     /* -1: not there */
    bool whole; /* the kernel gives all of it at once to whoever has the room */
};

#define TAP_INIT ((struct tap){.fd = -1})

/* Opens a file below `root`; one that is not there stays closed, and reads as empty. */
void tap_open(struct tap *tap, bool whole, const char *root, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void tap_close(struct tap *tap);
/* Reads all of it into `content` (emptied first), which grows to what it takes. What cannot be
 * read, now or ever, is an empty text. Returns 0 or -ENOMEM. */
int tap_read(const struct tap *tap, struct buffer *content, struct span *text_out);
/* Of a file of one number; SENSE_UNKNOWN if it holds none. `max` of cgroups is none. */
int tap_read_number(const struct tap *tap, struct buffer *content, uint64_t *number_out);
