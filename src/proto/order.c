/* See order.h. */
#include "proto/order.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
    ORDER_MAGIC_SIZE = sizeof(ORDER_MAGIC),
    /* Everything but the text of the user name and the payload. */
    ORDER_FIXED_SIZE = ORDER_MAGIC_SIZE + MACHINE_ID_SIZE + UUID_SIZE + EPOCH_SIZE + 8 + 8 + 2 + 2 +
                       4 + 1 + 4,
    ORDER_SIZE_MAX = ORDER_FIXED_SIZE + LIMIT_USER_NAME + LIMIT_ORDER_PAYLOAD,
    PART_HEADER_SIZE = 1 + 4,
};

_Static_assert(ORDER_MAGIC_SIZE == 8, "the magic is eight bytes with its NUL");
_Static_assert(ORDER_SIZE_MAX + LIMIT_SIGNATURE + 2 * PART_HEADER_SIZE <= LIMIT_ORDER_BODY,
               "the largest order and signature fit one request body");

int order_encode(const struct order *order, struct buffer *out)
{
    struct writer writer = writer_init(out);
    size_t user_length = strnlen(order->user, sizeof(order->user));
    size_t channel_size = order->flags & ORDER_OPENS ? EXPORTER_SIZE : 0;

    if (order->channel.size != channel_size)
        return -EINVAL;
    if (user_length > LIMIT_USER_NAME || order->payload.size > LIMIT_ORDER_PAYLOAD - channel_size)
        return -EMSGSIZE;
    writer_bytes(&writer, ORDER_MAGIC, ORDER_MAGIC_SIZE);
    writer_bytes(&writer, order->machine, MACHINE_ID_SIZE);
    writer_bytes(&writer, order->id, UUID_SIZE);
    writer_bytes(&writer, order->epoch, EPOCH_SIZE);
    writer_u64(&writer, order->issued);
    writer_u64(&writer, order->expires);
    writer_u16(&writer, order->verb);
    writer_u16(&writer, order->flags);
    writer_u32(&writer, order->deadline);
    writer_slice8(&writer, order->user, user_length);
    writer_u32(&writer, (uint32_t)(channel_size + order->payload.size));
    writer_bytes(&writer, order->channel.bytes, channel_size);
    writer_bytes(&writer, order->payload.bytes, order->payload.size);
    return writer.error;
}

/* A control character in a name could forge a line in a log or the audit trail. */
static bool user_is_clean(struct slice user)
{
    for (size_t i = 0; i < user.size; i++) {
        if (user.bytes[i] < 0x20 || user.bytes[i] == 0x7f)
            return false;
    }
    return true;
}

int order_decode(struct order *order_out, const void *bytes, size_t size)
{
    struct reader reader = reader_init(bytes, size);
    const uint8_t *magic = reader_bytes(&reader, ORDER_MAGIC_SIZE);
    struct slice user;

    if (!magic)
        return ORDER_E_LENGTH;
    if (memcmp(magic, ORDER_MAGIC, ORDER_MAGIC_SIZE) != 0)
        return ORDER_E_MAGIC;
    *order_out = (struct order){0};
    reader_copy(&reader, order_out->machine, MACHINE_ID_SIZE);
    reader_copy(&reader, order_out->id, UUID_SIZE);
    reader_copy(&reader, order_out->epoch, EPOCH_SIZE);
    order_out->issued = reader_u64(&reader);
    order_out->expires = reader_u64(&reader);
    order_out->verb = reader_u16(&reader);
    order_out->flags = reader_u16(&reader);
    order_out->deadline = reader_u32(&reader);
    user = reader_slice8(&reader, LIMIT_USER_NAME);
    order_out->payload = reader_slice32(&reader, LIMIT_ORDER_PAYLOAD);
    if (!reader_done(&reader))
        return ORDER_E_LENGTH;
    if (!verb_info(order_out->verb))
        return ORDER_E_VERB;
    if (order_out->flags & ~(unsigned)ORDER_FLAGS_KNOWN)
        return ORDER_E_FLAGS;
    if (!user_is_clean(user))
        return ORDER_E_USER;
    if (order_out->flags & ORDER_OPENS) {
        if (order_out->payload.size < EXPORTER_SIZE)
            return ORDER_E_CHANNEL;
        order_out->channel = (struct slice){order_out->payload.bytes, EXPORTER_SIZE};
        order_out->payload.bytes += EXPORTER_SIZE;
        order_out->payload.size -= EXPORTER_SIZE;
    }
    if (user.size > 0)
        memcpy(order_out->user, user.bytes, user.size);
    return 0;
}

int order_parts_encode(const struct order_parts *parts, struct buffer *out)
{
    struct writer writer = writer_init(out);

    if (parts->order.size > ORDER_SIZE_MAX || parts->signature.size > LIMIT_SIGNATURE)
        return -EMSGSIZE;
    writer_u8(&writer, PART_ORDER);
    writer_slice32(&writer, parts->order.bytes, parts->order.size);
    writer_u8(&writer, PART_SIGNATURE);
    writer_slice32(&writer, parts->signature.bytes, parts->signature.size);
    return writer.error;
}

int order_parts_decode(struct order_parts *parts_out, const void *bytes, size_t size)
{
    struct reader reader = reader_init(bytes, size);
    uint8_t first = reader_u8(&reader);
    struct slice order = reader_slice32(&reader, ORDER_SIZE_MAX);
    uint8_t second = reader_u8(&reader);
    struct slice signature = reader_slice32(&reader, LIMIT_SIGNATURE);

    if (!reader_done(&reader) || first != PART_ORDER || second != PART_SIGNATURE)
        return ORDER_E_LENGTH;
    *parts_out = (struct order_parts){.order = order, .signature = signature};
    return 0;
}

int order_open_decode(struct slice payload, const uint8_t **exporter_out)
{
    if (payload.size != EXPORTER_SIZE)
        return ORDER_E_LENGTH;
    *exporter_out = payload.bytes;
    return 0;
}

int order_signal_encode(const uint8_t job[UUID_SIZE], uint8_t signal, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_bytes(&writer, job, UUID_SIZE);
    writer_u8(&writer, signal);
    return writer.error;
}

int order_signal_decode(struct slice payload, const uint8_t **job_out, uint8_t *signal_out)
{
    if (payload.size != UUID_SIZE + 1)
        return ORDER_E_LENGTH;
    *job_out = payload.bytes;
    *signal_out = payload.bytes[UUID_SIZE];
    return 0;
}

int order_forget_decode(struct slice payload, const uint8_t **job_out)
{
    if (payload.size != UUID_SIZE)
        return ORDER_E_LENGTH;
    *job_out = payload.bytes;
    return 0;
}

int order_disconnect_decode(struct slice payload, enum disconnect_scope *scope_out)
{
    if (payload.size != 1 || payload.bytes[0] > DISCONNECT_MINE)
        return ORDER_E_LENGTH;
    *scope_out = (enum disconnect_scope)payload.bytes[0];
    return 0;
}
