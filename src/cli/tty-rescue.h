/* The terminal's way back when this process dies of itself: what a handler of SIGSEGV, SIGABRT and
 * their like still says and sets, before the signal takes its course. Whoever takes the terminal
 * arms it, and disarms it when it is given back in order.
 *
 * There is one terminal in a process, so one rescue is armed at a time: what is armed while another
 * one is waits for its turn in vain, and the first one holds. */
#pragma once

#include <stddef.h>
#include <termios.h>

enum { FAREWELL_MAX = 512 };

struct tty_rescue {
    int fd;               /* of the terminal */
    struct termios saved; /* how it was */
    size_t farewell_size;
    char farewell[FAREWELL_MAX]; /* what is written to it first */
};

/* The rescue must stay where it is until it is disarmed. */
void tty_rescue_arm(struct tty_rescue *rescue);
/* Nothing happens if another one, or none, is armed. */
void tty_rescue_disarm(const struct tty_rescue *rescue);
/* While it is armed, too. What is too long is no farewell. */
void tty_rescue_set_farewell(struct tty_rescue *rescue, const void *bytes, size_t size);
