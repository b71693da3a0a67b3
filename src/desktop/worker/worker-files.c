/* Folders of machines: see files.h. The machine's courier says what is in one; nothing is kept of
 * it at the machine afterwards. */
#include <string.h>

#include "base/text.h"
#include "desktop/worker/file.h"
#include "desktop/worker/files.h"
#include "desktop/worker/news.h"
#include "desktop/worker/station.h"
#include "fleet/home/i18n.h"
#include "fleet/link/remote-job.h"
#include "proto/limits.h"
#include "proto/transfer.h"

/* Behind the entries there may be the head, the end, and the bytes of one more entry. */
enum { BYTES_MAX = LIMIT_LISTING_BYTES + (64 << 10), WORDS_MAX = 4096, PATIENCE_S = 60 };

struct question {
    struct letter letter; /* to the worker, and back */
    struct list at;
    struct worker *worker;
    struct worker_list ask;
    char *path;
    char *user;
    struct remote_job *job;
    struct buffer bytes;
    struct buffer words; /* what its courier complains of */
    bool is_too_much;
    struct files_listing listing;
    char *sentence;
    char *advice;
};

static void question_free(struct question *question)
{
    g_clear_pointer(&question->listing.files, g_ptr_array_unref);
    g_free(question->listing.path);
    buffer_deinit(&question->bytes);
    buffer_deinit(&question->words);
    g_free(question->path);
    g_free(question->user);
    g_free(question->sentence);
    g_free(question->advice);
    g_free(question);
}

static void read_answer(struct letter *letter, void *reader)
{
    struct question *question = (struct question *)letter;

    (void)reader;
    question->ask.done(question->sentence ? NULL : &question->listing, question->sentence,
                       question->advice, question->ask.owner);
    question_free(question);
}

static void drop_question(struct letter *letter)
{
    struct question *question = (struct question *)letter;

    if (!question->sentence)
        question->sentence = g_strdup(_("The window was closed."));
    read_answer(letter, NULL);
}

/* The last thing that the worker does with it. */
static void answer(struct question *question)
{
    question->letter.read = read_answer;
    worker_tell(question->worker, &question->letter);
}

/* ---- the machine answers ---- */

static void on_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                      size_t size, uint32_t ms, void *user)
{
    struct question *question = user;

    (void)job;
    (void)ms;
    if (kind == FRAME_ERR) {
        if (buffer_length(&question->words) + size <= WORDS_MAX)
            (void)buffer_append(&question->words, bytes, size);
    } else if (buffer_length(&question->bytes) + size > BYTES_MAX ||
               buffer_append(&question->bytes, bytes, size) != 0) {
        question->is_too_much = true;
    }
}

/* Whether all of it could be read. */
static bool decode(struct question *question)
{
    struct slice bytes = buffer_slice(&question->bytes);
    enum listing_step step = LISTING_ENTRY;
    struct listing_entry entry;
    struct listing listing;

    if (question->is_too_much || listing_begin(&listing, bytes) != 0)
        return false;
    question->listing.path = g_strndup((const char *)listing.path.bytes, listing.path.size);
    question->listing.files = g_ptr_array_new_with_free_func(g_object_unref);
    while ((step = listing_next(&listing, &entry)) == LISTING_ENTRY)
        g_ptr_array_add(question->listing.files, hune_file_new_listed(&entry));
    question->listing.has_more = listing.has_more;
    return step == LISTING_END;
}

/* The courier's own words: "/root: Permission denied". */
static void tell_words(struct question *question)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    size_t size = buffer_length(&question->words);
    const uint8_t *words = buffer_bytes(&question->words);

    while (size > 0 && words[size - 1] == '\n')
        size--;
    if (size == 0 || text_append_printable_line(&line, words, size) != 0) {
        question->sentence = g_strdup(_("The machine cannot tell what is in this folder."));
        question->advice = g_strdup(_("Its agent may be older than this window: update it."));
        return;
    }
    question->sentence = g_strndup((const char *)buffer_bytes(&line), buffer_length(&line));
}

static void on_forgotten(struct submit *submit, enum submit_fate fate,
                         const struct job_object *object, const struct trouble *trouble, void *user)
{
    (void)submit;
    (void)fate;
    (void)object;
    (void)trouble;
    (void)user;
}

/* It is no job that anybody would look for in the journal. */
static void forget(struct remote_job *job)
{
    static const struct submit_events events = {.on_done = on_forgotten};
    struct link *link = remote_job_link(job);
    const struct errand errand = {.verb = VERB_FORGET, .payload = {remote_job_id(job), UUID_SIZE}};
    struct submit *submit;

    if (remote_job_is_accepted(job) && link_state(link) == LINK_READY &&
        submit_new(&submit, link, &errand, &events, NULL) == 0)
        submit_start(submit);
}

static void on_end(struct remote_job *job, struct job_state state, const struct trouble *trouble,
                   void *user)
{
    struct question *question = user;

    if (trouble)
        trouble_texts(trouble, question->worker->signer, &question->sentence, &question->advice);
    else if (state.state != STATE_EXITED || state.detail != 0 || !decode(question))
        tell_words(question);
    forget(job);
    remote_job_detach(job);
    list_remove(&question->at);
    answer(question);
}

/* It waits for no connection: a person asks again. */
static void give_up(struct question *question)
{
    struct trouble trouble;

    trouble_set(&trouble, PROBLEM_LOST, NULL, NULL);
    trouble_texts(&trouble, question->worker->signer, &question->sentence, &question->advice);
    remote_job_detach(question->job);
    list_remove(&question->at);
    answer(question);
}

static void on_interrupted(struct remote_job *job, bool interrupted, void *user)
{
    (void)job;
    if (interrupted)
        give_up(user);
}

static const struct remote_job_events events = {
    .on_output = on_output, .on_interrupted = on_interrupted, .on_end = on_end};

/* ---- asking ---- */

static int ask(struct question *question, struct link *link)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    const struct transfer transfer = {.flags = TRANSFER_LIST, .patience_s = PATIENCE_S};
    const struct station *station = station_at(question->worker, question->ask.slot);
    struct errand errand = {.verb = VERB_GET, .user = station_user(station, question->user)};
    struct remote_job *job;
    int error = transfer_encode(&transfer, (const char *const[]){question->path, NULL}, &payload);

    if (error)
        return error;
    errand.payload = buffer_slice(&payload);
    error = remote_job_start(&job, link, &errand, true, &events, question);
    /* On a link that was closed it has been answered from inside, and is gone. */
    if (!error && job)
        question->job = job;
    return error;
}

static void read_question(struct letter *letter, void *reader)
{
    struct question *question = (struct question *)letter;
    struct link *link;

    question->worker = reader;
    link = station_ready_link(question->worker, question->ask.slot);
    if (!link) {
        question->sentence = g_strdup(_("The machine is not connected."));
        answer(question);
        return;
    }
    list_append(&question->worker->questions, &question->at);
    if (ask(question, link) != 0) {
        list_remove(&question->at);
        question->sentence = g_strdup(_("The order cannot be given."));
        answer(question);
    }
}

void worker_send_list(struct worker *worker, const struct worker_list *ask)
{
    struct question *question = g_new0(struct question, 1);

    question->letter.read = read_question;
    question->letter.drop = drop_question;
    question->ask = *ask;
    question->path = g_strdup(ask->path);
    question->ask.path = question->path;
    question->user = g_strdup(ask->user);
    worker_send(worker, &question->letter);
}

/* ---- the end ---- */

void files_machine_failed(struct worker *worker, uint32_t slot)
{
    struct question *question;

    list_for_each (&worker->questions, struct question, at, question) {
        if (question->ask.slot == slot)
            give_up(question);
    }
}

void files_end(struct worker *worker)
{
    struct question *question;

    list_for_each (&worker->questions, struct question, at, question)
        give_up(question);
}
