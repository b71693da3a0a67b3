/* The warden's event loop: epoll, timers and nothing else (the warden links no event library).
 * A callback may remove any source or timer, its own too. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct loop;

struct loop_source {
    int fd;
    uint32_t events; /* as registered: EPOLLIN, EPOLLOUT; 0 when only errors are waited for */
    void (*on_ready)(struct loop_source *source, uint32_t events);
    struct loop *loop; /* NULL while it is not registered */
};

struct loop_timer {
    struct list link;
    uint64_t due_ms; /* clock_monotonic_ms() */
    void (*on_due)(struct loop_timer *timer);
};

struct loop {
    int epoll;
    bool stopped;
    struct list timers;         /* by due_ms */
    struct loop_source **batch; /* of the round under way, so that removed sources are skipped */
    int batch_size;
};

int loop_init(struct loop *loop);
void loop_deinit(struct loop *loop);
/* Serves until loop_stop(). Returns 0 or -errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Registers source->fd for `events`, or changes them. Returns 0 or -errno. */
int loop_watch(struct loop *loop, struct loop_source *source, uint32_t events);
/* Harmless for a source that is not registered. Does not close the descriptor. */
void loop_unwatch(struct loop_source *source);

static inline void loop_timer_init(struct loop_timer *timer, void (*on_due)(struct loop_timer *))
{
    list_init(&timer->link);
    timer->on_due = on_due;
}
/* (Re)starts the timer, `in_ms` from now. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t in_ms);
void loop_timer_stop(struct loop_timer *timer);
