/* /proc/net/dev and what sysfs adds to it. */
#include "sense/test-fixture.h"

#include "sense/network.h"

static const char usual[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n"
    "    lo:    3267      29    0    0    0     0          0         0     3267      29    0    0  "
    "  "
    "0     0       0          0\n"
    "eth0:18446744073709551614 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";

static void counters_are_found(void **state)
{
    struct interface interface;

    (void)state;
    assert_true(interface_parse(span_of(" eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13"), &interface));
    assert_span_equal(interface.name, "eth0");
    assert_int_equal(interface.rx_bytes, 1);
    assert_int_equal(interface.rx_packets, 2);
    assert_int_equal(interface.rx_errors, 3);
    assert_int_equal(interface.rx_drops, 4);
    assert_int_equal(interface.tx_bytes, 9);
    assert_int_equal(interface.tx_packets, 10);
    assert_int_equal(interface.tx_errors, 11);
    assert_int_equal(interface.tx_drops, 12);
    /* Large counters leave no blank behind the colon. */
    assert_true(interface_parse(span_of("eth0:17 2"), &interface));
    assert_int_equal(interface.rx_bytes, 17);
    assert_true(interface.rx_errors == SENSE_UNKNOWN);
    assert_true(interface.tx_drops == SENSE_UNKNOWN);
    assert_true(interface_parse(span_of("eth0: 18446744073709551616 x"), &interface));
    assert_true(interface.rx_bytes == SENSE_UNKNOWN);
    assert_true(interface.rx_packets == SENSE_UNKNOWN);
    assert_false(interface_parse(span_of("Inter-|   Receive"), &interface));
    assert_false(interface_parse(span_of(" : 1 2 3"), &interface));
    assert_false(interface_parse(span_of(""), &interface));
}

static void use_beginning(struct span text)
{
    struct interface interface;
    struct span line;

    while (scan_line(&text, &line))
        if (interface_parse(line, &interface))
            assert_in_range(interface.name.length, 1, 4);
}

static void cut_anywhere(void **state)
{
    (void)state;
    with_each_beginning(usual, sizeof(usual) - 1, use_beginning);
}

static void collected_from_a_machine(void **state)
{
    char root[32];
    json_t *json;
    json_t *list;

    (void)state;
    fixture_make(root);
    fixture_write(root, "/proc/net/dev", usual);
    fixture_write(root, "/sys/class/net/lo/address", "00:00:00:00:00:00\n");
    fixture_write(root, "/sys/class/net/lo/operstate", "unknown\n");
    fixture_write(root, "/sys/class/net/eth0/address", "02:fc:00:00:00:01\n");
    fixture_write(root, "/sys/class/net/eth0/speed", "-1\n");
    fixture_write(root, "/sys/class/net/eth0/mtu", "1400\n");
    assert_int_equal(network_collect(root, &json), 0);
    list = json_object_get(json, "interfaces");
    assert_int_equal(json_array_size(list), 2);
    assert_text_in(json_array_get(list, 0), "name", "lo");
    assert_text_in(json_array_get(list, 0), "state", "unknown");
    assert_absent(json_array_get(list, 0), "mac");
    assert_text_in(json_array_get(list, 1), "mac", "02:fc:00:00:00:01");
    assert_number_in(json_array_get(list, 1), "mtu", 1400);
    assert_absent(json_array_get(list, 1), "speed");
    /* JSON has no larger integers. */
    assert_number_in(json_array_get(list, 1), "rx_bytes", INT64_MAX);
    json_decref(json);
    fixture_write(root, "/sys/class/net/eth0/speed", "10000\n");
    assert_int_equal(network_collect(root, &json), 0);
    assert_number_in(json_array_get(json_object_get(json, "interfaces"), 1), "speed", 10000);
    json_decref(json);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_found),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(collected_from_a_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
