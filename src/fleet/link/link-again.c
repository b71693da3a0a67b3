/* What follows when an attempt or a connection of a link is over: another attempt, after which
 * pause, or none. */
#define LOG_TAG "link"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "fleet/link/link-private.h"

enum {
    PAUSE_LONGEST_MS = 30 * 1000,
    /* With the pauses between, less than the time for a connection. */
    DROPS_MAX = 4,
};

bool link_is_wanted(const struct link *link)
{
    return link->persistent || (link->held > 0 && link->reached);
}

/* Failures that the next attempt would only repeat, or that a person must look at. */
static bool is_final(enum problem_code code)
{
    switch (code) {
    case PROBLEM_ID_CHANGED:
    case PROBLEM_ID_UNKNOWN:
    case PROBLEM_KEY_UNKNOWN:
    case PROBLEM_RIGHT_MISSING:
    case PROBLEM_SIGNATURE:
    case PROBLEM_OTHER_MACHINE:
    case PROBLEM_VERSION:
    case PROBLEM_NO_IDENTITY:
    case PROBLEM_BAD_PORT: return true;
    default: return false;
    }
}

/* Doubles up to the longest; a random half of it is left out, so that a fleet does not come back in
 * step. A connection that stood for a while starts afresh. */
static uint32_t next_pause(struct link *link)
{
    uint32_t dice = 0;

    if (link->ready_ms && clock_monotonic_ms() - link->ready_ms > 2 * (uint64_t)link->pause_ms)
        link->pause_ms = 0;
    link->ready_ms = 0;
    link->pause_ms = link->pause_ms ? link->pause_ms * 2 : link->factory->settings.first_pause_ms;
    if (link->pause_ms > PAUSE_LONGEST_MS)
        link->pause_ms = PAUSE_LONGEST_MS;
    (void)random_bytes(&dice, sizeof(dice)); /* without: no jitter */
    return link->pause_ms - dice % (link->pause_ms / 2 + 1);
}

void link_close_for_good(struct link *link, bool tell)
{
    struct trouble trouble = link->trouble;

    uv_timer_stop(&link->timer);
    link_set_state(link, LINK_CLOSED);
    if (tell && !link->freed)
        link_tell_failed(link, 0);
    if (!link->freed)
        link_fail_loads(link, &trouble);
}

/* An agent lets the oldest go of more than LIMIT_UNOPENED_PER_ADDRESS connections that one address
 * has not opened. That is what happens to one machine under many names, and to many machines behind
 * one address when they see us as one. */
static bool tries_again(struct link *link, bool dropped)
{
    link->drops = dropped ? link->drops + 1 : 0;
    if (!dropped || link->drops > DROPS_MAX)
        return false;
    crowd_dropped(&link->factory->crowd, link->trouble.code == PROBLEM_CROWDED);
    return true;
}

void link_attempt_over(struct link *link)
{
    bool again = link->again, leaving = link->leaving, dropped = link->was_dropped;

    link->again = link->leaving = link->has_verdict = link->was_dropped = false;
    uv_timer_stop(&link->timer);
    link_give_slot(link);
    if (leaving) {
        link_close_for_good(link, false);
        return;
    }
    if (again) {
        link_set_state(link, LINK_WAITING);
        if (link->state == LINK_WAITING)
            link_start_timer(link, 0);
        return;
    }
    log_debug("%s: %s%s%s", link->where, trouble_word(&link->trouble),
              *link->trouble.detail ? ": " : "", link->trouble.detail);
    if (!tries_again(link, dropped) && (!link_is_wanted(link) || is_final(link->trouble.code))) {
        link_close_for_good(link, true);
        return;
    }

    uint32_t pause = next_pause(link);

    link_set_state(link, LINK_WAITING);
    if (link->freed || link->state != LINK_WAITING)
        return;
    link_start_timer(link, pause);
    link_tell_failed(link, pause);
}
