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
    /* courier_write() takes bytes again, after it took fewer than it was given. */
    void (*on_writable)(void *user);
    /* courier_read() has bytes, or the end, after it had none. */
    void (*on_readable)(void *user);
    /* A line that it wrote to standard error; raw. */
    void (*on_line)(void *user, const char *text, size_t size);
    /* `code` is its exit status, 255 if a signal ended it; `receipt` is NULL if it gave none. */
    void (*on_end)(void *user, int code, const struct receipt *receipt);
};

enum courier_part { COURIER_PACKS, COURIER_UNPACKS };

/* `payload` is that of an order (proto/transfer.h), here with paths of this computer. With
 * TRANSFER_STREAM it has our own standard input or output. Returns 0 or -errno. */
int courier_start(struct courier **courier_out, uv_loop_t *loop, enum courier_part part,
                  struct slice payload, const struct courier_events *events, void *user);
/* To one that unpacks. Returns how many bytes it took, or -EPIPE: it reads no more. */
ssize_t courier_write(struct courier *courier, const void *bytes, size_t size);
void courier_write_end(struct courier *courier);
/* From one that packs. Returns how many bytes there are, 0 for none now, or -EPIPE: the end. */
ssize_t courier_read(struct courier *courier, void *bytes, size_t size);
/* Stops it, which then removes what it began; no callback comes any more. Takes NULL, returns NULL.
 */
struct courier *courier_abandon(struct courier *courier);
