/* See way.h: the fleet's doctor, and its findings as letters. */
#include <string.h>

#include "desktop/worker/news.h"
#include "desktop/worker/way.h"
#include "desktop/worker/worker-private.h"

struct way {
    struct list at; /* in worker->ways */
    struct worker *worker;
    struct doctor *doctor;
    void (*told)(const struct way_news *news, void *owner);
    void *owner;
};

/* ---- telling ---- */

static void way_news_free(struct way_news *news)
{
    g_free(news->detail);
    g_free(news->sentence);
    g_free(news->advice);
    g_free(news);
}

static void read_news(struct letter *letter, void *reader)
{
    struct way_news *news = (struct way_news *)letter;

    (void)reader;
    news->told(news, news->owner);
    way_news_free(news);
}

static void drop_news(struct letter *letter)
{
    struct way_news *news = (struct way_news *)letter;

    if (news->is_over)
        read_news(letter, NULL); /* the owner lets go */
    else
        way_news_free(news);
}

static struct way_news *news_new(void (*told)(const struct way_news *, void *), void *owner)
{
    struct way_news *news = g_new0(struct way_news, 1);

    news->letter.read = read_news;
    news->letter.drop = drop_news;
    news->told = told;
    news->owner = owner;
    return news;
}

static void on_step(const struct doctor_finding *finding, void *user)
{
    struct way *way = user;
    struct way_news *news = news_new(way->told, way->owner);

    news->step = finding->step;
    news->is_ok = finding->is_ok;
    news->is_warning = finding->is_warning;
    news->detail = g_strdup(finding->detail);
    news->ms = finding->ms;
    if (finding->trouble)
        trouble_texts(finding->trouble, way->worker->signer, &news->sentence, &news->advice);
    worker_tell(way->worker, &news->letter);
}

static void way_end(struct way *way, bool is_well)
{
    struct way_news *news = news_new(way->told, way->owner);

    news->is_over = true;
    news->is_ok = is_well;
    list_remove(&way->at);
    worker_tell(way->worker, &news->letter);
    g_free(way);
}

static void on_done(bool is_well, void *user)
{
    way_end(user, is_well);
}

static const struct doctor_events events = {.on_step = on_step, .on_done = on_done};

/* ---- letters ---- */

struct way_letter {
    struct letter letter;
    char *host;
    char *user;
    uint16_t port;
    bool has_id;
    uint8_t id[MACHINE_ID_SIZE];
    void (*told)(const struct way_news *news, void *owner);
    void *owner;
};

static void letter_free(struct way_letter *letter)
{
    g_free(letter->host);
    g_free(letter->user);
    g_free(letter);
}

static void read_way(struct letter *letter, void *reader)
{
    struct way_letter *ask = (struct way_letter *)letter;
    struct worker *worker = reader;
    struct way *way = g_new0(struct way, 1);
    const struct link_target target = {.host = ask->host,
                                       .port = ask->port,
                                       .id = ask->has_id ? ask->id : NULL,
                                       .accept_new = !ask->has_id};

    way->worker = worker;
    way->told = ask->told;
    way->owner = ask->owner;
    list_append(&worker->ways, &way->at);
    if (!worker->factory || doctor_start(&way->doctor, worker->factory, &target,
                                         *ask->user ? ask->user : NULL, &events, way) != 0)
        way_end(way, false);
    letter_free(ask);
}

static void drop_way(struct letter *letter)
{
    struct way_letter *ask = (struct way_letter *)letter;
    struct way_news *news = news_new(ask->told, ask->owner);

    news->is_over = true;
    letter_free(ask);
    read_news(&news->letter, NULL);
}

void worker_send_way(struct worker *worker, const struct way_ask *ask)
{
    struct way_letter *letter = g_new0(struct way_letter, 1);

    letter->letter.read = read_way;
    letter->letter.drop = drop_way;
    letter->host = g_strdup(ask->host);
    letter->user = g_strdup(ask->user ? ask->user : "");
    letter->port = ask->port;
    letter->has_id = ask->id != NULL;
    if (ask->id)
        memcpy(letter->id, ask->id, sizeof(letter->id));
    letter->told = ask->told;
    letter->owner = ask->owner;
    worker_send(worker, &letter->letter);
}

void ways_end(struct worker *worker)
{
    struct way *way;

    list_for_each (&worker->ways, struct way, at, way) {
        doctor_cancel(way->doctor);
        way_end(way, false);
    }
}
