/* The processes that take the most: by processor time since the look before, and by memory. Every
 * look reads a file of each process, so it is done only while somebody asks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct busiest;

/* `root` is borrowed. Returns 0 or -ENOMEM. */
int busiest_new(struct busiest **busiest_out, const char *root);
struct busiest *busiest_free(struct busiest *busiest);
/* Looks at all processes; at most once in `fresh_ms` however often it is called. Returns 0 or
 * -ENOMEM. */
int busiest_look(struct busiest *busiest, uint64_t now_ns, uint32_t fresh_ms);
/* Appends [[pid,"user","S",cpu,memory,"command"],...]: the `count` busiest and the `count` largest,
 * each once. Returns 0 or -ENOMEM. */
int busiest_append(struct busiest *busiest, size_t count, struct buffer *out);
