/* Carries a descriptor's bytes to a job's standard input, as fast as both can. */
#pragma once

#include <uv.h>

#include "fleet/link/remote-job.h"

struct feeder;

/* Begins to read; the end of the file closes the job's input. Returns 0 or -errno. */
int feeder_start(struct feeder **feeder_out, uv_loop_t *loop, int fd, struct remote_job *job);
/* The job takes bytes again. */
void feeder_resume(struct feeder *feeder);
/* Its memory goes when the loop has closed its handle. Takes NULL, returns NULL. */
struct feeder *feeder_stop(struct feeder *feeder);
