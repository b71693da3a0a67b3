/* One machine of a lookout: its link, the stream of vitals on it, and what both do to its presence.
 * It knows of no other machine. */
#include <stdlib.h>

#include "base/clock.h"
#include "fleet/watch/lookout-private.h"

bool presence_is_refusal(enum problem_code code)
{
    switch (code) {
    case PROBLEM_KEY_UNKNOWN:
    case PROBLEM_SIGNATURE:
    case PROBLEM_OTHER_MACHINE:
    case PROBLEM_RIGHT_MISSING:
    case PROBLEM_VERSION:
    case PROBLEM_ID_CHANGED:
    case PROBLEM_ID_UNKNOWN:
    case PROBLEM_NOT_TLS:
    case PROBLEM_NOT_HUNE:
    case PROBLEM_NO_IDENTITY: return true;
    default: return false;
    }
}

static void tell_change(struct post *post)
{
    struct lookout *lookout = post->lookout;

    if (lookout->settings.events->on_change)
        lookout->settings.events->on_change(lookout, post->position, lookout->settings.user);
}

static void tell_sample(struct post *post, const struct vitals_sample *sample)
{
    struct lookout *lookout = post->lookout;

    if (lookout->settings.events->on_sample)
        lookout->settings.events->on_sample(lookout, post->position, sample,
                                            lookout->settings.user);
}

static void set_presence(struct post *post, enum presence presence, const struct trouble *trouble)
{
    struct lookout *lookout = post->lookout;
    enum presence from = post->sight.presence;

    post->sight.problem = trouble ? trouble->code : PROBLEM_NONE;
    if (from != presence) {
        lookout->presents[from]--;
        lookout->presents[presence]++;
        post->sight.presence = presence;
        post->sight.presence_ms = clock_monotonic_ms();
        if (lookout->settings.events->on_presence)
            lookout->settings.events->on_presence(lookout, post->position, from, presence, trouble,
                                                  lookout->settings.user);
    }
    tell_change(post);
}

/* ---- samples ---- */

static void on_sample(struct vitals_watch *watch, const struct vitals_sample *sample, void *user)
{
    struct post *post = user;

    (void)watch;
    for (size_t i = 0; i < VITAL_COUNT; i++)
        post->sight.vitals[i] = (float)sample->value[i];
    sight_push(&post->sight, sample);
    post->sight.sample_ms = clock_monotonic_ms();
    if (post->sight.problem != PROBLEM_NONE) {
        post->sight.problem = PROBLEM_NONE;
        tell_change(post);
    }
    tell_sample(post, sample);
}

static void on_interrupted(struct vitals_watch *watch, void *user)
{
    struct post *post = user;

    (void)watch;
    sight_push(&post->sight, NULL);
    tell_sample(post, NULL);
}

/* The link closed (its own watcher tells why), or the machine gives no vitals. */
static void on_end(struct vitals_watch *watch, const struct trouble *trouble, void *user)
{
    struct post *post = user;

    post->watch = vitals_watch_stop(watch);
    if (!post->is_resting)
        post->retry_ms = clock_monotonic_ms() + LOOKOUT_RETRY_MS;
    if (link_state(post->link) == LINK_READY) {
        post->sight.problem = trouble->code;
        tell_change(post);
    }
}

static const struct vitals_watch_events watch_events = {
    .on_sample = on_sample,
    .on_interrupted = on_interrupted,
    .on_end = on_end,
};

static int start_watch(struct post *post)
{
    const struct lookout_settings *settings = &post->lookout->settings;
    const struct vitals_ask ask = {.fields = settings->fields, .every_ms = settings->every_ms};

    post->retry_ms = 0;
    if (!settings->fields || post->watch)
        return 0;
    return vitals_watch_start(&post->watch, post->link, &ask, &watch_events, post);
}

/* ---- links ---- */

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct post *post = user;
    const struct lookout_settings *settings = &post->lookout->settings;

    (void)link;
    post->has_failed = false;
    post->sight.is_ready = true;
    post->sight.attempt_ms = 0;
    post->sight.round_trip_ms = info->round_trip_ms;
    if (post->is_resting) { /* somebody had something for it to do */
        post->is_resting = false;
        if (start_watch(post) < 0)
            post->retry_ms = clock_monotonic_ms() + LOOKOUT_RETRY_MS;
    }
    set_presence(post, PRESENCE_UP, NULL);
    if (settings->events->on_ready)
        settings->events->on_ready(post->lookout, post->position, info, settings->user);
}

static void on_state(struct link *link, enum link_state from, enum link_state to, void *user)
{
    struct post *post = user;

    if (to == LINK_READY)
        return;
    if (from == LINK_READY)
        post->sight.is_ready = false;
    /* Woken before the end of the connection that it should leave; on_failed() knows better. */
    if (to == LINK_CLOSED && !post->is_resting)
        post->retry_ms = clock_monotonic_ms();
    /* Between two attempts, and while one is made after a failure, nothing else is known. */
    if (from == LINK_READY || to == LINK_CLOSED || link_trouble(link)->code == PROBLEM_NONE)
        tell_change(post);
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    struct post *post = user;
    const struct lookout_settings *settings = &post->lookout->settings;
    bool first = !post->has_failed;

    (void)link;
    if (post->is_resting)
        return;
    post->has_failed = true;
    post->sight.attempt_ms = clock_monotonic_ms() + (retry_ms ? retry_ms : LOOKOUT_RETRY_MS);
    if (retry_ms == 0)
        post->retry_ms = post->sight.attempt_ms;
    if (presence_is_refusal(trouble->code))
        set_presence(post, PRESENCE_REFUSED, trouble);
    else if (post->sight.presence != PRESENCE_UP || !first || retry_ms == 0)
        set_presence(post, PRESENCE_DOWN, trouble);
    else
        tell_change(post);
    if (settings->events->on_failed)
        settings->events->on_failed(post->lookout, post->position, trouble, settings->user);
}

static const struct link_events link_events = {
    .on_state = on_state,
    .on_ready = on_ready,
    .on_failed = on_failed,
};

void post_retry(struct post *post)
{
    post->retry_ms = 0;
    if (!post->link)
        return;
    link_connect(post->link);
    if (start_watch(post) < 0)
        post->retry_ms = clock_monotonic_ms() + LOOKOUT_RETRY_MS;
}

int post_set_fields(struct post *post)
{
    const struct lookout_settings *settings = &post->lookout->settings;
    const struct vitals_ask ask = {.fields = settings->fields, .every_ms = settings->every_ms};

    if (!post->link || post->is_resting)
        return 0;
    if (!settings->fields) {
        post->watch = vitals_watch_stop(post->watch);
        return 0;
    }
    if (post->watch)
        return vitals_watch_change(post->watch, &ask);
    return link_state(post->link) == LINK_CLOSED ? 0 : start_watch(post);
}

/* ---- a person's word ---- */

void post_rest(struct post *post)
{
    if (!post->link || post->is_resting)
        return;
    post->is_resting = true;
    post->retry_ms = 0;
    post->sight.is_ready = false;
    post->sight.attempt_ms = 0;
    post->watch = vitals_watch_stop(post->watch);
    link_disconnect(post->link);
    set_presence(post, PRESENCE_UNKNOWN, NULL);
}

void post_wake(struct post *post)
{
    post->is_resting = false;
    post->sight.attempt_ms = 0;
    post_retry(post);
    tell_change(post);
}

/* ---- its beginning and its end ---- */

int post_start(struct post *post, uint32_t machine)
{
    struct link_pool *pool = post->lookout->settings.pool;
    int error = link_pool_take(pool, machine, &post->link);

    if (error)
        return error;
    link_set_persistent(post->link, true);
    post->watcher = (struct link_watcher){.events = &link_events, .user = post};
    link_watch(post->link, &post->watcher);
    /* One that was warm already will not become ready again. */
    if (link_state(post->link) == LINK_READY)
        on_ready(post->link, link_info(post->link), post);
    return start_watch(post);
}

void post_free(struct post *post)
{
    vitals_watch_stop(post->watch);
    if (post->link) {
        link_unwatch(post->link, &post->watcher);
        link_set_persistent(post->link, false);
        link_pool_give(post->lookout->settings.pool, post->link);
    }
    free(post);
}
