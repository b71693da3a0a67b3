/* That a console has the end of a job's output. Its window updates tell what it holds of a stream
 * that goes on (outlet.h); of one that has ended there are none, so it is asked for a receipt, and
 * with it the ring is free. Without one, the end stays until the job is forgotten. */
#pragma once

#include <stdint.h>

struct job;
struct session;

/* A job's output has been sent to this console, up to its end at `offset`. */
void receipt_ask(struct session *session, const struct job *job, uint64_t offset);
/* Here it is. */
void receipt_take(struct session *session, uint64_t number);
/* The session is gone. */
void receipts_drop(struct session *session);
