/* What the files of a remote job share: remote-job.c (life, output), remote-job-input.c (standard
 * input). */
#pragma once

#include "base/buffer.h"
#include "base/list.h"
#include "base/mirror.h"
#include "fleet/link/remote-job.h"
#include "fleet/link/request.h"

enum { NOTE_MAX = 4096 };

/* Standard input: bytes are kept until the machine has them. */
struct remote_input {
    struct request *request;
    struct request *question;        /* how far did it get? Asked after a broken connection */
    struct mirror queue;             /* from `base` on; open once something was written */
    struct slice whole;              /* or all of it, borrowed */
    struct remote_job_source source; /* or where it comes from; bytes NULL: no such */
    uint64_t writer;                 /* remote_job_take_input() */
    uint64_t base;                   /* bytes of input that the machine surely has */
    uint64_t start;                  /* base when the present sending began */
    size_t sent;                     /* of the queue, in the present sending */
    bool is_ended;                   /* remote_job_write_end() */
    bool is_closed;                  /* the machine takes no more */
    bool is_waiting;                 /* the body said BODY_WAIT */
    bool wants_room;                 /* somebody was told -EAGAIN */
    bool is_expected;                /* remote_job_expect_input() */
};

struct remote_job {
    struct link *link;
    struct submit *submit;
    struct request *output;
    struct request *look; /* at the job object, when the output cannot be had */
    uint8_t id[UUID_SIZE];
    uint8_t epoch[EPOCH_SIZE]; /* of the machine that took it */
    struct job_state state;
    bool follow;
    bool is_attached; /* not given by us */
    bool accepted;
    bool interrupted;
    bool paused;
    bool ended; /* on_end was called, or will be on resume */
    bool end_told;
    bool detached;
    unsigned busy; /* calls that are on the stack: memory stays until the last returns */
    unsigned restarts;

    struct frame_reader reader;
    uint64_t received; /* of the stream of frames */
    uint64_t taken;
    uint64_t frame;         /* where the frame begins that is being handed out */
    struct buffer held;     /* received while paused */
    size_t held_unconsumed; /* of these, from the present sending: they hold its window */
    struct buffer note;
    uint8_t exit[8];
    bool has_exit; /* the last frame came; the job ends with its stream */
    struct trouble trouble;
    bool has_trouble;
    bool has_late_trouble; /* told behind what is held */
    bool looked;

    struct remote_input input;
    struct list signals;
    const struct remote_job_events *events;
    void *user;
};

/* Brackets around everything that may call back. */
void remote_job_enter(struct remote_job *job);
void remote_job_leave(struct remote_job *job);

/* remote-job.c. Any of these may detach the job. */
void remote_job_tell_state(struct remote_job *job, struct job_state state);
/* The end, unless it was told or somebody pauses. */
void remote_job_tell_end(struct remote_job *job);
void remote_job_end(struct remote_job *job, struct job_state state, const struct trouble *trouble);
void remote_job_interrupted(struct remote_job *job, bool interrupted);
/* The machine has the job; the second one without its input being sent. */
void remote_job_accepted(struct remote_job *job);
void remote_job_tell_accepted(struct remote_job *job);

/* remote-job-output.c: asks for the output from where it stopped, unless that is under way. */
void remote_output_start(struct remote_job *job);

/* remote-job-input.c */
/* Sends what is queued, once the machine has the job. */
void remote_input_start(struct remote_job *job);
/* Whether input is on its way, or will be. */
bool remote_input_is_due(const struct remote_job *job);
/* Nothing more goes in: the job is over, or lets go of its input. */
void remote_input_stop(struct remote_job *job);
