/* See uuid.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/uuid.h"

static void test_make(void **state)
{
    uint64_t before = clock_wall_ms();
    uint8_t first[UUID_SIZE];
    uint8_t second[UUID_SIZE];
    uint64_t told = 0;

    (void)state;
    assert_int_equal(uuid_make(first), 0);
    assert_int_equal(uuid_make(second), 0);
    assert_memory_not_equal(first, second, UUID_SIZE);
    assert_int_equal(first[6] >> 4, 7);
    assert_int_equal(first[8] >> 6, 2);
    for (int i = 0; i < 6; i++)
        told = told << 8 | first[i];
    assert_true(told >= before && told <= clock_wall_ms());
}

/* The example of RFC 9562, appendix A.6. */
static void test_text(void **state)
{
    static const char text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    static const uint8_t bytes[UUID_SIZE] = {0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3,
                                             0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    uint8_t parsed[UUID_SIZE];
    char written[UUID_TEXT_SIZE];

    (void)state;
    uuid_format(bytes, written);
    assert_string_equal(written, text);
    assert_true(uuid_parse(text, parsed));
    assert_memory_equal(parsed, bytes, UUID_SIZE);
    assert_true(uuid_parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", parsed));
    assert_memory_equal(parsed, bytes, UUID_SIZE);
}

static void test_bad_text(void **state)
{
    static const char *const bad[] = {
        "",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e279b0-7cc3-98c4-dc0c0c07398f-",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c0739}",
        "017f22e-279b0-7cc3-98c4-dc0c0c07398f",
    };
    uint8_t parsed[UUID_SIZE];

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_false(uuid_parse(bad[i], parsed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_bad_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
