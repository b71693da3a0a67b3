/* The record of orders of one machine: read to its end, the last lines kept. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "desktop/worker/news.h"
#include "desktop/worker/station.h"
#include "fleet/home/i18n.h"

/* A line with an order's whole bytes is under 200 KiB; longer ones are none. */
enum { LINE_MAX_BYTES = 1 << 20 };

struct record_letter {
    struct letter letter;
    struct asking asking;
    struct worker *worker;
    struct worker_record ask;
    struct buffer line; /* begun */
    uint64_t received;  /* a broken connection goes on there */
    GQueue lines;       /* char * */
    char *sentence;
};

static void read_record(struct letter *letter, void *reader)
{
    struct record_letter *record = (struct record_letter *)letter;
    g_autofree const char **lines = g_new0(const char *, record->lines.length + 1);
    guint i = 0;

    (void)reader;
    for (GList *at = record->lines.head; at; at = at->next)
        lines[i++] = at->data;
    record->ask.done(record->sentence ? NULL : lines, record->sentence, record->ask.owner);
    g_queue_clear_full(&record->lines, g_free);
    buffer_deinit(&record->line);
    g_free(record->sentence);
    g_free(record);
}

static void drop_record(struct letter *letter)
{
    struct record_letter *record = (struct record_letter *)letter;

    if (!record->sentence)
        record->sentence = g_strdup(_("The window was closed."));
    read_record(letter, NULL);
}

static int on_send(struct request *request, void *user)
{
    struct record_letter *record = user;
    struct trouble trouble;
    char path[64];
    int error;

    snprintf(path, sizeof(path), "/v1/audit?from=%" PRIu64, record->received);
    error = request_set_path(request, path);
    if (error) {
        trouble_set_errno(&trouble, NULL, error);
        request_fail(request, &trouble);
    }
    return error;
}

static void take_line(struct record_letter *record)
{
    g_queue_push_tail(&record->lines, g_strndup((const char *)buffer_bytes(&record->line),
                                                buffer_length(&record->line)));
    if (record->lines.length > RECORD_LINES)
        g_free(g_queue_pop_head(&record->lines));
    buffer_clear(&record->line);
}

static void on_data(struct request *request, const uint8_t *bytes, size_t size, void *user)
{
    struct record_letter *record = user;

    request_consume(request, size);
    record->received += size;
    while (size > 0) {
        const uint8_t *newline = memchr(bytes, '\n', size);
        size_t piece = newline ? (size_t)(newline - bytes) : size;

        if (buffer_length(&record->line) + piece <= LINE_MAX_BYTES)
            buffer_append(&record->line, bytes, piece);
        if (newline) {
            take_line(record);
            piece++;
        }
        bytes += piece;
        size -= piece;
    }
}

static void on_done(struct request *request, const struct trouble *trouble, void *user)
{
    struct record_letter *record = user;
    char *advice = NULL;

    (void)request;
    asking_end(&record->asking);
    if (trouble)
        trouble_texts(trouble, NULL, &record->sentence, &advice);
    g_free(advice);
    worker_tell(record->worker, &record->letter);
}

static void ask_record(struct letter *letter, void *reader)
{
    static const struct request_events events = {
        .on_send = on_send, .on_data = on_data, .on_done = on_done};
    struct record_letter *record = (struct record_letter *)letter;
    struct worker *worker = reader;
    struct link *link = station_ready_link(worker, record->ask.slot);
    struct request *request;

    record->worker = worker;
    letter->read = read_record;
    if (!link || request_new(&request, link, "GET", "/", &events, record) != 0) {
        record->sentence = g_strdup(_("The machine is not connected."));
        worker_tell(worker, letter);
        return;
    }
    asking_begin(&record->asking, worker, record->ask.slot, request);
    request_send(request);
}

void worker_send_record(struct worker *worker, const struct worker_record *ask)
{
    struct record_letter *letter = g_new0(struct record_letter, 1);

    letter->letter.read = ask_record;
    letter->letter.drop = drop_record;
    letter->ask = *ask;
    worker_send(worker, &letter->letter);
}
