/* What the window asks of one machine: to connect it, to let it rest, one document of it. */
#include "desktop/worker/news.h"
#include "desktop/worker/station.h"
#include "fleet/home/i18n.h"
#include "fleet/link/request.h"

/* ---- connect, disconnect ---- */

struct slot_letter {
    struct letter letter;
    uint32_t slot;
};

static void drop_slot(struct letter *letter)
{
    g_free(letter);
}

static void send_slot(struct worker *worker, uint32_t slot,
                      void (*read)(struct letter *letter, void *reader))
{
    struct slot_letter *letter = g_new0(struct slot_letter, 1);

    letter->letter.read = read;
    letter->letter.drop = drop_slot;
    letter->slot = slot;
    worker_send(worker, &letter->letter);
}

static void read_connect(struct letter *letter, void *reader)
{
    struct station *station = station_at(reader, ((struct slot_letter *)letter)->slot);

    g_free(letter);
    if (station)
        station_wake(station);
}

static void read_disconnect(struct letter *letter, void *reader)
{
    struct station *station = station_at(reader, ((struct slot_letter *)letter)->slot);

    g_free(letter);
    if (station)
        station_rest(station);
}

void worker_send_connect(struct worker *worker, uint32_t slot)
{
    send_slot(worker, slot, read_connect);
}

void worker_send_disconnect(struct worker *worker, uint32_t slot)
{
    send_slot(worker, slot, read_disconnect);
}

/* ---- what is not answered yet ---- */

void asking_begin(struct asking *asking, struct worker *worker, uint32_t slot,
                  struct request *request)
{
    asking->slot = slot;
    asking->request = request;
    list_append(&worker->asked, &asking->at);
}

void asking_end(struct asking *asking)
{
    list_remove(&asking->at);
}

void asked_machine_failed(struct worker *worker, uint32_t slot, const struct trouble *trouble)
{
    struct asking *asking;

    list_for_each (&worker->asked, struct asking, at, asking) {
        if (asking->slot == slot)
            request_fail(asking->request, trouble);
    }
}

/* ---- one document ---- */

struct ask_letter {
    struct letter letter;
    struct asking asking;
    struct worker *worker;
    struct worker_ask ask;
    char *path;
    json_t *root;
    char *sentence;
};

static void read_answer(struct letter *letter, void *reader)
{
    struct ask_letter *answer = (struct ask_letter *)letter;

    (void)reader;
    answer->ask.done(answer->root, answer->sentence, answer->ask.owner);
    g_free(answer->sentence);
    g_free(answer->path);
    g_free(answer);
}

static void drop_ask(struct letter *letter)
{
    struct ask_letter *ask = (struct ask_letter *)letter;

    if (!ask->root && !ask->sentence)
        ask->sentence = g_strdup(_("The window was closed."));
    read_answer(letter, NULL);
}

static void on_document(json_t *root, const struct trouble *trouble, void *user)
{
    struct ask_letter *ask = user;
    char *advice = NULL;

    asking_end(&ask->asking);
    if (trouble)
        trouble_texts(trouble, NULL, &ask->sentence, &advice);
    else
        ask->root = json_deep_copy(root); /* reference counts must not be shared by threads */
    g_free(advice);
    worker_tell(ask->worker, &ask->letter);
}

static void read_ask(struct letter *letter, void *reader)
{
    struct ask_letter *ask = (struct ask_letter *)letter;
    struct worker *worker = reader;
    struct link *link = station_ready_link(worker, ask->ask.slot);
    struct request *request;

    ask->worker = worker;
    letter->read = read_answer;
    if (!link || request_document(link, ask->path, on_document, ask, &request) != 0) {
        ask->sentence = g_strdup(_("The machine is not connected."));
        worker_tell(worker, letter);
        return;
    }
    asking_begin(&ask->asking, worker, ask->ask.slot, request);
}

void worker_send_ask(struct worker *worker, const struct worker_ask *ask)
{
    struct ask_letter *letter = g_new0(struct ask_letter, 1);

    letter->letter.read = read_ask;
    letter->letter.drop = drop_ask;
    letter->ask = *ask;
    letter->path = g_strdup(ask->path);
    worker_send(worker, &letter->letter);
}
