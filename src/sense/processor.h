/* The processors: how many of what kind, how busy they were since boot. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sense/scan.h"

/* {"model","sockets","cores","threads","mhz","load":[1,5,15],"times":{"user","system","idle",
 * "iowait","steal"},"limit"}: times in ms summed over all threads, `limit` in processors.
 * Returns 0 or -ENOMEM. */
int processor_collect(const char *root, json_t **json_out);

struct cpuinfo {
    struct span model; /* empty if not told */
    uint64_t threads;
    double mhz; /* of the fastest one now; 0 if not told */
};
void cpuinfo_parse(struct span text, struct cpuinfo *info_out);

/* A list of processors such as "0-3,8": calls `visit` for each until it returns other than 0, which
 * is the result then. What is no such list, or numbers from CPULIST_MAX on, end it with 0. */
enum { CPULIST_MAX = 8192 };
int cpulist_for_each(struct span list, int (*visit)(void *data, unsigned cpu), void *data);

/* False if the text is not three numbers and more. */
bool loadavg_parse(struct span text, double load_out[3]);

/* In the kernel's clock ticks; SENSE_UNKNOWN for what is not told. */
struct cpu_times {
    uint64_t user;   /* niced processes and guests too */
    uint64_t system; /* interrupts too */
    uint64_t idle;
    uint64_t iowait;
    uint64_t steal;
};
void cpu_times_parse(struct span stat, struct cpu_times *times_out);

/* How many processors a quota leaves, from the text of cgroup's cpu.max; 0 for no quota. */
double cpu_max_parse(struct span text);
