/* What couriers say, in the language of who reads it. They speak English, as those on machines
 * cannot know who listens. */
#pragma once

#include <stddef.h>

#include "base/buffer.h"

/* Appends a line of a courier's with what is known of it translated: its sentence, and the system's
 * word. What else it may hold stays as it is: raw. Returns 0 or -ENOMEM. */
int courier_words(const char *line, size_t size, struct buffer *out);
