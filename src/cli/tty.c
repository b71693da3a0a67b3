/* See tty.h. */
#include "cli/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/tty-rescue.h"

struct tty {
    int fd;
    bool is_raw;
    struct tty_rescue rescue;
};

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
    if (!tty || tcgetattr(fd, &tty->rescue.saved) < 0) {
        int error = tty ? errno : ENOMEM;

        free(tty);
        close(fd);
        return -error;
    }
    tty->fd = tty->rescue.fd = fd;
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
    return tty->rescue.saved.c_cc[VERASE];
}

uint8_t tty_flags(const struct tty *tty)
{
    return tty->rescue.saved.c_iflag & IUTF8 ? TERMINAL_UTF8 : 0;
}

int tty_make_raw(struct tty *tty)
{
    struct termios raw = tty->rescue.saved;

    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tty_rescue_arm(&tty->rescue);
    if (tcsetattr(tty->fd, TCSADRAIN, &raw) < 0) {
        tty_rescue_disarm(&tty->rescue);
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
    if (write(tty->fd, tty->rescue.farewell, tty->rescue.farewell_size) < 0) {
        /* A terminal that takes nothing now takes no farewell either. */
    }
    tcsetattr(tty->fd, TCSADRAIN, &tty->rescue.saved);
    tty_rescue_disarm(&tty->rescue);
}

void tty_set_farewell(struct tty *tty, const void *bytes, size_t size)
{
    tty_rescue_set_farewell(&tty->rescue, bytes, size);
}
