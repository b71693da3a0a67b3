/* The things that are done on many machines: documents, orders, looks, jobs with input. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/run/test-many.h"

static void on_document(uint32_t machine, json_t *root, void *user)
{
    (void)machine;
    ((struct test_many *)user)->documents += json_is_object(root);
}

static void test_documents(void **state)
{
    struct test_many *many = *state;
    struct fanout_document document = {
        .path = "/v1/facts", .on_document = on_document, .user = many};

    fanout_document_init(&document);
    many->dead_from = 9;
    many_go(many, &document.task, 10, 0, 0);
    many_wait(many);
    assert_int_equal(many->documents, 9);
    many_expect_state(many, 9, STATE_UNREACHABLE, PROBLEM_CONNECTION_REFUSED);
}

static void test_orders(void **state)
{
    struct test_many *many = *state;
    struct fanout_order order = {.errand = {.verb = VERB_RESET}};

    fanout_order_init(&order);
    many_go(many, &order.task, 10, 0, 0);
    many_wait(many);
    many_expect_state(many, 9, STATE_EXITED, PROBLEM_NONE);
    assert_int_equal(many->world.agent.last_order.verb, VERB_RESET);
}

static void on_info(uint32_t machine, const struct link_info *info, void *user)
{
    (void)machine;
    assert_string_equal(info->name, "web1");
    ((struct test_many *)user)->infos++;
}

static void test_probes(void **state)
{
    struct test_many *many = *state;
    struct fanout_probe probe = {.on_info = on_info, .user = many};

    many->wrong_from = 8;
    fanout_probe_init(&probe);
    many_go(many, &probe.task, 10, 0, 0);
    many_wait(many);
    assert_int_equal(many->infos, 8);
    many_expect_state(many, 9, STATE_UNREACHABLE, PROBLEM_ID_CHANGED);
    many->fanout = fanout_free(many->fanout);
    many_go(many, &probe.task, 5, 0, 0); /* warm: told at once */
    many_wait(many);
    assert_int_equal(many->infos, 13);
}

static void test_input(void **state)
{
    struct test_many *many = *state;

    many->exit_state = 0;
    many->world.agent.echo = true;
    many_job(many);
    many->job.has_input = true;
    many->job.input = (struct slice){(const uint8_t *)"twelve bytes", 12};
    many_go(many, &many->job.task, 10, 0, 0);
    many_wait(many);
    assert_int_equal(many->output_bytes, 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        many_test(test_documents),
        many_test(test_orders),
        warm_test(test_probes),
        many_test(test_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
