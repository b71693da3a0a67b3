/* What a stream of bytes leaves behind in the terminal that shows it: modes that are to be undone
 * when the stream stops in the middle of a program, whether it stands within a sequence, and
 * whether it asked the terminal something. Changes no byte, draws nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* X(mode of DECSET, NAME, whether terminals begin with it): those that disturb what comes after. */
#define SCREEN_MODES(X)                                                                  \
    X(1, CURSOR_KEYS, false)                                                             \
    X(7, WRAP, true)                                                                     \
    X(9, MOUSE_OLDEST, false)                                                            \
    X(1000, MOUSE, false)                                                                \
    X(1001, MOUSE_HIGHLIGHT, false)                                                      \
    X(1002, MOUSE_DRAG, false)                                                           \
    X(1003, MOUSE_ALL, false)                                                            \
    X(1004, FOCUS, false)                                                                \
    X(1005, MOUSE_UTF8, false)                                                           \
    X(1006, MOUSE_SGR, false)                                                            \
    X(1015, MOUSE_URXVT, false)                                                          \
    X(1016, MOUSE_PIXELS, false)                                                         \
    X(2004, PASTE, false)                                                                \
    X(2026, FROZEN, false)                                                               \
    X(47, OTHER_SCREEN_OLD, false)                                                       \
    X(1047, OTHER_SCREEN, false)                                                         \
    X(1049, OTHER_SCREEN_SAVED, false) /* the screens come last when they are undone, */ \
    X(25, CURSOR, true)                /* and the cursor belongs to the one that is left */

enum screen_mode {
#define X(number, name, usual) SCREEN_##name,
    SCREEN_MODES(X)
#undef X
        SCREEN_MODE_COUNT,
};

enum screen_place { SCREEN_PLAIN, SCREEN_ESCAPE, SCREEN_CONTROL, SCREEN_STRING, SCREEN_STRING_END };

enum { SCREEN_NUMBERS_MAX = 16 };

struct screen_state {
    uint32_t unusual; /* a bit for each mode that is not as terminals begin */
    bool keypad;      /* application keypad */
    bool coloured;    /* text is drawn in colours, bold and the like */
    bool scrolls;     /* a scrolling region is set */
    bool drawing;     /* the line-drawing characters are chosen */
    bool asked;       /* something was asked that the terminal answers as if it were typed */
    /* where the stream stands */
    enum screen_place place;
    uint8_t marker;  /* of a control sequence: '?', '>', '=', '<' or 0; of a string: its kind */
    uint8_t between; /* the last intermediate byte */
    unsigned count;  /* of numbers; the last one may still grow */
    uint16_t numbers[SCREEN_NUMBERS_MAX];
    uint8_t character; /* bytes that are missing of a UTF-8 character */
};

/* Takes the next bytes in. */
void screen_state_feed(struct screen_state *state, const void *bytes, size_t size);
/* Whether something else may be written here without tearing a sequence or a character. */
bool screen_state_is_between(const struct screen_state *state);
/* Appends what brings the terminal back: nothing, if all is usual. Returns 0 or -ENOMEM. */
int screen_state_undo(const struct screen_state *state, struct buffer *out);
