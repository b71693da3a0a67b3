#include "fleet/watch/store-alerts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "fleet/home/test-place.h"

static struct store *opened(void)
{
    struct fault fault = {0};
    struct store *store = NULL;

    if (store_open("hune.db", &store, &fault))
        fail_msg("%s", fault.text);
    return store;
}

/* Two consoles at once: one tells the begin, one the end. */
static void test_once(void **state)
{
    struct store *one = opened(), *other = opened();
    uint64_t begun = 0;

    (void)state;
    assert_int_equal(store_alert_stands(one, "web1", "down", &begun, NULL), STORE_ALERT_KNOWN);
    assert_int_equal(store_alert_begin(one, "web1", "down", "", 1000), 0);
    assert_int_equal(store_alert_begin(other, "web1", "down", "", 1001), STORE_ALERT_KNOWN);
    assert_int_equal(store_alert_begin(one, "web1", "down", "", 1002), STORE_ALERT_KNOWN);
    assert_int_equal(store_alert_begin(other, "web2", "down", "", 1003), 0);
    assert_int_equal(store_alert_begin(other, "web1", "cpu > 9", "", 1004), 0);
    assert_int_equal(store_alert_stands(other, "web1", "down", &begun, NULL), 0);
    assert_int_equal(begun, 1000);
    begun = 0;
    assert_int_equal(store_alert_end(other, "web1", "down", 2000, &begun), 0);
    assert_int_equal(begun, 1000);
    assert_int_equal(store_alert_end(one, "web1", "down", 2001, &begun), STORE_ALERT_KNOWN);
    /* And again. */
    assert_int_equal(store_alert_begin(one, "web1", "down", "", 3000), 0);
    store_close(one);
    store_close(other);
}

static void append(const struct stored_event *event, void *user)
{
    buffer_printf(user, "%llu %s %s %s %s %llu\n", (unsigned long long)event->at_ms, event->machine,
                  event->kind, event->rule ? event->rule : "-", event->detail ? event->detail : "-",
                  (unsigned long long)event->begun_ms);
}

static void test_events(void **state)
{
    struct store *store = opened();
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    uint64_t begun;

    (void)state;
    assert_int_equal(store_presence(store, "web1", PRESENCE_UP, NULL, 100), 0);
    assert_int_equal(store_presence(store, "web1", PRESENCE_UP, NULL, 200), 0);
    assert_int_equal(store_presence(store, "web2", PRESENCE_UP, NULL, 250), 0);
    assert_int_equal(store_presence(store, "web1", PRESENCE_DOWN, "timeout", 300), 0);
    assert_int_equal(store_presence(store, "web1", PRESENCE_DOWN, "lost", 400), 0);
    assert_int_equal(store_presence(store, "web1", PRESENCE_UP, NULL, 500), 0);
    assert_int_equal(store_alert_begin(store, "web1", "cpu > 9", "cpu 10 %", 350), 0);
    assert_int_equal(store_alert_end(store, "web1", "cpu > 9", 450, &begun), 0);
    assert_int_equal(store_events(store, 200, NULL, append, &out), 0);
    assert_string_equal(buffer_text(&out), "250 web2 up - - 0\n"
                                           "300 web1 down - timeout 0\n"
                                           "350 web1 begin cpu > 9 cpu 10 % 0\n"
                                           "450 web1 end cpu > 9 cpu 10 % 350\n"
                                           "500 web1 up - - 0\n");
    buffer_clear(&out);
    assert_int_equal(store_events(store, 0, "web2", append, &out), 0);
    assert_string_equal(buffer_text(&out), "250 web2 up - - 0\n");
    store_close(store);
}

static void test_prune(void **state)
{
    static const uint64_t day = 86400000, now = 1000 * 86400000ull;
    struct store *store = opened();
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    uint64_t begun;

    (void)state;
    store_presence(store, "web1", PRESENCE_UP, NULL, day);
    store_presence(store, "web1", PRESENCE_DOWN, NULL, 2 * day);
    store_alert_begin(store, "web1", "down", "", day);
    store_alert_end(store, "web1", "down", 2 * day, &begun);
    store_alert_begin(store, "web2", "down", "", 3 * day);
    assert_int_equal(store_alerts_prune(store, now), 0);
    assert_int_equal(store_events(store, 0, NULL, append, &out), 0);
    /* What stands, and how a machine was last, is not forgotten. */
    assert_string_equal(buffer_text(&out), "172800000 web1 down - - 0\n"
                                           "259200000 web2 begin down  0\n");
    store_close(store);
}

static void test_no_store(void **state)
{
    uint64_t begun;

    (void)state;
    assert_int_equal(store_alert_begin(NULL, "web1", "down", "", 1), STORE_OFF);
    assert_int_equal(store_alert_end(NULL, "web1", "down", 1, &begun), STORE_OFF);
    assert_int_equal(store_presence(NULL, "web1", PRESENCE_UP, NULL, 1), STORE_OFF);
    assert_int_equal(store_events(NULL, 0, NULL, append, NULL), STORE_OFF);
    assert_int_equal(store_alerts_prune(NULL, 1), STORE_OFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_once, test_place_enter, test_place_leave),
        cmocka_unit_test_setup_teardown(test_events, test_place_enter, test_place_leave),
        cmocka_unit_test_setup_teardown(test_prune, test_place_enter, test_place_leave),
        cmocka_unit_test(test_no_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
