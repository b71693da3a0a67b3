/* Routes, own addresses, and which of them is the primary one. The route fixtures hold addresses as
 * a little-endian kernel prints them, so they are made by a function for the order of this one. */
#include "sense/test-fixture.h"

#include <arpa/inet.h>

#include "sense/addresses.h"

#define IP(a, b, c, d) \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const char heading[] =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n";

static void route_add(struct buffer *routes, const char *interface, uint32_t destination,
                      uint32_t gateway, unsigned flags, unsigned metric, uint32_t mask)
{
    if (buffer_length(routes) == 0)
        assert_int_equal(buffer_append_text(routes, heading), 0);
    assert_int_equal(buffer_printf(routes, "%s\t%08X\t%08X\t%04X\t0\t0\t%u\t%08X\t0\t0\t0  \n",
                                   interface, htonl(destination), htonl(gateway), flags, metric,
                                   htonl(mask)),
                     0);
}

static struct span routes_span(struct buffer *routes)
{
    return span_of(buffer_text(routes));
}

/* A default route by way of .1 on eth0, whose network is 192.0.2.0/24; 10/8 on eth1. */
static void usual_routes(struct buffer *routes)
{
    route_add(routes, "wlan0", 0, IP(198, 51, 100, 1), 3, 600, 0);
    route_add(routes, "eth0", 0, IP(192, 0, 2, 1), 3, 100, 0);
    route_add(routes, "*", 0, 0, 0x201, 5, 0); /* unreachable */
    route_add(routes, "tun0", 0, 0, 0, 5, 0);  /* down */
    route_add(routes, "eth1", IP(10, 0, 0, 0), 0, 1, 0, IP(255, 0, 0, 0));
    route_add(routes, "eth0", IP(192, 0, 2, 0), 0, 1, 0, IP(255, 255, 255, 0));
}

static void lines_of_routes(void **state)
{
    static const char *const broken[] = {
        "",
        "eth0",
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask",
        "eth0 00000000 010200C0 0003 0 0 0",
        "eth0 0 010200C0 0003 0 0 0 00000000",
        "eth0 0000000g 010200C0 0003 0 0 0 00000000",
        "eth0 00000000 010200C0 0003 0 0 x 00000000",
        "eth0 00000000 010200C0 0003 0 0 4294967296 00000000",
        "eth0 00000000 010200C0 xx 0 0 0 00000000",
        "eth0 00000000 010200C0 0002 0 0 0 00000000"};
    _cleanup_buffer_ struct buffer routes = BUFFER_INIT;
    struct route route;
    struct span text;
    struct span line;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(broken); i++)
        assert_false(route_parse(span_of(broken[i]), &route));
    route_add(&routes, "eth0", IP(192, 0, 2, 0), IP(1, 2, 3, 4), 1, UINT32_MAX,
              IP(255, 255, 255, 0));
    text = routes_span(&routes);
    assert_true(scan_line(&text, &line) && scan_line(&text, &line));
    assert_true(route_parse(line, &route));
    assert_span_equal(route.interface, "eth0");
    assert_int_equal(route.destination, IP(192, 0, 2, 0));
    assert_int_equal(route.gateway, IP(1, 2, 3, 4));
    assert_int_equal(route.mask, IP(255, 255, 255, 0));
    assert_int_equal(route.metric, UINT32_MAX);
}

static void the_default_has_the_lowest_metric(void **state)
{
    _cleanup_buffer_ struct buffer routes = BUFFER_INIT;
    struct route route;

    (void)state;
    assert_false(default_route(span_of(heading), &route));
    usual_routes(&routes);
    assert_true(default_route(routes_span(&routes), &route));
    assert_span_equal(route.interface, "eth0");
}

static void networks_are_specific_and_sure(void **state)
{
    _cleanup_buffer_ struct buffer routes = BUFFER_INIT;
    struct route route;

    (void)state;
    usual_routes(&routes);
    assert_true(network_of(routes_span(&routes), IP(192, 0, 2, 77), &route));
    assert_span_equal(route.interface, "eth0");
    assert_false(network_of(routes_span(&routes), IP(192, 0, 3, 1), &route));
    route_add(&routes, "br0", IP(10, 1, 0, 0), 0, 1, 0, IP(255, 255, 0, 0));
    assert_true(network_of(routes_span(&routes), IP(10, 1, 2, 3), &route));
    assert_span_equal(route.interface, "br0");
    /* Two interfaces in one network: nobody can tell whose address it is. */
    route_add(&routes, "eth2", IP(192, 0, 2, 0), 0, 1, 100, IP(255, 255, 255, 0));
    assert_false(network_of(routes_span(&routes), IP(192, 0, 2, 77), &route));
    /* A more specific network settles it again. */
    route_add(&routes, "eth3", IP(192, 0, 2, 64), 0, 1, 0, IP(255, 255, 255, 192));
    assert_true(network_of(routes_span(&routes), IP(192, 0, 2, 77), &route));
    assert_span_equal(route.interface, "eth3");
}

static void the_primary_address_is_sure_or_none(void **state)
{
    _cleanup_buffer_ struct buffer routes = BUFFER_INIT;
    uint32_t addresses[] = {IP(127, 0, 0, 1), IP(10, 0, 0, 9), IP(192, 0, 2, 5),
                            IP(203, 0, 113, 7)};

    (void)state;
    assert_int_equal(primary_of(span_of(heading), addresses, ELEMENTS_OF(addresses)), 0);
    usual_routes(&routes);
    assert_int_equal(primary_of(routes_span(&routes), addresses, ELEMENTS_OF(addresses)),
                     IP(192, 0, 2, 5));
    assert_int_equal(primary_of(routes_span(&routes), addresses, 2), 0);
    /* Many clouds give one /32 address and a gateway outside of it. */
    addresses[2] = IP(127, 0, 0, 2);
    assert_int_equal(primary_of(routes_span(&routes), addresses, ELEMENTS_OF(addresses)),
                     IP(203, 0, 113, 7));
    /* Two in the gateway's network. */
    addresses[2] = IP(192, 0, 2, 5);
    addresses[3] = IP(192, 0, 2, 6);
    assert_int_equal(primary_of(routes_span(&routes), addresses, ELEMENTS_OF(addresses)), 0);
    /* The one in the gateway's network comes before another one of its interface. */
    route_add(&routes, "eth0", IP(203, 0, 113, 0), 0, 1, 0, IP(255, 255, 255, 0));
    addresses[3] = IP(203, 0, 113, 7);
    assert_int_equal(primary_of(routes_span(&routes), addresses, ELEMENTS_OF(addresses)),
                     IP(192, 0, 2, 5));
}

static const char trie[] =
    "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n"
    "        |-- 127.0.0.0\n           /8 host LOCAL\n"
    "        |-- 127.0.0.1\n           /32 host LOCAL\n"
    "        |-- 192.0.2.0\n           /24 link UNICAST\n"
    "        |-- 192.0.2.2\n           /32 host LOCAL\n"
    "        |-- 192.0.2.255\n           /32 link BROADCAST\n"
    "Local:\n        |-- 127.0.0.1\n           /32 host LOCAL\n"
    "        |-- 192.0.2.2\n           /32 host LOCAL\n";

static void own_addresses_are_found_once(void **state)
{
    uint32_t addresses[4];

    (void)state;
    assert_int_equal(fib_trie_parse(span_of(trie), addresses, ELEMENTS_OF(addresses)), 2);
    assert_int_equal(addresses[0], IP(127, 0, 0, 1));
    assert_int_equal(addresses[1], IP(192, 0, 2, 2));
    assert_int_equal(fib_trie_parse(span_of(trie), addresses, 1), 1);
    assert_int_equal(fib_trie_parse(span_of("/32 host LOCAL\n"), addresses, 4), 0);
    assert_int_equal(
        fib_trie_parse(span_of("|-- 1.2.3.4.5.6.7.8.9.10\n/32 host LOCAL\n"), addresses, 4), 0);
    assert_int_equal(
        fib_trie_parse(span_of("|-- 1.2.3.4\n|-- 1.2.3\n/32 host LOCAL\n"), addresses, 4), 0);
}

static void use_beginning(struct span text)
{
    uint32_t addresses[4];
    struct address6 address;
    struct route route;
    struct span interface;

    assert_true(fib_trie_parse(text, addresses, ELEMENTS_OF(addresses)) <= 2);
    (void)address6_parse(text, &address);
    (void)route_parse(text, &route);
    (void)default_interface6(text, &interface);
}

static const char route6[] =
    "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth1\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth1\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "fd000000000000000000000000000001 00000100 00000002 00000000 00000003     eth0\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 00000001 00000001 00000000 00200200       lo\n";

static void ipv6_is_read(void **state)
{
    static const char *const broken[] = {"",
                                         "fe80",
                                         "fe80000000000000000fc00fffe00000g 04 40 20 80 eth0",
                                         "fe8000000000000000fc00fffe000001 04 81 20 80 eth0",
                                         "fe8000000000000000fc00fffe000001 04 40 20 80",
                                         "fe8000000000000000fc00fffe000001 04 40 20 x eth0",
                                         "fe8000000000000000fc00fffe00000  04 40 20 80 eth0"};
    struct address6 address;
    struct span interface;

    (void)state;
    assert_true(
        address6_parse(span_of("fe800000000000000000fc00fe000001 04 40 20 80     eth0"), &address));
    assert_int_equal(address.address[0], 0xfe);
    assert_int_equal(address.address[15], 1);
    assert_int_equal(address.prefix, 64);
    assert_string_equal(address.scope, "link");
    assert_true(address.lasting);
    assert_span_equal(address.interface, "eth0");
    assert_true(
        address6_parse(span_of("20010db8000000000000000000000001 04 80 00 01 eth0"), &address));
    assert_string_equal(address.scope, "global");
    assert_false(address.lasting);
    for (size_t i = 0; i < ELEMENTS_OF(broken); i++)
        assert_false(address6_parse(span_of(broken[i]), &address));
    assert_true(default_interface6(span_of(route6), &interface));
    assert_span_equal(interface, "eth0");
    assert_false(default_interface6(span_of(""), &interface));
}

static void cut_anywhere(void **state)
{
    _cleanup_buffer_ struct buffer routes = BUFFER_INIT;

    (void)state;
    with_each_beginning(trie, sizeof(trie) - 1, use_beginning);
    with_each_beginning(route6, sizeof(route6) - 1, use_beginning);
    usual_routes(&routes);
    with_each_beginning(buffer_text(&routes), buffer_length(&routes), use_beginning);
    with_each_beginning("fe800000000000000000fc00fe000001 04 40 20 80 eth0", 49, use_beginning);
}

static void collected_from_a_machine(void **state)
{
    _cleanup_buffer_ struct buffer routes = BUFFER_INIT;
    char root[32];
    json_t *json;
    json_t *list;

    (void)state;
    fixture_make(root);
    fixture_write(root, "/proc/net/if_inet6",
                  "00000000000000000000000000000001 01 80 10 80       lo\n"
                  "20010db8000000000000000000000001 04 40 00 80     eth0\n"
                  "20010db80000000000000000000000ff 04 40 00 01     eth0\n"
                  "20010db8000000000000000000000002 04 40 00 80     eth1\n");
    fixture_write(root, "/proc/net/ipv6_route", route6);
    assert_int_equal(addresses_collect(root, &json), 0);
    assert_text_in(json, "primary", "2001:db8::1");
    json_decref(json);
    usual_routes(&routes);
    fixture_write(root, "/proc/net/route", buffer_text(&routes));
    fixture_write(root, "/proc/net/fib_trie", trie);
    assert_int_equal(addresses_collect(root, &json), 0);
    assert_text_in(json, "primary", "192.0.2.2");
    list = json_object_get(json, "addresses");
    assert_int_equal(json_array_size(list), 6);
    assert_text_in(json_array_get(list, 0), "interface", "lo");
    assert_text_in(json_array_get(list, 0), "scope", "host");
    assert_text_in(json_array_get(list, 1), "interface", "eth0");
    assert_text_in(json_array_get(list, 1), "address", "192.0.2.2");
    assert_number_in(json_array_get(list, 1), "prefix", 24);
    assert_text_in(json_array_get(list, 2), "family", "inet6");
    assert_text_in(json_array_get(list, 2), "scope", "host");
    json_decref(json);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_routes),
        cmocka_unit_test(the_default_has_the_lowest_metric),
        cmocka_unit_test(networks_are_specific_and_sure),
        cmocka_unit_test(the_primary_address_is_sure_or_none),
        cmocka_unit_test(own_addresses_are_found_once),
        cmocka_unit_test(ipv6_is_read),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(collected_from_a_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
