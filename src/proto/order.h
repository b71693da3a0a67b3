/* The order: a signed document asking one machine for one thing. docs/protocol.md draws the bytes.
 *
 * Fixed layout, big-endian, exact length: not one byte may follow, and the bytes that were signed
 * are the bytes that are parsed. Nothing here reads a clock, a file or a key.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/uuid.h"
#include "proto/limits.h"
#include "proto/verb.h"

#define ORDER_MAGIC "HUNE-O1" /* eight bytes with its NUL */

enum { MACHINE_ID_SIZE = 32, EPOCH_SIZE = 16 };

/* A flag that is not known is one of a later version: such an order is refused. */
enum order_flag {
    /* The order opens the connection that brings it, as `open` would, and is good on no other: its
     * payload begins with the channel's exporter value. */
    ORDER_OPENS = 1,
    ORDER_FLAGS_KNOWN = ORDER_OPENS,
};

enum { EXPORTER_SIZE = 32 }; /* RFC 9266: the channel that an order which opens is bound to */

struct order {
    uint8_t machine[MACHINE_ID_SIZE];
    uint8_t id[UUID_SIZE];
    uint8_t epoch[EPOCH_SIZE]; /* zeros: an order that may wait for the machine */
    uint64_t issued;           /* ms, on the boot clock (with an epoch) or the wall clock */
    uint64_t expires;
    uint16_t verb;
    uint16_t flags;
    uint32_t deadline; /* s, 0 for none */
    char user[LIMIT_USER_NAME + 1];
    struct slice channel; /* ORDER_OPENS: EXPORTER_SIZE bytes; else empty */
    struct slice payload; /* what the verb needs. Both are borrowed from the encoded bytes */
};

/* Why bytes are not an order; positive as base/error.h explains. */
enum order_error {
    ORDER_E_LENGTH = 1, /* too short, too long, or a length inside does not fit */
    ORDER_E_MAGIC,
    ORDER_E_VERB,
    ORDER_E_FLAGS,
    ORDER_E_USER,    /* a NUL or a control character in the user name */
    ORDER_E_CHANNEL, /* ORDER_OPENS, and the payload holds no exporter value */
};

/* Appends the order's bytes. Returns 0, -ENOMEM, -EMSGSIZE for a payload or user too long, or
 * -EINVAL for a channel that does not go with the flags. */
int order_encode(const struct order *order, struct buffer *out);
/* Returns 0 or an enum order_error; on error `order_out` is not to be used. */
int order_decode(struct order *order_out, const void *bytes, size_t size);

/* An order travels as parts, each `u8 kind, u32 length, bytes`. */
enum part_kind {
    PART_ORDER = 1,
    PART_SIGNATURE = 2,
    PART_CERTIFICATE = 3, /* reserved */
    PART_MEMBERSHIP = 4,  /* reserved */
};

struct order_parts {
    struct slice order;
    struct slice signature;
};

/* Returns 0, -ENOMEM, or -EMSGSIZE. */
int order_parts_encode(const struct order_parts *parts, struct buffer *out);
/* Exactly one order and one signature, in that order, and nothing else; the slices point into
 * `bytes`. Returns 0 or ORDER_E_LENGTH. */
int order_parts_decode(struct order_parts *parts_out, const void *bytes, size_t size);

/* The payloads of the small verbs. Each decoder returns 0 or ORDER_E_LENGTH. */
enum disconnect_scope {
    DISCONNECT_THIS = 0, /* the connection that carries the order */
    DISCONNECT_MINE = 1, /* every connection that this operator's key opened */
};
int order_open_decode(struct slice payload, const uint8_t **exporter_out);
int order_signal_encode(const uint8_t job[UUID_SIZE], uint8_t signal, struct buffer *out);
/* Signal 0 asks to stop the job's whole tree, first gently, then for good. */
int order_signal_decode(struct slice payload, const uint8_t **job_out, uint8_t *signal_out);
int order_forget_decode(struct slice payload, const uint8_t **job_out);
int order_disconnect_decode(struct slice payload, enum disconnect_scope *scope_out);
