/* See tty.h. */
#include "cli/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { FAREWELL_MAX = 512 };

struct tty {
    int fd;
    bool is_raw;
    struct termios saved;
    size_t farewell_size;
    char farewell[FAREWELL_MAX];
};

/* What a dying process must know; a handler can be given nothing. NULL while nothing is raw. */
static struct tty *volatile lent;

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
static struct sigaction before[ELEMENTS_OF(crashes)];

/* The rule is that handlers do nothing; here nobody is left to be told. Only functions that POSIX
 * allows in handlers. */
static void on_crash(int number)
{
    struct tty *tty = lent;

    lent = NULL;
    if (tty) {
        if (write(tty->fd, tty->farewell, tty->farewell_size) < 0) {
            /* nothing can be done */
        }
        tcsetattr(tty->fd, TCSANOW, &tty->saved);
    }
    for (size_t i = 0; i < ELEMENTS_OF(crashes); i++) {
        if (crashes[i] == number)
            sigaction(number, &before[i], NULL);
    }
    raise(number); /* comes when we return, to whoever was there before us */
}

static void crashes_catch(struct tty *tty)
{
    struct sigaction action = {.sa_handler = on_crash};

    sigemptyset(&action.sa_mask);
    if (lent)
        return;
    lent = tty;
    for (size_t i = 0; i < ELEMENTS_OF(crashes); i++)
        sigaction(crashes[i], &action, &before[i]);
}

static void crashes_leave(void)
{
    if (!lent)
        return;
    lent = NULL;
    for (size_t i = 0; i < ELEMENTS_OF(crashes); i++)
        sigaction(crashes[i], &before[i], NULL);
}

static int terminal_open_again(void)
{
    char path[128];
    int fd = -1;

    if (ttyname_r(STDIN_FILENO, path, sizeof(path)) == 0)
        fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int tty_open(struct tty **tty_out)
{
    struct tty *tty;
    int fd;

    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return -ENOTTY;
    fd = terminal_open_again();
    if (fd < 0)
        return fd;
    tty = calloc(1, sizeof(*tty));
    if (!tty || tcgetattr(fd, &tty->saved) < 0) {
        int error = tty ? errno : ENOMEM;

        free(tty);
        close(fd);
        return -error;
    }
    tty->fd = fd;
    *tty_out = tty;
    return 0;
}

struct tty *tty_close(struct tty *tty)
{
    if (!tty)
        return NULL;
    tty_restore(tty);
    close(tty->fd);
    free(tty);
    return NULL;
}

int tty_fd(const struct tty *tty)
{
    return tty->fd;
}

struct terminal_size tty_size(const struct tty *tty)
{
    struct winsize size = {0};

    ioctl(tty->fd, TIOCGWINSZ, &size);
    return (struct terminal_size){
        .rows = size.ws_row ? size.ws_row : 24,
        .columns = size.ws_col ? size.ws_col : 80,
        .width = size.ws_xpixel,
        .height = size.ws_ypixel,
    };
}

uint8_t tty_erase(const struct tty *tty)
{
    return tty->saved.c_cc[VERASE];
}

uint8_t tty_flags(const struct tty *tty)
{
    return tty->saved.c_iflag & IUTF8 ? TERMINAL_UTF8 : 0;
}

int tty_make_raw(struct tty *tty)
{
    struct termios raw = tty->saved;

    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    crashes_catch(tty);
    if (tcsetattr(tty->fd, TCSADRAIN, &raw) < 0) {
        crashes_leave();
        return -errno;
    }
    tty->is_raw = true;
    return 0;
}

void tty_restore(struct tty *tty)
{
    if (!tty->is_raw)
        return;
    tty->is_raw = false;
    if (write(tty->fd, tty->farewell, tty->farewell_size) < 0) {
        /* A terminal that takes nothing now takes no farewell either. */
    }
    tcsetattr(tty->fd, TCSADRAIN, &tty->saved);
    crashes_leave();
}

void tty_set_farewell(struct tty *tty, const void *bytes, size_t size)
{
    /* A handler that comes in between finds none rather than half of one. */
    tty->farewell_size = 0;
    if (size > sizeof(tty->farewell))
        return;
    if (size > 0)
        memcpy(tty->farewell, bytes, size);
    tty->farewell_size = size;
}
