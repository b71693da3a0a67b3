/* Orders on one machine and on many: see order.h. Both are a fan-out over the stations' own links.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "desktop/display.h"
#include "desktop/facts-text.h"
#include "desktop/news.h"
#include "desktop/order.h"
#include "desktop/station.h"
#include "desktop/words.h"
#include "fleet/fanout-task.h"
#include "fleet/harvest.h"
#include "fleet/nodeset.h"
#include "base/clock.h"
#include "fleet/i18n.h"
#include "proto/command.h"
#include "proto/order.h"

enum {
    FLUSH_MS = 30,
    FLUSH_BYTES = 128 * 1024,
    UNREAD_MAX = 1 << 20, /* text on its way to the window before machines are held back */
};

/* One machine's part. */
struct share {
    struct display display[2];
    bool is_accepted;
    bool is_paused;
};

struct run {
    struct list at;
    struct worker *worker;
    void (*told)(const struct order_news *news, void *owner);
    void *owner;
    struct fanout *fanout;
    struct fanout_job job;
    struct fanout_order order;
    struct fanout_document document;
    bool is_job;
    bool is_asking;
    gboolean facts[FACT_COUNT]; /* is_asking */
    struct buffer payload;
    struct harvest *harvest; /* gathers what is the same, and is remembered; NULL: nothing began */
    char **names;            /* of the machines, for it */
    struct share *shares;    /* by position */
    GHashTable *positions;   /* slot -> position */
    uv_timer_t *flush;
    struct order_news *news; /* not sent yet */
    size_t unread;
    bool is_held;
    bool is_stopping;
};

struct order_letter {
    struct letter letter;
    enum verb verb;
    char *line;
    uint32_t *slots;
    uint32_t count;
    uint32_t at_once;
    void (*told)(const struct order_news *news, void *owner);
    void *owner;
};

/* ---- telling ---- */

static void event_clear(gpointer data)
{
    struct order_event *event = data;

    g_free(event->sentence);
    g_free(event->advice);
}

static void order_news_free(struct order_news *news)
{
    g_array_unref(news->events);
    g_byte_array_unref(news->bytes);
    g_free(news);
}

static void read_order_news(struct letter *letter, void *reader)
{
    struct order_news *news = (struct order_news *)letter;

    (void)reader;
    news->told(news, news->owner);
    order_news_free(news);
}

/* Read all the same: the owner lets go of itself when it hears of the end. */
static void drop_order_news(struct letter *letter)
{
    read_order_news(letter, NULL);
}

static struct order_news *order_news_new(void (*told)(const struct order_news *, void *),
                                         void *owner)
{
    struct order_news *news = g_new0(struct order_news, 1);

    news->letter.read = read_order_news;
    news->letter.drop = drop_order_news;
    news->told = told;
    news->owner = owner;
    news->events = g_array_new(FALSE, TRUE, sizeof(struct order_event));
    g_array_set_clear_func(news->events, event_clear);
    news->bytes = g_byte_array_new();
    return news;
}

static void flush(struct run *run)
{
    struct order_news *news = run->news;

    if (!news)
        return;
    run->news = NULL;
    run->unread += news->bytes->len;
    worker_tell(run->worker, &news->letter);
}

static void on_flush(uv_timer_t *timer)
{
    flush(timer->data);
}

static struct order_news *news_of(struct run *run)
{
    if (!run->news) {
        run->news = order_news_new(run->told, run->owner);
        uv_timer_start(run->flush, on_flush, FLUSH_MS, 0);
    }
    return run->news;
}

static void add_event(struct run *run, struct order_event event)
{
    g_array_append_val(news_of(run)->events, event);
}

static void add_text(struct run *run, uint32_t position, enum order_event_kind kind,
                     const struct buffer *text, uint32_t ms)
{
    struct order_news *news = news_of(run);
    struct order_event event = {
        .position = position,
        .kind = kind,
        .offset = news->bytes->len,
        .size = buffer_length(text),
        .ms = ms,
    };

    if (event.size == 0)
        return;
    g_byte_array_append(news->bytes, buffer_bytes(text), (guint)event.size);
    g_array_append_val(news->events, event);
    if (news->bytes->len >= FLUSH_BYTES)
        flush(run);
}

static uint32_t position_of(const struct run *run, uint32_t slot)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(run->positions, GUINT_TO_POINTER(slot)));
}

/* ---- the window reads too slowly ---- */

static void hold_back(struct run *run, struct remote_job *job, struct share *share)
{
    if (run->unread < UNREAD_MAX || share->is_paused)
        return;
    share->is_paused = true;
    run->is_held = true;
    remote_job_pause(job);
}

static void go_on(struct run *run)
{
    uint32_t count = fanout_count(run->fanout);

    run->is_held = false;
    for (uint32_t i = 0; i < count; i++) {
        struct remote_job *job;

        if (!run->shares[i].is_paused)
            continue;
        run->shares[i].is_paused = false;
        job = fanout_result(run->fanout, i)->is_done ? NULL : fanout_job_at(run->fanout, i);
        if (job)
            remote_job_resume(job);
    }
}

/* ---- what machines say ---- */

static void on_accepted(struct remote_job *job, uint32_t slot, void *user)
{
    struct run *run = user;
    uint32_t position = position_of(run, slot);

    run->shares[position].is_accepted = true;
    harvest_accepted(run->harvest, position, remote_job_id(job));
    add_event(run, (struct order_event){.position = position, .kind = ORDER_ACCEPTED});
    if (run->is_stopping)
        remote_job_signal(job, 0);
}

static void on_output(struct remote_job *job, uint32_t slot, enum frame_kind kind,
                      const uint8_t *bytes, size_t size, uint32_t ms, void *user)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct run *run = user;
    uint32_t position = position_of(run, slot);
    struct share *share = &run->shares[position];
    bool is_error = kind == FRAME_ERR;

    harvest_say(run->harvest, position, is_error, bytes, size, ms);
    if (display_feed(&share->display[is_error], bytes, size, &text) != 0)
        return;
    add_text(run, position, is_error ? ORDER_ERR : ORDER_OUT, &text, ms);
    hold_back(run, job, share);
}

static void on_note(struct remote_job *job, uint32_t slot, const char *text, size_t size,
                    void *user)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    struct run *run = user;

    (void)job;
    if (text_append_printable_line(&line, text, size) == 0)
        add_text(run, position_of(run, slot), ORDER_NOTE, &line, 0);
}

static void on_interrupted(struct remote_job *job, uint32_t slot, bool interrupted, void *user)
{
    struct run *run = user;

    (void)job;
    harvest_away(run->harvest, position_of(run, slot), interrupted);
    add_event(run, (struct order_event){.position = position_of(run, slot),
                                        .kind = interrupted ? ORDER_BROKEN : ORDER_BACK});
}

static void finish_texts(struct run *run, uint32_t position)
{
    for (size_t i = 0; i < 2; i++) {
        _cleanup_buffer_ struct buffer text = BUFFER_INIT;

        if (display_finish(&run->shares[position].display[i], &text) == 0)
            add_text(run, position, i == 1 ? ORDER_ERR : ORDER_OUT, &text, 0);
    }
}

static struct order_groups groups_of(const struct harvest_machine *machine)
{
    return (struct order_groups){
        .out = machine->answer[0], .err = machine->answer[1], .failure = machine->failure};
}

static void on_result(struct fanout *fanout, uint32_t slot, const struct fanout_result *result,
                      void *user)
{
    struct run *run = user;
    struct order_event event = {
        .position = position_of(run, slot), .kind = ORDER_RESULT, .state = result->state};

    (void)fanout;
    finish_texts(run, event.position);
    if (result->trouble)
        trouble_texts(result->trouble, run->worker->signer, &event.sentence, &event.advice);
    harvest_end(run->harvest, event.position, result->state,
                result->trouble ? trouble_word(result->trouble) : NULL, event.sentence,
                event.advice);
    event.groups = groups_of(harvest_machine(run->harvest, event.position));
    add_event(run, event);
}

static void timer_closed(uv_handle_t *handle)
{
    g_free(handle);
}

static void run_free(struct run *run)
{
    add_event(run, (struct order_event){.kind = ORDER_DONE});
    if (run->harvest)
        harvest_flush(run->harvest);
    harvest_free(run->harvest);
    g_strfreev(run->names);
    fanout_free(run->fanout);
    flush(run);
    uv_timer_stop(run->flush);
    uv_close((uv_handle_t *)run->flush, timer_closed);
    list_remove(&run->at);
    g_hash_table_unref(run->positions);
    buffer_deinit(&run->payload);
    g_free(run->shares);
    g_free(run);
}

static void on_done(struct fanout *fanout, void *user)
{
    struct run *run = user;

    harvest_close(run->harvest, fanout_exit_status(fanout));
    run_free(run);
}

static const struct fanout_events fanout_events = {.on_result = on_result, .on_done = on_done};

/* Facts are text, too, so that equal ones fold. */
static void on_document(uint32_t slot, json_t *root, void *user)
{
    static const uint8_t no_job[UUID_SIZE];
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct run *run = user;
    uint32_t position = position_of(run, slot);

    for (int i = 0; i < FACT_COUNT; i++) {
        json_t *fact = json_object_get(root, fact_name((enum fact)i));
        g_autofree char *text = run->facts[i] ? hune_fact_text((enum fact)i, fact, FALSE) : NULL;

        if (text)
            buffer_printf(&out, "%s\n", text);
    }
    harvest_accepted(run->harvest, position, no_job);
    harvest_say(run->harvest, position, false, buffer_bytes(&out), buffer_length(&out), 0);
    add_text(run, position, ORDER_OUT, &out, 0);
}

/* ---- beginning ---- */

static struct fanout_task *task_of(struct run *run)
{
    if (run->is_asking)
        return &run->document.task;
    return run->is_job ? &run->job.task : &run->order.task;
}

/* Each machine has its own user in the list. */
static int start_visit(struct fanout_visit *visit, void *user)
{
    struct run *run = user;
    const struct station *station = station_at(run->worker, fanout_visit_machine(visit));

    if (run->is_stopping || !station || !station->has_id) {
        struct trouble trouble;

        trouble_set(&trouble, PROBLEM_ID_UNKNOWN, NULL, NULL);
        fanout_visit_end(visit, (struct job_state){.state = STATE_UNSENT},
                         station && !station->has_id ? &trouble : NULL);
        return 0;
    }
    run->job.errand.user = *station->user ? station->user : NULL;
    return task_of(run)->start(visit, task_of(run)->user);
}

static enum state abandon_visit(struct fanout_visit *visit, void *user)
{
    struct run *run = user;

    return task_of(run)->abandon(visit, task_of(run)->user);
}

static int set_command(struct run *run, const char *line)
{
    const char *const arguments[] = {line, NULL};
    const struct command command = {.mode = COMMAND_SHELL, .arguments = arguments};

    return command_encode(&command, &run->payload);
}

static int prepare(struct run *run, const struct order_letter *letter)
{
    static const uint8_t mine[] = {DISCONNECT_MINE};
    int error = 0;

    run->is_job = letter->verb == VERB_RUN;
    run->is_asking = letter->verb == ORDER_ASK;
    if (run->is_asking) {
        struct hune_line line = hune_line_parse(letter->line);

        memcpy(run->facts, line.facts, sizeof(run->facts));
        g_free(line.shell);
    }
    run->document = (struct fanout_document){
        .path = "/v1/facts", .on_document = on_document, .user = run};
    fanout_document_init(&run->document);
    if (run->is_job)
        error = set_command(run, letter->line);
    else if (letter->verb == VERB_DISCONNECT)
        error = buffer_append(&run->payload, mine, sizeof(mine));
    run->job = (struct fanout_job){
        .on_accepted = on_accepted,
        .on_output = on_output,
        .on_note = on_note,
        .on_interrupted = on_interrupted,
        .user = run,
    };
    run->job.errand = run->order.errand = (struct errand){
        .verb = letter->verb,
        .payload = {.bytes = buffer_bytes(&run->payload), .size = buffer_length(&run->payload)},
    };
    fanout_job_init(&run->job);
    fanout_order_init(&run->order);
    return error;
}

/* What runs is remembered with its answers, for both consoles. */
static int make_harvest(struct run *run, const struct order_letter *letter)
{
    _cleanup_buffer_ struct buffer selector = BUFFER_INIT;
    struct stored_run stored = {
        .started_ms = clock_wall_ms(),
        .command = letter->line,
        .as = "",
        .payload = {.bytes = buffer_bytes(&run->payload), .size = buffer_length(&run->payload)},
        .machines = letter->count,
    };
    struct harvest_settings settings = {
        .count = letter->count, .store = run->worker->store, .run = run->is_job ? &stored : NULL};

    run->names = g_new0(char *, letter->count + 1);
    for (uint32_t i = 0; i < letter->count; i++) {
        const struct station *station = station_at(run->worker, letter->slots[i]);

        run->names[i] = g_strdup(station ? station->name : "?");
    }
    settings.names = (const char *const *)run->names;
    settings.directory = run->worker->paths.data;
    nodeset_fold(settings.names, letter->count, &selector);
    stored.selector = buffer_text(&selector);
    return stored.selector ? harvest_new(&run->harvest, &settings) : -ENOMEM;
}

static int start(struct run *run, const struct order_letter *letter)
{
    const struct fanout_task task = {.start = start_visit, .abandon = abandon_visit, .user = run};
    const struct fanout_settings settings = {
        .pool = run->worker->pool,
        .machines = letter->slots,
        .count = letter->count,
        .at_once = letter->at_once,
        .task = &task,
        .events = &fanout_events,
        .user = run,
    };
    int error = run->worker->pool ? prepare(run, letter) : -ENOTCONN;

    if (!error)
        error = make_harvest(run, letter);
    if (!error)
        error = fanout_new(&run->fanout, &settings);
    if (!error)
        fanout_start(run->fanout);
    return error;
}

static struct run *run_new(struct worker *worker, const struct order_letter *letter)
{
    struct run *run = g_new0(struct run, 1);

    run->worker = worker;
    run->told = letter->told;
    run->owner = letter->owner;
    run->shares = g_new0(struct share, letter->count + 1);
    run->positions = g_hash_table_new(NULL, NULL);
    for (uint32_t i = 0; i < letter->count; i++)
        g_hash_table_insert(run->positions, GUINT_TO_POINTER(letter->slots[i]),
                            GUINT_TO_POINTER(i));
    run->flush = g_new0(uv_timer_t, 1);
    uv_timer_init(&worker->loop, run->flush);
    run->flush->data = run;
    list_append(&worker->runs, &run->at);
    return run;
}

/* ---- a machine fails before it took the order ---- */

/* A station's link tries for ever, and an order would wait for it: a person wants to hear now that
 * the machine is not there. */
void runs_machine_failed(struct worker *worker, uint32_t slot, const struct trouble *trouble)
{
    struct trouble copy = *trouble;
    struct run *run;

    files_machine_failed(worker, slot);
    carries_machine_failed(worker, slot, trouble);
    list_for_each (&worker->runs, struct run, at, run) {
        struct fanout_visit *visit;
        uint32_t position;
        enum state state;

        if (!g_hash_table_contains(run->positions, GUINT_TO_POINTER(slot)))
            continue;
        position = position_of(run, slot);
        if (run->shares[position].is_accepted || fanout_result(run->fanout, position)->is_done)
            continue;
        visit = fanout_visit_at(run->fanout, position);
        if (!visit)
            continue;
        state = task_of(run)->abandon(visit, task_of(run)->user);
        fanout_visit_end(
            visit, (struct job_state){.state = state == STATE_UNSENT ? STATE_UNREACHABLE : state},
            &copy);
    }
}

void runs_machine_gone(struct worker *worker, uint32_t slot)
{
    struct trouble trouble;

    trouble_set(&trouble, PROBLEM_NO_SUCH_MACHINE, NULL, NULL);
    runs_machine_failed(worker, slot, &trouble);
}

/* ---- letters ---- */

static void order_letter_free(struct order_letter *letter)
{
    g_free(letter->line);
    g_free(letter->slots);
    g_free(letter);
}

/* Nothing could be begun: every machine says so. */
static void fail(struct run *run, uint32_t count, int error)
{
    for (uint32_t i = 0; i < count; i++) {
        struct order_event event = {
            .position = i, .kind = ORDER_RESULT, .state = {.state = STATE_UNSENT}};

        event.sentence = g_strdup_printf("%s (%s)", _("The order cannot be given."),
                                         g_strerror(-error));
        add_event(run, event);
    }
    run_free(run);
}

static void read_order(struct letter *letter, void *reader)
{
    struct order_letter *order = (struct order_letter *)letter;
    struct run *run = run_new(reader, order);
    int error = start(run, order);

    if (error)
        fail(run, order->count, error);
    order_letter_free(order);
}

static void drop_order(struct letter *letter)
{
    struct order_letter *order = (struct order_letter *)letter;
    struct order_news *news = order_news_new(order->told, order->owner);
    const struct order_event event = {.kind = ORDER_DONE};

    g_array_append_val(news->events, event);
    order_letter_free(order);
    read_order_news(&news->letter, NULL);
}

void worker_send_order(struct worker *worker, const struct order_request *request)
{
    struct order_letter *letter = g_new0(struct order_letter, 1);

    letter->letter.read = read_order;
    letter->letter.drop = drop_order;
    letter->verb = request->verb;
    letter->line = g_strdup(request->line);
    letter->slots = g_memdup2(request->slots, request->count * sizeof(*request->slots));
    letter->count = request->count;
    letter->at_once = request->at_once;
    letter->told = request->told;
    letter->owner = request->owner;
    worker_send(worker, &letter->letter);
}

struct owner_letter {
    struct letter letter;
    void *owner;
    size_t size;
};

static void drop_owner(struct letter *letter)
{
    g_free(letter);
}

static void send_owner(struct worker *worker, void *owner, size_t size,
                       void (*read)(struct letter *letter, void *reader))
{
    struct owner_letter *letter = g_new0(struct owner_letter, 1);

    letter->letter.read = read;
    letter->letter.drop = drop_owner;
    letter->owner = owner;
    letter->size = size;
    worker_send(worker, &letter->letter);
}

/* NULL if it has ended meanwhile. Frees the letter. */
static struct run *run_of(struct worker *worker, struct letter *letter, size_t *size_out)
{
    struct owner_letter *from = (struct owner_letter *)letter;
    void *owner = from->owner;
    struct run *run;

    *size_out = from->size;
    g_free(from);
    list_for_each (&worker->runs, struct run, at, run) {
        if (run->owner == owner)
            return run;
    }
    return NULL;
}

static void read_stop(struct letter *letter, void *reader)
{
    size_t size;
    struct run *run = run_of(reader, letter, &size);

    if (!run || !run->is_job)
        return;
    run->is_stopping = true;
    for (uint32_t i = 0; i < fanout_count(run->fanout); i++) {
        struct remote_job *job = fanout_result(run->fanout, i)->is_done
                                     ? NULL
                                     : fanout_job_at(run->fanout, i);

        if (job)
            remote_job_signal(job, 0);
    }
}

static void read_leave(struct letter *letter, void *reader)
{
    size_t size;
    struct run *run = run_of(reader, letter, &size);

    if (run)
        run_free(run);
}

static void read_read(struct letter *letter, void *reader)
{
    size_t size;
    struct run *run = run_of(reader, letter, &size);

    if (!run)
        return;
    run->unread -= MIN(size, run->unread);
    if (run->is_held && run->unread < UNREAD_MAX / 2)
        go_on(run);
}

void worker_send_order_stop(struct worker *worker, void *owner)
{
    send_owner(worker, owner, 0, read_stop);
}

void worker_send_order_leave(struct worker *worker, void *owner)
{
    send_owner(worker, owner, 0, read_leave);
}

void worker_send_order_read(struct worker *worker, void *owner, size_t size)
{
    send_owner(worker, owner, size, read_read);
}

void runs_end(struct worker *worker)
{
    struct run *run;

    list_for_each (&worker->runs, struct run, at, run)
        run_free(run);
}
