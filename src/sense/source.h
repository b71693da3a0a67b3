/* Reading what the collectors parse. `root` stands before every path, so that a test can put a
 * directory of fixtures in the machine's place; it is "" for the machine itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "sense/scan.h"

/* More than any file that is read here has on a large machine; what is longer counts as unknown. */
enum { SOURCE_MAX = 4 << 20 };

/* Puts the whole file into `content` (emptied first) and terminates it; `text_out` spans it without
 * the white space at its ends. A file that is not there, is longer than SOURCE_MAX or may not be
 * read is an empty text: nothing is known. The path is made as printf does. Returns 0 or -ENOMEM.
 */
int source_read(struct buffer *content, struct span *text_out, const char *root, const char *format,
                ...) __attribute__((format(printf, 4, 5)));
/* The same, but of a file longer than `max` the beginning counts: at least `max` bytes of it. */
int source_read_beginning(struct buffer *content, struct span *text_out, size_t max,
                          const char *root, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* From now on `path`, without a root, is read from `fd`, which is taken over: for a process that
 * may not open what has taken the file's place. `path` stays as it is; there is room for some. */
void source_lend(const char *path, int fd);
/* source_read() for a file of one number; SENSE_UNKNOWN if it holds none. */
int source_read_number(uint64_t *number_out, const char *root, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
