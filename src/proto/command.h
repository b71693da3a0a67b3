/* The payload of a `run` order: an argv or one shell line, environment, directory, kind of input.
 * In a `shell` order (terminal.h) it may also be the user's login shell.
 *
 *   u8 mode (0 argv, 1 shell line, 2 login shell)   u8 flags   u16 count, count x {u32 length,
 * bytes} u16 count, count x {u32 length, bytes} environment "NAME=value"   u32 length, bytes
 * directory
 *
 * No text may hold a NUL. The machine parses this in the job's child, after it dropped to its user,
 * so decoding allocates nothing: it fills arrays that the caller has.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"

enum command_mode { COMMAND_ARGV = 0, COMMAND_SHELL = 1, COMMAND_LOGIN = 2 };
enum command_flag {
    COMMAND_INPUT = 1, /* standard input will be sent; without it the job reads /dev/null */
    COMMAND_FLAGS_KNOWN = 1,
};

struct command {
    enum command_mode mode;
    uint8_t flags;
    const char *const *arguments;   /* NULL-terminated; SHELL: one, LOGIN: none */
    const char *const *environment; /* NULL-terminated, or NULL for none */
    const char *directory;          /* NULL or "" for the user's home */
};

/* Returns 0, -ENOMEM, or -EMSGSIZE when it would exceed LIMIT_ORDER_PAYLOAD or LIMIT_ARGUMENTS. */
int command_encode(const struct command *command, struct buffer *out);

/* A walk over an encoded command: flags first, then each text in place. */
struct command_view {
    enum command_mode mode;
    uint8_t flags;
    uint16_t arguments;
    uint16_t variables;
    struct slice directory;
    struct slice texts; /* as they stand in the payload: arguments, a u16, variables */
};

/* Checks every length and text. Returns 0 or 1 for a malformed payload. */
int command_decode(struct command_view *view_out, struct slice payload);
/* Copies the texts, each with a NUL, to `storage` (at least payload.size + 1 bytes) and their
 * addresses to `arguments` (room for view->arguments + 1) and `variables` (view->variables + 1),
 * both NULL-ended. */
void command_unpack(const struct command_view *view, char *storage, char **arguments,
                    char **variables, char **directory_out);
/* Appends the word as a shell reads it: as it stands, or in single quotes. 0 or -ENOMEM. */
int command_word_append(struct buffer *line, struct slice word, bool is_first);
/* One line that tells the command to people: the shell line, or the quoted argv. 0 or -ENOMEM. */
int command_describe(const struct command_view *view, struct buffer *out);
