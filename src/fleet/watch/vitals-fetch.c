/* What is asked once: a sample, a history. See vitals.h. */
#include "fleet/watch/vitals.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "fleet/home/i18n.h"
#include "fleet/link/request.h"
#include "fleet/watch/vitals-path.h"
#include "fleet/watch/vitals-read.h"

struct vitals_fetch {
    struct request *request;
    vitals_once_done once_done;
    vitals_history_done history_done;
    void *user;
    struct vitals_history history;
    size_t room;
    struct vitals_lines lines;
};

static void fetch_free(struct vitals_fetch *fetch)
{
    vitals_history_deinit(&fetch->history);
    vitals_lines_reset(&fetch->lines);
    free(fetch);
}

struct vitals_fetch *vitals_fetch_cancel(struct vitals_fetch *fetch)
{
    if (!fetch || !fetch->request) /* it is being done */
        return NULL;
    request_cancel(fetch->request);
    fetch_free(fetch);
    return NULL;
}

/* What a read returned, as a trouble. */
static void trouble_of(struct trouble *trouble_out, const struct vitals_fetch *fetch, int r)
{
    const char *where = link_where(request_link(fetch->request));

    if (r < 0)
        trouble_set_errno(trouble_out, where, r);
    else
        trouble_set(trouble_out, PROBLEM_NOT_HUNE, where, _("its vitals cannot be read"));
}

static int fetch_start(struct vitals_fetch *new_fetch, struct link *link, struct buffer *path,
                       const struct request_events *events, struct vitals_fetch **fetch_out)
{
    struct vitals_fetch *fetch = malloc(sizeof(*fetch));
    int r;

    if (!fetch)
        return -ENOMEM;
    *fetch = *new_fetch;
    r = request_new(&fetch->request, link, "GET", buffer_text(path), events, fetch);
    if (r) {
        free(fetch);
        return r;
    }
    if (fetch_out)
        *fetch_out = fetch;
    request_send(fetch->request);
    return 0;
}

/* ---- one sample ---- */

static void on_once_done(struct request *request, const struct trouble *trouble, void *user)
{
    struct vitals_fetch *fetch = user;
    struct slice body = request_body(request);
    struct vitals_sample sample;
    struct trouble bad;

    vitals_sample_init(&sample);
    if (!trouble) {
        json_t *root = json_loadb(body.bytes ? (const char *)body.bytes : "", body.size, 0, NULL);
        int r = vitals_read_document(root, &sample);

        json_decref(root);
        if (r != VITALS_SAMPLE) {
            trouble_of(&bad, fetch, r);
            trouble = &bad;
        }
    }
    fetch->request = NULL;
    fetch->once_done(trouble ? NULL : &sample, trouble, fetch->user);
    vitals_sample_deinit(&sample);
    fetch_free(fetch);
}

int vitals_once(struct link *link, const struct vitals_ask *ask, vitals_once_done done, void *user,
                struct vitals_fetch **fetch_out)
{
    static const struct request_events events = {.on_done = on_once_done};
    _cleanup_buffer_ struct buffer path = BUFFER_INIT;
    struct vitals_fetch fetch = {.once_done = done, .user = user};
    int r = vitals_path(ask, 0, &path);

    return r ? r : fetch_start(&fetch, link, &path, &events, fetch_out);
}

/* ---- history ---- */

void vitals_history_deinit(struct vitals_history *history)
{
    free(history->columns);
    free(history->row_ms);
    free(history->mean);
    free(history->min);
    free(history->max);
    *history = (struct vitals_history){0};
}

static int on_history_line(const char *line, size_t length, void *user)
{
    struct vitals_fetch *fetch = user;
    int r = vitals_read_history(&fetch->history, &fetch->room, line, length);

    return r == VITALS_HEAD || r == VITALS_SAMPLE ? 0 : r;
}

static void on_history_data(struct request *request, const uint8_t *bytes, size_t size, void *user)
{
    struct vitals_fetch *fetch = user;
    int r = vitals_lines_feed(&fetch->lines, bytes, size, on_history_line, fetch);
    struct trouble trouble;

    request_consume(request, size);
    if (r) {
        trouble_of(&trouble, fetch, r);
        request_fail(request, &trouble);
    }
}

/* It is asked again from the beginning. */
static void on_history_interrupted(struct request *request, void *user)
{
    struct vitals_fetch *fetch = user;

    (void)request;
    vitals_history_deinit(&fetch->history);
    vitals_lines_reset(&fetch->lines);
    fetch->room = 0;
}

static void on_history_done(struct request *request, const struct trouble *trouble, void *user)
{
    struct vitals_fetch *fetch = user;
    struct trouble bad;

    (void)request;
    if (!trouble && !fetch->history.columns) {
        trouble_of(&bad, fetch, 1);
        trouble = &bad;
    }
    fetch->request = NULL;
    fetch->history_done(trouble ? NULL : &fetch->history, trouble, fetch->user);
    fetch_free(fetch);
}

int vitals_history(struct link *link, const struct vitals_history_ask *ask,
                   vitals_history_done done, void *user, struct vitals_fetch **fetch_out)
{
    static const struct request_events events = {
        .on_data = on_history_data,
        .on_interrupted = on_history_interrupted,
        .on_done = on_history_done,
    };
    _cleanup_buffer_ struct buffer path = BUFFER_INIT;
    struct vitals_fetch fetch = {.history_done = done, .user = user};
    int r = vitals_history_path(ask, &path);

    return r ? r : fetch_start(&fetch, link, &path, &events, fetch_out);
}
