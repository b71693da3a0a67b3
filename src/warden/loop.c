/* See loop.h. */
#include "warden/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

enum { LOOP_BATCH = 64 };

int loop_init(struct loop *loop)
{
    *loop = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    list_init(&loop->timers);
    return loop->epoll < 0 ? -errno : 0;
}

void loop_deinit(struct loop *loop)
{
    if (loop->epoll >= 0)
        close(loop->epoll);
    loop->epoll = -1;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

int loop_watch(struct loop *loop, struct loop_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    int operation = source->loop ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (source->loop && source->events == events)
        return 0;
    if (epoll_ctl(loop->epoll, operation, source->fd, &event) < 0)
        return -errno;
    source->loop = loop;
    source->events = events;
    return 0;
}

void loop_unwatch(struct loop_source *source)
{
    struct loop *loop = source->loop;

    if (!loop)
        return;
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
    source->loop = NULL;
    for (int i = 0; i < loop->batch_size; i++) {
        if (loop->batch[i] == source)
            loop->batch[i] = NULL;
    }
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t in_ms)
{
    struct list *before;

    list_remove(&timer->link);
    timer->due_ms = clock_monotonic_ms() + in_ms;
    /* Most timers are the latest yet, so the search for their place starts at the end. */
    before = loop->timers.previous;
    while (before != &loop->timers &&
           container_of(before, struct loop_timer, link)->due_ms > timer->due_ms)
        before = before->previous;
    list_append(before->next, &timer->link);
}

void loop_timer_stop(struct loop_timer *timer)
{
    list_remove(&timer->link);
}

static struct loop_timer *loop_next_timer(struct loop *loop)
{
    if (list_is_empty(&loop->timers))
        return NULL;
    return container_of(loop->timers.next, struct loop_timer, link);
}

static int loop_timeout(struct loop *loop)
{
    struct loop_timer *next = loop_next_timer(loop);
    uint64_t now = clock_monotonic_ms();

    if (!next)
        return -1;
    if (next->due_ms <= now)
        return 0;
    return next->due_ms - now > INT_MAX ? INT_MAX : (int)(next->due_ms - now);
}

static void loop_run_timers(struct loop *loop)
{
    uint64_t now = clock_monotonic_ms();
    struct loop_timer *next = loop_next_timer(loop);

    while (next && next->due_ms <= now) {
        list_remove(&next->link);
        next->on_due(next);
        next = loop_next_timer(loop);
    }
}

int loop_run(struct loop *loop)
{
    struct epoll_event events[LOOP_BATCH];
    struct loop_source *batch[LOOP_BATCH];

    while (!loop->stopped) {
        int count = epoll_wait(loop->epoll, events, LOOP_BATCH, loop_timeout(loop));

        if (count < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < count; i++)
            batch[i] = events[i].data.ptr;
        loop->batch = batch;
        loop->batch_size = count < 0 ? 0 : count;
        for (int i = 0; i < loop->batch_size && !loop->stopped; i++) {
            if (batch[i])
                batch[i]->on_ready(batch[i], events[i].events);
        }
        loop->batch_size = 0;
        loop_run_timers(loop);
    }
    return 0;
}
