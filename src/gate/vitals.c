/* GET /v1/vitals: one sample, and streams of them. History is history.c's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/history.h"
#include "gate/pulse.h"
#include "gate/reply.h"
#include "gate/session.h"
#include "gate/vitals-ask.h"

/* A console that does not read: it has had so much, and the newest again when it reads on. */
enum { UNREAD_MAX = 64 * 1024 };

/* Rates of less than a moment are noise: then one sample takes until the next beat. */
enum { ONCE_LEAST_MS = 400, ONCE_BEAT_MS = 1000 };

struct watcher {
    struct pulse_listener listener;
    struct request *request;
    struct vitals_asked asked;
    uint64_t shape; /* of the head that was said */
    bool said_head;
    bool leaving;
    struct buffer out;
    struct past *past; /* of a request for history */
};

static struct watcher *watcher_free(struct watcher *watcher)
{
    if (!watcher)
        return NULL;
    pulse_leave(&watcher->listener);
    pulse_rest(&watcher->request->session->gate->pulse);
    buffer_deinit(&watcher->out);
    past_free(watcher->past);
    free(watcher);
    return NULL;
}

static int append_processes(struct watcher *watcher, struct buffer *out)
{
    if (watcher->asked.processes == 0)
        return 0;
    return pulse_append_processes(&watcher->listener, watcher->asked.processes, out);
}

/* ---- once ---- */

static void once_answer(struct watcher *watcher, const struct vitals *vitals)
{
    struct request *request = watcher->request;
    _cleanup_buffer_ struct buffer processes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer document = BUFFER_INIT;
    int r = append_processes(watcher, &processes);

    if (!r)
        r = vitals_append_document(vitals, &watcher->asked.fields,
                                   watcher->asked.processes ? &processes : NULL, &document);
    if (r)
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    else
        reply_bytes(request, 200, buffer_bytes(&document), buffer_length(&document));
    pulse_leave(&watcher->listener);
}

/* The second of two looks at the processes makes their rates. */
static void once_begin(struct watcher *watcher)
{
    struct pulse *pulse = &watcher->request->session->gate->pulse;
    _cleanup_buffer_ struct buffer first = BUFFER_INIT;
    const struct vitals *vitals = pulse_now(pulse);

    if (vitals && vitals->interval_ms >= ONCE_LEAST_MS && watcher->asked.processes == 0)
        once_answer(watcher, vitals);
    else if (!vitals || pulse_listen(pulse, ONCE_BEAT_MS, &watcher->listener) ||
             append_processes(watcher, &first))
        reply_problem(watcher->request, PROBLEM_INTERNAL, NULL);
}

/* ---- a stream ---- */

static enum body_state stream_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct watcher *watcher = user;
    size_t length = buffer_length(&watcher->out);

    *bytes_out = (struct slice){buffer_bytes(&watcher->out), length < max ? length : max};
    if (watcher->leaving && bytes_out->size == length)
        return BODY_END;
    return length > 0 ? BODY_MORE : BODY_WAIT;
}

static void stream_took(void *user, size_t size)
{
    struct watcher *watcher = user;

    buffer_consume(&watcher->out, size);
}

/* Appends what the stream says of this sample. Returns 0 or -ENOMEM. */
static int stream_say(struct watcher *watcher, const struct vitals *vitals)
{
    const struct vital_fields *fields = &watcher->asked.fields;
    _cleanup_buffer_ struct buffer processes = BUFFER_INIT;
    uint64_t shape = vitals_shape(vitals, fields);
    int r = append_processes(watcher, &processes);

    if (!r && (!watcher->said_head || watcher->shape != shape))
        r = vitals_append_head(vitals, fields, watcher->asked.every_ms, &watcher->out);
    watcher->said_head = true;
    watcher->shape = shape;
    if (!r)
        r = vitals_append_sample(vitals, fields, watcher->asked.processes ? &processes : NULL,
                                 &watcher->out);
    return r;
}

static void stream_begin(struct watcher *watcher)
{
    struct pulse *pulse = &watcher->request->session->gate->pulse;
    struct wire_body body = {.peek = stream_peek, .took = stream_took, .user = watcher};
    /* Before it listens: a baseline that is made by listening is no baseline. */
    const struct vitals *vitals = pulse_now(pulse);

    if (!vitals || pulse_listen(pulse, watcher->asked.every_ms, &watcher->listener) ||
        stream_say(watcher, vitals))
        reply_problem(watcher->request, PROBLEM_INTERNAL, NULL);
    else
        (void)reply_stream(watcher->request, "application/x-ndjson", &body);
}

static void on_beat(struct pulse_listener *listener, const struct vitals *vitals)
{
    struct watcher *watcher = container_of(listener, struct watcher, listener);
    struct request *request = watcher->request;

    if (watcher->asked.form == VITALS_ONCE) {
        once_answer(watcher, vitals);
        return;
    }
    if (watcher->leaving || buffer_length(&watcher->out) > UNREAD_MAX)
        return;
    if (stream_say(watcher, vitals)) {
        wire_stream_cancel(request->stream); /* half a line is no line */
        pulse_leave(listener);
    } else {
        wire_stream_resume(request->stream);
    }
    session_said(request->session);
}

/* ---- the route ---- */

static void vitals_begin(struct request *request)
{
    const char *query = strchr(wire_stream_path(request->stream), '?');
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    char detail[256];

    if (!watcher) {
        reply_problem(request, PROBLEM_INTERNAL, NULL);
        return;
    }
    watcher->request = request;
    watcher->listener.on_beat = on_beat;
    request->work = watcher;
    if (vitals_ask_parse(query ? query + 1 : NULL, clock_wall_ms(), &watcher->asked, detail,
                         sizeof(detail)))
        reply_problem(request, PROBLEM_BAD_REQUEST, detail);
    else if (watcher->asked.form == VITALS_ONCE)
        once_begin(watcher);
    else if (watcher->asked.form == VITALS_STREAM)
        stream_begin(watcher);
    else
        watcher->past = past_begin(request, &watcher->asked);
}

static void vitals_leave(struct request *request)
{
    struct watcher *watcher = request->work;

    if (!watcher)
        return;
    watcher->leaving = true;
    pulse_leave(&watcher->listener);
    if (request->stage == REQUEST_ANSWERED)
        wire_stream_resume(request->stream);
    else
        reply_problem(request, PROBLEM_SHUTTING_DOWN, NULL);
}

static void vitals_close(struct request *request)
{
    request->work = watcher_free(request->work);
}

const struct request_handler handler_VITALS = {
    .begin = vitals_begin,
    .close = vitals_close,
    .leave = vitals_leave,
};
