/* A recording of what a job showed, as asciinema v2: a header, then one line for each event. Every
 * line is written whole, so the file is valid at any moment, however the console ends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cast;

struct cast_head {
    uint16_t columns, rows;
    const char *title; /* may be NULL, like the others */
    const char *command;
    const char *terminal; /* TERM */
    bool is_plain;        /* newlines are bare, as in the output of a command without a terminal */
};

/* Makes the file, which must not be there yet: -EEXIST. Returns 0 or -errno. */
int cast_new(struct cast **cast_out, const char *path, const struct cast_head *head);
/* Returns the first error of writing, or 0; what came after it is not in the file. */
int cast_close(struct cast *cast);
/* `ms` since the job's start; a time that runs backwards is held. `cast` may be NULL. */
void cast_output(struct cast *cast, uint32_t ms, const void *bytes, size_t size);
void cast_resize(struct cast *cast, uint32_t ms, uint16_t columns, uint16_t rows);
