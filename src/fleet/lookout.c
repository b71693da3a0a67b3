/* See lookout.h. */
#include "fleet/lookout.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fleet/fanout.h"

enum { NONE = UINT32_MAX };

/* One machine's part: the link, and the stream on it. */
struct post {
    struct lookout *lookout;
    uint32_t position;
    struct link *link; /* taken from the pool; NULL: it cannot be tried */
    struct link_watcher watcher;
    struct vitals_watch *watch;
    uint64_t retry_ms; /* when to ask again after the link closed for good; 0: it has not */
    bool has_failed;   /* since it was ready last */
    bool is_resting;
    struct sight sight;
};

struct lookout {
    struct lookout_settings settings;
    char *fields;        /* settings.fields */
    uint32_t *machines;  /* by position; of a vacant one, the next vacant one */
    struct post **posts; /* by position; NULL: vacant */
    uint32_t room;
    uint32_t vacant; /* the first; NONE */
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
    tracks_push(&post->sight, NULL);
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
        struct post *post = lookout->posts[i];

        if (post && post->retry_ms && post->retry_ms <= now)
            retry(post);
    }
}

/* ---- one machine more, one less ---- */

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

static void post_free(struct post *post)
{
    vitals_watch_stop(post->watch);
    if (post->link) {
        link_unwatch(post->link, &post->watcher);
        link_set_persistent(post->link, false);
        link_pool_give(post->lookout->settings.pool, post->link);
    }
    free(post);
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

static int make_room(struct lookout *lookout, uint32_t room)
{
    uint32_t *machines;
    struct post **posts;

    if (room <= lookout->room)
        return 0;
    machines = reallocarray(lookout->machines, room, sizeof(*machines));
    if (!machines)
        return -ENOMEM;
    lookout->machines = machines;
    posts = reallocarray(lookout->posts, room, sizeof(*posts));
    if (!posts)
        return -ENOMEM;
    lookout->posts = posts;
    lookout->room = room;
    return 0;
}

static int take_position(struct lookout *lookout, uint32_t *position_out)
{
    uint32_t position = lookout->vacant;

    if (position != NONE) {
        lookout->vacant = lookout->machines[position];
    } else {
        if (lookout->settings.count == lookout->room &&
            make_room(lookout, lookout->room * 2 + 16) < 0)
            return -ENOMEM;
        position = lookout->settings.count++;
    }
    *position_out = position;
    return 0;
}

static void leave_position(struct lookout *lookout, uint32_t position)
{
    lookout->posts[position] = NULL;
    lookout->machines[position] = lookout->vacant;
    lookout->vacant = position;
}

int lookout_add(struct lookout *lookout, uint32_t machine, enum problem_code problem,
                uint32_t *position_out)
{
    struct post *post = calloc(1, sizeof(*post));
    int error = post ? take_position(lookout, &post->position) : -ENOMEM;

    if (error) {
        free(post);
        return error;
    }
    post->lookout = lookout;
    sight_init(&post->sight);
    if (problem != PROBLEM_NONE) {
        post->sight.presence = PRESENCE_REFUSED;
        post->sight.problem = problem;
    }
    *position_out = post->position;
    lookout->machines[post->position] = machine;
    lookout->posts[post->position] = post;
    lookout->presents[post->sight.presence]++;
    error = problem == PROBLEM_NONE ? post_start(post, machine) : 0;
    if (error)
        lookout_remove(lookout, post->position);
    return error;
}

void lookout_remove(struct lookout *lookout, uint32_t position)
{
    struct post *post = lookout->posts[position];

    lookout->presents[post->sight.presence]--;
    leave_position(lookout, position);
    post_free(post);
}

void lookout_rest(struct lookout *lookout, uint32_t position)
{
    struct post *post = lookout->posts[position];

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

void lookout_wake(struct lookout *lookout, uint32_t position)
{
    struct post *post = lookout->posts[position];

    post->is_resting = false;
    post->sight.attempt_ms = 0;
    retry(post);
    tell_change(post);
}

bool lookout_is_resting(const struct lookout *lookout, uint32_t position)
{
    return lookout->posts[position]->is_resting;
}

/* ---- life ---- */

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

static int keep_fields(struct lookout *lookout, const char *fields)
{
    char *copy = fields ? strdup(fields) : NULL;

    if (fields && !copy)
        return -ENOMEM;
    free(lookout->fields);
    lookout->settings.fields = lookout->fields = copy;
    return 0;
}

int lookout_new(struct lookout **lookout_out, const struct lookout_settings *settings)
{
    struct lookout *lookout = calloc(1, sizeof(*lookout));
    uint32_t position;
    int error;

    if (!lookout)
        return -ENOMEM;
    lookout->settings = *settings;
    lookout->settings.count = 0;
    lookout->vacant = NONE;
    error = keep_fields(lookout, settings->fields);
    if (!error)
        error = make_room(lookout, settings->count);
    if (!error)
        error = start_retry(lookout);
    files_raise_limit();
    for (uint32_t i = 0; i < settings->count && !error; i++)
        error = lookout_add(lookout, settings->machines[i], PROBLEM_NONE, &position);
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
        if (lookout->posts[i])
            post_free(lookout->posts[i]);
    }
    free(lookout->posts);
    free(lookout->machines);
    free(lookout->fields);
    free(lookout);
    return NULL;
}

int lookout_set_fields(struct lookout *lookout, const char *fields)
{
    struct vitals_ask ask = {.every_ms = lookout->settings.every_ms};
    int error = 0;

    if (fields && lookout->fields && strcmp(fields, lookout->fields) == 0)
        return 0;
    error = keep_fields(lookout, fields);
    ask.fields = lookout->fields;
    for (uint32_t i = 0; i < lookout->settings.count && !error; i++) {
        struct post *post = lookout->posts[i];

        if (!post || !post->link || post->is_resting)
            continue;
        if (!fields)
            post->watch = vitals_watch_stop(post->watch);
        else if (post->watch)
            error = vitals_watch_change(post->watch, &ask);
        else if (link_state(post->link) != LINK_CLOSED)
            error = start_watch(post);
    }
    return error;
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
    return &lookout->posts[position]->sight;
}

uint32_t lookout_present(const struct lookout *lookout, enum presence presence)
{
    return lookout->presents[presence];
}

struct link *lookout_link(const struct lookout *lookout, uint32_t position)
{
    return lookout->posts[position]->link;
}

void lookout_adopt(struct lookout *lookout, uint32_t position, const struct sight *sight)
{
    struct sight *own = &lookout->posts[position]->sight;

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
    const struct post *post = lookout->posts[position];
    bool is_stale = lookout_is_stale(lookout, &post->sight, now_ms);

    *reading_out = (struct reading){
        .presence = post->sight.presence,
        .presence_ms = post->sight.presence_ms,
        .vitals = is_stale ? NULL : post->sight.vitals,
        .thing = is_stale ? NULL : value_of_thing,
        .user = post,
    };
}
