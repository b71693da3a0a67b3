/* The courier's two ends: parcels come in on standard input and go out on standard output. Both
 * wait, but not for ever, and not once the job was told to stop. */
#pragma once

#include <signal.h>
#include <stdint.h>

#include "proto/parcel.h"

struct pipe_end {
    int fd;
    uint32_t patience_s; /* without a byte, then -ETIMEDOUT; 0 = for ever */
    uint8_t *bytes;      /* of a source */
};

/* From now on SIGTERM, SIGINT and SIGHUP are noticed by the ends alone (they then return
 * -ECANCELED), and a reader that has gone away is an error and no signal. */
void pipe_catch_signals(void);

/* Each returns 0 or -errno. `end` must outlive what is made. */
int pipe_source(struct pipe_end *end, int fd, uint32_t patience_s,
                struct parcel_source *source_out);
int pipe_sink(struct pipe_end *end, int fd, uint32_t patience_s, struct parcel_sink *sink_out);
void pipe_end_deinit(struct pipe_end *end);
