/* See message.h. Each message is described by one row: a sample, its encoder, its decoder; the
 * tests then try the same on all of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/failing-malloc.h"
#include "door/door.h"
#include "door/message.h"

/* Every field is filled, so that one that is left out or swapped shows. */
static const struct door_setup setup = {
    .machine = {1, [MACHINE_ID_SIZE - 1] = 2},
    .epoch = {3, [EPOCH_SIZE - 1] = 4},
    .certificate = {(const uint8_t *)"certificate", 11},
    .key = {(const uint8_t *)"the\0key", 7},
    .name = "maschine-m\xc3\xbcller",
    .gate_uid = 0x01020304,
    .gate_gid = UINT32_MAX,
};
static const struct door_order order = {
    .ticket = 7,
    .connection = 0xfffefdfc,
    .exporter = {5, [EXPORTER_SIZE - 1] = 6},
    .label = "echo 'hello world'",
    .parts = {(const uint8_t *)"par\0ts", 6},
};
static const struct door_opened opened = {
    .ticket = UINT32_MAX,
    .problem = PROBLEM_EXPIRED,
    .rights = RIGHT_OBSERVE | RIGHT_CONTROL,
    .fingerprint = {7, [FINGERPRINT_SIZE - 1] = 8},
    .operator_name = "alice@laptop",
    .run_as = "root,www-data",
};
static const struct door_pair pairing = {
    .ticket = 9,
    .exporter = {9, [EXPORTER_SIZE - 1] = 10},
    .request = {(const uint8_t *)"request", 7},
};
static const struct door_token token = {.ticket = 10, .hash = {11, [31] = 12}};
static const struct door_tokened tokened = {.ticket = 11, .rights = 0xabcd};
static const struct door_ordered ordered = {
    .ticket = 12,
    .problem = PROBLEM_TOO_FAST,
    .id = {13, [UUID_SIZE - 1] = 14},
    .known = 1,
    .verb = 0x1234,
    .state = {STATE_EXITED, 255},
};
static const struct door_entered entered = {
    .opened = {.ticket = 40,
               .rights = RIGHT_OBSERVE,
               .fingerprint = {41, [FINGERPRINT_SIZE - 1] = 42},
               .operator_name = "bob",
               .run_as = "root"},
    .ordered = {.problem = PROBLEM_NO_SUCH_USER,
                .id = {43, [UUID_SIZE - 1] = 44},
                .verb = 2,
                .state = {STATE_REFUSED, PROBLEM_NO_SUCH_USER}},
};
static const struct door_job job = {
    .id = {15, [UUID_SIZE - 1] = 16},
    .fingerprint = {17, [FINGERPRINT_SIZE - 1] = 18},
    .verb = VERB_RUN,
    .state = {STATE_SIGNALLED, 9},
    .started_ms = 0x0102030405060708,
    .ended_ms = UINT64_MAX,
    .user = "www-data",
    .operator_name = "bob",
    .label = "make -j2",
};
static const struct door_state state_message = {
    .id = {19, [UUID_SIZE - 1] = 20},
    .state = {STATE_UNSENT, UINT32_MAX},
    .ended_ms = 0x1112131415161718,
    .output = {(const uint8_t *)"the last frame", 14},
};
static const struct door_spool spool = {.id = {23, [UUID_SIZE - 1] = 24}, .capacity = 1ull << 40};
static const struct door_ring ring = {.id = {25, [UUID_SIZE - 1] = 26}, .number = 0x03020102};
static const struct door_audit audit = {.ticket = 13, .older_size = UINT64_MAX - 1};
static const struct door_hang_up hang_up = {
    .connection = UINT32_MAX,
    .fingerprint = {21, [FINGERPRINT_SIZE - 1] = 22},
};

struct row {
    const char *name;
    const void *sample;
    size_t size; /* of the structure */
    int (*encode)(const void *message, struct buffer *out);
    int (*decode)(void *message_out, struct slice body);
    bool has_slices; /* then equality is that of the bytes it is encoded to again */
};

#define ROW(name)                                                     \
    static int encode_##name(const void *message, struct buffer *out) \
    {                                                                 \
        return door_##name##_encode(message, out);                    \
    }                                                                 \
    static int decode_##name(void *message_out, struct slice body)    \
    {                                                                 \
        return door_##name##_decode(message_out, body);               \
    }
ROW(setup)
ROW(order)
ROW(opened)
ROW(pair)
ROW(token)
ROW(tokened)
ROW(ordered)
ROW(entered)
ROW(job)
ROW(state)
ROW(ring)
ROW(spool)
ROW(audit)
ROW(hang_up)
#undef ROW

static const struct row rows[] = {
    {"setup", &setup, sizeof(setup), encode_setup, decode_setup, true},
    {"order", &order, sizeof(order), encode_order, decode_order, true},
    {"opened", &opened, sizeof(opened), encode_opened, decode_opened, false},
    {"pair", &pairing, sizeof(pairing), encode_pair, decode_pair, true},
    {"token", &token, sizeof(token), encode_token, decode_token, false},
    {"tokened", &tokened, sizeof(tokened), encode_tokened, decode_tokened, false},
    {"ordered", &ordered, sizeof(ordered), encode_ordered, decode_ordered, false},
    {"entered", &entered, sizeof(entered), encode_entered, decode_entered, false},
    {"job", &job, sizeof(job), encode_job, decode_job, false},
    {"state", &state_message, sizeof(state_message), encode_state, decode_state, true},
    {"ring", &ring, sizeof(ring), encode_ring, decode_ring, false},
    {"spool", &spool, sizeof(spool), encode_spool, decode_spool, false},
    {"audit", &audit, sizeof(audit), encode_audit, decode_audit, false},
    {"hang-up", &hang_up, sizeof(hang_up), encode_hang_up, decode_hang_up, false},
};

enum { MESSAGE_MAX = 4096 };

_Static_assert(sizeof(struct door_entered) < MESSAGE_MAX, "the largest structure fits");

static struct slice slice_of(const struct buffer *buffer)
{
    return (struct slice){.bytes = buffer_bytes(buffer), .size = buffer_length(buffer)};
}

/* Decodes from a block of exactly that size, so that the sanitizer sees one byte too far. */
static int decode_exactly(const struct row *row, void *message_out, struct slice body)
{
    _cleanup_free_ uint8_t *exact = malloc(body.size ? body.size : 1);

    assert_non_null(exact);
    if (body.size > 0)
        memcpy(exact, body.bytes, body.size);
    return row->decode(message_out, (struct slice){.bytes = exact, .size = body.size});
}

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        _cleanup_buffer_ struct buffer body = BUFFER_INIT;
        _cleanup_buffer_ struct buffer again = BUFFER_INIT;
        uint64_t message[MESSAGE_MAX / 8];

        memset(message, 0x5a, sizeof(message)); /* what was there before must not shine through */
        assert_int_equal(rows[i].encode(rows[i].sample, &body), 0);
        assert_int_equal(rows[i].decode(message, slice_of(&body)), 0);
        if (!rows[i].has_slices)
            assert_memory_equal(message, rows[i].sample, rows[i].size);
        assert_int_equal(rows[i].encode(message, &again), 0);
        assert_int_equal(buffer_length(&again), buffer_length(&body));
        assert_memory_equal(buffer_bytes(&again), buffer_bytes(&body), buffer_length(&body));
    }
}

static void test_ring_gone(void **state)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    uint32_t number = 0;

    (void)state;
    assert_int_equal(door_number_encode(0x01020304, &body), 0);
    assert_int_equal(buffer_length(&body), 4);
    assert_int_equal(door_number_decode(&number, slice_of(&body)), 0);
    assert_int_equal(number, 0x01020304);
    assert_int_equal(door_number_decode(&number, (struct slice){buffer_bytes(&body), 3}), 1);
    assert_int_equal(buffer_append(&body, "", 1), 0);
    assert_int_equal(door_number_decode(&number, slice_of(&body)), 1);
}

static void test_slices_and_texts(void **state)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_setup decoded;

    (void)state;
    assert_int_equal(door_setup_encode(&setup, &body), 0);
    assert_int_equal(door_setup_decode(&decoded, slice_of(&body)), 0);
    assert_memory_equal(decoded.machine, setup.machine, sizeof(setup.machine));
    assert_memory_equal(decoded.epoch, setup.epoch, sizeof(setup.epoch));
    assert_true(slice_is_text(decoded.certificate, "certificate"));
    assert_int_equal(decoded.key.size, 7);
    assert_memory_equal(decoded.key.bytes, "the\0key", 7);
    assert_string_equal(decoded.name, setup.name);
    assert_int_equal(decoded.gate_uid, setup.gate_uid);
    assert_int_equal(decoded.gate_gid, setup.gate_gid);
    /* In place, as the header says. */
    assert_in_range((uintptr_t)decoded.key.bytes, (uintptr_t)buffer_bytes(&body),
                    (uintptr_t)buffer_bytes(&body) + buffer_length(&body));
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        _cleanup_buffer_ struct buffer body = BUFFER_INIT;
        uint64_t message[MESSAGE_MAX / 8];

        assert_int_equal(rows[i].encode(rows[i].sample, &body), 0);
        for (size_t size = 0; size < buffer_length(&body); size++) {
            if (decode_exactly(&rows[i], message, (struct slice){buffer_bytes(&body), size}) != 1)
                fail_msg("%s cut to %zu bytes is taken", rows[i].name, size);
        }
    }
}

static void test_one_byte_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        _cleanup_buffer_ struct buffer body = BUFFER_INIT;
        uint64_t message[MESSAGE_MAX / 8];

        assert_int_equal(rows[i].encode(rows[i].sample, &body), 0);
        assert_int_equal(buffer_append(&body, "", 1), 0);
        if (decode_exactly(&rows[i], message, slice_of(&body)) != 1)
            fail_msg("%s with one byte more is taken", rows[i].name);
    }
}

/* A length field that points far outside, at each place where one could be. */
static void test_huge_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        _cleanup_buffer_ struct buffer body = BUFFER_INIT;

        assert_int_equal(rows[i].encode(rows[i].sample, &body), 0);
        for (size_t at = 0; at + 4 <= buffer_length(&body); at++) {
            _cleanup_buffer_ struct buffer broken = BUFFER_INIT;
            uint64_t message[MESSAGE_MAX / 8];

            assert_int_equal(buffer_append(&broken, buffer_bytes(&body), buffer_length(&body)), 0);
            memset(buffer_bytes(&broken) + at, 0xff, 4);
            /* Some of these are numbers and may be anything: that it stays inside is the test. */
            (void)decode_exactly(&rows[i], message, slice_of(&broken));
        }
    }
}

/* The largest texts fit the table of the door; one character more is refused by the decoder. */
static void test_longest_texts(void **state)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    _cleanup_buffer_ struct buffer longer = BUFFER_INIT;
    struct door_job longest = job;
    struct door_job decoded;
    struct writer writer = writer_init(&longer);
    char label[sizeof(job.label) + 1];

    (void)state;
    memset(longest.user, 'u', sizeof(longest.user) - 1);
    memset(longest.operator_name, 'o', sizeof(longest.operator_name) - 1);
    memset(longest.label, 'l', sizeof(longest.label) - 1);
    assert_int_equal(door_job_encode(&longest, &body), 0);
    assert_true(buffer_length(&body) <= 4096);
    assert_int_equal(door_job_decode(&decoded, slice_of(&body)), 0);
    assert_memory_equal(&decoded, &longest, sizeof(decoded));

    memset(label, 'l', sizeof(label));
    writer_bytes(&writer, buffer_bytes(&body), buffer_length(&body) - sizeof(longest.label) - 3);
    writer_slice32(&writer, label, sizeof(longest.label));
    assert_int_equal(writer.error, 0);
    assert_int_equal(door_job_decode(&decoded, slice_of(&longer)), 1);
}

static void test_text_with_nul(void **state)
{
    static const char label[] = "echo 'hello world'";

    (void)state;
    for (size_t nul = 0; nul < sizeof(label) - 1; nul++) {
        _cleanup_buffer_ struct buffer body = BUFFER_INIT;
        struct door_order decoded;
        uint8_t *at;

        assert_int_equal(door_order_encode(&order, &body), 0);
        at = memmem(buffer_bytes(&body), buffer_length(&body), label, sizeof(label) - 1);
        assert_non_null(at);
        at[nul] = '\0';
        assert_int_equal(door_order_decode(&decoded, slice_of(&body)), 1);
    }
}

static void test_state_that_is_none(void **state)
{
    static const uint32_t numbers[] = {STATE_UNSENT + 1, UINT32_MAX, 0x01000002};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(numbers); i++) {
        _cleanup_buffer_ struct buffer body = BUFFER_INIT;
        struct door_state message = state_message;
        struct door_state decoded;

        message.state.state = numbers[i];
        assert_int_equal(door_state_encode(&message, &body), 0);
        assert_int_equal(door_state_decode(&decoded, slice_of(&body)), 1);
    }
}

static void test_id(void **state)
{
    static const uint8_t bytes[UUID_SIZE + 1] = {1, 2, 3};
    const uint8_t *id;

    (void)state;
    assert_int_equal(door_id_decode(&id, (struct slice){bytes, UUID_SIZE}), 0);
    assert_ptr_equal(id, bytes);
    for (size_t size = 0; size < UUID_SIZE; size++)
        assert_int_equal(door_id_decode(&id, (struct slice){bytes, size}), 1);
    assert_int_equal(door_id_decode(&id, (struct slice){bytes, UUID_SIZE + 1}), 1);
    assert_int_equal(door_id_decode(&id, (struct slice){NULL, 0}), 1);
}

static int encode_all(void *argument)
{
    const struct row *row = argument;
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    int r = row->encode(row->sample, &body);

    /* -ENOMEM and nothing else, also when the fields behind would still fit. */
    assert_true(r == 0 || r == -ENOMEM);
    return r;
}

static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++)
        assert_true(failing_malloc_run(encode_all, (void *)(uintptr_t)&rows[i]) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring_gone),          cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_slices_and_texts),   cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_one_byte_more),      cmocka_unit_test(test_huge_lengths),
        cmocka_unit_test(test_longest_texts),      cmocka_unit_test(test_text_with_nul),
        cmocka_unit_test(test_state_that_is_none), cmocka_unit_test(test_id),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
