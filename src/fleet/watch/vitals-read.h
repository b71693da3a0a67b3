/* The lines of /v1/vitals, read: bytes in, samples and history out. No I/O; whatever a machine
 * sends ends in a sample, or in "that is no such line". Inside this folder only.
 *
 * A sample's line is the hot path of a console that watches thousands: it is read in place, and
 * only what does not look as agents write it goes through the JSON library. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/buffer.h"
#include "fleet/watch/vitals.h"

/* Where the value of a column goes. */
struct vitals_target {
    uint8_t vital;  /* VITAL_COUNT: nowhere, it is not known here */
    uint8_t label;  /* VITAL_LABEL_NONE: the machine's */
    uint32_t place; /* among the values of that label */
};

/* What the last head said. Zeroed at first. */
struct vitals_reader {
    struct vitals_target *targets;
    size_t count;
};

void vitals_reader_deinit(struct vitals_reader *reader);

/* Cuts what arrives into lines: calls `line` for each whole one without its newline, keeps the
 * rest. A call that returns other than 0 ends it; the rest is then lost. Returns 0, what `line`
 * returned, -ENOMEM, or 1 for a line longer than LIMIT_VITALS_LINE. */
struct vitals_lines {
    struct buffer rest;
};
typedef int (*vitals_line)(const char *line, size_t length, void *user);
int vitals_lines_feed(struct vitals_lines *lines, const uint8_t *bytes, size_t size,
                      vitals_line line, void *user);
void vitals_lines_reset(struct vitals_lines *lines);

/* A line of a stream: head or sample. Returns 0 for a head, 1 for a sample, 2 for neither (the
 * sample is then not to be used), or -ENOMEM. */
enum { VITALS_HEAD, VITALS_SAMPLE, VITALS_BAD };
int vitals_read_line(struct vitals_reader *reader, struct vitals_sample *sample, const char *line,
                     size_t length);
/* The document of one sample. Returns VITALS_SAMPLE, VITALS_BAD, or -ENOMEM. */
int vitals_read_document(json_t *root, struct vitals_sample *sample_out);

/* A line of a history: the head first. Returns VITALS_HEAD, VITALS_SAMPLE for a row, VITALS_BAD, or
 * -ENOMEM. `room` is the rows that there is memory for, 0 at first. */
int vitals_read_history(struct vitals_history *history, size_t *room, const char *line,
                        size_t length);
