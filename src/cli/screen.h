/* The terminal as a full screen: the only file that knows ncurses. Shows a canvas, reads keys, and
 * leaves the terminal as it was on every way out.
 *
 * ncurses would catch signals by itself and work inside its handlers; whoever opens a screen
 * catches SIGINT, SIGTERM, SIGTSTP and SIGWINCH before, through the loop. Keys are read raw: Ctrl-C
 * and Ctrl-Z come as keys. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/canvas.h"
#include "fleet/home/fault.h"

struct screen;

/* Keys beyond characters. */
enum {
    KEY_CODE = 0x110000, /* above all characters */
    KEY_GO_UP,
    KEY_GO_DOWN,
    KEY_GO_LEFT,
    KEY_GO_RIGHT,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_TO_FIRST,
    KEY_TO_LAST,
    KEY_ERASE,
    KEY_DELETE,
    KEY_WHEEL_UP,
    KEY_WHEEL_DOWN,
    KEY_CLICK, /* screen_clicked() tells where */
    KEY_CONTROL_C = 3,
    KEY_TAB = 9,
    KEY_RETURN = 13,
    KEY_CONTROL_L = 12,
    KEY_CONTROL_U = 21,
    KEY_CONTROL_Z = 26,
    KEY_ESC = 27,
};

/* Takes over the terminal on standard input and output. Returns 0, -ENOMEM, or 1 with `fault` set
 * (no terminal, or of an unknown kind). */
int screen_open(struct screen **screen_out, bool colour, struct fault *fault);
/* Gives it back as it was. Takes NULL, returns NULL. */
struct screen *screen_close(struct screen *screen);
/* Another program has the terminal for a while. */
void screen_leave(struct screen *screen);
void screen_return(struct screen *screen);
/* Its size now; asks the kernel. */
void screen_size(struct screen *screen, int *rows_out, int *columns_out);
bool screen_is_ascii(const struct screen *screen);
/* Writes what differs from what was shown last. The cursor stands at row, column; -1: none. */
void screen_show(struct screen *screen, const struct canvas *canvas, int cursor_row,
                 int cursor_column);
/* Draws everything anew the next time. */
void screen_spoiled(struct screen *screen);
/* The next key that was typed, without waiting; false if there is none. */
bool screen_key(struct screen *screen, uint32_t *key_out);
void screen_clicked(const struct screen *screen, int *row_out, int *column_out);
