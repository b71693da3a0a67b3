/* The console's own settings, ~/.config/hune/hune.conf (INI): every key has a default, and no file
 * is an empty one. A mistake is told with its line and costs no other key. */
#pragma once

#include <stdint.h>

#include "fleet/home/fault.h"

enum { SETTINGS_PATH_SIZE = 1024 };

struct settings {
    uint64_t confirm_above; /* [run] confirm_above: orders for more machines are asked about */
    uint64_t keep_bytes;    /* [runs] keep: how large the memory of runs may grow */
    char genders[SETTINGS_PATH_SIZE]; /* [groups] genders: where that file is */
};

void settings_init(struct settings *settings);
/* Reads the file over the defaults. Returns 0; 1 with the first mistake in `fault` (its line is
 * set; the keys that could be read hold); or -errno when it cannot be read. */
int settings_load(const char *path, struct settings *settings_out, struct fault *fault);
