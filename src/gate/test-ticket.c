#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/ticket.h"
#include "proto/limits.h"

/* The table knows requests by address only. */
struct request {
    int unused;
};
static struct request requests[2];
static struct request *const somebody = requests;

static void test_answers_find_their_request(void **state)
{
    struct tickets tickets;
    struct request *request;
    uint32_t first, second;

    (void)state;
    tickets_init(&tickets);
    assert_int_equal(tickets_take(&tickets, DOOR_OPENED, somebody, &first), 0);
    assert_int_equal(tickets_take(&tickets, DOOR_ORDERED, somebody + 1, &second), 0);
    assert_int_not_equal(first, second);
    assert_int_equal(tickets_settle(&tickets, second, DOOR_ORDERED, &request), 0);
    assert_ptr_equal(request, somebody + 1);
    assert_int_equal(tickets_settle(&tickets, first, DOOR_OPENED, &request), 0);
    assert_ptr_equal(request, somebody);
    tickets_deinit(&tickets);
}

static void test_what_was_not_asked(void **state)
{
    struct tickets tickets;
    struct request *request;
    uint32_t ticket;

    (void)state;
    tickets_init(&tickets);
    assert_int_equal(tickets_settle(&tickets, 0, DOOR_OPENED, &request), 1);
    assert_int_equal(tickets_take(&tickets, DOOR_OPENED, somebody, &ticket), 0);
    assert_int_equal(tickets_settle(&tickets, ticket, DOOR_PAIRED, &request), 1);
    assert_int_equal(tickets_settle(&tickets, ticket + 1, DOOR_OPENED, &request), 1);
    assert_int_equal(tickets_settle(&tickets, TICKET_NONE, DOOR_OPENED, &request), 1);
    assert_int_equal(tickets_settle(&tickets, ticket, DOOR_OPENED, &request), 0);
    assert_int_equal(tickets_settle(&tickets, ticket, DOOR_OPENED, &request), 1);
    tickets_deinit(&tickets);
}

static void test_orphan_keeps_its_place(void **state)
{
    struct tickets tickets;
    struct request *request;
    uint32_t orphan, other;

    (void)state;
    tickets_init(&tickets);
    assert_int_equal(tickets_take(&tickets, DOOR_ORDERED, somebody, &orphan), 0);
    tickets_orphan(&tickets, orphan);
    tickets_orphan(&tickets, TICKET_NONE);
    assert_int_equal(tickets_take(&tickets, DOOR_ORDERED, somebody, &other), 0);
    assert_int_not_equal(orphan, other);
    assert_int_equal(tickets_settle(&tickets, orphan, DOOR_ORDERED, &request), 0);
    assert_null(request);
    tickets_deinit(&tickets);
}

static void test_limit(void **state)
{
    struct tickets tickets;
    struct request *request;
    uint32_t ticket;

    (void)state;
    tickets_init(&tickets);
    for (size_t i = 0; i < LIMIT_TICKETS; i++)
        assert_int_equal(tickets_take(&tickets, DOOR_TOKENED, somebody, &ticket), 0);
    assert_int_equal(tickets_take(&tickets, DOOR_TOKENED, somebody, &ticket), 1);
    assert_int_equal(ticket, TICKET_NONE);
    assert_int_equal(tickets_settle(&tickets, 77, DOOR_TOKENED, &request), 0);
    assert_int_equal(tickets_take(&tickets, DOOR_TOKENED, somebody, &ticket), 0);
    assert_int_equal(ticket, 77);
    tickets_deinit(&tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_find_their_request),
        cmocka_unit_test(test_what_was_not_asked),
        cmocka_unit_test(test_orphan_keeps_its_place),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
