/* The keys that are meant for us and not for the machine, as users of ssh know them: a tilde at the
 * beginning of a line, and what follows it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum tilde_wish {
    TILDE_NOTHING,
    TILDE_LEAVE,   /* ~. */
    TILDE_DETACH,  /* ~d */
    TILDE_SUSPEND, /* ~ and Ctrl-Z */
    TILDE_HELP,    /* ~? */
};

struct tilde {
    bool is_off; /* every key is the machine's */
    bool within; /* the keys before did not end a line */
    bool held;   /* a tilde is held back until it is clear what it means */
};

/* Takes keys, up to and including the first wish; what the machine shall get is appended to `out`.
 * Returns how many were taken; `wish_out` is TILDE_NOTHING if all were. On no memory the keys that
 * found none are lost, and the output is closed by the next that needs it. */
size_t tilde_feed(struct tilde *tilde, const uint8_t *keys, size_t size, struct buffer *out,
                  enum tilde_wish *wish_out);
