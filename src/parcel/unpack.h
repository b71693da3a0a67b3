/* Unpacking a parcel that may come from an enemy: names cannot leave the target, links that it
 * makes are never followed, devices are refused, its size is bounded, and nothing in the target
 * changes before all of it was seen and its checksum agrees.
 *
 * All of a file's mode but the nine bits of reading, writing and executing is dropped; owners are
 * not in parcels. */
#pragma once

#include <stdint.h>

#include "parcel/trouble.h"

struct unpack_settings {
    const char *target;   /* a folder for it, or the new name of the one thing that it holds */
    bool make_folder;     /* the target becomes a folder, its parents too, if it is not there */
    uint64_t bytes_max;   /* of all files together, holes too; 0 = no bound */
    uint64_t entries_max; /* 0 = no bound */
    /* How many bytes of files are there by now; may be NULL. */
    void (*on_progress)(void *user, uint64_t bytes, uint64_t entries);
    void *user;
};

struct unpack_result {
    uint64_t bytes, entries;
    uint32_t left_out; /* by the packer */
    uint8_t sum[SHA256_SIZE];
};

/* Returns 0, or 1 with `trouble` set (release it): then the target is as it was. */
int unpack_run(const struct unpack_settings *settings, const struct parcel_source *source,
               struct unpack_result *result_out, struct parcel_trouble *trouble);
