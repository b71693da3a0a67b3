/* See busy-poll.h. */
#include "wire/busy-poll.h"

#include <sched.h>
#include <sys/epoll.h>

#include "base/clock.h"

enum { MISSES_MAX = 6 };

void busy_poll_init(struct busy_poll *busy, uv_loop_t *loop, uint64_t limit_ns)
{
    *busy = (struct busy_poll){.loop = loop, .limit_ns = limit_ns};
}

bool busy_poll_wait(struct busy_poll *busy)
{
    uint64_t begun = clock_monotonic_ns();
    uint64_t now = begun;
    struct epoll_event event;
    int ready = 0;

    if (begun < busy->rests_until_ns)
        return false;
    if (busy->pass > 0) {
        busy->pass--;
        return false;
    }
    if (uv_backend_timeout(busy->loop) == 0)
        return true;
    while (ready == 0 && now - begun < busy->limit_ns) {
        sched_yield();
        /* libuv watches by level: what is seen here is seen by it too. */
        ready = epoll_wait(uv_backend_fd(busy->loop), &event, 1, 0);
        now = clock_monotonic_ns();
    }
    busy->rests_until_ns = now + (now - begun);
    busy->misses = ready != 0 ? 0 : busy->misses + (busy->misses < MISSES_MAX);
    busy->pass = ready != 0 ? 0 : 1u << busy->misses;
    return ready != 0;
}
