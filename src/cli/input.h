/* Reading all of standard input, or of a file, into memory. */
#pragma once

#include "base/buffer.h"

/* More than this is refused: it would have to be kept for every machine that comes later. */
enum { INPUT_MAX = 256 << 20 };

/* Appends everything up to the end. Returns 0, -EFBIG past `max`, or -errno. */
int input_read(int fd, size_t max, struct buffer *content);
/* "-" is standard input (descriptor 0). Returns a descriptor that the caller closes, or -errno. */
int input_open(const char *path);
