/* Moving files between here and machines: what the commands `get` and `put` have in common. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "cli/session.h"
#include "fleet/run/gather.h"
#include "fleet/run/transfer.h"

/* One machine's part. */
struct carry_share {
    uint32_t machine;
    const char **paths; /* get: of this machine, NULL-terminated; borrowed texts */
    size_t path_count;
    struct buffer there, here; /* payloads of proto/transfer.h */
    struct buffer said;        /* lines, each with its newline, raw */
    struct transfer_report report;
    uint8_t job[UUID_SIZE];
    char *made; /* get: the folder that was made for it and is gone again when nothing comes; or
                   NULL */
    bool was_interrupted;
};

struct carry_options {
    const char *as;
    const char *max; /* "10G" */
    uint64_t fanout;
    uint64_t patience;
    bool even_protected; /* put */
};

struct carry {
    struct console *console;
    struct session session;
    enum verb verb;
    const struct carry_options *options;
    uint64_t bytes_max;
    struct carry_share *shares; /* by machine */
    uint32_t count;
    bool streams; /* "-": our own standard input or output */

    struct fanout_transfer transfer;
    struct fanout *fanout;
    struct transcripts *store; /* several machines: what is told at the end */
    const char **names;        /* by position */
    struct gather troubles;    /* the same words, told once */
    struct gather successes;
    uint32_t failed;
    bool stopping;
    bool done;

    uv_timer_t tick; /* progress */
    bool ticks;
    bool shown; /* a line of progress stands on the terminal */
    uint64_t begun_ms, drawn_ms, drawn_bytes;
    double rate; /* bytes per second, smoothed */
};

/* carry-plan.c: who, what and where from the words of the command. Each tells its trouble; returns
 * what to exit with, 0 if all is well. */
int carry_plan_get(struct carry *carry, const struct words *words);
int carry_plan_put(struct carry *carry, const struct words *words);

/* carry.c: does it; tells what happens, and returns what to exit with. */
int carry_run(struct carry *carry);
void carry_deinit(struct carry *carry);

/* carry-show.c */
/* A line from a machine, or of our own about it. */
void carry_say(struct carry *carry, struct carry_share *share, const char *text, size_t size);
void carry_show_result(struct carry *carry, struct carry_share *share,
                       const struct fanout_result *result);
void carry_show_summary(struct carry *carry);

/* carry-progress.c: a line on the terminal that is drawn anew. Nothing where no person looks. */
bool carry_is_watched(const struct carry *carry);
void carry_progress_start(struct carry *carry);
/* Takes the line away, so that others can be printed; the next tick draws it again. */
void carry_progress_clear(struct carry *carry);
void carry_progress_stop(struct carry *carry);

static inline const char *carry_name(const struct carry *carry, const struct carry_share *share)
{
    return carry->session.fleet->machines[share->machine].name;
}
