/* One look at what the kernel counts: raw numbers, as they were at one moment. Rates come from two
 * of them (sense/vitals.h). The parsers are pure; whatever a text does not say is SENSE_UNKNOWN. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sense/memory.h"
#include "sense/processor.h"
#include "sense/scan.h"

enum { DEVICE_NAME_MAX = 32, INTERFACE_NAME_MAX = 32 };

enum reading_pressure {
    PRESSURE_CPU_SOME,
    PRESSURE_IO_SOME,
    PRESSURE_IO_FULL,
    PRESSURE_MEMORY_SOME,
    PRESSURE_MEMORY_FULL,
    PRESSURE_COUNT,
};

struct reading_core {
    uint32_t number;
    struct cpu_times times;
};

/* Since the device appeared. */
struct reading_device {
    char name[DEVICE_NAME_MAX];
    bool physical; /* counts for the machine; else it stands upon others, as dm and md do */
    uint64_t reads, read_bytes;
    uint64_t writes, write_bytes;
    uint64_t busy_ms;
};

struct reading_interface {
    char name[INTERFACE_NAME_MAX];
    bool physical;
    bool loopback;
    uint64_t rx_bytes, rx_packets, tx_bytes, tx_packets;
    uint64_t errors, drops; /* both ways */
};

struct reading {
    uint64_t monotonic_ns; /* 0: nothing was read yet */
    uint64_t boot_ms;
    uint64_t wall_ms;
    struct cpu_times cpu;
    uint64_t running, blocked;
    double load[3]; /* NAN: not known */
    uint64_t threads;
    struct meminfo memory;
    uint64_t memory_limit_used;
    uint64_t pressure_us[PRESSURE_COUNT];
    struct reading_core *cores;
    size_t core_count, core_room;
    struct reading_device *devices;
    size_t device_count, device_room;
    struct reading_interface *interfaces;
    size_t interface_count, interface_room;
};

void reading_deinit(struct reading *reading);
/* Makes `to` (zeroed, or a reading) the same as `from`. Returns 0 or -ENOMEM. */
int reading_copy(struct reading *to, const struct reading *from);

/* /proc/stat: processors, running, blocked. Each of these returns 0 or -ENOMEM. */
int reading_parse_stat(struct reading *reading, struct span text);
/* /proc/loadavg. */
void reading_parse_load(struct reading *reading, struct span text);
/* One of /proc/pressure: microseconds in which some, and all, were stalled. */
void pressure_parse(struct span text, uint64_t *some_out, uint64_t *full_out);
/* /proc/diskstats; those for which `is_whole` is false are parts of others and are left out. */
int reading_parse_devices(struct reading *reading, struct span text,
                          bool (*is_whole)(void *user, const char *name, bool *physical_out),
                          void *user);
/* /proc/net/dev. */
int reading_parse_interfaces(struct reading *reading, struct span text,
                             bool (*is_physical)(void *user, const char *name), void *user);

/* Makes room for one more element of `size` bytes in an array of `count`. Returns 0 or -ENOMEM. */
int array_grow(void *items_pointer, size_t *room, size_t count, size_t size);
/* Copies as much of a span as fits, and terminates it. False if it was cut. */
bool span_copy(struct span span, char *to, size_t size);
