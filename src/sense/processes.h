/* The processes that run on this machine. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "sense/scan.h"

/* {"count","running","processes":[{"pid","ppid","user","state","cpu_ms","rss","threads",
 * "command"}]}, at most PROCESSES_LISTED of them, those with the most memory first. A user without
 * a name is the number. Returns 0 or -ENOMEM. */
enum { PROCESSES_LISTED = 4096 };
int processes_collect(const char *root, json_t **json_out);
/* The same with another number of processes to list. */
int processes_collect_some(const char *root, size_t listed, json_t **json_out);

/* What /proc/PID/stat tells: times in clock ticks, memory in pages. */
struct process {
    uint64_t pid;
    uint64_t ppid;
    uint64_t ticks; /* user and system together */
    uint64_t threads;
    uint64_t pages;   /* resident, roughly */
    uint64_t started; /* ticks after boot: tells apart two of one number */
    char state;       /* R, S, D, Z, T, I ... as ps(1) shows it */
};
/* `name_out` is the name of the program, which may hold any byte but NUL. False if the text is cut
 * short or is no such line. */
bool process_parse(struct span stat, struct process *process_out, struct span *name_out);
/* From the text of /proc/PID/status: the effective user, SENSE_UNKNOWN if it is not there, and the
 * resident memory in bytes, which is exact here while that in stat lags behind. Kernel threads have
 * none: 0. */
struct process_status {
    uint64_t uid;
    uint64_t resident;
};
void process_status_parse(struct span text, struct process_status *status_out);

/* The files of one process and its command, in buffers that are used again for the next. Zeroed at
 * first. */
struct process_files {
    struct buffer stat;
    struct buffer status;
    struct buffer arguments;
    struct buffer command;
};
void process_files_deinit(struct process_files *files);
/* Looks at one more closely: its command stands in files->command. Returns 0, 1 for a process that
 * is gone, or -ENOMEM. */
int process_read(const char *root, const struct process *process, struct process_files *files,
                 struct process_status *status_out);

/* Appends the arguments in /proc/PID/cmdline, or "[name]" where there are none (kernel threads do
 * that), cut to COMMAND_MAX bytes. Returns 0 or -ENOMEM. */
enum { COMMAND_MAX = 256 };
int process_command(struct span arguments, struct span name, struct buffer *out);
