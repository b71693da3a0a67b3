/* History for a request for vitals: rows are made as the console takes them. */
#include "gate/history.h"

#include "base/clock.h"
#include "gate/gate.h"
#include "gate/reply.h"
#include "gate/session.h"

enum { CHUNK = 16 * 1024 };

struct past {
    struct history_query *query;
    struct buffer out;
    bool is_last; /* what is in `out` is the rest */
};

struct past *past_free(struct past *past)
{
    if (!past)
        return NULL;
    history_query_free(past->query);
    buffer_deinit(&past->out);
    free(past);
    return NULL;
}

static enum body_state past_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct past *past = user;
    size_t length;

    /* A stretch without records gives nothing, and is gone through in pieces. */
    while (buffer_length(&past->out) == 0 && !past->is_last) {
        int r = history_query_rows(past->query, CHUNK, &past->out);

        if (r < 0)
            return BODY_FAIL;
        past->is_last = r > 0;
    }
    length = buffer_length(&past->out);
    *bytes_out = (struct slice){buffer_bytes(&past->out), length < max ? length : max};
    return past->is_last && bytes_out->size == length ? BODY_END : BODY_MORE;
}

static void past_took(void *user, size_t size)
{
    struct past *past = user;

    buffer_consume(&past->out, size);
}

struct past *past_begin(struct request *request, const struct vitals_asked *asked)
{
    struct history *history = request->session->gate->record.history;
    struct wire_body body = {.peek = past_peek, .took = past_took};
    struct past *past;
    int r;

    if (!history) {
        reply_problem(request, PROBLEM_NOT_FOUND,
                      "This machine keeps no history; its log and [history] in its huned.conf tell "
                      "why.");
        return NULL;
    }
    past = calloc(1, sizeof(*past));
    r = past ? history_query_new(&past->query, history, &asked->fields, asked->since_ms,
                                 asked->until_ms, asked->step_ms, clock_wall_ms())
             : -ENOMEM;
    if (!r)
        r = history_query_head(past->query, &past->out);
    if (r) {
        reply_problem(request, r > 0 ? PROBLEM_BAD_REQUEST : PROBLEM_INTERNAL,
                      r > 0 ? "The history keeps none of these fields; fields=summary names all "
                              "that it keeps of the machine."
                            : NULL);
        return past_free(past);
    }
    body.user = past;
    (void)reply_stream(request, "application/x-ndjson", &body);
    return past;
}
