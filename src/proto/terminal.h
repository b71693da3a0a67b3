/* A terminal on a machine: the payload of a `shell` order, and what its input is made of.
 *
 * The payload, read by the job's child after it dropped to its user:
 *
 *   u16 rows   u16 columns   u16 width   u16 height (pixels, or 0)
 *   u8 flags   u8 erase (the character of the backspace key, or 0)   u8 n, n bytes TERM
 *   and a command as in command.h, which may be COMMAND_LOGIN
 *
 * The input is a stream of frames, {u8 kind, u8 zero, u16 length} and the payload. The gate lets
 * whole frames pass only, so that a console that takes over finds the stream at a frame's border.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "proto/command.h"
#include "proto/limits.h"

struct terminal_size {
    uint16_t rows, columns;
    uint16_t width, height; /* pixels; 0 where nobody knows */
};

enum { TERMINAL_SIZE_BYTES = 8, TERMINAL_NAME_MAX = 64 };

enum terminal_flag {
    TERMINAL_UTF8 = 1, /* erasing takes whole UTF-8 characters */
    TERMINAL_FLAGS_KNOWN = 1,
};

struct terminal {
    struct terminal_size size;
    uint8_t flags;
    uint8_t erase;
    const char *name; /* TERM */
};

/* Returns 0, -ENOMEM, or -EMSGSIZE for a name or a command that is too long. */
int terminal_encode(const struct terminal *terminal, const struct command *command,
                    struct buffer *out);

struct terminal_view {
    struct terminal_size size;
    uint8_t flags;
    uint8_t erase;
    struct slice name; /* of letters, digits and + - . _ alone */
    struct command_view command;
};

/* Returns 0 or 1 for a malformed payload. */
int terminal_decode(struct terminal_view *view_out, struct slice payload);

/* X(number, NAME, "word") */
#define HUNE_TERMINAL_INPUTS(X)                 \
    X(1, KEYS, "keys")     /* what was typed */ \
    X(2, RESIZE, "resize") /* struct terminal_size */

enum terminal_input_kind {
#define X(number, name, word) TERMINAL_##name = (number),
    HUNE_TERMINAL_INPUTS(X)
#undef X
};

enum { TERMINAL_INPUT_HEADER = 4, TERMINAL_KEYS_MAX = LIMIT_TERMINAL_INPUT - 4 };

struct terminal_input {
    enum terminal_input_kind kind;
    struct slice keys;         /* KEYS: in place */
    struct terminal_size size; /* RESIZE */
    size_t taken;              /* bytes of the whole frame */
};

/* The first frame of `bytes`. Returns 1 with it, 0 when it is not all there, or -EBADMSG for what
 * is no such frame. */
int terminal_input_next(struct terminal_input *input_out, struct slice bytes);
/* Append frames; keys are split into as many as they need. Return 0 or -ENOMEM. */
int terminal_input_keys(struct buffer *out, const void *keys, size_t size);
int terminal_input_resize(struct buffer *out, const struct terminal_size *size);
