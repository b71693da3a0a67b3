/* See screen-state.h. Follows the sequences of ECMA-48 and xterm's private modes. */
#include "cli/screen-state.h"

#include <string.h>

#include "base/cleanup.h"

enum { BEL = 7, ENQ = 5, CAN = 24, SUB = 26, ESC = 27 };

static const struct {
    uint16_t number;
    bool usual;
} modes[] = {
#define X(number_, name, usual_) [SCREEN_##name] = {.number = (number_), .usual = (usual_)},
    SCREEN_MODES(X)
#undef X
};

_Static_assert(SCREEN_MODE_COUNT <= 32, "a bit for each mode");

static void set_mode(struct screen_state *state, uint16_t number, bool on)
{
    for (size_t i = 0; i < ELEMENTS_OF(modes); i++) {
        uint32_t bit = 1u << i;

        if (modes[i].number == number)
            state->unusual = on == modes[i].usual ? state->unusual & ~bit : state->unusual | bit;
    }
}

static void reset(struct screen_state *state)
{
    bool asked = state->asked;

    *state = (struct screen_state){.asked = asked};
}

/* The end of a control sequence, ESC [ … final. */
static void obey_control(struct screen_state *state, uint8_t final)
{
    unsigned count = state->count < SCREEN_NUMBERS_MAX ? state->count : SCREEN_NUMBERS_MAX;

    if (state->marker == '?' && (final == 'h' || final == 'l') && !state->between) {
        for (unsigned i = 0; i < count; i++)
            set_mode(state, state->numbers[i], final == 'h');
    } else if (final == 'm' && !state->marker && !state->between) {
        state->coloured = count > 0 && state->numbers[count - 1] != 0;
    } else if (final == 'r' && !state->marker && !state->between) {
        state->scrolls = count > 0;
    } else if (final == 'p' && state->between == '!') {
        reset(state);
    } else if (final == 'n' || final == 'c' || final == 'x' || (final == 'p' && state->between) ||
               (final == 't' && count > 0 && state->numbers[0] >= 11 && state->numbers[0] <= 21) ||
               (final == 'u' && state->marker == '?') || (final == 'q' && state->marker == '>')) {
        state->asked = true;
    }
}

static void take_control(struct screen_state *state, uint8_t c)
{
    if (c >= '0' && c <= '9') {
        if (state->count == 0)
            state->numbers[state->count++] = 0;
        if (state->count <= SCREEN_NUMBERS_MAX) {
            uint16_t *number = &state->numbers[state->count - 1];

            *number = (uint16_t)(*number < 6000 ? *number * 10 + (c - '0') : 60000);
        }
    } else if (c == ';' || c == ':') {
        if (state->count == 0)
            state->numbers[state->count++] = 0;
        if (state->count < SCREEN_NUMBERS_MAX)
            state->numbers[state->count] = 0;
        state->count += state->count <= SCREEN_NUMBERS_MAX;
    } else if (c >= '<' && c <= '?') {
        state->marker = c;
    } else if (c >= ' ' && c <= '/') {
        state->between = c;
    } else if (c >= '@' && c <= '~') {
        obey_control(state, c);
        state->place = SCREEN_PLAIN;
    }
}

static void take_escape(struct screen_state *state, uint8_t c)
{
    if (c >= ' ' && c <= '/') {
        state->between = c;
        return;
    }
    state->place = SCREEN_PLAIN;
    if (state->between) {
        if (state->between == '(')
            state->drawing = c == '0';
        return;
    }
    switch (c) {
    case '[':
        state->place = SCREEN_CONTROL;
        state->marker = 0;
        state->count = 0;
        break;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
        state->place = SCREEN_STRING;
        state->marker = c;
        break;
    case '=': state->keypad = true; break;
    case '>': state->keypad = false; break;
    case 'c': reset(state); break;
    case 'Z': state->asked = true; break;
    default: break;
    }
}

static void take_string(struct screen_state *state, uint8_t c)
{
    /* "What is your palette?" and "what is this setting of yours?" */
    if ((state->marker == ']' && c == '?') || (state->marker == 'P' && c == 'q') ||
        state->marker == '_')
        state->asked = true;
    if (c == BEL)
        state->place = SCREEN_PLAIN;
}

static void take_plain(struct screen_state *state, uint8_t c)
{
    if (c == ENQ)
        state->asked = true;
    if ((c & 0xc0) == 0x80)
        state->character = (uint8_t)(state->character - (state->character > 0));
    else
        state->character = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
}

void screen_state_feed(struct screen_state *state, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (const uint8_t *end = at + size; at < end; at++) {
        uint8_t c = *at;

        if (c == ESC) {
            state->place = state->place == SCREEN_STRING ? SCREEN_STRING_END : SCREEN_ESCAPE;
            state->between = 0;
            state->character = 0;
        } else if (c == CAN || c == SUB) {
            state->place = SCREEN_PLAIN;
        } else if (state->place == SCREEN_PLAIN) {
            take_plain(state, c);
        } else if (state->place == SCREEN_CONTROL) {
            take_control(state, c);
        } else if (state->place == SCREEN_STRING) {
            take_string(state, c);
        } else if (state->place == SCREEN_STRING_END && c == '\\') {
            state->place = SCREEN_PLAIN;
        } else {
            take_escape(state, c);
        }
    }
}

bool screen_state_is_between(const struct screen_state *state)
{
    return state->place == SCREEN_PLAIN && state->character == 0;
}

int screen_state_undo(const struct screen_state *state, struct buffer *out)
{
    int r = 0;

    /* Out of a sequence that was begun: CAN is obeyed within each of them. */
    if (state->place != SCREEN_PLAIN)
        r = buffer_append_text(out, "\030");
    for (size_t i = 0; !r && i < ELEMENTS_OF(modes); i++) {
        if (state->unusual & (1u << i))
            r = buffer_printf(out, "\033[?%u%c", modes[i].number, modes[i].usual ? 'h' : 'l');
    }
    if (!r && state->scrolls)
        r = buffer_append_text(out, "\0337\033[r\0338");
    if (!r && state->keypad)
        r = buffer_append_text(out, "\033>");
    if (!r && state->drawing)
        r = buffer_append_text(out, "\033(B");
    if (!r && state->coloured)
        r = buffer_append_text(out, "\033[m");
    return r;
}
