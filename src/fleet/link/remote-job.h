/* A job on a machine, as the console holds it: its output as it comes, its input, its signals. It
 * survives broken connections: output resumes at the byte where it stopped, input at the byte that
 * the machine has, and the order is never given twice.
 *
 * Exactly one on_end comes, unless remote_job_detach() was called; the object lives until
 * remote_job_detach() in either case (it may be called from on_end).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"
#include "fleet/link/job-object.h"
#include "fleet/link/link.h"
#include "fleet/link/submit.h"
#include "proto/frame.h"
#include "proto/state.h"

struct remote_job;

/* Any of them may be NULL. */
struct remote_job_events {
    /* The machine took the order (or knows the job that was attached to). */
    void (*on_accepted)(struct remote_job *job, void *user);
    /* Output in pieces of any size, `kind` FRAME_OUT or FRAME_ERR; `ms` since the job's start. */
    void (*on_output)(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                      size_t size, uint32_t ms, void *user);
    /* A sentence from the agent about this job; raw. */
    void (*on_note)(struct remote_job *job, const char *text, size_t size, void *user);
    /* queued, running, and the end state (before on_end). */
    void (*on_state)(struct remote_job *job, struct job_state state, void *user);
    /* The connection broke (true) or is back (false); the job goes on. */
    void (*on_interrupted)(struct remote_job *job, bool interrupted, void *user);
    /* remote_job_write() takes bytes again, after it had said -EAGAIN. */
    void (*on_writable)(struct remote_job *job, void *user);
    /* The machine takes no more input: trouble NULL when it has all of it or the job reads no more,
     * PROBLEM_TAKEN_OVER when another console sends now. The job goes on. */
    void (*on_input_end)(struct remote_job *job, const struct trouble *trouble, void *user);
    /* All input that was written is with the machine. */
    void (*on_drained)(struct remote_job *job, void *user);
    /* The answer to remote_job_signal(); trouble NULL: done. */
    void (*on_signalled)(struct remote_job *job, const struct trouble *trouble, void *user);
    /* `trouble` is NULL if the machine itself told the end. Otherwise: REFUSED (detail: problem
     * code), LOST, UNREACHABLE (it may still run there), UNSENT (it was never given). */
    void (*on_end)(struct remote_job *job, struct job_state state, const struct trouble *trouble,
                   void *user);
};

/* Gives an order that becomes a job and follows it. `follow` false: ends as soon as the machine
 * took it, and the input that was written or is expected, with the state that it told (--detach).
 * Returns 0 or -errno. Callbacks come from the
 * loop; on a link that is closed they come from inside, and `job_out` is NULL if one of them
 * detached. */
int remote_job_start(struct remote_job **job_out, struct link *link, const struct errand *errand,
                     bool follow, const struct remote_job_events *events, void *user);
/* Follows a job that is there, its stream of frames from byte `from` on (0, or remote_job_taken()
 * of before: it must be a frame's start). `input_from` likewise for input. */
int remote_job_attach(struct remote_job **job_out, struct link *link, const uint8_t id[UUID_SIZE],
                      uint64_t from, uint64_t input_from, const struct remote_job_events *events,
                      void *user);
/* Lets go of it; the job runs on at the machine. No callback comes after this. Takes NULL, returns
 * NULL. */
struct remote_job *remote_job_detach(struct remote_job *job);

/* No on_output, on_note or on_end until resumed; the machine is held back (and the job with it)
 * when the window is full. Counts nothing: pausing twice is pausing once. */
void remote_job_pause(struct remote_job *job);
/* What was held comes from inside this call. */
void remote_job_resume(struct remote_job *job);

/* Takes the input over from the consoles before: a number larger than theirs (struct job_object),
 * and input that is counted from 0. Before any is sent. */
void remote_job_take_input(struct remote_job *job, uint64_t writer);
/* Queues bytes for standard input; copied. Returns 0, -ENOMEM, -EPIPE after remote_job_write_end()
 * or the job's end, or -EAGAIN if the queue (LIMIT_INPUT_AHEAD) has no room for all of them: none
 * is taken and on_writable follows. */
int remote_job_write(struct remote_job *job, const void *bytes, size_t size);
/* Instead of writing: all input comes from there, without a copy. To be told again whenever it has
 * more. */
struct remote_job_source {
    /* What the machine may not have yet; it stays where it is until it is taken. */
    struct slice (*bytes)(void *user);
    /* The machine has the first `size` of them. */
    void (*taken)(void *user, size_t size);
    void *user;
};
void remote_job_write_from(struct remote_job *job, const struct remote_job_source *source);
/* Bytes will be written: a job that is not followed must not be left before they are there. Call it
 * right after remote_job_start(). */
void remote_job_expect_input(struct remote_job *job);
/* The job reads end of file behind what was written. */
void remote_job_write_end(struct remote_job *job);
/* The whole of standard input at once, instead of writing; borrowed until on_end or detach. Ends
 * it. */
void remote_job_write_whole(struct remote_job *job, struct slice bytes);
/* Whether all that was written has been given to the connection, if not yet to the machine. */
bool remote_job_input_is_sent(const struct remote_job *job);
/* Bytes that remote_job_write() would take now. */
size_t remote_job_write_room(const struct remote_job *job);

/* Orders a signal to the job's tree; 0 = stop the tree, first gently, then for good. Returns 0 or
 * -errno; on_signalled tells the answer. */
int remote_job_signal(struct remote_job *job, uint8_t signal);

const uint8_t *remote_job_id(const struct remote_job *job);
struct link *remote_job_link(const struct remote_job *job);
struct job_state remote_job_state(const struct remote_job *job);
/* Whether the machine said that it has the job. */
bool remote_job_is_accepted(const struct remote_job *job);
/* Whether its order left this computer: the machine may have it. */
bool remote_job_is_sent(const struct remote_job *job);
/* From inside on_output: where in the stream of frames the frame begins whose bytes these are. */
uint64_t remote_job_frame(const struct remote_job *job);
/* Bytes of the stream of frames handed out so far. */
uint64_t remote_job_taken(const struct remote_job *job);
/* Input bytes that the machine has. */
uint64_t remote_job_input_taken(const struct remote_job *job);
