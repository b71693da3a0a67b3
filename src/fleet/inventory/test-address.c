/* Addresses: each form, and each way to be none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fleet/inventory/address.h"

static void test_accepted(void **state)
{
    static const struct {
        const char *text;
        const char *host;
        uint16_t port;
        bool has_port;
    } cases[] = {
        {"web1", "web1", 10000, false},
        {"web1:1", "web1", 1, true},
        {"web1.example.com:65535", "web1.example.com", 65535, true},
        {"192.0.2.7", "192.0.2.7", 10000, false},
        {"2001:db8::7", "2001:db8::7", 10000, false},
        {"::1", "::1", 10000, false},
        {"[::1]", "::1", 10000, false},
        {"[2001:db8::7]:22", "2001:db8::7", 22, true},
        {"fe80::1%eth0", "fe80::1%eth0", 10000, false},
        {"[fe80::1%eth0]:9", "fe80::1%eth0", 9, true},
        {"a_b-c.d:00080", "a_b-c.d", 80, true},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        struct address address = {0};

        assert_int_equal(address_parse(cases[i].text, DEFAULT_PORT, &address, NULL), 0);
        assert_string_equal(address.host, cases[i].host);
        assert_int_equal(address.port, cases[i].port);
        assert_int_equal(address.has_port, cases[i].has_port);
    }
}

static void test_refused(void **state)
{
    char long_host[256];
    static const struct {
        const char *text;
        int error;
        uint32_t column;
    } cases[] = {
        {"", ADDRESS_E_EMPTY, 1},
        {":80", ADDRESS_E_EMPTY, 1},
        {"[]:80", ADDRESS_E_EMPTY, 2},
        {"web1:", ADDRESS_E_PORT_TEXT, 6},
        {"web1:http", ADDRESS_E_PORT_TEXT, 6},
        {"web1:-1", ADDRESS_E_PORT_TEXT, 6},
        {"web1: 80", ADDRESS_E_PORT_TEXT, 6},
        {"web1:80:90", ADDRESS_E_PORT_TEXT, 6},
        {"web1:0", ADDRESS_E_PORT_RANGE, 6},
        {"web1:65536", ADDRESS_E_PORT_RANGE, 6},
        {"web1:99999999999999999999999999", ADDRESS_E_PORT_RANGE, 6},
        {"[::1]:65536", ADDRESS_E_PORT_RANGE, 7},
        {"web 1", ADDRESS_E_HOST, 4},
        {"user@web1", ADDRESS_E_HOST, 5},
        {"-oProxy", ADDRESS_E_HOST, 1},
        {".hidden", ADDRESS_E_HOST, 1},
        {"web1/x", ADDRESS_E_HOST, 5},
        {"m\xc3\xbcnchen", ADDRESS_E_HOST, 2},
        {"web1\n", ADDRESS_E_HOST, 5},
        {"[::1", ADDRESS_E_BRACKET, 1},
        {"[web1]", ADDRESS_E_BRACKET, 2},
        {"[::1]80", ADDRESS_E_BRACKET, 6},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        struct address address = {.host = "untouched"};
        struct fault fault = {0};

        assert_int_equal(address_parse(cases[i].text, DEFAULT_PORT, &address, &fault),
                         cases[i].error);
        assert_int_equal(fault.column, cases[i].column);
        assert_true(fault.text[0] && fault.hint[0]);
        assert_string_equal(address.host, "untouched");
    }
    memset(long_host, 'a', 254);
    long_host[254] = '\0';
    assert_int_equal(address_parse(long_host, 1, &(struct address){0}, NULL), ADDRESS_E_LONG);
    long_host[253] = '\0';
    assert_int_equal(address_parse(long_host, 1, &(struct address){0}, NULL), 0);
}

static void test_fault_is_printable(void **state)
{
    struct fault fault;

    (void)state;
    assert_int_equal(address_parse("a\x1b[31m", 1, &(struct address){0}, &fault), ADDRESS_E_HOST);
    assert_null(strchr(fault.text, '\x1b'));
    assert_non_null(strstr(fault.text, "\\x1b"));
}

static void test_append(void **state)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    (void)state;
    assert_int_equal(address_append(&text, "web1", 1), 0);
    assert_int_equal(address_append(&text, "::1", 65535), 0);
    assert_string_equal(buffer_text(&text), "web1:1[::1]:65535");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_fault_is_printable),
        cmocka_unit_test(test_append),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
