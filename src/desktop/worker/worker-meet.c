/* Meeting machines: see meeting.h. */
#include <string.h>

#include "desktop/worker/meeting.h"
#include "desktop/worker/news.h"
#include "desktop/worker/worker-private.h"
#include "fleet/home/i18n.h"
#include "fleet/link/document.h"
#include "fleet/link/outcome.h"
#include "fleet/link/pair.h"
#include "fleet/link/request.h"
#include "proto/right.h"
#include "proto/sshkey.h"

struct meeting {
    struct list at; /* in worker->meetings */
    struct worker *worker;
    void (*told)(const struct meeting_news *news, void *owner);
    void *owner;
    struct link *link;
    struct link_watcher watcher;
    struct request *facts;
    struct pair *pair;
    bool is_invited;
    struct link_info info;
};

struct meeting_letter {
    struct letter letter;
    char *host;
    uint16_t port;
    bool has_invite;
    struct invite_link invite;
    void (*told)(const struct meeting_news *news, void *owner);
    void *owner;
};

/* ---- telling ---- */

static void news_free_fields(struct meeting_news *news)
{
    g_free(news->id_text);
    g_free(news->own_name);
    g_free(news->os);
    g_free(news->rights);
    g_free(news->run_as);
    g_free(news->sentence);
    g_free(news->advice);
    g_free(news);
}

static void read_meeting_news(struct letter *letter, void *reader)
{
    struct meeting_news *news = (struct meeting_news *)letter;

    (void)reader;
    news->told(news, news->owner);
    news_free_fields(news);
}

static void drop_meeting_news(struct letter *letter)
{
    struct meeting_news *news = (struct meeting_news *)letter;

    if (news->is_over)
        read_meeting_news(letter, NULL); /* the owner lets go */
    else
        news_free_fields(news);
}

static struct meeting_news *news_new(const struct meeting *meeting)
{
    struct meeting_news *news = g_new0(struct meeting_news, 1);

    news->letter.read = read_meeting_news;
    news->letter.drop = drop_meeting_news;
    news->told = meeting->told;
    news->owner = meeting->owner;
    return news;
}

static void set_id(struct meeting_news *news, const uint8_t id[MACHINE_ID_SIZE])
{
    char text[FINGERPRINT_TEXT_SIZE];

    fingerprint_format(id, text);
    memcpy(news->id, id, sizeof(news->id));
    news->id_text = g_strdup(text);
    news->is_met = true;
}

static void set_rights(struct meeting_news *news, uint16_t rights, const char *run_as)
{
    struct buffer words = BUFFER_INIT;

    if (rights_append(&words, rights) == 0)
        news->rights = g_strndup((const char *)buffer_bytes(&words), buffer_length(&words));
    buffer_deinit(&words);
    news->run_as = g_strdup(run_as);
    news->is_trusted = true;
}

/* The meeting is over and gone; `news` NULL: it was called off. */
static void end(struct meeting *meeting, struct meeting_news *news)
{
    struct worker *worker = meeting->worker;

    if (!news)
        news = news_new(meeting);
    news->is_over = true;
    request_cancel(meeting->facts);
    pair_cancel(meeting->pair);
    if (meeting->link) {
        link_unwatch(meeting->link, &meeting->watcher);
        link_free(meeting->link);
    }
    list_remove(&meeting->at);
    g_free(meeting);
    worker_tell(worker, &news->letter);
}

static void end_with_trouble(struct meeting *meeting, const struct trouble *trouble)
{
    struct meeting_news *news = news_new(meeting);

    trouble_texts(trouble, meeting->worker->signer, &news->sentence, &news->advice);
    if (trouble->code == PROBLEM_LOST && meeting->is_invited) {
        /* Nobody knows whether the machine still took it. */
        g_free(news->advice);
        news->advice = g_strdup(_("Check that huned still runs there, and try again. If the "
                                  "invitation is used by then, add the machine by its address."));
    }
    /* A machine that was reached and said no has shown its id: it may be saved. */
    if (meeting->link && outcome_of_trouble(trouble).state == STATE_REFUSED)
        set_id(news, link_info(meeting->link)->id);
    end(meeting, news);
}

/* ---- by its address ---- */

static void on_facts(json_t *root, const struct trouble *trouble, void *user)
{
    struct meeting *meeting = user;
    struct meeting_news *news = news_new(meeting);
    char os[256];

    meeting->facts = NULL;
    set_id(news, meeting->info.id);
    set_rights(news, meeting->info.rights, meeting->info.run_as);
    news->own_name = g_strdup(meeting->info.name);
    if (!trouble && document_text(root, "pretty", os, sizeof(os)))
        news->os = g_strdup(os);
    end(meeting, news);
}

static void on_state(struct link *link, enum link_state from, enum link_state to, void *user)
{
    struct meeting *meeting = user;
    struct meeting_news *news = news_new(meeting);

    (void)link;
    (void)from;
    news->state = to;
    worker_tell(meeting->worker, &news->letter);
}

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct meeting *meeting = user;

    meeting->info = *info;
    if (!meeting->facts &&
        request_document(link, "/v1/facts/os", on_facts, meeting, &meeting->facts) != 0)
        end(meeting, NULL);
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    (void)link;
    (void)retry_ms;
    end_with_trouble(user, trouble);
}

static const struct link_events events = {
    .on_state = on_state, .on_ready = on_ready, .on_failed = on_failed};

static int visit(struct meeting *meeting, const struct meeting_letter *letter)
{
    const struct link_target target = {
        .host = letter->host, .port = letter->port, .accept_new = true};
    int error = link_new(&meeting->link, meeting->worker->factory, &target);

    if (error)
        return error;
    meeting->watcher = (struct link_watcher){.events = &events, .user = meeting};
    link_watch(meeting->link, &meeting->watcher);
    link_connect(meeting->link);
    return 0;
}

/* ---- by an invitation ---- */

static void on_paired(const struct pair_result *result, const struct trouble *trouble, void *user)
{
    struct meeting *meeting = user;
    struct meeting_news *news;

    meeting->pair = NULL;
    if (trouble) {
        end_with_trouble(meeting, trouble);
        return;
    }
    news = news_new(meeting);
    set_id(news, result->id);
    set_rights(news, result->rights, result->run_as);
    news->own_name = g_strdup(result->name);
    end(meeting, news);
}

/* ---- letters ---- */

static void letter_free(struct meeting_letter *letter)
{
    g_free(letter->host);
    explicit_bzero(&letter->invite, sizeof(letter->invite));
    g_free(letter);
}

/* Only the link's states: the pair itself tells how it ends. */
static int accept_invite(struct meeting *meeting, const struct invite_link *invite)
{
    static const struct link_events progress = {.on_state = on_state};
    int error = pair_start(&meeting->pair, meeting->worker->factory, invite, NULL, on_paired,
                           meeting);

    if (error)
        return error;
    meeting->watcher = (struct link_watcher){.events = &progress, .user = meeting};
    link_watch(pair_link(meeting->pair), &meeting->watcher);
    return 0;
}

static void read_meeting(struct letter *letter, void *reader)
{
    struct meeting_letter *request = (struct meeting_letter *)letter;
    struct worker *worker = reader;
    struct meeting *meeting = g_new0(struct meeting, 1);
    int error = -1;

    meeting->worker = worker;
    meeting->told = request->told;
    meeting->owner = request->owner;
    meeting->is_invited = request->has_invite;
    list_append(&worker->meetings, &meeting->at);
    if (worker->factory)
        error = request->has_invite ? accept_invite(meeting, &request->invite)
                                    : visit(meeting, request);
    letter_free(request);
    if (error) {
        struct meeting_news *news = news_new(meeting);

        news->sentence = g_strdup(_("The connections cannot be set up."));
        end(meeting, news);
    }
}

static void drop_meeting(struct letter *letter)
{
    struct meeting_letter *request = (struct meeting_letter *)letter;
    const struct meeting nobody = {.told = request->told, .owner = request->owner};
    struct meeting_news *news = news_new(&nobody);

    news->is_over = true;
    letter_free(request);
    read_meeting_news(&news->letter, NULL);
}

void worker_send_meeting(struct worker *worker, const struct meeting_request *request)
{
    struct meeting_letter *letter = g_new0(struct meeting_letter, 1);

    letter->letter.read = read_meeting;
    letter->letter.drop = drop_meeting;
    letter->host = g_strdup(request->host);
    letter->port = request->port;
    letter->has_invite = request->invite != NULL;
    if (request->invite)
        letter->invite = *request->invite;
    letter->told = request->told;
    letter->owner = request->owner;
    worker_send(worker, &letter->letter);
}

struct cancel_letter {
    struct letter letter;
    void *owner;
};

static void read_cancel(struct letter *letter, void *reader)
{
    void *owner = ((struct cancel_letter *)letter)->owner;
    struct worker *worker = reader;
    struct meeting *meeting;

    g_free(letter);
    list_for_each (&worker->meetings, struct meeting, at, meeting) {
        if (meeting->owner == owner)
            end(meeting, NULL);
    }
}

static void drop_cancel(struct letter *letter)
{
    g_free(letter);
}

void worker_send_meeting_cancel(struct worker *worker, void *owner)
{
    struct cancel_letter *letter = g_new0(struct cancel_letter, 1);

    letter->letter.read = read_cancel;
    letter->letter.drop = drop_cancel;
    letter->owner = owner;
    worker_send(worker, &letter->letter);
}

void meetings_end(struct worker *worker)
{
    struct meeting *meeting;

    list_for_each (&worker->meetings, struct meeting, at, meeting)
        end(meeting, NULL);
}
