/* The console's half of moving files: a courier process of our own (hune-courier), which packs what
 * is here or unpacks what comes. It is a process and no library, so that what a machine sends is
 * taken apart where nothing but files can be reached.
 *
 * Exactly one on_end comes, unless courier_abandon() was called; the courier is gone afterwards.
 * Callbacks come from the loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/belt.h"
#include "base/cursor.h"
#include "proto/crypto.h"

struct courier;

/* What an unpacked parcel came to. */
struct receipt {
    uint64_t entries, bytes;
    uint8_t sum[SHA256_SIZE];
};

/* Reads the line that couriers write. False if it is none. */
bool receipt_read(struct slice line, struct receipt *receipt_out);

struct courier_events {
    /* There is more on the belt, or more room, than when it was waited for; or nothing more comes
     * (courier_has_said_all()). */
    void (*on_bell)(void *user);
    /* A line that it wrote to standard error; raw. */
    void (*on_line)(void *user, const char *text, size_t size);
    /* `code` is its exit status, 255 if a signal ended it; `receipt` is NULL if it gave none. */
    void (*on_end)(void *user, int code, const struct receipt *receipt);
};

enum courier_part { COURIER_PACKS, COURIER_UNPACKS };

/* `payload` is that of an order (proto/transfer.h), here with paths of this computer. With
 * TRANSFER_STREAM it has our own standard input or output. `belt` is what the parcel goes over: we
 * read from it what one packs, and write to it what one unpacks; `belt_size` bytes may lie on it.
 * It is the caller's to close, not before the courier has ended or was abandoned. Returns 0 or
 * -errno.
 */
int courier_start(struct courier **courier_out, uv_loop_t *loop, enum courier_part part,
                  struct slice payload, size_t belt_size, struct belt *belt,
                  const struct courier_events *events, void *user);
/* Where the belt says that the courier must be told. */
void courier_ring(struct courier *courier);
/* To one that unpacks: the parcel ends where it is. */
void courier_write_end(struct courier *courier);
/* Nothing more comes onto the belt, nothing more is taken from it. */
bool courier_has_said_all(const struct courier *courier);
/* Stops it, which then removes what it began; no callback comes any more. Takes NULL, returns NULL.
 */
struct courier *courier_abandon(struct courier *courier);
