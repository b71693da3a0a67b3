/* Standard input of a job: from a console's request body into the pipe, or onto the belt of one
 * that takes files, no faster than the job reads.
 *
 * A byte's window goes back to the console only when the byte is in the pipe, so a job that does
 * not read stops its console and nobody else. How many bytes went in is kept in the job's ring: a
 * console that lost its connection, or its gate, sends again from where it likes and what was taken
 * is skipped.
 */
#pragma once

struct input;
struct job;

/* Takes the write end over, also on error; with a belt (`belt_fd`, or -1; it stays the caller's)
 * that is its bell. Returns 0 or -errno. */
int input_new(struct input **input_out, struct job *job, int fd, int belt_fd);
struct input *input_free(struct input *input);
/* Closes the pipe, tells the warden, and answers the console that is sending; job->input is NULL
 * then. */
void input_close(struct job *job);
