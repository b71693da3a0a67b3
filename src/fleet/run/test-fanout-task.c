/* The things that are done on many machines: documents, orders, looks, jobs with input. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/run/test-crowd.h"

static void on_document(uint32_t machine, json_t *root, void *user)
{
    (void)machine;
    ((struct crowd *)user)->documents += json_is_object(root);
}

static void test_documents(void **state)
{
    struct crowd *crowd = *state;
    struct fanout_document document = {
        .path = "/v1/facts", .on_document = on_document, .user = crowd};

    fanout_document_init(&document);
    crowd->dead_from = 9;
    crowd_go(crowd, &document.task, 10, 0, 0);
    crowd_wait(crowd);
    assert_int_equal(crowd->documents, 9);
    crowd_expect_state(crowd, 9, STATE_UNREACHABLE, PROBLEM_CONNECTION_REFUSED);
}

static void test_orders(void **state)
{
    struct crowd *crowd = *state;
    struct fanout_order order = {.errand = {.verb = VERB_RESET}};

    fanout_order_init(&order);
    crowd_go(crowd, &order.task, 10, 0, 0);
    crowd_wait(crowd);
    crowd_expect_state(crowd, 9, STATE_EXITED, PROBLEM_NONE);
    assert_int_equal(crowd->world.agent.last_order.verb, VERB_RESET);
}

static void on_info(uint32_t machine, const struct link_info *info, void *user)
{
    (void)machine;
    assert_string_equal(info->name, "web1");
    ((struct crowd *)user)->infos++;
}

static void test_probes(void **state)
{
    struct crowd *crowd = *state;
    struct fanout_probe probe = {.on_info = on_info, .user = crowd};

    crowd->wrong_from = 8;
    fanout_probe_init(&probe);
    crowd_go(crowd, &probe.task, 10, 0, 0);
    crowd_wait(crowd);
    assert_int_equal(crowd->infos, 8);
    crowd_expect_state(crowd, 9, STATE_UNREACHABLE, PROBLEM_ID_CHANGED);
    crowd->fanout = fanout_free(crowd->fanout);
    crowd_go(crowd, &probe.task, 5, 0, 0); /* warm: told at once */
    crowd_wait(crowd);
    assert_int_equal(crowd->infos, 13);
}

static void test_input(void **state)
{
    struct crowd *crowd = *state;

    crowd->exit_state = 0;
    crowd->world.agent.echo = true;
    crowd_job(crowd);
    crowd->job.has_input = true;
    crowd->job.input = (struct slice){(const uint8_t *)"twelve bytes", 12};
    crowd_go(crowd, &crowd->job.task, 10, 0, 0);
    crowd_wait(crowd);
    assert_int_equal(crowd->output_bytes, 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        crowd_test(test_documents),
        crowd_test(test_orders),
        warm_test(test_probes),
        crowd_test(test_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
