#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "gate/route.h"

#define ID "01020304-0506-7008-800a-0b0c0d0e0f10"

static void test_every_route(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        enum route route;
        enum route_need need;
    } cases[] = {
        {"GET", "/v1/hello", ROUTE_HELLO, NEED_NOTHING},
        {"POST", "/v1/open", ROUTE_OPEN, NEED_NOTHING},
        {"POST", "/v1/pair", ROUTE_PAIR, NEED_NOTHING},
        {"GET", "/v1/facts", ROUTE_FACTS, NEED_OBSERVE},
        {"GET", "/v1/facts/ram", ROUTE_FACT, NEED_OBSERVE},
        {"GET", "/v1/vitals?every=2s&fields=summary", ROUTE_VITALS, NEED_OBSERVE},
        {"GET", "/metrics", ROUTE_METRICS, NEED_OBSERVE},
        {"PUT", "/v1/jobs/" ID, ROUTE_ORDER, NEED_KEY},
        {"PUT", "/v1/enter/" ID, ROUTE_ENTER, NEED_NOTHING},
        {"GET", "/v1/jobs", ROUTE_JOBS, NEED_OBSERVE},
        {"GET", "/v1/jobs/" ID, ROUTE_JOB, NEED_OBSERVE},
        {"GET", "/v1/jobs/" ID "/output", ROUTE_OUTPUT, NEED_KEY},
        {"GET", "/v1/jobs/" ID "/parcel", ROUTE_PARCEL, NEED_KEY},
        {"POST", "/v1/jobs/" ID "/input", ROUTE_INPUT, NEED_KEY},
        {"GET", "/v1/audit", ROUTE_AUDIT, NEED_KEY},
        {"GET", "/healthz", ROUTE_HEALTH, NEED_NOTHING},
    };

    (void)state;
    assert_int_equal(ELEMENTS_OF(cases), ROUTE_COUNT);
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        struct route_match match;

        assert_int_equal(route_match(cases[i].method, cases[i].path, &match), PROBLEM_NONE);
        assert_int_equal(match.route, cases[i].route);
        assert_int_equal(match.need, cases[i].need);
        assert_int_equal(match.has_id, strstr(cases[i].path, ID) != NULL);
    }
}

static void test_captures(void **state)
{
    static const uint8_t id[UUID_SIZE] = {1,    2,  3,  4,  5,  6,  0x70, 8,
                                          0x80, 10, 11, 12, 13, 14, 15,   16};
    struct route_match match;

    (void)state;
    assert_int_equal(route_match("GET", "/v1/jobs/" ID "/output?from=17", &match), PROBLEM_NONE);
    assert_memory_equal(match.id, id, sizeof(id));
    assert_int_equal(match.from, 17);
    assert_int_equal(route_match("GET", "/v1/jobs/" ID "/output", &match), PROBLEM_NONE);
    assert_int_equal(match.from, 0);
    assert_int_equal(route_match("GET", "/v1/audit?from=9223372036854775807", &match),
                     PROBLEM_NONE);
    assert_true(match.from == INT64_MAX);
    assert_int_equal(route_match("POST", "/v1/jobs/" ID "/input?from=3&writer=4", &match),
                     PROBLEM_NONE);
    assert_int_equal(match.from, 3);
    assert_int_equal(match.writer, 4);
    assert_int_equal(route_match("POST", "/v1/jobs/" ID "/input?writer=5", &match), PROBLEM_NONE);
    assert_int_equal(match.from, 0);
    assert_int_equal(match.writer, 5);
    assert_int_equal(route_match("GET", "/v1/facts/services", &match), PROBLEM_NONE);
    assert_int_equal(match.fact, FACT_SERVICES);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        enum problem_code problem;
    } cases[] = {
        {"GET", "", PROBLEM_NOT_FOUND},
        {"GET", "/", PROBLEM_NOT_FOUND},
        {"GET", "?", PROBLEM_NOT_FOUND},
        {"GET", "/v1/hell", PROBLEM_NOT_FOUND},
        {"GET", "/v1/hello/", PROBLEM_NOT_FOUND},
        {"GET", "/v1/helloo", PROBLEM_NOT_FOUND},
        {"POST", "/v1/hello", PROBLEM_NOT_FOUND},
        {"get", "/v1/hello", PROBLEM_NOT_FOUND},
        {"DELETE", "/v1/jobs/" ID, PROBLEM_NOT_FOUND},
        {"GET", "/v1/facts/", PROBLEM_NOT_FOUND},
        {"GET", "/v1/facts/all", PROBLEM_NOT_FOUND},
        {"GET", "/v1/facts/ram/", PROBLEM_NOT_FOUND},
        {"GET", "/v1/jobs/", PROBLEM_NOT_FOUND},
        {"GET", "/v1/jobs//output", PROBLEM_NOT_FOUND},
        {"GET", "/v1/jobs/" ID "/", PROBLEM_NOT_FOUND},
        {"GET", "/v1/jobs/" ID "/outpu", PROBLEM_NOT_FOUND},
        {"GET", "/v1/jobs/" ID "/output/x", PROBLEM_NOT_FOUND},
        {"GET", "/v1/jobs/../hello", PROBLEM_NOT_FOUND},
        {"GET", "/v1/jobs/x", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/jobs/" ID "0", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/jobs/" ID ID ID, PROBLEM_BAD_REQUEST},
        {"GET", "/v1/vitals/", PROBLEM_NOT_FOUND},
        {"GET", "/v1/hello?", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/hello?from=1", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?from", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?from=", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?from=-1", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?from=1&from=2", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?fromm=1", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?from=1&", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?from=1&writer=1", PROBLEM_BAD_REQUEST},
        {"POST", "/v1/jobs/" ID "/input?writer=1&writer=2", PROBLEM_BAD_REQUEST},
        {"POST", "/v1/jobs/" ID "/input?write=1", PROBLEM_BAD_REQUEST},
        {"POST", "/v1/jobs/" ID "/input?=1", PROBLEM_BAD_REQUEST},
        {"POST", "/v1/jobs/" ID "/input?from writer=1", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?from=9223372036854775808", PROBLEM_BAD_REQUEST},
        {"GET", "/v1/audit?from=99999999999999999999999999999999", PROBLEM_BAD_REQUEST},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        struct route_match match;

        if (route_match(cases[i].method, cases[i].path, &match) != cases[i].problem)
            fail_msg("%s %s", cases[i].method, cases[i].path);
        /* Strangers are told "not open", whatever they guess at. */
        assert_int_equal(match.need, NEED_OBSERVE);
        assert_int_equal(match.route, ROUTE_COUNT);
        assert_false(match.has_id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_route),
        cmocka_unit_test(test_captures),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
