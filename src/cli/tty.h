/* The terminal in front of the person, lent to a machine: raw while a shell has it, and as it was
 * before on every way out, a crash among them.
 *
 * There is one such terminal in a process. It is opened a second time, so that what is set on the
 * descriptor (non-blocking) does not outlive us in the shell that started us. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/terminal.h"

struct tty;

/* Returns 0, -ENOTTY if standard input or output is none, or another -errno. */
int tty_open(struct tty **tty_out);
/* Restores it first. Takes NULL, returns NULL. */
struct tty *tty_close(struct tty *tty);
/* To read keys from and to write to; does not block. */
int tty_fd(const struct tty *tty);
struct terminal_size tty_size(const struct tty *tty);
/* The erase character and the flags of proto/terminal.h, as they were when it was opened. */
uint8_t tty_erase(const struct tty *tty);
uint8_t tty_flags(const struct tty *tty);

/* Returns 0 or -errno. Calling it again repeats it (after the process was stopped). */
int tty_make_raw(struct tty *tty);
/* Says the farewell and gives the terminal its own ways back. */
void tty_restore(struct tty *tty);
/* What undoes the state that the machine's programs left in the terminal; cut if it is long. */
void tty_set_farewell(struct tty *tty, const void *bytes, size_t size);
