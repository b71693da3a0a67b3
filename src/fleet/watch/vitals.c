/* Streams of samples. See vitals.h.
 *
 * A watch has a request on its link as long as it runs: the request is sent again by itself after a
 * broken connection. Where the machine itself ends it (it starts afresh), the watch asks again when
 * the next connection is ready, or after a pause on this one. */
#include "fleet/watch/vitals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/home/i18n.h"
#include "fleet/link/request.h"
#include "fleet/watch/vitals-path.h"
#include "fleet/watch/vitals-read.h"

enum { WATCH_PAUSE_MS = 1000 };

struct vitals_watch {
    struct link *link;
    struct link_watcher watcher;
    /* Requests so far, and the number of the one whose bytes are being read: a freed request's
     * address may be the next one's. */
    unsigned asked, reading;
    struct request *request; /* NULL: waits for the link, for the pause, or has ended */
    uv_timer_t *pause;       /* made when first needed; NULL otherwise */
    const struct vitals_watch_events *events;
    void *user;
    char *path;
    struct vitals_reader reader;
    struct vitals_lines lines;
    struct vitals_sample sample;
    bool has_sample;
    bool ended;
    bool telling; /* a callback is on: the memory stays until it is over */
    bool stopped;
};

static int watch_ask(struct vitals_watch *watch);

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

static void pause_close(struct vitals_watch *watch)
{
    if (!watch->pause)
        return;
    uv_close((uv_handle_t *)watch->pause, on_timer_closed);
    watch->pause = NULL;
}

/* What the stream said so far does not count for the next one. */
static void watch_forget(struct vitals_watch *watch)
{
    vitals_lines_reset(&watch->lines);
    vitals_reader_deinit(&watch->reader);
}

static void watch_free(struct vitals_watch *watch)
{
    watch_forget(watch);
    vitals_sample_deinit(&watch->sample);
    free(watch->path);
    free(watch);
}

/* Lets go of the link. */
static void watch_leave(struct vitals_watch *watch)
{
    if (watch->ended)
        return;
    watch->ended = true;
    pause_close(watch);
    link_unwatch(watch->link, &watch->watcher);
    watch->request = request_cancel(watch->request);
    link_release(watch->link);
}

struct vitals_watch *vitals_watch_stop(struct vitals_watch *watch)
{
    if (!watch)
        return NULL;
    watch->stopped = true;
    watch_leave(watch);
    if (!watch->telling)
        watch_free(watch);
    return NULL;
}

/* Returns false if the watch was stopped inside, and is gone. */
static bool watch_told(struct vitals_watch *watch, bool was_telling)
{
    bool stopped = watch->stopped;

    watch->telling = was_telling;
    if (stopped && !was_telling)
        watch_free(watch);
    return !stopped;
}

static void watch_end(struct vitals_watch *watch, const struct trouble *trouble)
{
    bool was_telling = watch->telling;

    watch_leave(watch);
    watch->telling = true;
    if (watch->events->on_end)
        watch->events->on_end(watch, trouble, watch->user);
    (void)watch_told(watch, was_telling);
}

static void watch_interrupted(struct vitals_watch *watch)
{
    watch_forget(watch);
    if (watch->events->on_interrupted)
        watch->events->on_interrupted(watch, watch->user);
}

/* ---- the request ---- */

static int on_line(const char *line, size_t length, void *user)
{
    struct vitals_watch *watch = user;
    int r = vitals_read_line(&watch->reader, &watch->sample, line, length);

    if (r == VITALS_HEAD) {
        watch->has_sample = false;
        return 0;
    }
    if (r != VITALS_SAMPLE)
        return r;
    watch->has_sample = true;
    watch->events->on_sample(watch, &watch->sample, watch->user);
    return watch->request && watch->asked == watch->reading ? 0 : -ECANCELED;
}

static void on_data(struct request *request, const uint8_t *bytes, size_t size, void *user)
{
    struct vitals_watch *watch = user;
    const char *where = link_where(watch->link);
    struct trouble trouble;
    int r;

    request_consume(request, size);
    watch->telling = true;
    watch->reading = watch->asked;
    r = vitals_lines_feed(&watch->lines, bytes, size, on_line, watch);
    watch->telling = false;
    if (watch->stopped) {
        watch_free(watch);
        return;
    }
    if (r == 0 || r == -ECANCELED) /* of a request that is no longer ours */
        return;
    if (r < 0)
        trouble_set_errno(&trouble, where, r);
    else
        trouble_set(&trouble, PROBLEM_NOT_HUNE, where, _("its vitals cannot be read"));
    watch_end(watch, &trouble);
}

static void on_request_interrupted(struct request *request, void *user)
{
    struct vitals_watch *watch = user;

    (void)request;
    watch->telling = true;
    watch_interrupted(watch);
    (void)watch_told(watch, false);
}

static void on_pause_over(uv_timer_t *timer)
{
    struct vitals_watch *watch = timer->data;
    struct trouble trouble;
    int r;

    if (watch->request)
        return;
    r = watch_ask(watch);
    if (r) {
        trouble_set_errno(&trouble, link_where(watch->link), r);
        watch_end(watch, &trouble);
    }
}

static int watch_pause(struct vitals_watch *watch)
{
    if (!watch->pause) {
        watch->pause = malloc(sizeof(*watch->pause));
        if (!watch->pause)
            return -ENOMEM;
        uv_timer_init(link_factory_loop(link_factory_of(watch->link)), watch->pause);
        watch->pause->data = watch;
    }
    return uv_timer_start(watch->pause, on_pause_over, WATCH_PAUSE_MS, 0);
}

/* Whether the same question may be answered later. */
static bool is_passing(const struct trouble *trouble)
{
    return !trouble || trouble->code == PROBLEM_LOST || trouble->code == PROBLEM_SHUTTING_DOWN ||
           trouble->code == PROBLEM_TOO_FAST || trouble->code == PROBLEM_TIMEOUT ||
           trouble->code == PROBLEM_CLOSED;
}

static void on_done(struct request *request, const struct trouble *trouble, void *user)
{
    struct vitals_watch *watch = user;
    struct trouble memory;

    (void)request;
    watch->request = NULL;
    if (is_passing(trouble) && link_state(watch->link) != LINK_CLOSED) {
        if (watch_pause(watch) == 0) {
            watch->telling = true;
            watch_interrupted(watch);
            (void)watch_told(watch, false);
            return;
        }
        trouble_set_errno(&memory, link_where(watch->link), -ENOMEM);
        trouble = &memory;
    }
    watch_end(watch, trouble);
}

static const struct request_events watch_request_events = {
    .on_data = on_data,
    .on_interrupted = on_request_interrupted,
    .on_done = on_done,
};

static int watch_ask(struct vitals_watch *watch)
{
    int r = request_new(&watch->request, watch->link, "GET", watch->path, &watch_request_events,
                        watch);

    watch->asked++;
    if (!r)
        request_send(watch->request);
    return r;
}

/* A link that closed while the watch had no request. */
static void on_link_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                           void *user)
{
    struct vitals_watch *watch = user;

    (void)link;
    if (retry_ms == 0 && !watch->request && !watch->ended)
        watch_end(watch, trouble);
}

int vitals_watch_start(struct vitals_watch **watch_out, struct link *link,
                       const struct vitals_ask *ask, const struct vitals_watch_events *events,
                       void *user)
{
    static const struct link_events link_events = {.on_failed = on_link_failed};
    _cleanup_buffer_ struct buffer path = BUFFER_INIT;
    struct vitals_watch *watch;
    int r = vitals_path(ask, ask->every_ms ? ask->every_ms : 1000, &path);

    if (r)
        return r;
    watch = calloc(1, sizeof(*watch));
    if (!watch)
        return -ENOMEM;
    watch->link = link;
    watch->events = events;
    watch->user = user;
    vitals_sample_init(&watch->sample);
    watch->path = strdup(buffer_text(&path));
    if (!watch->path) {
        watch_free(watch);
        return -ENOMEM;
    }
    link_hold(link);
    watch->watcher = (struct link_watcher){.events = &link_events, .user = watch};
    link_watch(link, &watch->watcher);
    *watch_out = watch;
    r = watch_ask(watch);
    if (r) {
        watch_leave(watch);
        watch_free(watch);
        *watch_out = NULL;
    }
    return r;
}

int vitals_watch_change(struct vitals_watch *watch, const struct vitals_ask *ask)
{
    _cleanup_buffer_ struct buffer path = BUFFER_INIT;
    char *copy;
    int r = vitals_path(ask, ask->every_ms ? ask->every_ms : 1000, &path);

    if (r)
        return r;
    copy = strdup(buffer_text(&path));
    if (!copy)
        return -ENOMEM;
    free(watch->path);
    watch->path = copy;
    if (watch->ended)
        return 0;
    watch->request = request_cancel(watch->request);
    watch_forget(watch);
    return watch_ask(watch);
}

const struct vitals_sample *vitals_watch_sample(const struct vitals_watch *watch)
{
    return watch->has_sample ? &watch->sample : NULL;
}

struct link *vitals_watch_link(const struct vitals_watch *watch)
{
    return watch->link;
}
