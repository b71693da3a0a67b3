/* "MACHINE JOB" on the command line: which machine, which of its jobs. A job is named by its id or
 * by the first or last hexadecimal digits of it, or the first of those that are shown, as many as
 * tell it from the machine's others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/session.h"
#include "fleet/link/job-object.h"

/* What a list shows of an id: its last digits, which are the random ones. */
enum { JOB_SHORT_SIZE = 9, JOB_DIGITS_MIN = 4 };

const char *job_short(const uint8_t id[UUID_SIZE], char text_out[JOB_SHORT_SIZE]);
/* Whether `text` names this id; dashes may be left out. */
bool job_is_named(const uint8_t id[UUID_SIZE], const char *text);
/* Whether `text` can name a job at all. */
bool job_is_id(const char *text);
/* The command that follows a job again: "hune attach web1 b302099a", fit for a shell. From malloc,
 * or NULL. */
char *job_attach_command(const char *machine, const uint8_t id[UUID_SIZE]);

struct job_pick {
    struct session *session;
    uint32_t machine;
    struct link *link; /* taken from the pool */
    struct job_object job;
};

/* The machine of -t or the first word, and the job that the next word names; without that word, the
 * only job that runs there (or the only one at all). Asks the machine. Tells its trouble; returns
 * what to exit with, 0 with the job. */
int job_pick(struct session *session, const char *const *words, struct job_pick *pick_out);
/* The machine alone, and what it says of its jobs: a document that the caller owns. `job_out` gets
 * the word behind the machine, or NULL. */
int job_list(struct session *session, const char *const *words, struct job_pick *pick_out,
             const char **job_out, json_t **root_out);
void job_pick_release(struct job_pick *pick);
#define _cleanup_job_pick_ _cleanup_(job_pick_release)

/* A machine that refuses something about a job that it listed does so because the job is another's.
 */
void job_name_right(struct trouble *trouble);

/* Gives an order about the job (VERB_SIGNAL, VERB_FORGET) and waits for its answer. Returns what to
 * exit with; a refusal is told. */
int job_order(struct job_pick *pick, enum verb verb, const struct buffer *payload);

/* ---- job-each.c: "MACHINE all" ---- */

/* Whether the words ask for all jobs. */
bool job_words_mean_all(const struct session *session, const char *const *words);
/* Calls `order` for each job of ours that has ended, or else that has not, after a question.
 * `order` tells what became of it. Returns what to exit with, the worst of all. */
int job_each(struct session *session, const char *const *words, bool ended,
             int (*order)(struct job_pick *pick));

/* One line about the job. JSON: machine, job, and `key` as a flag. People: the machine's name, the
 * job's short id, and `text`, translated, such as "is being stopped". */
void job_tell(const struct job_pick *pick, const char *key, bool flag, const char *text);
