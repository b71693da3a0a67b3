/* The vital signs: what is measured, what each measure is called, and what kinds of things there
 * are several of. The names travel (docs/protocol.md, "Vitals"), stand in rules and in the history,
 * and so never change their meaning; new ones are added.
 *
 * A *vital* such as `net.rx` has one value for the whole machine (the total, or for a share or a
 * temperature the worst), and some have one value for each core, device, mount, interface or sensor
 * besides: `net.rx{interface="eth0"}` is a *column* of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#ifndef N_
#    define N_(text) text
#endif

/* X(NAME, "label", "group"): what there may be several of; the group is the word for all columns of
 * that kind in `fields`. */
#define HUNE_VITAL_LABELS(X)                               \
    X(CORE, "core", "cores")                /* "0", "1" */ \
    X(DEVICE, "device", "devices")          /* "sda" */    \
    X(MOUNT, "mount", "mounts")             /* "/srv" */   \
    X(INTERFACE, "interface", "interfaces") /* "eth0" */   \
    X(SENSOR, "sensor", "sensors")          /* "coretemp 1" */

enum vital_label {
#define X(name, label, group) VITAL_LABEL_##name,
    HUNE_VITAL_LABELS(X)
#undef X
        VITAL_LABEL_COUNT, /* how many there are */
    VITAL_LABEL_NONE = VITAL_LABEL_COUNT,
};

/* X(NAME, "word"): what a value counts. */
#define HUNE_VITAL_UNITS(X)                                    \
    X(PERCENT, "percent") /* 0 to 100 of what there is */      \
    X(NUMBER, "number")   /* of whole things */                \
    X(LOAD, "load")       /* processes that want to run */     \
    X(CORES, "cores")     /* processors, also parts of them */ \
    X(BYTES, "bytes")                                          \
    X(BYTES_PER_SECOND, "bytes/s")                             \
    X(PER_SECOND, "1/s")                                       \
    X(CELSIUS, "celsius")                                      \
    X(SECONDS, "seconds")

enum vital_unit {
#define X(name, word) VITAL_UNIT_##name,
    HUNE_VITAL_UNITS(X)
#undef X
};

/* A gauge is what it is at this moment; a rate is the mean since the sample before. */
enum vital_kind { VITAL_GAUGE, VITAL_RATE };

/* X(NAME, "name", unit, kind, label, what it is) */
#define HUNE_VITALS(X)                                                                             \
    X(CPU_BUSY, "cpu.busy", PERCENT, RATE, CORE,                                                   \
      N_("time that processors were not idle, waiting for disks not counted"))                     \
    X(CPU_USER, "cpu.user", PERCENT, RATE, CORE, N_("processor time of programs"))                 \
    X(CPU_SYSTEM, "cpu.system", PERCENT, RATE, CORE, N_("processor time of the kernel"))           \
    X(CPU_IOWAIT, "cpu.iowait", PERCENT, RATE, CORE,                                               \
      N_("processors idle while a disk is awaited"))                                               \
    X(CPU_STEAL, "cpu.steal", PERCENT, RATE, CORE, N_("processor time that other guests took"))    \
    X(CPU_COUNT, "cpu.count", NUMBER, GAUGE, NONE, N_("processors"))                               \
    X(CPU_LIMIT, "cpu.limit", CORES, GAUGE, NONE,                                                  \
      N_("processors that a container's quota leaves"))                                            \
    X(LOAD_1, "load.1m", LOAD, GAUGE, NONE, N_("load average of a minute"))                        \
    X(LOAD_5, "load.5m", LOAD, GAUGE, NONE, N_("load average of five minutes"))                    \
    X(LOAD_15, "load.15m", LOAD, GAUGE, NONE, N_("load average of fifteen minutes"))               \
    X(MEM_TOTAL, "mem.total", BYTES, GAUGE, NONE, N_("memory"))                                    \
    X(MEM_USED, "mem.used", BYTES, GAUGE, NONE, N_("memory that is not available"))                \
    X(MEM_AVAILABLE, "mem.available", BYTES, GAUGE, NONE, N_("memory that programs could get"))    \
    X(MEM_CACHE, "mem.cache", BYTES, GAUGE, NONE, N_("memory that caches files"))                  \
    X(MEM_LIMIT, "mem.limit", BYTES, GAUGE, NONE, N_("memory that a container may use"))           \
    X(MEM_LIMIT_USED, "mem.limit_used", BYTES, GAUGE, NONE,                                        \
      N_("memory that counts for the limit"))                                                      \
    X(SWAP_TOTAL, "swap.total", BYTES, GAUGE, NONE, N_("swap space"))                              \
    X(SWAP_USED, "swap.used", BYTES, GAUGE, NONE, N_("swap space in use"))                         \
    X(PRESSURE_CPU, "pressure.cpu", PERCENT, RATE, NONE,                                           \
      N_("time in which something waited for a processor"))                                        \
    X(PRESSURE_IO, "pressure.io", PERCENT, RATE, NONE,                                             \
      N_("time in which something waited for a disk"))                                             \
    X(PRESSURE_IO_FULL, "pressure.io_full", PERCENT, RATE, NONE,                                   \
      N_("time in which everything waited for a disk"))                                            \
    X(PRESSURE_MEMORY, "pressure.memory", PERCENT, RATE, NONE,                                     \
      N_("time in which something waited for memory"))                                             \
    X(PRESSURE_MEMORY_FULL, "pressure.memory_full", PERCENT, RATE, NONE,                           \
      N_("time in which everything waited for memory"))                                            \
    X(DISK_READ, "disk.read", BYTES_PER_SECOND, RATE, DEVICE, N_("read from disks"))               \
    X(DISK_WRITE, "disk.write", BYTES_PER_SECOND, RATE, DEVICE, N_("written to disks"))            \
    X(DISK_READ_OPS, "disk.read_ops", PER_SECOND, RATE, DEVICE, N_("reads of disks"))              \
    X(DISK_WRITE_OPS, "disk.write_ops", PER_SECOND, RATE, DEVICE, N_("writes to disks"))           \
    X(DISK_BUSY, "disk.busy", PERCENT, RATE, DEVICE, N_("time in which the busiest disk worked"))  \
    X(DISK_SIZE, "disk.size", BYTES, GAUGE, MOUNT, N_("size of file systems"))                     \
    X(DISK_USED, "disk.used", BYTES, GAUGE, MOUNT, N_("space in use"))                             \
    X(DISK_FREE, "disk.free", BYTES, GAUGE, MOUNT, N_("space that ordinary users may still fill")) \
    X(DISK_FULL, "disk.full", PERCENT, GAUGE, MOUNT, N_("how full the fullest file system is"))    \
    X(INODE_FULL, "inode.full", PERCENT, GAUGE, MOUNT,                                             \
      N_("inodes in use where the fewest are left"))                                               \
    X(NET_RX, "net.rx", BYTES_PER_SECOND, RATE, INTERFACE, N_("received"))                         \
    X(NET_TX, "net.tx", BYTES_PER_SECOND, RATE, INTERFACE, N_("sent"))                             \
    X(NET_RX_PACKETS, "net.rx_packets", PER_SECOND, RATE, INTERFACE, N_("packets received"))       \
    X(NET_TX_PACKETS, "net.tx_packets", PER_SECOND, RATE, INTERFACE, N_("packets sent"))           \
    X(NET_ERRORS, "net.errors", PER_SECOND, RATE, INTERFACE, N_("packets damaged, both ways"))     \
    X(NET_DROPS, "net.drops", PER_SECOND, RATE, INTERFACE, N_("packets dropped, both ways"))       \
    X(TEMP, "temp", CELSIUS, GAUGE, SENSOR, N_("the hottest sensor"))                              \
    X(PROC_COUNT, "proc.count", NUMBER, GAUGE, NONE, N_("processes"))                              \
    X(PROC_THREADS, "proc.threads", NUMBER, GAUGE, NONE, N_("threads of all processes"))           \
    X(PROC_RUNNING, "proc.running", NUMBER, GAUGE, NONE, N_("threads that run or could"))          \
    X(PROC_BLOCKED, "proc.blocked", NUMBER, GAUGE, NONE, N_("processes that wait for a disk"))     \
    X(UPTIME, "uptime", SECONDS, GAUGE, NONE, N_("time since the machine started"))                \
    X(USERS, "users", NUMBER, GAUGE, NONE, N_("sessions of logged-in users"))

enum vital {
#define X(id, name, unit, kind, label, text) VITAL_##id,
    HUNE_VITALS(X)
#undef X
        VITAL_COUNT, /* how many there are; not a vital */
};

struct vital_info {
    const char *name;
    enum vital_unit unit;
    enum vital_kind kind;
    enum vital_label label; /* VITAL_LABEL_NONE: one value for the machine and no more */
    const char *text;       /* untranslated */
};

/* Never NULL for a vital below VITAL_COUNT. */
const struct vital_info *vital_info(enum vital vital);
/* The vital of this name; false if there is none. */
bool vital_parse(const char *name, size_t length, enum vital *vital_out);
const char *vital_unit_word(enum vital_unit unit);
/* "core", "device"... and "cores", "devices"...; NULL for VITAL_LABEL_NONE. */
const char *vital_label_word(enum vital_label label);
const char *vital_label_group(enum vital_label label);

/* How many vitals carry this label, and the place of one among them, from 0 on: a thing of that
 * label has so many values. */
size_t vital_label_width(enum vital_label label);
size_t vital_label_place(enum vital vital);

/* ---- columns: a vital of the machine, or of one thing ---- */

enum { VITAL_THING_MAX = 96 };

struct vital_column {
    enum vital vital;
    bool labelled;
    char thing[VITAL_THING_MAX]; /* of a labelled one: "eth0", UTF-8; "" otherwise */
};

/* Reads `net.rx` or `net.rx{interface="eth0"}`; in the quotes \" and \\ stand for themselves.
 * False for an unknown vital, a label that it does not have, or what is not written so. */
bool vital_column_parse(const char *text, size_t length, struct vital_column *column_out);
/* Appends the column's name. Returns 0 or -ENOMEM. */
int vital_column_append(const struct vital_column *column, struct buffer *out);

/* ---- fields: which columns are wanted ---- */

/* A request's `fields`: vitals and groups, comma-separated. */
struct vital_fields {
    uint64_t vitals; /* bit n: the machine's value of vital n */
    uint32_t labels; /* bit n: all columns of that label */
};

_Static_assert(VITAL_COUNT <= 64, "a bit for each");

/* Takes names of vitals, `summary` (the machine's value of each), the groups (`cores`,
 * `interfaces`...) and `all`. Returns 0, or 1 with the first word that is none of them in
 * *bad_out and its length. */
int vital_fields_parse(const char *text, struct vital_fields *fields_out, const char **bad_out,
                       size_t *bad_length_out);

/* ---- times in requests ---- */

/* A length of time with a unit: 500ms, 90s, 15m, 24h, 14d; bare digits are seconds. At most 10
 * years. */
bool vital_span_parse(const char *text, uint64_t *ms_out);
