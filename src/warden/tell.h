/* What the warden tells the gate. A gate that cannot be told is replaced. */
#pragma once

#include <stddef.h>

#include "base/buffer.h"
#include "door/door.h"
#include "warden/job.h"

struct warden;

/* `body` may be NULL for an empty one; the descriptors stay the caller's. */
void tell(struct warden *warden, enum door_type type, const struct buffer *body, const int *fds,
          size_t fd_count);
void tell_job(struct warden *warden, const struct job *job);
/* Every job there is, to a new gate. */
/* To a gate that knows the job. */
void tell_spool(struct warden *warden, const struct job *job);
void tell_jobs(struct warden *warden);
/* A job's news, journalled and recorded on the way; the user is the warden. */
extern const struct jobs_events tell_jobs_events;
