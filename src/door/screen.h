/* The screen: what a shell's terminal shows, on its way to the consoles while the gate reads it.
 *
 * A key's echo must not wait for a process that only passes it on, so the warden lends the terminal
 * to the gate. The gate puts what it reads on a belt, framed as it will lie in the ring, and may
 * send it on at once; the warden moves it to the ring when it comes to it. The belt's first byte
 * belongs at ring_lent_origin(): nothing else goes into the ring while the terminal is lent, so
 * both know each byte's offset before it is there.
 *
 * The gate may die at any moment and nothing that the terminal showed may be lost, nor come twice.
 * The terminal is in packet mode (TIOCPKT): a read gives one byte before the bytes, which is never
 * SCREEN_UNREAD. The gate notes how much it is about to read and puts SCREEN_UNREAD where that byte
 * will go; so whoever comes after it sees whether the read happened (screen_recover).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/belt.h"
#include "door/ring.h"
#include "proto/frame.h"

enum {
    SCREEN_PIECE = 4096,  /* the largest payload of a frame: what a terminal holds */
    SCREEN_UNREAD = 0xff, /* no combination of TIOCPKT_* */
};

/* Reads what the terminal shows now, up to `size` bytes, so that the byte before them is the last
 * of a frame's header, which is to be written yet. Returns how many bytes, 0 for nothing at the
 * moment, or -errno when nothing comes any more. */
ssize_t screen_read(int terminal, uint8_t *frame, size_t size);

/* Gate: moves what the terminal shows onto the belt, one frame. Returns the payload's size, 0 for
 * nothing at the moment, -ENOBUFS when the belt is full, or -errno when nothing comes any more. */
ssize_t screen_put(struct belt *belt, struct ring *ring, int terminal);

/* Warden, of a gate that is dead: completes what it was at. The belt is mapped by its reader.
 * Returns 0, or -errno when the belt cannot be mapped for writing. */
int screen_recover(const struct ring *ring, int belt_fd);
/* Warden: the next frame on the belt. The payload may change while it is looked at. Returns 1 with
 * it, 0 if there is none, or -EBADMSG for what is no frame of a screen. */
int screen_next(const struct belt *belt, struct frame_header *header_out,
                const uint8_t **payload_out);
