/* See lookout.h. */
#include "fleet/lookout.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fleet/fanout.h"

/* One machine's part: the link, and the stream on it. */
struct post {
    struct lookout *lookout;
    struct link *link; /* taken from the pool; NULL: no memory for it */
    struct link_watcher watcher;
    struct vitals_watch *watch;
    uint64_t retry_ms; /* when to ask again after the link closed for good; 0: it has not */
    bool has_failed;   /* since it was ready last */
    struct sight sight;
};

struct lookout {
    struct lookout_settings settings;
    uint32_t *machines;
    struct post *posts;
    uint32_t presents[PRESENCE_REFUSED + 1];
    uv_timer_t *retry; /* of its own, because closing it takes a turn of the loop */
};

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

static uint32_t position_of(const struct post *post)
{
    return (uint32_t)(post - post->lookout->posts);
}

static void tell_change(struct post *post)
{
    struct lookout *lookout = post->lookout;

    if (lookout->settings.events->on_change)
        lookout->settings.events->on_change(lookout, position_of(post), lookout->settings.user);
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
            lookout->settings.events->on_presence(lookout, position_of(post), from, presence,
                                                  trouble, lookout->settings.user);
    }
    tell_change(post);
}

/* ---- samples ---- */

static void track_push(float track[TRACK_LENGTH], double value)
{
    memmove(track, track + 1, (TRACK_LENGTH - 1) * sizeof(*track));
    track[TRACK_LENGTH - 1] = (float)value;
}

static void tracks_push(struct sight *sight, const struct vitals_sample *sample)
{
    double rx = sample ? sample->value[VITAL_NET_RX] : NAN;
    double tx = sample ? sample->value[VITAL_NET_TX] : NAN;

    track_push(sight->tracks[TRACK_CPU], sample ? sample->value[VITAL_CPU_BUSY] : NAN);
    track_push(sight->tracks[TRACK_MEM],
               sample ? vitals_percent(sample, VITAL_MEM_USED, VITAL_MEM_TOTAL) : NAN);
    track_push(sight->tracks[TRACK_DISK], sample ? sample->value[VITAL_DISK_BUSY] : NAN);
    track_push(sight->tracks[TRACK_NET], isnan(rx) ? tx : isnan(tx) ? rx : rx + tx);
}

static void on_sample(struct vitals_watch *watch, const struct vitals_sample *sample, void *user)
{
    struct post *post = user;

    (void)watch;
    for (size_t i = 0; i < VITAL_COUNT; i++)
        post->sight.vitals[i] = (float)sample->value[i];
    tracks_push(&post->sight, sample);
    post->sight.sample_ms = clock_monotonic_ms();
    post->sight.problem = PROBLEM_NONE;
    tell_change(post);
}

static void on_interrupted(struct vitals_watch *watch, void *user)
{
    struct post *post = user;

    (void)watch;
    tracks_push(&post->sight, NULL);
    tell_change(post);
}

/* The link closed (its own watcher tells why), or the machine gives no vitals. */
static void on_end(struct vitals_watch *watch, const struct trouble *trouble, void *user)
{
    struct post *post = user;

    post->watch = vitals_watch_stop(watch);
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

    (void)link;
    post->has_failed = false;
    post->sight.is_ready = true;
    post->sight.round_trip_ms = info->round_trip_ms;
    set_presence(post, PRESENCE_UP, NULL);
}

static void on_state(struct link *link, enum link_state from, enum link_state to, void *user)
{
    struct post *post = user;

    (void)link;
    if (from != LINK_READY || to == LINK_READY)
        return;
    post->sight.is_ready = false;
    tell_change(post);
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    struct post *post = user;
    bool first = !post->has_failed;

    (void)link;
    post->has_failed = true;
    if (retry_ms == 0)
        post->retry_ms = clock_monotonic_ms() + LOOKOUT_RETRY_MS;
    if (presence_is_refusal(trouble->code))
        set_presence(post, PRESENCE_REFUSED, trouble);
    else if (post->sight.presence != PRESENCE_UP || !first || retry_ms == 0)
        set_presence(post, PRESENCE_DOWN, trouble);
}

static const struct link_events link_events = {
    .on_state = on_state,
    .on_ready = on_ready,
    .on_failed = on_failed,
};

static void retry(struct post *post)
{
    post->retry_ms = 0;
    if (!post->link)
        return;
    link_connect(post->link);
    if (start_watch(post) < 0)
        post->retry_ms = clock_monotonic_ms() + LOOKOUT_RETRY_MS;
}

static void on_retry(uv_timer_t *timer)
{
    struct lookout *lookout = timer->data;
    uint64_t now = clock_monotonic_ms();

    for (uint32_t i = 0; lookout && i < lookout->settings.count; i++) {
        if (lookout->posts[i].retry_ms && lookout->posts[i].retry_ms <= now)
            retry(&lookout->posts[i]);
    }
}

/* ---- life ---- */

static int post_start(struct post *post, uint32_t machine)
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

static void sight_init(struct sight *sight)
{
    *sight = (struct sight){.presence = PRESENCE_UNKNOWN};
    for (size_t i = 0; i < VITAL_COUNT; i++)
        sight->vitals[i] = NAN;
    for (size_t t = 0; t < TRACK_COUNT; t++) {
        for (size_t i = 0; i < TRACK_LENGTH; i++)
            sight->tracks[t][i] = NAN;
    }
}

static int start_retry(struct lookout *lookout)
{
    uv_loop_t *loop = link_factory_loop(link_pool_factory(lookout->settings.pool));

    lookout->retry = malloc(sizeof(*lookout->retry));
    if (!lookout->retry)
        return -ENOMEM;
    uv_timer_init(loop, lookout->retry);
    lookout->retry->data = lookout;
    uv_timer_start(lookout->retry, on_retry, LOOKOUT_RETRY_MS / 12, LOOKOUT_RETRY_MS / 12);
    uv_unref((uv_handle_t *)lookout->retry);
    return 0;
}

int lookout_new(struct lookout **lookout_out, const struct lookout_settings *settings)
{
    struct lookout *lookout = calloc(1, sizeof(*lookout));
    int error;

    if (!lookout)
        return -ENOMEM;
    lookout->settings = *settings;
    lookout->settings.count = 0;
    lookout->machines = calloc(settings->count + 1, sizeof(*lookout->machines));
    lookout->posts = calloc(settings->count + 1, sizeof(*lookout->posts));
    error = lookout->machines && lookout->posts ? start_retry(lookout) : -ENOMEM;
    files_raise_limit();
    for (uint32_t i = 0; i < settings->count && !error; i++) {
        struct post *post = &lookout->posts[i];

        lookout->machines[i] = settings->machines[i];
        post->lookout = lookout;
        sight_init(&post->sight);
        lookout->settings.count++;
        lookout->presents[PRESENCE_UNKNOWN]++;
        error = post_start(post, settings->machines[i]);
    }
    if (error) {
        lookout_free(lookout);
        return error;
    }
    *lookout_out = lookout;
    return 0;
}

static void on_retry_closed(uv_handle_t *handle)
{
    free(handle);
}

struct lookout *lookout_free(struct lookout *lookout)
{
    if (!lookout)
        return NULL;
    if (lookout->retry) {
        lookout->retry->data = NULL;
        uv_close((uv_handle_t *)lookout->retry, on_retry_closed);
    }
    for (uint32_t i = 0; i < lookout->settings.count; i++) {
        struct post *post = &lookout->posts[i];

        if (!post->link)
            continue;
        vitals_watch_stop(post->watch);
        link_unwatch(post->link, &post->watcher);
        link_set_persistent(post->link, false);
        link_pool_give(lookout->settings.pool, post->link);
    }
    free(lookout->posts);
    free(lookout->machines);
    free(lookout);
    return NULL;
}

/* ---- what is known ---- */

uint32_t lookout_count(const struct lookout *lookout)
{
    return lookout->settings.count;
}

uint32_t lookout_machine(const struct lookout *lookout, uint32_t position)
{
    return lookout->machines[position];
}

const struct sight *lookout_sight(const struct lookout *lookout, uint32_t position)
{
    return &lookout->posts[position].sight;
}

uint32_t lookout_present(const struct lookout *lookout, enum presence presence)
{
    return lookout->presents[presence];
}

struct link *lookout_link(const struct lookout *lookout, uint32_t position)
{
    return lookout->posts[position].link;
}

void lookout_adopt(struct lookout *lookout, uint32_t position, const struct sight *sight)
{
    struct sight *own = &lookout->posts[position].sight;

    memcpy(own->vitals, sight->vitals, sizeof(own->vitals));
    memcpy(own->tracks, sight->tracks, sizeof(own->tracks));
    own->sample_ms = sight->sample_ms;
    lookout->presents[own->presence]--;
    lookout->presents[sight->presence]++;
    own->presence = sight->presence;
    own->presence_ms = sight->presence_ms;
    own->problem = sight->problem;
}

bool lookout_is_stale(const struct lookout *lookout, const struct sight *sight, uint64_t now_ms)
{
    uint64_t patience = (uint64_t)LOOKOUT_STALE_SAMPLES * lookout->settings.every_ms;

    if (patience < LOOKOUT_STALE_LEAST_MS)
        patience = LOOKOUT_STALE_LEAST_MS;
    return sight->sample_ms == 0 || now_ms - sight->sample_ms > patience;
}

static double value_of_thing(const struct reading *reading, enum vital vital, const char *name)
{
    const struct post *post = reading->user;
    const struct vitals_sample *sample = post->watch ? vitals_watch_sample(post->watch) : NULL;
    long index = sample ? vitals_series_find(sample, vital_info(vital)->label, name) : -1;

    return index < 0 ? NAN : vitals_series_value(sample, vital, (size_t)index);
}

void lookout_reading(const struct lookout *lookout, uint32_t position, uint64_t now_ms,
                     struct reading *reading_out)
{
    const struct post *post = &lookout->posts[position];
    bool is_stale = lookout_is_stale(lookout, &post->sight, now_ms);

    *reading_out = (struct reading){
        .presence = post->sight.presence,
        .presence_ms = post->sight.presence_ms,
        .vitals = is_stale ? NULL : post->sight.vitals,
        .thing = is_stale ? NULL : value_of_thing,
        .user = post,
    };
}
