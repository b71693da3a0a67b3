/* One thing done on many machines. One timer per fan-out; visits begin in the order of the
 * machines, and all have the same time, so that the list of visits under way is sorted by its
 * deadlines without sorting. */
#include "fleet/run/fanout.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/list.h"
#include "fleet/home/i18n.h"
#include "fleet/link/files.h"
#include "fleet/run/brake.h"

struct fanout_visit {
    struct list at; /* in fanout.visits */
    struct fanout *fanout;
    struct link *link;
    struct link_watcher watcher;
    void *data;
    uint64_t deadline_ms;
    uint32_t position;
    bool is_connecting;
    bool is_at_work; /* its link is open: the machine has what it is to do, or soon will */
};

struct fanout_slot {
    struct fanout_result result;
    struct fanout_visit *visit; /* while it is under way */
};

struct fanout {
    struct fanout_settings settings;
    struct fanout_task task;
    uint32_t *machines;
    struct fanout_slot *slots;
    struct list visits;
    uv_timer_t timer;
    uint32_t next;  /* position of the next visit */
    uint32_t limit; /* positions below it may be visited */
    uint32_t visiting;
    uint32_t connecting;
    uint32_t at_work;
    uint32_t done;
    struct brake brake;
    int exit_status;
    bool stopped;
    bool told;
    bool freed;
};

static void on_timer(uv_timer_t *timer);

int fanout_new(struct fanout **fanout_out, const struct fanout_settings *settings)
{
    struct fanout *fanout = calloc(1, sizeof(*fanout));
    struct link_factory *factory = link_pool_factory(settings->pool);

    if (!fanout)
        return -ENOMEM;
    fanout->settings = *settings;
    fanout->task = *settings->task;
    list_init(&fanout->visits);
    fanout->machines = calloc(settings->count + 1, sizeof(*fanout->machines));
    fanout->slots = calloc(settings->count + 1, sizeof(*fanout->slots));
    if (!fanout->machines || !fanout->slots) {
        free(fanout->machines);
        free(fanout->slots);
        free(fanout);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < settings->count; i++) {
        fanout->machines[i] = settings->machines[i];
        fanout->slots[i].result.state.state = STATE_UNSENT;
    }
    if (fanout->settings.at_once == 0 || fanout->settings.at_once > files_links_that_fit())
        fanout->settings.at_once = files_links_that_fit();
    fanout->limit = settings->count;
    if (fanout->settings.connecting == 0)
        fanout->settings.connecting = link_factory_places_max(factory);
    uv_timer_init(link_factory_loop(factory), &fanout->timer);
    fanout->timer.data = fanout;
    *fanout_out = fanout;
    return 0;
}

/* ---- results ---- */

static void wake(struct fanout *fanout)
{
    if (!fanout->freed)
        uv_timer_start(&fanout->timer, on_timer, 0, 0);
}

static void put_result(struct fanout *fanout, uint32_t position, struct job_state state,
                       const struct trouble *trouble)
{
    struct fanout_slot *slot = &fanout->slots[position];
    int status = outcome_exit_status(state);

    slot->visit = NULL;
    slot->result.state = state;
    slot->result.is_done = true;
    if (trouble) {
        struct trouble *copy = malloc(sizeof(*copy));

        /* Without memory the state alone must do. */
        if (copy)
            *copy = *trouble;
        slot->result.trouble = copy;
    }
    if (status > fanout->exit_status)
        fanout->exit_status = status;
    fanout->done++;
    if (fanout->settings.events->on_result)
        fanout->settings.events->on_result(fanout, fanout->machines[position], &slot->result,
                                           fanout->settings.user);
}

static void visit_leave_connecting(struct fanout_visit *visit)
{
    if (!visit->is_connecting)
        return;
    visit->is_connecting = false;
    visit->fanout->connecting--;
}

static void visit_destroy(struct fanout_visit *visit)
{
    struct fanout *fanout = visit->fanout;

    visit_leave_connecting(visit);
    fanout->at_work -= visit->is_at_work;
    list_remove(&visit->at);
    fanout->slots[visit->position].visit = NULL;
    fanout->visiting--;
    link_unwatch(visit->link, &visit->watcher);
    link_pool_give(fanout->settings.pool, visit->link);
    free(visit);
}

void fanout_visit_end(struct fanout_visit *visit, struct job_state state,
                      const struct trouble *trouble)
{
    struct fanout *fanout = visit->fanout;
    uint32_t position = visit->position;
    struct trouble copy;

    /* It may be the link's own, which goes with the visit. */
    if (trouble)
        copy = *trouble;
    visit_destroy(visit);
    brake_ended(&fanout->brake, clock_monotonic_ms());
    put_result(fanout, position, state, trouble ? &copy : NULL);
    wake(fanout);
}

/* ---- visits ---- */

static void visit_work(struct fanout_visit *visit)
{
    visit->fanout->at_work += !visit->is_at_work;
    visit->is_at_work = true;
}

static void on_link_ready(struct link *link, const struct link_info *info, void *user)
{
    struct fanout_visit *visit = user;

    (void)link;
    (void)info;
    visit_leave_connecting(visit);
    visit_work(visit);
    wake(visit->fanout);
}

static void on_link_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                           void *user)
{
    struct fanout_visit *visit = user;

    (void)link;
    (void)trouble;
    (void)retry_ms;
    visit_leave_connecting(visit);
    wake(visit->fanout);
}

static void on_link_slow(struct link *link, void *user)
{
    struct fanout_visit *visit = user;

    (void)link;
    visit_leave_connecting(visit);
    wake(visit->fanout);
}

static void visit_begin(struct fanout *fanout, uint32_t position)
{
    static const struct link_events events = {
        .on_ready = on_link_ready,
        .on_failed = on_link_failed,
        .on_slow = on_link_slow,
    };
    struct fanout_visit *visit = calloc(1, sizeof(*visit));
    int error = visit ? 0 : -ENOMEM;
    struct trouble trouble;

    if (!error)
        error = link_pool_take(fanout->settings.pool, fanout->machines[position], &visit->link);
    if (error) {
        free(visit);
        trouble_set_errno(&trouble, NULL, error);
        put_result(fanout, position, (struct job_state){STATE_UNSENT, 0}, &trouble);
        return;
    }
    visit->fanout = fanout;
    visit->position = position;
    visit->watcher = (struct link_watcher){.events = &events, .user = visit};
    visit->deadline_ms = clock_monotonic_ms() + fanout->settings.timeout_ms;
    visit->is_connecting = link_state(visit->link) != LINK_READY;
    fanout->connecting += visit->is_connecting;
    if (!visit->is_connecting)
        visit_work(visit);
    fanout->visiting++;
    fanout->slots[position].visit = visit;
    list_append(&fanout->visits, &visit->at);
    link_watch(visit->link, &visit->watcher);
    error = fanout->task.start(visit, fanout->task.user);
    if (error) {
        trouble_set_errno(&trouble, link_where(visit->link), error);
        fanout_visit_end(visit, (struct job_state){STATE_UNSENT, 0}, &trouble);
    }
}

/* `why` NULL: somebody here wanted it so. What is not sent by then was never asked: no trouble. */
static void visit_abandon(struct fanout_visit *visit, const char *why)
{
    struct fanout *fanout = visit->fanout;
    uint32_t position = visit->position;
    const struct trouble *last = link_trouble(visit->link);
    struct trouble trouble;
    enum state state;
    bool has_trouble;

    if (last->code != PROBLEM_NONE)
        trouble = *last;
    else
        trouble_set(&trouble, PROBLEM_TIMEOUT, link_where(visit->link), "%s",
                    why ? why : _("it was stopped here"));
    has_trouble = why || last->code != PROBLEM_NONE;
    state = fanout->task.abandon(visit, fanout->task.user);
    visit_destroy(visit);
    put_result(fanout, position, (struct job_state){state, 0},
               has_trouble || state != STATE_UNSENT ? &trouble : NULL);
}

/* ---- the loop's side ---- */

static bool may_begin(const struct fanout *fanout)
{
    return !fanout->freed && !fanout->stopped && fanout->next < fanout->limit &&
           fanout->visiting < fanout->settings.at_once &&
           fanout->connecting < fanout->settings.connecting;
}

static void pump(struct fanout *fanout)
{
    while (may_begin(fanout))
        visit_begin(fanout, fanout->next++);
}

static bool is_done(const struct fanout *fanout)
{
    return fanout->done == fanout->settings.count;
}

/* What is connected and not open yet waits while the brake is on. The links' factory may be shared:
 * who is done holds up nobody. */
static void brake(struct fanout *fanout)
{
    struct link_factory *factory = link_pool_factory(fanout->settings.pool);
    uint64_t now = clock_monotonic_ms();
    uint32_t most = is_done(fanout) ? UINT32_MAX : brake_at_work(&fanout->brake, now);

    if (most != UINT32_MAX)
        most = fanout->at_work < most ? most - fanout->at_work : 0;
    link_factory_narrow(factory, most);
    if (brake_lets_one(&fanout->brake, now))
        link_factory_let_one(factory);
}

static struct fanout_visit *first_visit(struct fanout *fanout)
{
    if (fanout->freed || list_is_empty(&fanout->visits))
        return NULL;
    return container_of(fanout->visits.next, struct fanout_visit, at);
}

static void end_late_visits(struct fanout *fanout)
{
    uint64_t now = clock_monotonic_ms();
    struct fanout_visit *visit;

    if (fanout->settings.timeout_ms == 0)
        return;
    while ((visit = first_visit(fanout)) && visit->deadline_ms <= now)
        visit_abandon(visit, _("its time was up"));
}

static void arm(struct fanout *fanout)
{
    struct fanout_visit *visit = first_visit(fanout);
    uint64_t now = clock_monotonic_ms();
    uint64_t until = brake_until(&fanout->brake, now);

    if (visit && fanout->settings.timeout_ms > 0 && (!until || visit->deadline_ms < until))
        until = visit->deadline_ms;
    if (!until)
        return;
    uv_update_time(fanout->timer.loop);
    uv_timer_start(&fanout->timer, on_timer, until > now ? until - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct fanout *fanout = timer->data;

    end_late_visits(fanout);
    pump(fanout);
    if (fanout->freed)
        return;
    brake(fanout);
    if (is_done(fanout) && !fanout->told) {
        fanout->told = true;
        fanout->settings.events->on_done(fanout, fanout->settings.user);
        return;
    }
    /* Somebody ended or came in meanwhile: the timer is set to now already. */
    if (!uv_is_active((uv_handle_t *)timer))
        arm(fanout);
}

void fanout_start(struct fanout *fanout)
{
    brake_begin(&fanout->brake, clock_monotonic_ms());
    wake(fanout);
}

void fanout_set_limit(struct fanout *fanout, uint32_t positions)
{
    fanout->limit = positions < fanout->settings.count ? positions : fanout->settings.count;
    wake(fanout);
}

void fanout_begin_no_more(struct fanout *fanout)
{
    /* A result may lead to another call of this. */
    while (!fanout->freed && fanout->next < fanout->settings.count)
        put_result(fanout, fanout->next++, (struct job_state){STATE_UNSENT, 0}, NULL);
    wake(fanout);
}

void fanout_abandon(struct fanout *fanout, uint32_t position)
{
    struct fanout_visit *visit = fanout->slots[position].visit;

    if (!visit)
        return;
    visit_abandon(visit, NULL);
    wake(fanout);
}

void fanout_stop(struct fanout *fanout)
{
    struct fanout_visit *visit;

    if (fanout->stopped)
        return;
    fanout->stopped = true;
    while ((visit = first_visit(fanout)))
        visit_abandon(visit, _("it was stopped here"));
    fanout_begin_no_more(fanout);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct fanout *fanout = handle->data;

    for (uint32_t i = 0; i < fanout->settings.count; i++)
        free((void *)fanout->slots[i].result.trouble);
    free(fanout->slots);
    free(fanout->machines);
    free(fanout);
}

struct fanout *fanout_free(struct fanout *fanout)
{
    struct fanout_visit *visit;

    if (!fanout || fanout->freed)
        return NULL;
    link_factory_narrow(link_pool_factory(fanout->settings.pool), UINT32_MAX);
    while ((visit = first_visit(fanout))) {
        fanout->task.abandon(visit, fanout->task.user);
        visit_destroy(visit);
    }
    fanout->freed = true;
    uv_close((uv_handle_t *)&fanout->timer, on_timer_closed);
    return NULL;
}

/* ---- what is known ---- */

uint32_t fanout_count(const struct fanout *fanout)
{
    return fanout->settings.count;
}

uint32_t fanout_done_count(const struct fanout *fanout)
{
    return fanout->done;
}

uint32_t fanout_at_once(const struct fanout *fanout)
{
    return fanout->settings.at_once;
}

uint32_t fanout_visiting(const struct fanout *fanout)
{
    return fanout->visiting;
}

const struct fanout_result *fanout_result(const struct fanout *fanout, uint32_t position)
{
    return &fanout->slots[position].result;
}

uint32_t fanout_machine(const struct fanout *fanout, uint32_t position)
{
    return fanout->machines[position];
}

int fanout_exit_status(const struct fanout *fanout)
{
    return fanout->exit_status;
}

struct fanout_visit *fanout_visit_at(const struct fanout *fanout, uint32_t position)
{
    return fanout->slots[position].visit;
}

struct link *fanout_visit_link(const struct fanout_visit *visit)
{
    return visit->link;
}

uint32_t fanout_visit_machine(const struct fanout_visit *visit)
{
    return visit->fanout->machines[visit->position];
}

uint32_t fanout_visit_position(const struct fanout_visit *visit)
{
    return visit->position;
}

struct fanout *fanout_visit_fanout(const struct fanout_visit *visit)
{
    return visit->fanout;
}

void fanout_visit_heard(struct fanout_visit *visit, size_t size)
{
    struct fanout *fanout = visit->fanout;
    uint64_t now = clock_monotonic_ms();
    uint32_t most = brake_at_work(&fanout->brake, now);

    brake_hear(&fanout->brake, size, now);
    if (brake_at_work(&fanout->brake, now) < most)
        wake(fanout);
}

void fanout_visit_set_data(struct fanout_visit *visit, void *data)
{
    visit->data = data;
}

void *fanout_visit_data(const struct fanout_visit *visit)
{
    return visit->data;
}
