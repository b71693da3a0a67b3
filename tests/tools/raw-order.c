/* Makes the bodies that raw-order.h describes. */
#include "raw-order.h"

#include <errno.h>

#include "proto/sshsig.h"

void raw_order_date(struct raw_order *raw, uint64_t boot_ms)
{
    const uint64_t minute = 60 * 1000;
    struct order *order = &raw->order;

    order->issued = boot_ms;
    order->expires = boot_ms + minute;
    switch (raw->window) {
    case WINDOW_GOOD: break;
    case WINDOW_EXPIRED:
        order->issued = boot_ms > 2 * minute ? boot_ms - 2 * minute : 0;
        order->expires = boot_ms > minute ? boot_ms - minute : 1;
        break;
    case WINDOW_NOT_YET:
        order->issued = boot_ms + 2 * minute;
        order->expires = boot_ms + 3 * minute;
        break;
    case WINDOW_TOO_LONG: order->expires = boot_ms + LIMIT_ORDER_WINDOW_MS + minute; break;
    }
}

static int damage_apply(const struct raw_damage *damage, struct buffer *bytes)
{
    uint8_t *room;
    int error;

    if (damage->flip_bit >= 0 && (size_t)damage->flip_bit / 8 < buffer_length(bytes))
        buffer_bytes(bytes)[damage->flip_bit / 8] ^= (uint8_t)(0x80 >> (damage->flip_bit % 8));
    if (damage->keep >= 0 && (size_t)damage->keep < buffer_length(bytes))
        bytes->end = bytes->begin + (size_t)damage->keep;
    if (damage->append == 0)
        return 0;
    error = buffer_reserve(bytes, damage->append, &room);
    if (error)
        return error;
    __builtin_memset(room, 0, damage->append);
    buffer_commit(bytes, damage->append);
    return 0;
}

int raw_order_sign(const struct raw_order *raw, const struct sshkey_private *key,
                   struct buffer *body)
{
    _cleanup_buffer_ struct buffer order = BUFFER_INIT;
    _cleanup_buffer_ struct buffer signature = BUFFER_INIT;
    struct order_parts parts;
    int error;

    error = order_encode(&raw->order, &order);
    if (!error)
        error = damage_apply(&raw->unsigned_damage, &order);
    if (!error)
        error = sshsig_sign(key, buffer_bytes(&order), buffer_length(&order), &signature);
    if (error)
        return error;
    parts = (struct order_parts){
        .order = {buffer_bytes(&order), buffer_length(&order)},
        .signature = {buffer_bytes(&signature), buffer_length(&signature)},
    };
    error = order_parts_encode(&parts, body);
    return error ? error : damage_apply(&raw->signed_damage, body);
}
