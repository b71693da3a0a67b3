/* An order given to one machine: signed for its epoch, in the same flight as `open`, never twice.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "fleet/link/submit.h"
#include "fleet/link/test-world.h"

struct answered {
    bool done;
    enum submit_fate fate;
    enum problem_code code;
    struct job_object object;
    bool has_object;
    unsigned sent;
    unsigned times;
};

static void on_sent(struct submit *submit, void *user)
{
    struct answered *answered = user;

    (void)submit;
    answered->sent++;
}

static void on_done(struct submit *submit, enum submit_fate fate, const struct job_object *object,
                    const struct trouble *trouble, void *user)
{
    struct answered *answered = user;

    (void)submit;
    answered->done = true;
    answered->times++;
    answered->fate = fate;
    answered->has_object = object != NULL;
    if (object)
        answered->object = *object;
    answered->code = trouble ? trouble->code : PROBLEM_NONE;
}

static const struct submit_events events = {.on_sent = on_sent, .on_done = on_done};

struct setting {
    struct test_world world;
    struct link *link;
    struct submit *submit;
    struct answered answered;
    uint8_t id[UUID_SIZE];
};

/* Every test runs twice: with an agent that lets the order itself open the connection, and with one
 * that does not. */
static bool enters;

static void begin(struct setting *setting)
{
    *setting = (struct setting){0};
    test_world_begin(&setting->world);
    setting->world.agent.greets = enters;
    setting->world.settings.first_pause_ms = 4;
}

static void give(struct setting *setting)
{
    struct link_target target = test_world_target(&setting->world);
    struct errand errand = {
        .verb = VERB_RUN,
        .user = "www-data",
        .deadline_s = 90,
        .payload = {(const uint8_t *)"payload", 7},
    };

    assert_int_equal(link_new(&setting->link, test_world_factory(&setting->world), &target), 0);
    assert_int_equal(
        submit_new(&setting->submit, setting->link, &errand, &events, &setting->answered), 0);
    memcpy(setting->id, submit_id(setting->submit), UUID_SIZE);
    submit_start(setting->submit);
    link_connect(setting->link);
}

static void give_and_wait(struct setting *setting)
{
    give(setting);
    test_world_run(&setting->world, &setting->answered.done);
}

static void end(struct setting *setting)
{
    assert_true(setting->answered.times <= 1);
    test_world_end(&setting->world);
}

static int set_up(void **state)
{
    static struct setting setting;

    begin(&setting);
    *state = &setting;
    return 0;
}

static int tear_down(void **state)
{
    end(*state);
    return 0;
}

#define submit_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void test_accepted(void **state)
{
    struct setting *setting = *state;
    const struct order *order = &setting->world.agent.last_order;

    give_and_wait(setting);
    assert_int_equal(setting->answered.fate, SUBMIT_ANSWERED);
    assert_int_equal(setting->answered.code, PROBLEM_NONE);
    assert_true(setting->answered.has_object);
    assert_memory_equal(setting->answered.object.id, setting->id, UUID_SIZE);
    assert_int_equal(setting->answered.object.state.state, STATE_RUNNING);
    assert_memory_equal(order->id, setting->id, UUID_SIZE);
    assert_memory_equal(order->machine, setting->world.agent.id, MACHINE_ID_SIZE);
    assert_memory_equal(order->epoch, setting->world.agent.epoch, EPOCH_SIZE);
    assert_string_equal(order->user, "www-data");
    assert_int_equal(order->verb, VERB_RUN);
    assert_int_equal(order->deadline, 90);
    assert_int_equal(order->expires - order->issued, 5 * 60 * 1000);
    /* On the machine's boot clock, and never in its future. */
    assert_in_range(clock_boot_ms() + 1000 * 1000 - order->issued, 0, 5000);
    assert_memory_equal(buffer_bytes(&test_agent_job(&setting->world.agent)->payload), "payload",
                        7);
}

/* One flight after TLS, or two: hello; then open and the order together. The agent sees the order
 * before it has answered `open` only if both came at once, so it is enough that nothing was refused
 * and one flight each. */
static void test_same_flight(void **state)
{
    struct setting *setting = *state;

    give_and_wait(setting);
    assert_int_equal(setting->world.agent.hellos, enters ? 0 : 1);
    assert_int_equal(setting->world.agent.opens, enters ? 0 : 1);
    assert_int_equal(setting->world.agent.enters, enters ? 1 : 0);
    assert_int_equal(setting->world.agent.puts, 1);
    /* The link itself became ready no earlier than the order was sent. */
    assert_int_equal(setting->answered.sent, 1);
}

struct early {
    struct link_watcher watcher;
    struct answered *answered;
    unsigned sent_when_ready;
};

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct early *early = user;

    (void)link;
    (void)info;
    early->sent_when_ready = early->answered->sent;
}

static void test_sent_before_ready(void **state)
{
    static const struct link_events watching = {.on_ready = on_ready};
    struct setting *setting = *state;
    struct early early = {.watcher = {.events = &watching, .user = &early}};

    early.answered = &setting->answered;
    give(setting);
    link_watch(setting->link, &early.watcher);
    test_world_run(&setting->world, &setting->answered.done);
    assert_int_equal(early.sent_when_ready, 1);
    link_unwatch(setting->link, &early.watcher);
}

static void test_refused(void **state)
{
    struct setting *setting = *state;

    setting->world.agent.refuse_put = PROBLEM_RIGHT_MISSING;
    give_and_wait(setting);
    assert_int_equal(setting->answered.fate, SUBMIT_ANSWERED);
    assert_int_equal(setting->answered.code, PROBLEM_RIGHT_MISSING);
    assert_false(setting->answered.has_object);
}

/* The order is refused, and the connection is open all the same. */
static void test_refused_and_let_in(void **state)
{
    struct setting *setting = *state;

    setting->world.agent.refuse_put = PROBLEM_TOO_MANY_JOBS;
    give_and_wait(setting);
    test_world_wait(&setting->world, 5);
    assert_int_equal(link_state(setting->link), LINK_READY);
    assert_string_equal(link_info(setting->link)->name, "web1");
    assert_int_equal(setting->world.agent.connections, 1);
}

/* What comes later goes over the connection that the first order opened, bound to nothing. */
static void test_second_order(void **state)
{
    struct setting *setting = *state;
    struct errand errand = {.verb = VERB_RUN, .payload = {(const uint8_t *)"again", 5}};
    struct answered second = {0};
    struct submit *submit;

    give_and_wait(setting);
    assert_int_equal(submit_new(&submit, setting->link, &errand, &events, &second), 0);
    submit_start(submit);
    test_world_run(&setting->world, &second.done);
    assert_int_equal(second.code, PROBLEM_NONE);
    assert_int_equal(setting->world.agent.last_order.flags, 0);
    assert_int_equal(setting->world.agent.connections, 1);
    assert_int_equal(setting->world.agent.accepted, 2);
    assert_int_equal(setting->world.agent.bad_orders, 0);
}

static void test_open_refused(void **state)
{
    struct setting *setting = *state;

    setting->world.agent.refuse_open = PROBLEM_KEY_UNKNOWN;
    give_and_wait(setting);
    assert_int_equal(setting->answered.code, PROBLEM_KEY_UNKNOWN);
    assert_int_equal(setting->world.agent.accepted, 0);
}

static void test_never_sent(void **state)
{
    struct setting *setting = *state;

    setting->world.agent.port = test_closed_port();
    give_and_wait(setting);
    assert_int_equal(setting->answered.fate, SUBMIT_NOT_SENT);
    assert_int_equal(setting->answered.code, PROBLEM_CONNECTION_REFUSED);
}

/* Taken, but the answer is lost with the connection: the same order again, and the machine knows
 * it. */
static void test_answer_lost(void **state)
{
    struct setting *setting = *state;

    setting->world.agent.lose_put = true;
    give_and_wait(setting);
    assert_int_equal(setting->answered.code, PROBLEM_NONE);
    assert_int_equal(setting->world.agent.puts, 2);
    assert_int_equal(setting->world.agent.accepted, 1);
    assert_memory_equal(setting->answered.object.id, setting->id, UUID_SIZE);
}

static void test_order_lost(void **state)
{
    struct setting *setting = *state;

    setting->world.agent.drop_put = true;
    give_and_wait(setting);
    assert_int_equal(setting->answered.code, PROBLEM_NONE);
    assert_int_equal(setting->world.agent.accepted, 1);
}

/* The answer is lost because the machine restarted: nobody knows whether it ran, and it is not
 * given again. */
static void test_restarted_before_answer(void **state)
{
    struct setting *setting = *state;

    setting->world.agent.lose_put = true;
    setting->world.agent.reset_epoch_on_cut = true;
    give_and_wait(setting);
    assert_int_equal(setting->answered.fate, SUBMIT_LOST);
    assert_int_equal(setting->answered.code, PROBLEM_OTHER_EPOCH);
    assert_int_equal(setting->world.agent.puts, 1);
}

/* The machine says itself that it did not take it: it is made anew for the new epoch, with its old
 * id. */
static void test_other_epoch(void **state)
{
    struct setting *setting = *state;

    setting->world.agent.refuse_put = PROBLEM_OTHER_EPOCH;
    setting->world.agent.refuse_put_times = 1;
    give_and_wait(setting);
    assert_int_equal(setting->answered.code, PROBLEM_NONE);
    assert_int_equal(setting->world.agent.puts, 2);
    assert_int_equal(setting->world.agent.hellos, enters ? 0 : 2);
    assert_int_equal(setting->world.agent.connections, 2);
    assert_int_equal(setting->world.agent.accepted, 1);
    assert_memory_equal(setting->answered.object.id, setting->id, UUID_SIZE);
}

static void test_other_epoch_for_ever(void **state)
{
    struct setting *setting = *state;

    setting->world.agent.refuse_put = PROBLEM_OTHER_EPOCH;
    give_and_wait(setting);
    assert_int_equal(setting->answered.code, PROBLEM_OTHER_EPOCH);
    assert_int_equal(setting->world.agent.puts, 3);
}

static void test_cancelled(void **state)
{
    struct setting setting;

    (void)state;
    for (unsigned turns = 0; turns < 10; turns++) {
        begin(&setting);
        give(&setting);
        for (unsigned i = 0; i < turns && !setting.answered.done; i++)
            uv_run(&setting.world.loop, UV_RUN_NOWAIT);
        if (!setting.answered.done)
            submit_cancel(setting.submit);
        setting.answered.times = 0;
        test_world_wait(&setting.world, 5);
        assert_int_equal(setting.answered.times, 0);
        end(&setting);
    }
}

static void test_link_freed(void **state)
{
    struct setting *setting = *state;

    give(setting);
    link_free(setting->link);
    assert_true(setting->answered.done);
    assert_int_equal(setting->answered.fate, SUBMIT_NOT_SENT);
    assert_int_equal(setting->answered.code, PROBLEM_LOST);
}

static void test_bad_errands(void **state)
{
    struct setting *setting = *state;
    struct link_target target;
    struct errand errand = {.verb = VERB_RUN, .user = "a-name-that-is-longer-than-useradd-takes"};

    target = test_world_target(&setting->world);
    assert_int_equal(link_new(&setting->link, test_world_factory(&setting->world), &target), 0);
    assert_int_equal(
        submit_new(&setting->submit, setting->link, &errand, &events, &setting->answered),
        -EMSGSIZE);

    /* A payload over the limit is refused here, when the order is made. */
    struct buffer large = BUFFER_INIT;
    uint8_t *room;

    assert_int_equal(buffer_reserve(&large, LIMIT_ORDER_PAYLOAD + 1, &room), 0);
    memset(room, 0, LIMIT_ORDER_PAYLOAD + 1);
    buffer_commit(&large, LIMIT_ORDER_PAYLOAD + 1);
    errand.user = NULL;
    errand.payload = buffer_slice(&large);
    assert_int_equal(
        submit_new(&setting->submit, setting->link, &errand, &events, &setting->answered), 0);
    submit_start(setting->submit);
    link_connect(setting->link);
    test_world_run(&setting->world, &setting->answered.done);
    assert_int_equal(setting->answered.code, PROBLEM_TOO_LARGE);
    assert_int_equal(setting->answered.fate, SUBMIT_NOT_SENT);
    buffer_deinit(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        submit_test(test_accepted),
        submit_test(test_same_flight),
        submit_test(test_sent_before_ready),
        submit_test(test_refused),
        submit_test(test_refused_and_let_in),
        submit_test(test_second_order),
        submit_test(test_open_refused),
        submit_test(test_never_sent),
        submit_test(test_answer_lost),
        submit_test(test_order_lost),
        submit_test(test_restarted_before_answer),
        submit_test(test_other_epoch),
        submit_test(test_other_epoch_for_ever),
        cmocka_unit_test(test_cancelled),
        submit_test(test_link_freed),
        submit_test(test_bad_errands),
    };

    int failed = cmocka_run_group_tests_name("open first", tests, NULL, NULL);

    enters = true;
    return failed + cmocka_run_group_tests_name("the order opens", tests, NULL, NULL);
}
