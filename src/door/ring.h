/* The ring: the output of one job, a memfd that warden and gate both map.
 *
 * Layout: one page that only the warden writes, one page that only the gate writes, then `capacity`
 * bytes of data, mapped twice in a row so that every run of bytes is contiguous in memory. The
 * memfd is sealed against resizing, so neither side can make the other fault.
 *
 * Offsets count the bytes of the job's frame stream from its start and never wrap. The data holds
 * [tail, head); the warden frees up to what the gate says is released, and believes that number
 * only as far as it lies in [tail, head]. All the gate can do to the warden through a ring is to
 * lose output.
 *
 * A ring goes from job to job: making one, and the memory under it, costs more than a MiB of output
 * does. The warden gives it on when the gate has said that it needs it no more, and to a job of the
 * same operator alone: what it still holds of the job before is that operator's own. Nobody but
 * warden and gate ever maps it, and who reads stays within [tail, head) of the job at hand.
 *
 * When nobody reads, the warden may move the oldest bytes to a spool, a file of its own: then the
 * data holds [tail, head), the spool [first, tail), and the tail moves without anybody's release.
 * Who reads a ring that spools copies, and looks afterwards whether the copy is still worth
 * something.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "proto/state.h"

struct ring;

/* Warden: makes a ring. Returns 0 or -errno. */
int ring_new(struct ring **ring_out, size_t capacity);
/* Warden: a ring that holds just these bytes, the last of a stream that has ended; `tail` is the
 * offset of the first. For a gate that is new. Returns 0 or -errno. */
int ring_restore(struct ring **ring_out, size_t capacity, uint64_t tail, const void *bytes,
                 size_t size);
/* Warden: writes its words anew before a new gate gets the ring: the last gate could write to them,
 * too. */
void ring_restate(struct ring *ring, bool ended);
/* Gate, or a warden that finds its jobs again: maps a ring; the fd stays the caller's.
 * Returns 0, -errno, or -EBADMSG for a file that is no ring. */
int ring_map(struct ring **ring_out, int fd);
/* Warden: the ring is another job's from here on: empty, and its words as in a new one. Its memory
 * stays. Only when the gate looks at it no more. */
void ring_renew(struct ring *ring);
/* Gate: the same ring, mapped already, is another job's. */
void ring_renewed(struct ring *ring);
/* What warden and gate call a ring that goes from job to job; 0, at first: none that does. */
uint32_t ring_number(const struct ring *ring);
void ring_set_number(struct ring *ring, uint32_t number);
/* Gate: a ring of its own, which nobody else has and nothing more comes into: of a job that has
 * said nothing yet, or, when it has `ended`, of one all of whose output these bytes are. Returns 0
 * or -ENOMEM. */
int ring_new_apart(struct ring **ring_out, struct slice bytes, bool ended);
struct ring *ring_free(struct ring *ring);
/* Gate: a ring of its own with what is kept of one that has ended, see ring_set_kept(). Returns 0
 * or -ENOMEM. */
int ring_new_kept(struct ring **ring_out, const struct ring *ring);
bool ring_is_apart(const struct ring *ring);
/* Warden: the memfd to pass on; the ring's own. -1 in a ring that was mapped. */
int ring_fd(const struct ring *ring);

size_t ring_capacity(const struct ring *ring);
uint64_t ring_head(const struct ring *ring);
uint64_t ring_tail(const struct ring *ring);
/* The first byte that is kept at all: the tail, or before it what is in a spool. */
uint64_t ring_first(const struct ring *ring);
/* Where a frame begins, at the first byte or soon behind it: for a console that did not see what
 * came before. Every ring_publish() ends with a whole frame. */
uint64_t ring_start(const struct ring *ring);
/* Warden: where a frame begins, at `offset` or soon before it; the tail if that is not known. */
uint64_t ring_start_before(const struct ring *ring, uint64_t offset);
/* True once the last frame is in: nothing follows head. Ask this before ring_peek(): the other way
 * round the last frame could slip in between. */
bool ring_is_ended(const struct ring *ring);
/* True from before the last frame can be seen. Ask this after ring_peek(): false means that what
 * was seen is not the end. */
bool ring_is_ending(const struct ring *ring);

/* Warden: where the next bytes go and how many of `wanted` fit. What the gate released is given up
 * to make room, no sooner than needed. */
uint8_t *ring_room(struct ring *ring, size_t wanted, size_t *size_out);
/* Warden: how much of the data has memory. */
size_t ring_filled(const struct ring *ring);
/* Warden: whether ring_put() is the better way for `size` bytes: no byte was there before. Written
 * through the mapping, each page would cost a fault. */
bool ring_is_fresh(const struct ring *ring, size_t size);
/* Warden: puts bytes where ring_room() has room for them; they are not published yet. */
void ring_put(struct ring *ring, const void *bytes, size_t size);
/* Warden: publishes `size` bytes written there. True if the gate waits and must be told. */
bool ring_publish(struct ring *ring, size_t size);
/* Warden: before the end: what is kept when all is released begins there, or at the tail if that is
 * behind it. */
void ring_set_kept(struct ring *ring, uint64_t offset);
uint64_t ring_kept(const struct ring *ring);
/* Warden: what is published next is the last. */
void ring_begin_end(struct ring *ring);
/* Warden: nothing follows. */
void ring_end(struct ring *ring);
/* Warden: there is no room. True if it is so after telling the gate that it must say when there is;
 * false if room came in the meantime. */
bool ring_wait_for_room(struct ring *ring, size_t wanted);
/* Warden: whether a spool may be begun: no gate's outlet reads the ring, and the next one will
 * copy. Call it again later if not. */
bool ring_begin_spool(struct ring *ring);
/* Warden: what lies before `tail` is in the spool now, the data may be written over. */
void ring_spooled(struct ring *ring, uint64_t tail);
/* Warden: gives up what was released of the spool; returns the new ring_first(). */
uint64_t ring_trim_spool(struct ring *ring);
/* Warden: where the bytes begin that an ended job's ring must still hold: the last `keep`, and
 * whatever is not released. */
uint64_t ring_needed_from(const struct ring *ring, size_t keep);
/* Warden: gives back the memory of what lies before that. */
void ring_shrink(struct ring *ring, size_t keep);

/* The bytes from `offset` on, in place. Returns their number; 0 when there are none yet.
 * -ENODATA when `offset` lies before the tail, -ERANGE when beyond the head. */
int64_t ring_peek(const struct ring *ring, uint64_t offset, const uint8_t **bytes_out);
/* Gate: another outlet reads; one less. */
void ring_add_reader(struct ring *ring);
void ring_remove_reader(struct ring *ring);
/* Gate: whether outlets must copy. It does not change while one reads in place. */
bool ring_spools(const struct ring *ring);
/* Gate: copies up to `size` bytes from `offset` on. Returns how many; 0 when there are none yet;
 * -ENODATA when they are in the spool by now, or gone; -ERANGE. */
int64_t ring_copy(const struct ring *ring, uint64_t offset, void *to, size_t size);
/* Gate: no console needs bytes before `offset` any more. True if the warden waits and must be told.
 */
bool ring_release(struct ring *ring, uint64_t offset);
/* Gate: how far it has released. */
uint64_t ring_released(const struct ring *ring);
/* Gate: a console wants the bytes from `offset` on once more: takes the release back as far as
 * that. Returns 0, or -ENODATA when they are gone already, -ERANGE when `offset` lies beyond the
 * head. */
int ring_hold(struct ring *ring, uint64_t offset);
/* Gate: it has sent everything up to `offset` and wants to be told of more. False if there is more
 * already. */
bool ring_wait_for_bytes(struct ring *ring, uint64_t offset);

/* Warden: what the job waits for, for people to read; the ring's words do not depend on it. */
void ring_set_waits(struct ring *ring, enum job_waits waits);
enum job_waits ring_waits(const struct ring *ring);

/* Gate: how many bytes of standard input went into the job's pipe; outlives the gate. */
uint64_t ring_input(const struct ring *ring);
void ring_add_input(struct ring *ring, size_t size);
/* Gate: which console sends the input, a number that grows with each that takes over (0: the one
 * that gave the order), and how many bytes of it went into the pipe. */
uint64_t ring_writer(const struct ring *ring);
uint64_t ring_writer_input(const struct ring *ring);
void ring_take_input(struct ring *ring, uint64_t writer);

/* ---- of a job whose terminal the gate reads and types into, see screen.h ---- */

/* Warden: before it lends the terminal: where in the stream the belt's first byte belongs, and
 * from when (clock_monotonic_ms()) its frames count. */
void ring_lend(struct ring *ring, uint64_t origin, uint64_t began_ms);
uint64_t ring_lent_origin(const struct ring *ring);
uint64_t ring_lent_began_ms(const struct ring *ring);
/* Gate: a word about the read that it is at; outlives it. */
uint64_t ring_reading(const struct ring *ring);
void ring_set_reading(struct ring *ring, uint64_t word);
/* Gate: up to which byte of the input the terminal has the keys, within a frame that it has in
 * part; outlives it. Not beyond ring_input() if there is no such frame. */
uint64_t ring_typed(const struct ring *ring);
void ring_set_typed(struct ring *ring, uint64_t offset);
