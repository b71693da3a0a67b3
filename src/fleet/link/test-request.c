/* Requests on a link, before and after it is there; what comes back is a document or a problem. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "fleet/link/document.h"
#include "fleet/link/request.h"
#include "fleet/link/test-way.h"

struct asked {
    bool done;
    bool good;
    struct trouble trouble;
};

static void on_document(json_t *root, const struct trouble *trouble, void *user)
{
    struct asked *asked = user;
    char host[32];

    asked->done = true;
    if (trouble)
        asked->trouble = *trouble;
    asked->good = document_text(json_object_get(root, "name"), "host", host, sizeof(host)) &&
                  text_equal(host, "web1");
}

static void test_document(void **state)
{
    struct way *way = *state;
    struct asked asked = {0};

    way_start(way);
    /* Given before there is a connection. */
    assert_int_equal(request_document(way->link, "/v1/facts", on_document, &asked, NULL), 0);
    test_world_run(&way->world, &asked.done);
    assert_true(asked.good);
}

static void test_document_refused(void **state)
{
    struct way *way = *state;
    struct asked asked = {0};

    way_start(way);
    assert_int_equal(request_document(way->link, "/v1/nothing", on_document, &asked, NULL), 0);
    test_world_run(&way->world, &asked.done);
    assert_int_equal(asked.trouble.code, PROBLEM_NOT_FOUND);
    assert_string_equal(asked.trouble.machine, "said so");
    assert_true(trouble_is_from_machine(&asked.trouble));
}

static void test_document_no_json(void **state)
{
    struct way *way = *state;
    struct asked asked = {0};

    way->world.agent.document = "{\"name\":";
    way_start(way);
    assert_int_equal(request_document(way->link, "/v1/facts", on_document, &asked, NULL), 0);
    test_world_run(&way->world, &asked.done);
    assert_int_equal(asked.trouble.code, PROBLEM_NOT_HUNE);
}

/* A request on a link that never gets there has the link's own trouble. */
static void test_request_fails_with_link(void **state)
{
    struct way *way = *state;
    struct asked asked = {0};

    way->world.agent.refuse_open = PROBLEM_KEY_UNKNOWN;
    way_start(way);
    assert_int_equal(request_document(way->link, "/v1/facts", on_document, &asked, NULL), 0);
    test_world_run(&way->world, &asked.done);
    assert_int_equal(asked.trouble.code, PROBLEM_KEY_UNKNOWN);
    /* And on a closed one at once. */
    asked.done = false;
    assert_int_equal(request_document(way->link, "/v1/facts", on_document, &asked, NULL), 0);
    assert_true(asked.done);
    assert_int_equal(asked.trouble.code, PROBLEM_KEY_UNKNOWN);
}

static void test_request_cancelled(void **state)
{
    struct way *way = *state;
    struct asked asked = {0};
    struct request *request;

    way_start(way);
    assert_int_equal(request_document(way->link, "/v1/facts", on_document, &asked, &request), 0);
    request_cancel(request);
    test_world_run(&way->world, &way->watched.ready);
    assert_int_equal(request_document(way->link, "/v1/facts", on_document, &asked, &request), 0);
    request_cancel(request);
    test_world_wait(&way->world, 30);
    assert_false(asked.done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        way_test(test_document),          way_test(test_document_refused),
        way_test(test_document_no_json),  way_test(test_request_fails_with_link),
        way_test(test_request_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
