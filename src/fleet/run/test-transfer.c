/* A file from a machine, with the courier of this build: what a machine does that knows no parcels.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fleet/run/test-many.h"
#include "fleet/run/transfer.h"
#include "proto/transfer.h"

struct getting {
    struct fanout_transfer transfer;
    struct buffer there, here;
};

static int plan(uint32_t machine, struct transfer_plan *plan_out, void *user)
{
    const struct getting *getting = user;

    (void)machine;
    plan_out->there = buffer_slice(&getting->there);
    plan_out->here = buffer_slice(&getting->here);
    return 0;
}

static void test_older_agent(void **state)
{
    struct test_many *many = *state;
    struct getting getting = {.there = BUFFER_INIT, .here = BUFFER_INIT};
    char target[128];

    snprintf(target, sizeof(target), "%s/got", many->world.directory);
    assert_int_equal(
        transfer_encode(&(struct transfer){0}, (const char *const[]){"/f", NULL}, &getting.there),
        0);
    assert_int_equal(
        transfer_encode(&(struct transfer){0}, (const char *const[]){target, NULL}, &getting.here),
        0);
    fanout_transfer_init(&getting.transfer);
    getting.transfer.verb = VERB_GET;
    getting.transfer.plan = plan;
    getting.transfer.user = &getting;
    many->world.agent.no_parcels = true;
    many_go(many, &getting.transfer.task, 1, 0, 0);
    many_wait(many);
    many_expect_state(many, 0, STATE_REFUSED, PROBLEM_VERSION);
    assert_non_null(strstr(fanout_result(many->fanout, 0)->trouble->detail, "older"));
    buffer_deinit(&getting.there);
    buffer_deinit(&getting.here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {many_test(test_older_agent)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
