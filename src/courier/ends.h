/* The courier's two ends: parcels come in on standard input and go out on standard output, through
 * a pipe, or over a belt (base/belt.h) whose bell that descriptor then is. All wait, but not for
 * ever, and not once the job was told to stop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/belt.h"
#include "proto/parcel.h"

/* Bytes of a pipe, in one run. */
struct ends_window {
    uint8_t *bytes; /* ENDS_WINDOW of them */
    size_t begin, size;
    bool ended;
};

enum { ENDS_WINDOW = 2 * (LIMIT_PARCEL_RECORD + 4) };

struct ends_shelf;

struct end {
    int fd;
    uint64_t patience_ms; /* without a byte, then -ETIMEDOUT; 0 = for ever */
    struct belt belt;
    struct ends_window window;
    struct ends_shelf *shelf; /* of a pipe that is written to */
};

/* From now on SIGTERM, SIGINT and SIGHUP are noticed by the ends alone (they then return
 * -ECANCELED), and a reader that has gone away is an error and no signal. */
void ends_catch_signals(void);

/* Each returns 0 or -errno. `end` must outlive what is made. */
int pipe_source(struct end *end, int fd, uint32_t patience_s, struct parcel_source *source_out);
int pipe_sink(struct end *end, int fd, uint32_t patience_s, struct parcel_sink *sink_out);
int belt_source(struct end *end, int fd, int belt, bool is_shared, uint32_t patience_s,
                struct parcel_source *source_out);
int belt_sink(struct end *end, int fd, int belt, uint32_t patience_s, struct parcel_sink *sink_out);
/* Tells that all is written, and waits until all of it was taken. Returns 0 or -errno. */
int belt_stay(struct end *end);
void end_deinit(struct end *end);

/* ---- what they share ---- */

/* Whether one of the signals has come. */
bool ends_are_stopped(void);
/* Waits for `ms`, 0 = for ever. Returns 0, also when woken for nothing; -ETIMEDOUT, -ECANCELED or
 * -errno. */
int ends_wait(const struct end *end, short events, uint64_t ms);
int end_begin(struct end *end, int fd, uint32_t patience_s);
/* Fills at least `least` bytes, at most `most`; fewer at the end alone. Returns how many or -errno.
 */
typedef ssize_t (*ends_fill)(struct end *end, uint8_t *to, size_t least, size_t most);
int ends_window_open(struct end *end);
/* As parcel_source.read. */
ssize_t ends_window_read(struct end *end, ends_fill fill, size_t taken, size_t wanted,
                         const uint8_t **bytes_out);
