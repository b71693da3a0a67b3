/* See transfer.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/failing-malloc.h"
#include "proto/limits.h"
#include "proto/transfer.h"

static const char *const sample_paths[] = {"/etc/hosts", "a b\n", "-x", NULL};
static const struct transfer sample = {
    .flags = TRANSFER_COUNT, .patience_s = 600, .bytes_max = 1ull << 40, .entries_max = 7};

static void test_round_trip(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_free_ char *storage = NULL;
    struct transfer transfer;
    char *paths[4];

    (void)state;
    assert_int_equal(transfer_encode(&sample, sample_paths, &bytes), 0);
    assert_int_equal(transfer_decode(&transfer, buffer_slice(&bytes)), 0);
    assert_int_equal(transfer.flags, TRANSFER_COUNT);
    assert_int_equal(transfer.patience_s, 600);
    assert_int_equal(transfer.bytes_max, 1ull << 40);
    assert_int_equal(transfer.entries_max, 7);
    assert_int_equal(transfer.count, 3);
    storage = malloc(buffer_length(&bytes));
    assert_non_null(storage);
    transfer_unpack(&transfer, storage, paths);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(paths[i], sample_paths[i]);
    assert_null(paths[3]);
}

static void test_layout(void **state)
{
    static const char *const path[] = {"/x", NULL};
    static const uint8_t expected[] = "\1\0\0\0\2"
                                      "\0\0\0\0\0\0\0\3"
                                      "\0\0\0\0\0\0\0\4"
                                      "\0\1\0\0\0\2/x";
    const struct transfer transfer = {
        .flags = TRANSFER_PLAIN, .patience_s = 2, .bytes_max = 3, .entries_max = 4};
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

    (void)state;
    assert_int_equal(transfer_encode(&transfer, path, &bytes), 0);
    assert_int_equal(buffer_length(&bytes), sizeof(expected) - 1);
    assert_memory_equal(buffer_bytes(&bytes), expected, sizeof(expected) - 1);
}

static void test_what_cannot_be_asked(void **state)
{
    static const char *const none[] = {NULL};
    static const char *const empty[] = {"a", "", NULL};
    _cleanup_free_ char *long_path = malloc(LIMIT_ORDER_PAYLOAD);
    _cleanup_free_ const char **many = calloc(LIMIT_ARGUMENTS + 2, sizeof(*many));
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

    (void)state;
    assert_non_null(long_path);
    assert_non_null(many);
    assert_int_equal(transfer_encode(&sample, none, &bytes), -EINVAL);
    assert_int_equal(transfer_encode(&sample, empty, &bytes), -EINVAL);
    memset(long_path, 'x', LIMIT_ORDER_PAYLOAD);
    long_path[LIMIT_ORDER_PAYLOAD - 1] = '\0';
    many[0] = long_path;
    assert_int_equal(transfer_encode(&sample, many, &bytes), -EMSGSIZE);
    for (size_t i = 0; i <= LIMIT_ARGUMENTS; i++)
        many[i] = "x";
    assert_int_equal(transfer_encode(&sample, many, &bytes), -EMSGSIZE);
    assert_int_equal(buffer_length(&bytes), 0);
    many[LIMIT_ARGUMENTS] = NULL;
    assert_int_equal(transfer_encode(&sample, many, &bytes), 0);
}

static void test_refuses_what_is_malformed(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
    } changes[] = {
        {"an unknown flag", 0, 0x80}, {"no path", 22, 0},
        {"an empty path", 26, 0},     {"a path beyond the end", 26, 3},
        {"a NUL in a path", 27, 0},   {"more paths than there are", 22, 2},
    };
    static const char *const path[] = {"/x", NULL};
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct transfer transfer;

    (void)state;
    assert_int_equal(transfer_encode(&sample, path, &bytes), 0);
    for (size_t size = 0; size < buffer_length(&bytes); size++)
        assert_int_equal(transfer_decode(&transfer, (struct slice){buffer_bytes(&bytes), size}), 1);
    for (size_t i = 0; i < ELEMENTS_OF(changes); i++) {
        uint8_t *at = buffer_bytes(&bytes) + changes[i].at;
        uint8_t before = *at;

        *at = changes[i].value;
        if (transfer_decode(&transfer, buffer_slice(&bytes)) != 1)
            fail_msg("%s was taken", changes[i].what);
        *at = before;
    }
    assert_int_equal(transfer_decode(&transfer, buffer_slice(&bytes)), 0);
    assert_int_equal(buffer_append(&bytes, "", 1), 0);
    assert_int_equal(transfer_decode(&transfer, buffer_slice(&bytes)), 1);
}

static int encode(void *argument)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

    return transfer_encode(argument, sample_paths, &bytes);
}

static void test_without_memory(void **state)
{
    struct transfer transfer = sample;

    (void)state;
    assert_true(failing_malloc_run(encode, &transfer) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_what_cannot_be_asked),
        cmocka_unit_test(test_refuses_what_is_malformed),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
