/* Packing files and folders into a parcel. A path that is named is followed if it is a symbolic
 * link; links inside of folders stay links. Modes and times go along, owners do not; holes stay
 * holes, and files with several names are packed once.
 *
 * What cannot be read is told, left out and counted; the rest goes its way. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "parcel/trouble.h"

struct pack_settings {
    const char *const *paths; /* NULL-terminated */
    enum parcel_kind kind;    /* PLAIN: of the one path */
    int fd;                   /* PLAIN: read this instead of a path; else -1 */
    bool counts;              /* walk first, and tell in the head how much it is */
    /* Something is left out. */
    void (*on_left_out)(void *user, const struct parcel_trouble *trouble);
    /* How many bytes of files are packed by now; may be NULL. */
    void (*on_progress)(void *user, uint64_t bytes, uint64_t entries);
    /* What there is, when it was counted; may be NULL. */
    void (*on_counted)(void *user, uint64_t bytes, uint64_t entries);
    void *user;
};

struct pack_result {
    uint64_t bytes, entries;
    uint32_t left_out;
    uint8_t sum[SHA256_SIZE];
};

/* Returns 0, or 1 with `trouble` set (release it): then the parcel says that it was given up, if
 * the sink still took that. */
int pack_run(const struct pack_settings *settings, const struct parcel_sink *sink,
             struct pack_result *result_out, struct parcel_trouble *trouble);
