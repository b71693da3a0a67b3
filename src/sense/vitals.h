/* The vital signs of this machine: made from two readings, written as docs/protocol.md has them.
 * Pure: numbers in, numbers and text out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "proto/vitals.h"
#include "sense/reading.h"

/* A reading that is dearer than the others, or changes slowly: taken at most every ten seconds.
 * Texts are raw bytes of the machine. */
struct slow_mount {
    char target[VITAL_THING_MAX];
    uint64_t size, used, available;
    uint64_t inodes, inodes_free;
};

struct slow_sensor {
    char name[VITAL_THING_MAX];
    double celsius; /* NAN: it does not answer */
};

struct slow_reading {
    struct slow_mount *mounts;
    size_t mount_count, mount_room;
    struct slow_sensor *sensors;
    size_t sensor_count, sensor_room;
    uint64_t processes;
    uint64_t users;
    uint64_t memory_limit;
    double cpu_limit; /* processors; 0: none */
};

void slow_reading_deinit(struct slow_reading *slow);

struct vitals_things {
    size_t count;
    char (*names)[VITAL_THING_MAX];
    size_t name_room;
    double *values; /* count * vital_label_width() */
    size_t value_room;
};

/* The result; used again for the next. Zeroed at first. NAN: not known. */
struct vitals {
    uint64_t wall_ms;
    uint32_t interval_ms; /* 0: no rates */
    double value[VITAL_COUNT];
    struct vitals_things things[VITAL_LABEL_COUNT];
};

/* `before` may be NULL, or so different (another boot, time asleep between) that there are no
 * rates: the interval is 0 then. Returns 0 or -ENOMEM. */
int vitals_compute(struct vitals *vitals, const struct reading *now, const struct reading *before,
                   const struct slow_reading *slow);
void vitals_deinit(struct vitals *vitals);

/* A number that differs when the things of these fields differ: the head is to be said again. */
uint64_t vitals_shape(const struct vitals *vitals, const struct vital_fields *fields);
/* The lines of a stream, with their newline, and the document of one sample. `processes` is the
 * text of the member or NULL. Return 0 or -ENOMEM. */
int vitals_append_head(const struct vitals *vitals, const struct vital_fields *fields,
                       uint64_t every_ms, struct buffer *out);
int vitals_append_sample(const struct vitals *vitals, const struct vital_fields *fields,
                         const struct buffer *processes, struct buffer *out);
int vitals_append_document(const struct vitals *vitals, const struct vital_fields *fields,
                           const struct buffer *processes, struct buffer *out);
/* A value as the vital's unit wants it: whole bytes, tenths of a percent; null for NAN. */
int vitals_append_value(enum vital vital, double value, struct buffer *out);
