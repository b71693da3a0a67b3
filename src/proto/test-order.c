/* See order.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/failing-malloc.h"
#include "proto/order.h"

/* Where fields stand in the bytes, as docs/protocol.md draws them. */
enum {
    AT_MACHINE = 8,
    AT_ID = 40,
    AT_EPOCH = 56,
    AT_ISSUED = 72,
    AT_EXPIRES = 80,
    AT_VERB = 88,
    AT_FLAGS = 90,
    AT_DEADLINE = 92,
    AT_USER = 96,
};

static struct order sample(void)
{
    struct order order = {
        .issued = 0x0102030405060708,
        .expires = UINT64_MAX,
        .verb = VERB_RUN,
        .deadline = 0xa1b2c3d4,
        .user = "www-data",
        .payload = {(const uint8_t *)"payload", 7},
    };

    memset(order.machine, 'm', sizeof(order.machine));
    memset(order.id, 'i', sizeof(order.id));
    memset(order.epoch, 'e', sizeof(order.epoch));
    return order;
}

static void encode(const struct order *order, struct buffer *out)
{
    assert_int_equal(order_encode(order, out), 0);
}

static int decode(const struct buffer *bytes, struct order *order_out)
{
    return order_decode(order_out, buffer_bytes(bytes), buffer_length(bytes));
}

static void test_layout(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order order = sample();
    const uint8_t *at;

    (void)state;
    encode(&order, &bytes);
    at = buffer_bytes(&bytes);
    assert_int_equal(buffer_length(&bytes), AT_USER + 1 + 8 + 4 + 7);
    assert_memory_equal(at, "HUNE-O1\0mmmm", 12);
    assert_memory_equal(at + AT_ID - 1, "miiii", 5);
    assert_memory_equal(at + AT_EPOCH - 1, "ieeee", 5);
    assert_memory_equal(at + AT_ISSUED, "\1\2\3\4\5\6\7\10\xff\xff\xff\xff\xff\xff\xff\xff", 16);
    assert_memory_equal(at + AT_VERB, "\0\2\0\0\xa1\xb2\xc3\xd4", 8);
    assert_memory_equal(at + AT_USER, "\10www-data\0\0\0\7payload", 20);
}

static void test_round_trip(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer again = BUFFER_INIT;
    struct order order = sample();
    struct order decoded;

    (void)state;
    encode(&order, &bytes);
    assert_int_equal(decode(&bytes, &decoded), 0);
    assert_string_equal(decoded.user, "www-data");
    assert_int_equal(decoded.verb, VERB_RUN);
    assert_true(decoded.expires == UINT64_MAX);
    assert_int_equal(decoded.deadline, 0xa1b2c3d4);
    assert_true(slice_is_text(decoded.payload, "payload"));
    /* The payload is the one in the bytes, not a copy. */
    assert_ptr_equal(decoded.payload.bytes + 7, buffer_bytes(&bytes) + buffer_length(&bytes));
    encode(&decoded, &again);
    assert_int_equal(buffer_length(&again), buffer_length(&bytes));
    assert_memory_equal(buffer_bytes(&again), buffer_bytes(&bytes), buffer_length(&bytes));
}

static void test_smallest(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order order = {.verb = VERB_RESET};
    struct order decoded;

    (void)state;
    encode(&order, &bytes);
    assert_int_equal(buffer_length(&bytes), AT_USER + 1 + 4);
    assert_int_equal(decode(&bytes, &decoded), 0);
    assert_string_equal(decoded.user, "");
    assert_int_equal(decoded.payload.size, 0);
}

static void test_largest(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_free_ uint8_t *payload = calloc(1, LIMIT_ORDER_PAYLOAD + 1);
    struct order order = sample();
    struct order decoded;

    (void)state;
    assert_non_null(payload);
    memset(order.user, 'u', LIMIT_USER_NAME);
    order.payload = (struct slice){payload, LIMIT_ORDER_PAYLOAD};
    encode(&order, &bytes);
    assert_int_equal(decode(&bytes, &decoded), 0);
    assert_int_equal(strlen(decoded.user), LIMIT_USER_NAME);
    assert_int_equal(decoded.payload.size, LIMIT_ORDER_PAYLOAD);

    buffer_clear(&bytes);
    order.payload.size = LIMIT_ORDER_PAYLOAD + 1;
    assert_int_equal(order_encode(&order, &bytes), -EMSGSIZE);
    order.payload.size = 0;
    order.user[LIMIT_USER_NAME] = 'u';
    assert_int_equal(order_encode(&order, &bytes), -EMSGSIZE);
    assert_int_equal(buffer_length(&bytes), 0);
}

/* Each prefix is a block of its own, so that the sanitizer sees a read past its end. */
static void test_truncation_at_every_byte(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order order = sample();

    (void)state;
    encode(&order, &bytes);
    for (size_t size = 0; size < buffer_length(&bytes); size++) {
        _cleanup_free_ uint8_t *copy = malloc(size ? size : 1);
        struct order decoded;

        assert_non_null(copy);
        memcpy(copy, buffer_bytes(&bytes), size);
        assert_int_equal(order_decode(&decoded, copy, size), ORDER_E_LENGTH);
    }
    assert_int_equal(order_decode(&order, NULL, 0), ORDER_E_LENGTH);
}

static void test_not_one_byte_may_follow(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order order = sample();

    (void)state;
    encode(&order, &bytes);
    assert_int_equal(buffer_append(&bytes, "", 1), 0);
    assert_int_equal(decode(&bytes, &order), ORDER_E_LENGTH);
}

/* An order that opens its connection: the exporter stands before what the verb needs. */
static void test_channel(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer again = BUFFER_INIT;
    uint8_t exporter[EXPORTER_SIZE];
    struct order order = sample();
    struct order decoded;

    (void)state;
    memset(exporter, 'x', sizeof(exporter));
    order.flags = ORDER_OPENS;
    assert_int_equal(order_encode(&order, &bytes), -EINVAL);
    order.channel = (struct slice){exporter, sizeof(exporter) - 1};
    assert_int_equal(order_encode(&order, &bytes), -EINVAL);
    order.channel.size++;
    encode(&order, &bytes);
    assert_int_equal(buffer_length(&bytes), AT_USER + 1 + 8 + 4 + EXPORTER_SIZE + 7);
    assert_memory_equal(buffer_bytes(&bytes) + AT_USER + 9, "\0\0\0\47xxx", 7);
    assert_int_equal(decode(&bytes, &decoded), 0);
    assert_int_equal(decoded.channel.size, EXPORTER_SIZE);
    assert_memory_equal(decoded.channel.bytes, exporter, EXPORTER_SIZE);
    assert_true(slice_is_text(decoded.payload, "payload"));
    encode(&decoded, &again);
    assert_memory_equal(buffer_bytes(&again), buffer_bytes(&bytes), buffer_length(&bytes));

    order.flags = 0; /* a channel that is no part of the order */
    assert_int_equal(order_encode(&order, &again), -EINVAL);
}

/* Nothing but the exporter is enough; a byte less is not. */
static void test_short_channel(void **state)
{
    static const uint8_t exporter[EXPORTER_SIZE] = {1};
    struct order order = {.verb = VERB_RESET};
    struct order decoded;

    (void)state;
    for (size_t size = EXPORTER_SIZE - 1; size <= EXPORTER_SIZE; size++) {
        _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

        order.payload = (struct slice){exporter, size};
        encode(&order, &bytes);
        buffer_bytes(&bytes)[AT_FLAGS + 1] = ORDER_OPENS;
        assert_int_equal(decode(&bytes, &decoded), size < EXPORTER_SIZE ? ORDER_E_CHANNEL : 0);
    }
    assert_int_equal(decoded.payload.size, 0);
}

/* Decodes the sample with one byte replaced. */
static int decode_changed(size_t at, uint8_t value)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order order = sample();

    encode(&order, &bytes);
    assert_true(at < buffer_length(&bytes));
    assert_int_not_equal(buffer_bytes(&bytes)[at], value);
    buffer_bytes(&bytes)[at] = value;
    return decode(&bytes, &order);
}

static void test_refusals(void **state)
{
    (void)state;
    for (size_t at = 0; at < AT_MACHINE; at++)
        assert_int_equal(decode_changed(at, 'x'), ORDER_E_MAGIC);
    assert_int_equal(decode_changed(AT_VERB, 1), ORDER_E_VERB);
    assert_int_equal(decode_changed(AT_VERB + 1, 0), ORDER_E_VERB);
    assert_int_equal(decode_changed(AT_VERB + 1, 13), ORDER_E_VERB);
    assert_int_equal(decode_changed(AT_FLAGS, 0x80), ORDER_E_FLAGS);
    assert_int_equal(decode_changed(AT_FLAGS + 1, 2), ORDER_E_FLAGS);
    assert_int_equal(decode_changed(AT_FLAGS + 1, ORDER_OPENS), ORDER_E_CHANNEL);
    assert_int_equal(decode_changed(AT_USER, 7), ORDER_E_LENGTH);
    assert_int_equal(decode_changed(AT_USER, 9), ORDER_E_LENGTH);
    assert_int_equal(decode_changed(AT_USER, 255), ORDER_E_LENGTH);
    assert_int_equal(decode_changed(AT_USER + 1, 0), ORDER_E_USER);
    assert_int_equal(decode_changed(AT_USER + 8, '\n'), ORDER_E_USER);
    assert_int_equal(decode_changed(AT_USER + 8, 0x1f), ORDER_E_USER);
    assert_int_equal(decode_changed(AT_USER + 8, 0x7f), ORDER_E_USER);
    assert_int_equal(decode_changed(AT_USER + 8, ' '), 0);
    assert_int_equal(decode_changed(AT_USER + 9, 255), ORDER_E_LENGTH); /* payload's length */
    assert_int_equal(decode_changed(AT_USER + 12, 6), ORDER_E_LENGTH);
    assert_int_equal(decode_changed(AT_USER + 12, 8), ORDER_E_LENGTH);
}

/* A length that fits the bytes but not the limit. */
static void test_long_user_and_payload(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_free_ uint8_t *filler = calloc(1, LIMIT_ORDER_PAYLOAD + 1);
    struct order order = {.verb = VERB_RUN};
    struct writer writer = writer_init(&bytes);

    (void)state;
    assert_non_null(filler);
    encode(&order, &bytes);
    bytes.end = AT_USER;
    memset(filler, 'u', LIMIT_USER_NAME + 1);
    writer_slice8(&writer, filler, LIMIT_USER_NAME + 1);
    writer_u32(&writer, 0);
    assert_int_equal(decode(&bytes, &order), ORDER_E_LENGTH);
    bytes.end = AT_USER;
    writer_u8(&writer, 0);
    writer_slice32(&writer, filler, LIMIT_ORDER_PAYLOAD + 1);
    assert_int_equal(writer.error, 0);
    assert_int_equal(decode(&bytes, &order), ORDER_E_LENGTH);
}

static struct order_parts sample_parts(void)
{
    return (struct order_parts){
        .order = {(const uint8_t *)"the order", 9},
        .signature = {(const uint8_t *)"its signature", 13},
    };
}

static void test_parts(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order_parts parts = sample_parts();

    (void)state;
    assert_int_equal(order_parts_encode(&parts, &bytes), 0);
    assert_int_equal(buffer_length(&bytes), 5 + 9 + 5 + 13);
    for (size_t size = 0; size < buffer_length(&bytes); size++)
        assert_int_equal(order_parts_decode(&parts, buffer_bytes(&bytes), size), ORDER_E_LENGTH);
    assert_int_equal(order_parts_decode(&parts, buffer_bytes(&bytes), buffer_length(&bytes)), 0);
    assert_true(slice_is_text(parts.order, "the order"));
    assert_true(slice_is_text(parts.signature, "its signature"));
    assert_ptr_equal(parts.order.bytes, buffer_bytes(&bytes) + 5);
    assert_int_equal(buffer_append(&bytes, "", 1), 0);
    assert_int_equal(order_parts_decode(&parts, buffer_bytes(&bytes), buffer_length(&bytes)),
                     ORDER_E_LENGTH);
}

static int decode_kinds(uint8_t first, uint8_t second)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order_parts parts = sample_parts();

    assert_int_equal(order_parts_encode(&parts, &bytes), 0);
    buffer_bytes(&bytes)[0] = first;
    buffer_bytes(&bytes)[5 + 9] = second;
    return order_parts_decode(&parts, buffer_bytes(&bytes), buffer_length(&bytes));
}

static void test_parts_of_other_kinds(void **state)
{
    (void)state;
    assert_int_equal(decode_kinds(PART_ORDER, PART_SIGNATURE), 0);
    assert_int_equal(decode_kinds(PART_SIGNATURE, PART_ORDER), ORDER_E_LENGTH);
    assert_int_equal(decode_kinds(PART_ORDER, PART_ORDER), ORDER_E_LENGTH);
    assert_int_equal(decode_kinds(PART_ORDER, PART_CERTIFICATE), ORDER_E_LENGTH);
    assert_int_equal(decode_kinds(PART_MEMBERSHIP, PART_SIGNATURE), ORDER_E_LENGTH);
    assert_int_equal(decode_kinds(0, PART_SIGNATURE), ORDER_E_LENGTH);
}

static void test_parts_too_large(void **state)
{
    static const uint8_t filler[LIMIT_SIGNATURE + 1];
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order_parts parts = {.signature = {filler, LIMIT_SIGNATURE}};
    struct writer writer = writer_init(&bytes);

    (void)state;
    assert_int_equal(order_parts_encode(&parts, &bytes), 0);
    assert_int_equal(order_parts_decode(&parts, buffer_bytes(&bytes), buffer_length(&bytes)), 0);
    buffer_clear(&bytes);
    parts.signature = (struct slice){filler, LIMIT_SIGNATURE + 1};
    assert_int_equal(order_parts_encode(&parts, &bytes), -EMSGSIZE);
    parts = (struct order_parts){.order = {filler, LIMIT_ORDER_BODY}};
    assert_int_equal(order_parts_encode(&parts, &bytes), -EMSGSIZE);
    assert_int_equal(buffer_length(&bytes), 0);
    writer_u8(&writer, PART_ORDER);
    writer_slice32(&writer, NULL, 0);
    writer_u8(&writer, PART_SIGNATURE);
    writer_slice32(&writer, filler, LIMIT_SIGNATURE + 1);
    assert_int_equal(order_parts_decode(&parts, buffer_bytes(&bytes), buffer_length(&bytes)),
                     ORDER_E_LENGTH);
}

static void test_small_payloads(void **state)
{
    static const uint8_t bytes[64] = {[0] = 1, [16] = 9};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    enum disconnect_scope scope = DISCONNECT_THIS;
    const uint8_t *found = NULL;
    uint8_t signal = 0;

    (void)state;
    for (size_t size = 0; size < sizeof(bytes); size++) {
        struct slice payload = {bytes, size};

        assert_int_equal(order_open_decode(payload, &found), size == 32 ? 0 : ORDER_E_LENGTH);
        assert_int_equal(order_forget_decode(payload, &found), size == 16 ? 0 : ORDER_E_LENGTH);
        assert_int_equal(order_signal_decode(payload, &found, &signal),
                         size == 17 ? 0 : ORDER_E_LENGTH);
        assert_int_equal(order_disconnect_decode(payload, &scope), size == 1 ? 0 : ORDER_E_LENGTH);
    }
    assert_ptr_equal(found, bytes);
    assert_int_equal(signal, 9);
    assert_int_equal(scope, DISCONNECT_MINE);
    assert_int_equal(order_disconnect_decode((struct slice){(const uint8_t *)"\2", 1}, &scope),
                     ORDER_E_LENGTH);
    assert_int_equal(order_signal_encode(bytes, 9, &out), 0);
    assert_int_equal(buffer_length(&out), 17);
    assert_memory_equal(buffer_bytes(&out), bytes, 17);
}

static int encode_everything(void *argument)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    const struct order *order = argument;
    struct order_parts parts = sample_parts();
    int r = order_encode(order, &bytes);

    if (!r) {
        parts.order = buffer_slice(&bytes);
        r = order_parts_encode(&parts, &body);
    }
    if (!r)
        r = order_signal_encode(order->id, 9, &payload);
    assert_true(r == 0 || r == -ENOMEM);
    return r;
}

static void test_without_memory(void **state)
{
    static const uint8_t filler[4000];
    struct order order = sample();

    (void)state;
    order.payload = (struct slice){filler, sizeof(filler)};
    assert_true(failing_malloc_run(encode_everything, &order) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_smallest),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_truncation_at_every_byte),
        cmocka_unit_test(test_not_one_byte_may_follow),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_channel),
        cmocka_unit_test(test_short_channel),
        cmocka_unit_test(test_long_user_and_payload),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_parts_of_other_kinds),
        cmocka_unit_test(test_parts_too_large),
        cmocka_unit_test(test_small_payloads),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
