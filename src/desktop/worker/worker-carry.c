/* Files on their way between this computer and one machine: see files.h. A fan-out of one, over the
 * station's own link; a process of its own packs or unpacks here (fleet/run/transfer). */
#include <string.h>

#include "base/text.h"
#include "desktop/worker/files.h"
#include "desktop/worker/news.h"
#include "desktop/worker/station.h"
#include "fleet/home/i18n.h"
#include "fleet/run/transfer.h"
#include "proto/limits.h"
#include "proto/transfer.h"

enum { TICK_MS = 200, PATIENCE_S = 600 };

struct carry {
    struct list at;
    struct worker *worker;
    void (*told)(const struct carry_news *news, void *owner);
    void *owner;
    uint32_t slot;
    struct fanout *fanout;
    struct fanout_transfer transfer;
    struct buffer there, here; /* payloads of proto/transfer.h */
    char *user;
    struct transfer_report report;
    uv_timer_t *tick;
    uint64_t told_moved, told_total;
    bool is_taken; /* the machine has the order */
    bool is_broken;
    bool is_stopping;
};

struct carry_letter {
    struct letter letter;
    uint32_t slot;
    enum verb verb;
    char **paths;
    char *target;
    char *user;
    void (*told)(const struct carry_news *news, void *owner);
    void *owner;
};

/* ---- telling ---- */

static void carry_news_free(struct carry_news *news)
{
    g_free(news->text);
    g_free(news->sentence);
    g_free(news->advice);
    g_free(news);
}

static void read_carry_news(struct letter *letter, void *reader)
{
    struct carry_news *news = (struct carry_news *)letter;

    (void)reader;
    news->told(news, news->owner);
    carry_news_free(news);
}

/* Only the end is told when nobody is left: the owner lets go. */
static void drop_carry_news(struct letter *letter)
{
    struct carry_news *news = (struct carry_news *)letter;

    if (news->event == CARRY_ENDED)
        read_carry_news(letter, NULL);
    else
        carry_news_free(news);
}

static struct carry_news *carry_news_new(void (*told)(const struct carry_news *, void *),
                                         void *owner, enum carry_event event)
{
    struct carry_news *news = g_new0(struct carry_news, 1);

    news->letter.read = read_carry_news;
    news->letter.drop = drop_carry_news;
    news->told = told;
    news->owner = owner;
    news->event = event;
    return news;
}

static struct carry_news *news_of(const struct carry *carry, enum carry_event event)
{
    struct carry_news *news = carry_news_new(carry->told, carry->owner, event);

    news->moved = carry->transfer.progress.moved;
    /* A total that is not known for all is known for none: there is only one. */
    news->total = carry->transfer.progress.unknown == 0 ? carry->transfer.progress.total : 0;
    return news;
}

static void tell(struct carry *carry, struct carry_news *news)
{
    carry->told_moved = news->moved;
    carry->told_total = news->total;
    worker_tell(carry->worker, &news->letter);
}

static void on_tick(uv_timer_t *timer)
{
    struct carry *carry = timer->data;
    const struct fanout_transfer *transfer = &carry->transfer;

    /* Also when nothing moved, while it is under way: the rate falls. */
    if (transfer->progress.moved > 0 || transfer->progress.total != carry->told_total)
        tell(carry, news_of(carry, CARRY_MOVED));
}

/* ---- from the transfer ---- */

static int plan(uint32_t slot, struct transfer_plan *plan_out, void *user)
{
    struct carry *carry = user;
    const struct station *station = station_at(carry->worker, slot);

    *plan_out = (struct transfer_plan){
        .user = station_user(station, carry->user),
        .there = buffer_slice(&carry->there),
        .here = buffer_slice(&carry->here),
    };
    return 0;
}

static void on_line(uint32_t slot, const char *text, size_t size, void *user)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    struct carry *carry = user;
    struct carry_news *news;

    (void)slot;
    if (text_append_printable_line(&line, text, size) != 0)
        return;
    news = news_of(carry, CARRY_LINE);
    news->text = g_strndup((const char *)buffer_bytes(&line), buffer_length(&line));
    tell(carry, news);
}

static void on_interrupted(uint32_t slot, bool interrupted, void *user)
{
    struct carry *carry = user;

    (void)slot;
    carry->is_taken = true;
    carry->is_broken = interrupted;
    tell(carry, news_of(carry, interrupted ? CARRY_BROKEN : CARRY_BACK));
}

static void on_report(uint32_t slot, const struct transfer_report *report, void *user)
{
    struct carry *carry = user;

    (void)slot;
    carry->report = *report;
}

/* ---- the end ---- */

static void timer_closed(uv_handle_t *handle)
{
    g_free(handle);
}

static void carry_free(struct carry *carry)
{
    fanout_free(carry->fanout);
    uv_timer_stop(carry->tick);
    uv_close((uv_handle_t *)carry->tick, timer_closed);
    list_remove(&carry->at);
    buffer_deinit(&carry->there);
    buffer_deinit(&carry->here);
    g_free(carry->user);
    g_free(carry);
}

static void on_result(struct fanout *fanout, uint32_t slot, const struct fanout_result *result,
                      void *user)
{
    struct carry *carry = user;
    struct carry_news *news = news_of(carry, CARRY_ENDED);

    (void)fanout;
    (void)slot;
    news->state = result->state;
    news->is_whole = carry->report.is_whole;
    news->entries = carry->report.entries;
    news->bytes = carry->report.bytes;
    if (result->trouble)
        trouble_texts(result->trouble, carry->worker->signer, &news->sentence, &news->advice);
    tell(carry, news);
    carry->owner = NULL; /* nothing follows */
    uv_timer_stop(carry->tick);
}

static void on_done(struct fanout *fanout, void *user)
{
    (void)fanout;
    carry_free(user);
}

/* ---- beginning ---- */

/* What is asked of the machine, and what of our own courier. */
static int encode(struct carry *carry, const struct carry_letter *letter)
{
    const char *const target[] = {letter->target, NULL};
    const char *const *paths = (const char *const *)letter->paths;
    bool gets = letter->verb == VERB_GET;
    const struct transfer there = {
        .flags = (uint8_t)(TRANSFER_LITERAL | (gets ? TRANSFER_COUNT : 0)),
        .patience_s = PATIENCE_S,
    };
    const struct transfer here = {
        .flags = (uint8_t)(TRANSFER_LITERAL | (gets ? 0 : TRANSFER_COUNT)),
    };
    int error = transfer_encode(&there, gets ? paths : target, &carry->there);

    return error ? error : transfer_encode(&here, gets ? target : paths, &carry->here);
}

static int start(struct carry *carry, const struct carry_letter *letter)
{
    static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};
    const struct fanout_settings settings = {
        .pool = carry->worker->pool,
        .machines = &carry->slot,
        .count = 1,
        .task = &carry->transfer.task,
        .events = &events,
        .user = carry,
    };
    int error = station_ready_link(carry->worker, carry->slot) ? 0 : -ENOTCONN;

    carry->transfer = (struct fanout_transfer){
        .verb = letter->verb,
        .plan = plan,
        .on_line = on_line,
        .on_interrupted = on_interrupted,
        .on_report = on_report,
        .user = carry,
    };
    fanout_transfer_init(&carry->transfer);
    if (!error)
        error = encode(carry, letter);
    if (!error)
        error = fanout_new(&carry->fanout, &settings);
    if (!error) {
        uv_timer_start(carry->tick, on_tick, TICK_MS, TICK_MS);
        fanout_start(carry->fanout);
    }
    return error;
}

static void fail(struct carry *carry, int error)
{
    struct carry_news *news = news_of(carry, CARRY_ENDED);

    news->state.state = STATE_UNSENT;
    if (error == -ENOTCONN) {
        news->sentence = g_strdup(_("The machine is not connected."));
    } else if (error == -EMSGSIZE) {
        news->sentence = g_strdup(_("These are too many files for one order."));
        news->advice = g_strdup(_("Choose the folder that they are in."));
    } else {
        news->sentence = g_strdup_printf("%s (%s)", _("The order cannot be given."),
                                         g_strerror(-error));
    }
    tell(carry, news);
    carry_free(carry);
}

static void letter_free(struct carry_letter *letter)
{
    g_strfreev(letter->paths);
    g_free(letter->target);
    g_free(letter->user);
    g_free(letter);
}

static void read_carry(struct letter *letter, void *reader)
{
    struct carry_letter *asked = (struct carry_letter *)letter;
    struct carry *carry = g_new0(struct carry, 1);
    int error;

    carry->worker = reader;
    carry->slot = asked->slot;
    carry->told = asked->told;
    carry->owner = asked->owner;
    carry->user = g_strdup(asked->user);
    carry->tick = g_new0(uv_timer_t, 1);
    uv_timer_init(&carry->worker->loop, carry->tick);
    carry->tick->data = carry;
    list_append(&carry->worker->carries, &carry->at);
    error = start(carry, asked);
    if (error)
        fail(carry, error);
    letter_free(asked);
}

static void drop_carry(struct letter *letter)
{
    struct carry_letter *asked = (struct carry_letter *)letter;
    struct carry_news *news = carry_news_new(asked->told, asked->owner, CARRY_ENDED);

    news->state.state = STATE_UNSENT;
    letter_free(asked);
    read_carry_news(&news->letter, NULL);
}

void worker_send_carry(struct worker *worker, const struct carry_request *request)
{
    struct carry_letter *letter = g_new0(struct carry_letter, 1);

    letter->letter.read = read_carry;
    letter->letter.drop = drop_carry;
    letter->slot = request->slot;
    letter->verb = request->verb;
    letter->paths = g_strdupv((char **)request->paths);
    letter->target = g_strdup(request->target);
    letter->user = g_strdup(request->user);
    letter->told = request->told;
    letter->owner = request->owner;
    worker_send(worker, &letter->letter);
}

/* ---- stopping ---- */

static void stop(struct carry *carry)
{
    /* A machine that is away hears nothing: it gives up by itself when its patience is over. */
    if (carry->is_stopping || carry->is_broken) {
        fanout_stop(carry->fanout);
        return;
    }
    carry->is_stopping = true;
    fanout_transfer_stop(carry->fanout, 0);
}

struct stop_letter {
    struct letter letter;
    void *owner;
};

static void read_stop(struct letter *letter, void *reader)
{
    struct worker *worker = reader;
    void *owner = ((struct stop_letter *)letter)->owner;
    struct carry *carry;

    g_free(letter);
    list_for_each (&worker->carries, struct carry, at, carry) {
        if (carry->owner == owner)
            stop(carry);
    }
}

static void drop_stop(struct letter *letter)
{
    g_free(letter);
}

void worker_send_carry_stop(struct worker *worker, void *owner)
{
    struct stop_letter *letter = g_new0(struct stop_letter, 1);

    letter->letter.read = read_stop;
    letter->letter.drop = drop_stop;
    letter->owner = owner;
    worker_send(worker, &letter->letter);
}

/* Before the machine took the order nothing is lost by giving up, and a person wants to hear now.
 * Later, it resumes. */
void carries_machine_failed(struct worker *worker, uint32_t slot, const struct trouble *trouble)
{
    struct carry *carry;

    list_for_each (&worker->carries, struct carry, at, carry) {
        struct fanout_visit *visit;
        bool is_gone = trouble->code == PROBLEM_NO_SUCH_MACHINE;

        bool is_taken = carry->is_taken || carry->transfer.progress.moved > 0;

        if (carry->slot != slot || !carry->owner || (is_taken && !is_gone))
            continue;
        visit = fanout_visit_at(carry->fanout, 0);
        if (!visit)
            continue;
        carry->transfer.task.abandon(visit, carry->transfer.task.user);
        fanout_visit_end(visit, (struct job_state){.state = STATE_UNREACHABLE}, trouble);
    }
}

void carries_end(struct worker *worker)
{
    struct carry *carry;

    list_for_each (&worker->carries, struct carry, at, carry) {
        if (carry->owner) {
            struct carry_news *news = news_of(carry, CARRY_ENDED);

            news->state.state = STATE_KILLED;
            tell(carry, news);
        }
        carry_free(carry);
    }
}
