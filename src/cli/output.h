/* Where results go: standard output and standard error, gathered in memory and written in one
 * piece, so that lines of different machines never mix. Knows whether a person looks at it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct output {
    struct buffer pending;
    int fd;
    unsigned width; /* of the terminal in columns; 80 where there is none */
    bool terminal;
    bool colour;
    bool closed;     /* the reader has gone away; nothing more is written */
    bool begun_line; /* what was written last did not end with a newline */
};

enum colour { COLOUR_BOLD, COLOUR_DIM, COLOUR_RED, COLOUR_GREEN, COLOUR_YELLOW, COLOUR_CYAN };

void output_init(struct output *output, int fd);
/* Flushes and frees. */
void output_deinit(struct output *output);

/* Text of our own, trusted. Errors of memory and of the descriptor close the output: what a person
 * cannot be told, no command can mend. */
void output_print(struct output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Text from elsewhere, made safe for a terminal, in one line. */
void output_safe(struct output *output, const char *text);
void output_bytes(struct output *output, const void *bytes, size_t size);
/* "text" in colour, if colour is wanted. */
void output_coloured(struct output *output, enum colour colour, const char *text);
/* The escape sequences themselves; "" without colour. */
const char *output_colour(const struct output *output, enum colour colour);
const char *output_plain(const struct output *output);
/* Writes what is pending. */
void output_flush(struct output *output);
/* Flushes, then hands `bytes` to write(2) directly: the way of the bulk. False if the output is
 * closed. */
bool output_write(struct output *output, const void *bytes, size_t size);
