/* Tickets in the store: each for its machine and its place, for a day. */
#include "fleet/home/tickets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fleet/home/store-tickets.h"
#include "fleet/home/test-place.h"

static const uint8_t one[MACHINE_ID_SIZE] = {1}, other[MACHINE_ID_SIZE] = {2};

static struct store *opened(void)
{
    struct fault fault = {0};
    struct store *store = NULL;

    if (store_open("hune.db", &store, &fault))
        fail_msg("%s", fault.text);
    return store;
}

static struct tickets *made(struct store *store)
{
    struct tickets *tickets;

    assert_int_equal(tickets_new(&tickets), 0);
    tickets_use(tickets, store);
    return tickets;
}

static bool finds(struct tickets *tickets, const uint8_t *machine, const char *place,
                  const char *text)
{
    _cleanup_buffer_ struct buffer ticket = BUFFER_INIT;

    return tickets_find(tickets, machine, place, &ticket) == 0 &&
           buffer_length(&ticket) == strlen(text) &&
           memcmp(buffer_bytes(&ticket), text, strlen(text)) == 0;
}

static struct slice text(const char *text)
{
    return (struct slice){(const uint8_t *)text, strlen(text)};
}

static void test_kept(void **state)
{
    struct store *store = opened();
    struct tickets *tickets;

    (void)state;
    tickets = made(store);
    tickets_keep(tickets, one, "web1:10000", text("first"));
    tickets_keep(tickets, one, "web1:10000", text("second"));
    tickets_keep(tickets, other, "web2:10000", text("third"));
    tickets_free(tickets);
    tickets = made(store);
    assert_true(finds(tickets, one, "web1:10000", "second"));
    assert_true(finds(tickets, other, "web2:10000", "third"));
    /* Nowhere else, and for nobody else. */
    assert_false(finds(tickets, one, "web2:10000", "third"));
    assert_false(finds(tickets, other, "web1:10000", "second"));
    /* Refused: forgotten. */
    tickets_keep(tickets, one, "web1:10000", (struct slice){0});
    tickets_free(tickets);
    tickets = made(store);
    assert_false(finds(tickets, one, "web1:10000", "second"));
    assert_true(finds(tickets, other, "web2:10000", "third"));
    tickets_free(tickets);
    store_close(store);
}

static void test_until(void **state)
{
    _cleanup_buffer_ struct buffer ticket = BUFFER_INIT;
    struct store *store = opened();

    (void)state;
    assert_int_equal(store_ticket_keep(store, one, "a:1", text("x"), 1000), 0);
    assert_int_equal(store_ticket_find(store, one, "a:1", 999, &ticket), 0);
    assert_int_equal(store_ticket_find(store, one, "a:1", 1000, &ticket), 1);
    assert_int_equal(store_tickets_tidy(store, 999), 0);
    assert_int_equal(store_ticket_find(store, one, "a:1", 0, &ticket), 0);
    assert_int_equal(store_tickets_tidy(store, 1000), 0);
    assert_int_equal(store_ticket_find(store, one, "a:1", 0, &ticket), 1);
    store_close(store);
}

/* More than are written at once, and no store at all. */
static void test_many_and_none(void **state)
{
    struct store *store = opened();
    struct tickets *tickets;
    char place[32];

    (void)state;
    for (int with = 1; with >= 0; with--) {
        tickets = made(with ? store : NULL);
        for (int i = 0; i < 1500; i++) {
            snprintf(place, sizeof(place), "m%d:1", i);
            tickets_keep(tickets, one, place, text(place));
        }
        tickets_free(tickets);
        tickets = made(with ? store : NULL);
        assert_int_equal(finds(tickets, one, "m0:1", "m0:1"), with);
        assert_int_equal(finds(tickets, one, "m1499:1", "m1499:1"), with);
        tickets_free(tickets);
    }
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept, test_place_enter, test_place_leave),
        cmocka_unit_test_setup_teardown(test_until, test_place_enter, test_place_leave),
        cmocka_unit_test_setup_teardown(test_many_and_none, test_place_enter, test_place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
