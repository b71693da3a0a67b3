/* The worker's life: its thread, its loop, its key. */
#include "desktop/worker/worker-private.h"

#include <signal.h>
#include <string.h>

#include "desktop/worker/news.h"
#include "fleet/home/i18n.h"
#include "fleet/link/files.h"
#include "fleet/run/fanout.h"

/* How long the end waits for machines to stop shells. */
enum { LAST_CALL_MS = 1500 };

static void wake(void *user)
{
    struct worker *worker = user;

    uv_async_send(&worker->wake);
}

static void on_wake(uv_async_t *async)
{
    bridge_read_in_worker(((struct worker *)async->data)->bridge);
}

void worker_send(struct worker *worker, struct letter *letter)
{
    if (worker)
        bridge_to_worker(worker->bridge, letter);
    else
        letter->drop(letter);
}

void worker_tell(struct worker *worker, struct letter *letter)
{
    bridge_to_window(worker->bridge, letter);
}

/* The list is there before the key is opened: a key held by an agent may take its time. */
static void open_key(struct worker *worker)
{
    struct fault fault = {0};

    if (!worker->has_paths ||
        signer_open(worker->identity, worker->paths.identity, &worker->signer, &fault) != 0) {
        if (!*fault.text)
            fault_set(&fault, NULL, "%s", _("Your signing key cannot be opened."));
        tell_key_fault(worker, &fault);
    } else {
        tell_key(worker, worker->signer);
    }
}

/* The same file as the command line's: what one ran, the other finds. */
static void open_store(struct worker *worker)
{
    struct fault fault = {0};

    if (worker->has_paths && store_open(worker->paths.store, &worker->store, &fault) != 0)
        tell_key_fault(worker, &fault);
}

static void target_of(uint32_t slot, struct link_target *target_out, void *user);

static int open_links(struct worker *worker)
{
    const struct link_settings settings = {.loop = &worker->loop, .signer = worker->signer};
    int error;

    files_raise_limit();
    error = link_factory_new(&worker->factory, &settings);
    if (!error)
        error = link_pool_new(&worker->pool, worker->factory, false, target_of, worker);
    if (!error)
        error = states_look(worker);
    return error;
}

static void target_of(uint32_t slot, struct link_target *target_out, void *user)
{
    station_target(user, slot, target_out);
}

static void find_paths(struct worker *worker)
{
    struct fault fault = {0};

    if (paths_init(&worker->paths, &fault) != 0) {
        tell_key_fault(worker, &fault);
        return;
    }
    worker->has_paths = true;
    if (!worker->fleet_path)
        worker->fleet_path = g_strdup(worker->paths.machines);
}

static gpointer work(gpointer data)
{
    struct worker *worker = data;
    sigset_t all;

    /* Signals are the main thread's affair. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    find_paths(worker);
    stations_begin(worker);
    states_begin(worker);
    vitals_begin(worker);
    list_begin(worker);
    open_key(worker);
    open_store(worker);
    if (open_links(worker) == 0)
        stations_look(worker);
    alerts_begin(worker);
    /* Letters may be waiting since before the loop ran. */
    bridge_read_in_worker(worker->bridge);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    uv_loop_close(&worker->loop);
    signer_free(worker->signer);
    store_close(worker->store);
    if (worker->has_paths)
        paths_deinit(&worker->paths);
    return NULL;
}

struct worker *worker_start(const struct worker_settings *settings)
{
    struct worker *worker = g_new0(struct worker, 1);
    const struct bridge_sides sides = {
        .window = settings->window, .worker = worker, .wake_worker = wake};

    worker->window = settings->window;
    worker->fleet_path = g_strdup(settings->fleet_path);
    worker->identity = g_strdup(settings->identity);
    list_init(&worker->meetings);
    list_init(&worker->ways);
    list_init(&worker->runs);
    list_init(&worker->kept);
    list_init(&worker->asked);
    list_init(&worker->questions);
    list_init(&worker->carries);
    list_init(&worker->sights);
    list_init(&worker->shells);
    /* Before the thread starts, so that it can be woken from now on. */
    if (uv_loop_init(&worker->loop) != 0 || uv_async_init(&worker->loop, &worker->wake, on_wake))
        g_error("no event loop can be made");
    worker->wake.data = worker;
    uv_timer_init(&worker->loop, &worker->last_call);
    worker->last_call.data = worker;
    worker->bridge = bridge_new(&sides);
    worker->thread = g_thread_new("fleet", work, worker);
    return worker;
}

static void finish_ending(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    if (worker->has_ended)
        return;
    worker->has_ended = true;
    uv_close((uv_handle_t *)&worker->last_call, NULL);
    shells_end(worker);
    meetings_end(worker);
    ways_end(worker);
    alerts_end(worker);
    stations_end(worker);
    states_end(worker);
    vitals_end(worker);
    worker->pool = link_pool_free(worker->pool);
    worker->factory = link_factory_free(worker->factory);
    list_end(worker);
    uv_close((uv_handle_t *)&worker->wake, NULL);
}

/* Not from inside a job's callback: from the loop. */
void worker_go_on_ending(struct worker *worker)
{
    if (!worker->has_ended && list_is_empty(&worker->shells))
        uv_timer_start(&worker->last_call, finish_ending, 0, 0);
}

static void read_ending(struct letter *letter, void *reader)
{
    struct worker *worker = reader;

    g_free(letter);
    runs_end(worker);
    carries_end(worker);
    files_end(worker);
    worker->is_ending = true;
    if (shells_leave(worker))
        uv_timer_start(&worker->last_call, finish_ending, LAST_CALL_MS, 0);
    else
        uv_timer_start(&worker->last_call, finish_ending, 0, 0);
}

static void drop_ending(struct letter *letter)
{
    g_free(letter);
}

struct worker *worker_end(struct worker *worker)
{
    struct letter *ending;

    if (!worker)
        return NULL;
    ending = g_new0(struct letter, 1);
    ending->read = read_ending;
    ending->drop = drop_ending;
    worker_send(worker, ending);
    g_thread_join(worker->thread);
    bridge_free(worker->bridge);
    fleet_free(worker->fleet);
    g_free(worker->list_fault);
    g_free(worker->fleet_path);
    g_free(worker->identity);
    g_free(worker);
    return NULL;
}
