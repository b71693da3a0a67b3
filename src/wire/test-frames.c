/* See test-frames.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/test-frames.h"

struct test_side side;
struct buffer frames;
struct writer writer;

static int set_up_role(enum tls_role role)
{
    side = (struct test_side){0};
    frames = BUFFER_INIT;
    writer = writer_init(&frames);
    assert_int_equal(wire_new_plain(&side.wire, role, &test_events, &side, 1000), 0);
    return 0;
}

int frames_set_up(void **state)
{
    (void)state;
    return set_up_role(TLS_SERVER);
}

int frames_set_up_client(void **state)
{
    (void)state;
    return set_up_role(TLS_CLIENT);
}

int frames_tear_down(void **state)
{
    (void)state;
    wire_free(side.wire);
    buffer_deinit(&frames);
    assert_int_equal(side.closes, side.requests);
    return 0;
}

int frames_tear_down_client(void **state)
{
    (void)state;
    wire_free(side.wire);
    buffer_deinit(&frames);
    return 0;
}

void frame(uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t size)
{
    writer_u8(&writer, (uint8_t)(size >> 16));
    writer_u16(&writer, (uint16_t)size);
    writer_u8(&writer, type);
    writer_u8(&writer, flags);
    writer_u32(&writer, stream);
    writer_bytes(&writer, payload, size);
    assert_int_equal(writer.error, 0);
}

int tell_only(void)
{
    int r = wire_receive_plain(side.wire, buffer_bytes(&frames), buffer_length(&frames), 1000);

    buffer_clear(&frames);
    return r;
}

int tell(void)
{
    int r = tell_only();

    if (!r)
        r = wire_produce(side.wire);
    wire_sent(side.wire, wire_outgoing(side.wire).size);
    return r;
}

bool answer_contains(const char *bytes, size_t size)
{
    struct slice out = wire_outgoing(side.wire);

    return memmem(out.bytes, out.size, bytes, size) != NULL;
}

void greet(void)
{
    static const char magic[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    writer_bytes(&writer, magic, sizeof(magic) - 1);
    frame(NGHTTP2_SETTINGS, 0, 0, NULL, 0);
    assert_int_equal(tell(), 0);
    frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
    assert_int_equal(tell(), 0);
}

const uint8_t get_block[6] = {0x82, 0x87, 0x84, 0x01, 0x01, 'h'};

void get(uint32_t stream, uint8_t flags)
{
    frame(NGHTTP2_HEADERS, (uint8_t)(NGHTTP2_FLAG_END_HEADERS | flags), stream, get_block,
          sizeof(get_block));
}
