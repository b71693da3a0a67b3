/* The terminal of a shell, while it is lent to us: what is typed goes in, and what is shown comes
 * out, without a process in between. See door/screen.h for what becomes of it when we die.
 *
 * The bytes that are on the belt and not yet in the ring are the end of the job's stream, which
 * outlets read from here: what was put there is ours to write over alone, so it may be sent in
 * place also while the warden copies it. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct job;
struct tty;

/* Begins to read `fd`, which is taken over, also on error; maps `belt_fd`, which stays the
 * caller's. Returns 0 or -errno. */
int tty_new(struct tty **tty_out, struct job *job, int fd, int belt_fd);
/* Takes NULL, returns NULL. */
struct tty *tty_free(struct tty *tty);

/* The bytes of the job's stream from `offset` on, in place. Returns their number, 0 when there are
 * none yet, -ERANGE when `offset` lies beyond the end, or -ENODATA when it is long in the ring. */
int64_t tty_peek(const struct tty *tty, uint64_t offset, const uint8_t **bytes_out);
/* Where the job's stream ends now. */
uint64_t tty_head(const struct tty *tty);
/* The belt may have room again. */
void tty_resume(struct tty *tty);
/* Reads what is there, and gives the terminal back to the warden. */
void tty_return(struct tty *tty);

/* A key was typed, and most programs answer it at once: see wire/busy-poll.h. */
void tty_expect(struct tty *tty);
/* Acts on the frames of proto/terminal.h at the front of `bytes`, each once, and counts them as
 * input of the job. Returns how many bytes were whole frames that the terminal took all of, or
 * -errno. */
ssize_t tty_type(struct job *job, int fd, const uint8_t *bytes, size_t size);
