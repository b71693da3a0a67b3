/* See tty-rescue.h. */
#include "cli/tty-rescue.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* What a dying process must know; a handler can be given nothing. NULL while nothing is armed. */
static struct tty_rescue *volatile armed;

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
static struct sigaction before[ELEMENTS_OF(crashes)];

/* The rule is that handlers do nothing; here nobody is left to be told. Only functions that POSIX
 * allows in handlers. */
static void on_crash(int number)
{
    struct tty_rescue *rescue = armed;

    armed = NULL;
    if (rescue) {
        if (write(rescue->fd, rescue->farewell, rescue->farewell_size) < 0) {
            /* nothing can be done */
        }
        tcsetattr(rescue->fd, TCSANOW, &rescue->saved);
    }
    for (size_t i = 0; i < ELEMENTS_OF(crashes); i++) {
        if (crashes[i] == number)
            sigaction(number, &before[i], NULL);
    }
    raise(number); /* comes when we return, to whoever was there before us */
}

void tty_rescue_arm(struct tty_rescue *rescue)
{
    struct sigaction action = {.sa_handler = on_crash};

    sigemptyset(&action.sa_mask);
    if (armed)
        return;
    armed = rescue;
    for (size_t i = 0; i < ELEMENTS_OF(crashes); i++)
        sigaction(crashes[i], &action, &before[i]);
}

void tty_rescue_disarm(const struct tty_rescue *rescue)
{
    if (!armed || armed != rescue)
        return;
    armed = NULL;
    for (size_t i = 0; i < ELEMENTS_OF(crashes); i++)
        sigaction(crashes[i], &before[i], NULL);
}

void tty_rescue_set_farewell(struct tty_rescue *rescue, const void *bytes, size_t size)
{
    /* A handler that comes in between finds none rather than half of one. */
    rescue->farewell_size = 0;
    if (size > sizeof(rescue->farewell))
        return;
    if (size > 0)
        memcpy(rescue->farewell, bytes, size);
    rescue->farewell_size = size;
}
