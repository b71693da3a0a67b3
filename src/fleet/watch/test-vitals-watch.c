/* Watches, single samples and histories over a connection that breaks, refuses and talks nonsense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "fleet/link/link.h"
#include "fleet/link/test-world.h"
#include "fleet/watch/vitals.h"

#define HEAD "{\"columns\":[\"cpu.busy\",\"net.rx{interface=\\\"eth0\\\"}\"],\"every_ms\":1000}\n"
#define ONE  "{\"t\":1000,\"i\":1000,\"v\":[12.5,100]}\n"
#define TWO  "{\"t\":2000,\"i\":1000,\"v\":[25,200]}\n"

struct seen {
    struct test_world *world;
    unsigned samples;
    unsigned interruptions;
    unsigned ends;
    struct trouble trouble;
    double last;
    bool done; /* what the test waits for */
    /* What a callback does. */
    unsigned wanted; /* samples that make it done */
    bool stops;
    bool changes;
    bool cuts;
};

static void on_sample(struct vitals_watch *watch, const struct vitals_sample *sample, void *user)
{
    struct seen *seen = user;

    seen->samples++;
    seen->last = sample->value[VITAL_CPU_BUSY];
    assert_ptr_equal(vitals_watch_sample(watch), sample);
    assert_true(vitals_series_value(sample, VITAL_NET_RX, 0) == 8 * seen->last);
    if (seen->samples == seen->wanted)
        seen->done = true;
    if (seen->cuts) {
        seen->cuts = false;
        test_agent_cut(&seen->world->agent);
    }
    if (seen->changes) {
        seen->changes = false;
        assert_int_equal(vitals_watch_change(
                             watch, &(struct vitals_ask){.fields = "mem.used", .every_ms = 5000}),
                         0);
    }
    if (seen->stops)
        vitals_watch_stop(watch);
}

static void on_interrupted(struct vitals_watch *watch, void *user)
{
    struct seen *seen = user;

    seen->interruptions++;
    if (seen->stops)
        vitals_watch_stop(watch);
}

static void on_end(struct vitals_watch *watch, const struct trouble *trouble, void *user)
{
    struct seen *seen = user;

    seen->ends++;
    seen->trouble = *trouble;
    seen->done = true;
    if (seen->stops)
        vitals_watch_stop(watch);
}

static const struct vitals_watch_events events = {on_sample, on_interrupted, on_end};
static const struct vitals_ask ask = {.fields = "cpu.busy,interfaces", .every_ms = 1000};

static struct link *begin(struct test_world *world, struct seen *seen)
{
    struct link_target target;
    struct link *link;

    test_world_begin(world);
    world->agent.vitals = HEAD ONE TWO;
    seen->world = world;
    target = test_world_target(world);
    assert_int_equal(link_new(&link, test_world_factory(world), &target), 0);
    link_connect(link);
    return link;
}

/* A machine in sight. */
struct sight {
    struct test_world world;
    struct seen seen;
    struct link *link;
};

static int set_up(void **state)
{
    static struct sight sight;

    sight = (struct sight){0};
    sight.link = begin(&sight.world, &sight.seen);
    *state = &sight;
    return 0;
}

static int tear_down(void **state)
{
    test_world_end(&((struct sight *)*state)->world);
    return 0;
}

#define sight_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void test_survives(void **state)
{
    struct sight *sight = *state;
    struct vitals_watch *watch;

    sight->seen.wanted = 2;
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen), 0);
    assert_null(vitals_watch_sample(watch));
    assert_ptr_equal(vitals_watch_link(watch), sight->link);
    test_world_run(&sight->world, &sight->seen.done);
    assert_string_equal(sight->world.agent.vitals_path,
                        "/v1/vitals?fields=cpu.busy,interfaces&every=1000ms");
    assert_true(sight->seen.last == 25);
    for (unsigned again = 1; again <= 3; again++) {
        sight->seen.done = false;
        sight->seen.wanted = 2 * (again + 1);
        test_agent_cut(&sight->world.agent);
        test_world_run(&sight->world, &sight->seen.done);
        assert_int_equal(sight->seen.interruptions, again);
        assert_int_equal(sight->world.agent.vitals_asked, again + 1);
    }
    assert_int_equal(sight->seen.ends, 0);
    vitals_watch_stop(watch);
}

/* The connection breaks in the middle of a line: the half of it does not meet the next one. */
static void test_half_a_line(void **state)
{
    struct sight *sight = *state;
    struct vitals_watch *watch;

    sight->seen.wanted = 1;
    sight->seen.cuts = true;
    sight->world.agent.vitals = HEAD ONE "{\"t\":2000,\"i\":10";
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen), 0);
    test_world_run(&sight->world, &sight->seen.done);
    sight->seen.done = false;
    sight->seen.wanted = 2;
    test_world_run(&sight->world, &sight->seen.done);
    assert_true(sight->seen.last == 12.5);
    assert_int_equal(sight->seen.ends, 0);
    vitals_watch_stop(watch);
}

static void test_stop_inside(void **state)
{
    struct sight *sight = *state;
    struct vitals_watch *watch;

    sight->seen.stops = true;
    sight->seen.wanted = 1;
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen), 0);
    test_world_run(&sight->world, &sight->seen.done);
    test_world_wait(&sight->world, 50);
    assert_int_equal(sight->seen.samples, 1); /* though two came together */
    /* And in the other callbacks. */
    sight->seen = (struct seen){.world = &sight->world, .wanted = 2};
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen), 0);
    test_world_run(&sight->world, &sight->seen.done);
    sight->seen.stops = true;
    test_agent_cut(&sight->world.agent);
    test_world_wait(&sight->world, 300);
    assert_int_equal(sight->seen.interruptions, 1);
    assert_int_equal(sight->seen.samples, 2);
}

static void test_change_inside(void **state)
{
    struct sight *sight = *state;
    struct vitals_watch *watch;

    sight->seen.changes = true;
    sight->seen.wanted = 3;
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen), 0);
    test_world_run(&sight->world, &sight->seen.done);
    assert_int_equal(sight->world.agent.vitals_asked, 2);
    assert_string_equal(sight->world.agent.vitals_path, "/v1/vitals?fields=mem.used&every=5000ms");
    assert_int_equal(sight->seen.interruptions, 0);
    assert_int_equal(vitals_watch_change(watch, &(struct vitals_ask){.fields = "a b"}), -EINVAL);
    vitals_watch_stop(watch);
}

static void test_refused(void **state)
{
    struct sight *sight = *state;
    struct vitals_watch *watch;

    sight->seen.stops = true;
    sight->world.agent.refuse_vitals = PROBLEM_RIGHT_MISSING;
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen), 0);
    test_world_run(&sight->world, &sight->seen.done);
    assert_int_equal(sight->seen.trouble.code, PROBLEM_RIGHT_MISSING);
    assert_int_equal(sight->seen.ends, 1);
}

/* An agent that starts afresh says so, or just ends the stream: both pass. */
static void test_asks_again(void **state)
{
    struct sight *sight = *state;
    struct vitals_watch *watch;

    sight->seen.wanted = 2;
    sight->world.agent.refuse_vitals = PROBLEM_SHUTTING_DOWN;
    sight->world.agent.refuse_vitals_times = 1;
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen), 0);
    test_world_run(&sight->world, &sight->seen.done);
    assert_int_equal(sight->world.agent.vitals_asked, 2);
    vitals_watch_stop(watch);

    sight->seen = (struct seen){.world = &sight->world, .wanted = 4};
    sight->world.agent.vitals_end = true;
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen), 0);
    test_world_run(&sight->world, &sight->seen.done);
    assert_true(sight->seen.interruptions >= 1);
    assert_int_equal(sight->seen.ends, 0);
    vitals_watch_stop(watch);
}

static void test_nonsense(void **state)
{
    static const char *const texts[] = {"hello\n", ONE, HEAD "{}\n", HEAD ONE "\n",
                                        "{\"columns\":5}\n"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(texts); i++) {
        struct seen seen = {0};
        struct test_world world;
        struct vitals_watch *watch;
        struct link *link = begin(&world, &seen);

        world.agent.vitals = texts[i];
        assert_int_equal(vitals_watch_start(&watch, link, &ask, &events, &seen), 0);
        test_world_run(&world, &seen.done);
        assert_int_equal(seen.trouble.code, PROBLEM_NOT_HUNE);
        vitals_watch_stop(watch);
        test_world_end(&world);
    }
}

static void test_closed_link(void **state)
{
    struct sight *sight = *state;
    struct vitals_watch *watch;

    sight->seen.wanted = 2;
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen), 0);
    test_world_run(&sight->world, &sight->seen.done);
    link_disconnect(sight->link);
    test_world_wait(&sight->world, 50);
    assert_int_equal(sight->seen.ends, 1);
    vitals_watch_stop(watch);
    sight->seen = (struct seen){.world = &sight->world};
    assert_int_equal(vitals_watch_start(&watch, sight->link, &ask, &events, &sight->seen),
                     0); /* of a closed one */
    assert_int_equal(sight->seen.ends, 1);
    vitals_watch_stop(watch);
}

/* ---- once ---- */

struct fetched {
    bool done;
    bool good;
    struct trouble trouble;
    size_t rows;
    double value;
};

static void on_once(const struct vitals_sample *sample, const struct trouble *trouble, void *user)
{
    struct fetched *fetched = user;

    fetched->done = true;
    fetched->good = sample != NULL;
    if (trouble)
        fetched->trouble = *trouble;
    else
        fetched->value = sample->value[VITAL_CPU_BUSY];
}

static void test_once(void **state)
{
    struct sight *sight = *state;
    struct fetched fetched = {0};
    struct vitals_fetch *fetch;

    sight->world.agent.vitals = "{\"time_ms\":5,\"interval_ms\":1000,\"cpu.busy\":7}";
    sight->world.agent.vitals_end = true;
    assert_int_equal(vitals_once(sight->link, &ask, on_once, &fetched, &fetch), 0);
    test_world_run(&sight->world, &fetched.done);
    assert_true(fetched.good);
    assert_true(fetched.value == 7);
    assert_string_equal(sight->world.agent.vitals_path, "/v1/vitals?fields=cpu.busy,interfaces");

    fetched = (struct fetched){0};
    sight->world.agent.vitals = "[]";
    assert_int_equal(vitals_once(sight->link, &ask, on_once, &fetched, NULL), 0);
    test_world_run(&sight->world, &fetched.done);
    assert_false(fetched.good);
    assert_int_equal(fetched.trouble.code, PROBLEM_NOT_HUNE);

    fetched = (struct fetched){0};
    assert_int_equal(vitals_once(sight->link, &ask, on_once, &fetched, &fetch), 0);
    assert_null(vitals_fetch_cancel(fetch));
    test_world_wait(&sight->world, 50);
    assert_false(fetched.done);
}

/* ---- history ---- */

static void on_history(struct vitals_history *history, const struct trouble *trouble, void *user)
{
    struct fetched *fetched = user;

    fetched->done = true;
    fetched->good = history != NULL;
    if (trouble)
        fetched->trouble = *trouble;
    else
        fetched->rows = history->row_count;
}

#define HISTORY_HEAD_LINE \
    "{\"columns\":[\"cpu.busy\"],\"since\":1,\"until\":9,\"step_ms\":10000,\"oldest\":1}\n"

static void test_history(void **state)
{
    static const struct vitals_history_ask history_ask = {.fields = "cpu.busy",
                                                          .since_ms = -86400000};
    struct sight *sight = *state;
    struct fetched fetched = {0};
    struct vitals_fetch *fetch;

    sight->world.agent.vitals = HISTORY_HEAD_LINE "{\"t\":1,\"v\":[1]}\n{\"t\":2,\"v\":[2]}\n";
    sight->world.agent.vitals_end = true;
    assert_int_equal(vitals_history(sight->link, &history_ask, on_history, &fetched, NULL), 0);
    test_world_run(&sight->world, &fetched.done);
    assert_true(fetched.good);
    assert_int_equal(fetched.rows, 2);
    assert_string_equal(sight->world.agent.vitals_path,
                        "/v1/vitals?fields=cpu.busy&since=86400000ms");

    /* Cut in the middle: asked again from the beginning, and no row comes twice. */
    fetched = (struct fetched){0};
    sight->world.agent.vitals_end = false;
    assert_int_equal(vitals_history(sight->link, &history_ask, on_history, &fetched, NULL), 0);
    test_world_wait(&sight->world, 100);
    assert_false(fetched.done);
    sight->world.agent.vitals_end = true;
    test_agent_cut(&sight->world.agent);
    test_world_run(&sight->world, &fetched.done);
    assert_int_equal(fetched.rows, 2);

    fetched = (struct fetched){0};
    sight->world.agent.vitals = "";
    assert_int_equal(vitals_history(sight->link, &history_ask, on_history, &fetched, NULL), 0);
    test_world_run(&sight->world, &fetched.done);
    assert_int_equal(fetched.trouble.code, PROBLEM_NOT_HUNE);

    fetched = (struct fetched){0};
    sight->world.agent.vitals = HISTORY_HEAD_LINE "nonsense\n";
    assert_int_equal(vitals_history(sight->link, &history_ask, on_history, &fetched, NULL), 0);
    test_world_run(&sight->world, &fetched.done);
    assert_int_equal(fetched.trouble.code, PROBLEM_NOT_HUNE);

    fetched = (struct fetched){0};
    sight->world.agent.vitals_end = false;
    assert_int_equal(vitals_history(sight->link, &history_ask, on_history, &fetched, &fetch), 0);
    vitals_fetch_cancel(fetch);
    test_world_wait(&sight->world, 50);
    assert_false(fetched.done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sight_test(test_survives),       sight_test(test_half_a_line), sight_test(test_stop_inside),
        sight_test(test_change_inside),  sight_test(test_refused),     sight_test(test_asks_again),
        cmocka_unit_test(test_nonsense), sight_test(test_closed_link), sight_test(test_once),
        sight_test(test_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
