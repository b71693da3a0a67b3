/* See greeting.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/greeting.h"

static struct greeting sample(void)
{
    struct greeting greeting = {.boot_ms = 0x0102030405060708};

    memset(greeting.epoch, 'e', sizeof(greeting.epoch));
    return greeting;
}

static void test_round_trip(void **state)
{
    struct greeting greeting = sample(), decoded;
    uint8_t bytes[GREETING_SIZE];

    (void)state;
    greeting_encode(&greeting, bytes);
    assert_memory_equal(bytes, "\1eeee", 5);
    assert_memory_equal(bytes + 1 + EPOCH_SIZE, "\1\2\3\4\5\6\7\10", 8);
    assert_true(greeting_decode(&decoded, (struct slice){bytes, sizeof(bytes)}));
    assert_memory_equal(decoded.epoch, greeting.epoch, EPOCH_SIZE);
    assert_true(decoded.boot_ms == greeting.boot_ms);
}

static void test_refusals(void **state)
{
    struct greeting greeting = sample(), decoded;
    uint8_t bytes[GREETING_SIZE + 1];

    (void)state;
    greeting_encode(&greeting, bytes);
    bytes[GREETING_SIZE] = 0;
    for (size_t size = 0; size <= sizeof(bytes); size++)
        assert_int_equal(greeting_decode(&decoded, (struct slice){bytes, size}),
                         size == GREETING_SIZE);
    bytes[0] = 2; /* a later form */
    assert_false(greeting_decode(&decoded, (struct slice){bytes, GREETING_SIZE}));
    bytes[0] = 1;
    bytes[1 + EPOCH_SIZE] = 0x80; /* a clock that no arithmetic stands */
    assert_false(greeting_decode(&decoded, (struct slice){bytes, GREETING_SIZE}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
