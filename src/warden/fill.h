/* The stop `ring`: moves a job's output from its pipes into its ring, framed. While the
 * ring is full the pipes are left alone, so the job itself has to wait. */
#pragma once

#include "warden/job.h"

/* Watches a pipe. Returns 0 or -errno; the descriptor is the job's from here. */
int fill_start(struct job *job, struct job_pipe *pipe, enum frame_kind kind, int fd);
void fill_stop(struct job_pipe *pipe);
bool fill_is_open(const struct job_pipe *pipe);
/* Takes what is in the pipe until it is empty or the ring is full. */
void fill_now(struct job_pipe *pipe);
/* No job is filled any more: gives back the memory that all of them share. */
void fill_end(struct jobs *jobs);
/* Puts a frame that the gate made. The payload is copied once. False while there is no room. */
bool fill_frame(struct job *job, const struct frame_header *header, const uint8_t *payload);
/* A sentence about the job; dropped when there is no room, it is not worth waiting for. */
void fill_note(struct job *job, const char *text);
/* The last frame alone, of a job of which nothing else is left. Returns 0 or -ENOMEM. */
int fill_append_exit(struct buffer *out, struct job_state state, uint32_t ms);
/* The last frame. There is always room for it; of a job that never said anything it is all that is
 * kept. */
void fill_exit(struct job *job);
