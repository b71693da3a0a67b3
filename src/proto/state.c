/* See state.h. */
#include "proto/state.h"

#include <stddef.h>
#include <string.h>

#include "proto/problem.h"

static const struct {
    const char *word;
    bool ended;
} states[] = {
#define X(number, name, word_, ended_, detail) \
    [STATE_##name] = {.word = (word_), .ended = (ended_)},
    HUNE_STATES(X)
#undef X
};

const char *state_name(uint32_t number)
{
    return number < ELEMENTS_OF(states) ? states[number].word : NULL;
}

bool state_parse(const char *word, enum state *state_out)
{
    for (size_t i = 0; i < ELEMENTS_OF(states); i++) {
        if (strcmp(states[i].word, word) == 0) {
            *state_out = (enum state)i;
            return true;
        }
    }
    return false;
}

static const char *const waits_words[WAITS_COUNT] = {
#define X(name, word) [WAITS_##name] = (word),
    HUNE_WAITS(X)
#undef X
};

const char *waits_name(enum job_waits waits)
{
    return (size_t)waits < ELEMENTS_OF(waits_words) ? waits_words[waits] : NULL;
}

enum job_waits waits_parse(const char *word)
{
    for (size_t i = WAITS_NOT + 1; i < ELEMENTS_OF(waits_words); i++) {
        if (strcmp(waits_words[i], word) == 0)
            return (enum job_waits)i;
    }
    return WAITS_NOT;
}

/* A number that is no state counts as ended: nobody should wait for what will never come. */
bool state_is_ended(enum state state)
{
    return (size_t)state >= ELEMENTS_OF(states) || states[state].ended;
}

const char *state_lost_with(struct job_state state)
{
    return state.detail == LOST_AGENT ? "agent" : "machine";
}

int state_append(struct buffer *out, struct job_state state)
{
    const char *word = state_name((uint32_t)state.state);

    if (!word)
        return buffer_printf(out, "unknown(%u)", (unsigned)state.state);
    switch (state.state) {
    case STATE_EXITED:
    case STATE_SIGNALLED: return buffer_printf(out, "%s(%u)", word, (unsigned)state.detail);
    case STATE_REFUSED: return buffer_printf(out, "%s(%s)", word, problem_info(state.detail)->name);
    case STATE_LOST: return buffer_printf(out, "%s(%s restarted)", word, state_lost_with(state));
    default: return buffer_append_text(out, word);
    }
}
