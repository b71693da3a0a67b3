/* See test-way.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/link/test-way.h"

#include <stdio.h>
#include <string.h>

static void on_state(struct link *link, enum link_state from, enum link_state to, void *user)
{
    struct watched *watched = user;
    size_t used = strlen(watched->states);

    (void)link;
    (void)from;
    snprintf(watched->states + used, sizeof(watched->states) - used, "%s ", link_state_name(to));
    watched->closed = to == LINK_CLOSED;
}

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct watched *watched = user;

    assert_ptr_equal(info, link_info(link));
    watched->readies++;
    watched->ready = true;
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    struct watched *watched = user;

    (void)link;
    watched->trouble = *trouble;
    if (watched->failures < ELEMENTS_OF(watched->pauses))
        watched->pauses[watched->failures] = retry_ms;
    watched->failures++;
    if (watched->failures >= watched->stop_after)
        watched->failed = true;
}

static const struct link_events events = {
    .on_state = on_state, .on_ready = on_ready, .on_failed = on_failed};

struct link *watched_start(struct watched *watched, struct test_world *world,
                           const struct link_target *target)
{
    struct link *link;

    *watched = (struct watched){.watcher = {.events = &events, .user = watched}, .stop_after = 1};
    assert_int_equal(link_new(&link, test_world_factory(world), target), 0);
    link_watch(link, &watched->watcher);
    link_connect(link);
    assert_string_equal(watched->states, ""); /* nothing from inside */
    return link;
}

void way_begin(struct way *way)
{
    *way = (struct way){0};
    test_world_begin(&way->world);
    way->target = test_world_target(&way->world);
}

void way_end(struct way *way)
{
    test_world_end(&way->world);
}

void way_start(struct way *way)
{
    way->link = watched_start(&way->watched, &way->world, &way->target);
}

void way_open(struct way *way)
{
    way_start(way);
    test_world_run(&way->world, &way->watched.ready);
}

int way_set_up(void **state)
{
    static struct way way;

    way_begin(&way);
    *state = &way;
    return 0;
}

int way_tear_down(void **state)
{
    way_end(*state);
    return 0;
}
