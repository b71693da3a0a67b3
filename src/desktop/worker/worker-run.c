/* Orders on one machine and on many: see order.h. Both are a fan-out over the stations' own links.
 * What machines say goes through run-ears.c, what the window is told through run-news.c. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "desktop/text/words.h"
#include "desktop/worker/news.h"
#include "desktop/worker/run-private.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/nodeset.h"
#include "proto/command.h"
#include "proto/order.h"

/* Of what is kept to be read again, in memory; on the disk, see run-quota.c. */
enum {
    KEPT_MEMORY = 4 << 20,
    KEPT_MEMORY_MANY = 16 << 20, /* of several machines, all together */
    ENDS_KEPT_MAX = 64,          /* machines whose ends are kept, too: each costs a file */
};

struct order_letter {
    struct letter letter;
    enum verb verb;
    char *line;
    char *user;
    uint32_t *slots;
    uint32_t count;
    uint32_t at_once;
    bool is_kept;
    struct wave_settings waves;
    void (*told)(const struct order_news *news, void *owner);
    void *owner;
};

/* ---- the end ---- */

static void timer_closed(uv_handle_t *handle)
{
    g_free(handle);
}

/* The last thing that the window hears of it. */
static void run_is_told_over(struct run *run)
{
    run_add_event(run, (struct order_event){.kind = ORDER_DONE});
    run_flush(run);
    run->fanout = fanout_free(run->fanout);
    run->is_over = true;
}

void run_is_over(struct run *run)
{
    if (!run->is_kept) {
        run_free(run);
        return;
    }
    run_is_told_over(run);
    harvest_flush(run->harvest);
    list_remove(&run->at);
    list_append(&run->worker->kept, &run->at);
}

void run_free(struct run *run)
{
    if (!run->is_over)
        run_is_told_over(run);
    run_read_end(run);
    run_search_end(run);
    run_quota_leave(run);
    for (uint32_t i = 0; i < run->count; i++)
        kept_free(run->shares[i].kept);
    if (run->harvest)
        harvest_flush(run->harvest);
    harvest_free(run->harvest);
    g_strfreev(run->names);
    uv_timer_stop(run->flush);
    uv_close((uv_handle_t *)run->flush, timer_closed);
    list_remove(&run->at);
    g_hash_table_unref(run->positions);
    buffer_deinit(&run->payload);
    g_free(run->shares);
    g_free(run->slots);
    g_free(run->user);
    g_free(run);
}

/* ---- beginning ---- */

static struct fanout_task *task_of(struct run *run)
{
    if (run->is_asking)
        return &run->document.task;
    return run->is_job ? &run->job.task : &run->order.task;
}

/* Each machine has its own user in the list, unless one was named for all. */
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
    run->job.errand.user = station_user(station, run->user);
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
    run_listen(run);
    fanout_document_init(&run->document);
    if (run->is_job)
        error = set_command(run, letter->line);
    else if (letter->verb == VERB_DISCONNECT)
        error = buffer_append(&run->payload, mine, sizeof(mine));
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
        .as = run->user,
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
    settings.quota = run_quota_remembered(run->worker);
    if (run->is_kept) {
        settings.memory_max = letter->count == 1 ? KEPT_MEMORY : KEPT_MEMORY_MANY;
        run_quota_plan(run, &settings, &run->newest_max);
        if (letter->count > ENDS_KEPT_MAX)
            run->newest_max = 0;
    }
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
        .events = &run_events,
        .user = run,
    };
    struct wave_settings waves = letter->waves;
    int error = run->worker->pool ? prepare(run, letter) : -ENOTCONN;

    waves.machines = letter->count;
    wave_init(&run->wave, &waves);
    if (!error)
        error = make_harvest(run, letter);
    if (!error)
        error = fanout_new(&run->fanout, &settings);
    if (!error) {
        fanout_set_limit(run->fanout, run->wave.limit);
        run_tell_wave(run);
        fanout_start(run->fanout);
    }
    return error;
}

struct run *run_new(struct worker *worker, void *owner, const uint32_t *slots, uint32_t count)
{
    struct run *run = g_new0(struct run, 1);

    run->worker = worker;
    run->owner = owner;
    run->count = count;
    run->slots = g_memdup2(slots, count * sizeof(*slots));
    run->shares = g_new0(struct share, count + 1);
    run->positions = g_hash_table_new(NULL, NULL);
    for (uint32_t i = 0; i < count; i++)
        g_hash_table_insert(run->positions, GUINT_TO_POINTER(slots[i]), GUINT_TO_POINTER(i));
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

    asked_machine_failed(worker, slot, trouble);
    files_machine_failed(worker, slot);
    carries_machine_failed(worker, slot, trouble);
    list_for_each (&worker->runs, struct run, at, run) {
        struct fanout_visit *visit;
        uint32_t position;
        enum state state;

        if (!g_hash_table_contains(run->positions, GUINT_TO_POINTER(slot)))
            continue;
        position = run_position_of(run, slot);
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
    g_free(letter->user);
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
        run_add_event(run, event);
    }
    run_free(run);
}

static void read_order(struct letter *letter, void *reader)
{
    struct order_letter *order = (struct order_letter *)letter;
    struct run *run = run_new(reader, order->owner, order->slots, order->count);
    int error;

    run->told = order->told;
    run->is_kept = order->is_kept;
    run->user = g_strdup(order->user);
    error = start(run, order);
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
    letter->user = g_strdup(request->user ? request->user : "");
    letter->slots = g_memdup2(request->slots, request->count * sizeof(*request->slots));
    letter->count = request->count;
    letter->at_once = request->at_once;
    letter->is_kept = request->is_kept;
    letter->waves = request->waves;
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
    fanout_begin_no_more(run->fanout);
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

    if (run)
        run_has_read(run, size);
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

/* ---- what is kept ---- */

struct run *run_kept(struct worker *worker, const void *owner)
{
    struct run *run;

    list_for_each (&worker->kept, struct run, at, run) {
        if (run->owner == owner)
            return run;
    }
    list_for_each (&worker->runs, struct run, at, run) {
        if (run->owner == owner && run->is_kept)
            return run;
    }
    return NULL;
}

static void read_forget(struct letter *letter, void *reader)
{
    struct run *run = run_kept(reader, ((struct owner_letter *)letter)->owner);

    g_free(letter);
    if (run)
        run_free(run);
}

static void read_quota(struct letter *letter, void *reader)
{
    struct worker *worker = reader;

    worker->quota_mib = (uint32_t)((struct owner_letter *)letter)->size;
    g_free(letter);
}

void worker_send_quota(struct worker *worker, uint32_t mib)
{
    send_owner(worker, NULL, mib, read_quota);
}

void worker_send_order_forget(struct worker *worker, void *owner)
{
    send_owner(worker, owner, 0, read_forget);
}

void runs_end(struct worker *worker)
{
    struct run *run;

    list_for_each (&worker->runs, struct run, at, run)
        run_free(run);
    list_for_each (&worker->kept, struct run, at, run)
        run_free(run);
}
