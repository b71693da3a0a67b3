/* Where a command reads from: standard input, or a file. */
#pragma once

#include "base/buffer.h"

/* More than this is refused: it would have to be kept for every machine that comes later. */
enum { INPUT_MAX = 256 << 20 };

/* "-" is standard input (descriptor 0). Returns a descriptor that the caller closes, or -errno. */
int input_open(const char *path);
