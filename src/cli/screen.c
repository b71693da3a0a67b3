/* See screen.h. */
#include "cli/screen.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "base/text.h"
#include "cli/terminal-kind.h"
#include "cli/tty-rescue.h"
#include "fleet/home/i18n.h"

struct screen {
    SCREEN *terminal;
    struct canvas shown; /* what is on the terminal */
    attr_t attributes[STYLE_COUNT];
    short pairs[STYLE_COUNT];
    bool is_spoiled;
    bool is_ascii;
    int click_row, click_column;
    struct tty_rescue rescue;
};

enum { PAIR_GOOD = 1, PAIR_WARN, PAIR_BAD, PAIR_ACCENT };

/* A lone Escape is told from the beginning of a longer key after so long. */
enum { ESCAPE_MS = 25 };

static void choose_styles(struct screen *screen, bool colour)
{
    screen->attributes[STYLE_DIM] = A_DIM;
    screen->attributes[STYLE_BOLD] = A_BOLD;
    screen->attributes[STYLE_HEADING] = A_REVERSE;
    screen->attributes[STYLE_SORTED] = A_REVERSE | A_BOLD;
    if (!colour || !has_colors() || start_color() == ERR) {
        screen->attributes[STYLE_WARN] = A_BOLD;
        screen->attributes[STYLE_BAD] = A_BOLD;
        return;
    }
    use_default_colors();
    init_pair(PAIR_GOOD, COLOR_GREEN, -1);
    init_pair(PAIR_WARN, COLOR_YELLOW, -1);
    init_pair(PAIR_BAD, COLOR_RED, -1);
    init_pair(PAIR_ACCENT, COLOR_CYAN, -1);
    screen->pairs[STYLE_GOOD] = PAIR_GOOD;
    screen->pairs[STYLE_WARN] = PAIR_WARN;
    screen->pairs[STYLE_BAD] = PAIR_BAD;
    screen->pairs[STYLE_ACCENT] = PAIR_ACCENT;
    screen->attributes[STYLE_BAD] = A_BOLD;
}

static void set_modes(struct screen *screen)
{
    tty_rescue_arm(&screen->rescue);
    raw();
    noecho();
    nonl();
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    meta(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    curs_set(0);
}

/* What screen_leave() does, for a process that cannot do it any more. */
static void prepare_rescue(struct screen *screen)
{
    char farewell[FAREWELL_MAX];

    screen->rescue.fd = STDOUT_FILENO;
    tty_rescue_set_farewell(&screen->rescue, farewell,
                            terminal_farewell(farewell, sizeof(farewell)));
}

int screen_open(struct screen **screen_out, bool colour, struct fault *fault)
{
    const char *name = getenv("TERM");
    struct screen *screen = NULL;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fault_set(fault, _("For scripts there is: hune list -l --json"),
                  _("This needs a terminal."));
        return 1;
    }
    /* newterm() alone would leave memory behind where the kind is not known. */
    if (terminal_is_known()) {
        screen = calloc(1, sizeof(*screen));
        if (!screen)
            return -ENOMEM;
        tcgetattr(STDOUT_FILENO, &screen->rescue.saved);
        screen->terminal = newterm(NULL, stdout, stdin);
    }
    if (!screen || !screen->terminal) {
        free(screen);
        fault_set(fault, _("Set TERM to the kind of your terminal, for example: TERM=xterm"),
                  _("The terminal \"%s\" is not known here."), name ? name : "");
        return 1;
    }
    set_escdelay(ESCAPE_MS);
    screen->is_ascii = !text_equal(nl_langinfo(CODESET), "UTF-8");
    screen->is_spoiled = true;
    choose_styles(screen, colour);
    mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    mouseinterval(0);
    prepare_rescue(screen);
    set_modes(screen);
    *screen_out = screen;
    return 0;
}

struct screen *screen_close(struct screen *screen)
{
    if (!screen)
        return NULL;
    screen_leave(screen);
    delscreen(screen->terminal);
    canvas_deinit(&screen->shown);
    free(screen);
    return NULL;
}

void screen_leave(struct screen *screen)
{
    curs_set(1);
    endwin();
    tty_rescue_disarm(&screen->rescue);
}

void screen_return(struct screen *screen)
{
    refresh();
    set_modes(screen);
    screen_spoiled(screen);
}

void screen_size(struct screen *screen, int *rows_out, int *columns_out)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
        (size.ws_row != LINES || size.ws_col != COLS)) {
        resizeterm(size.ws_row, size.ws_col);
        screen_spoiled(screen);
    }
    *rows_out = LINES;
    *columns_out = COLS;
}

bool screen_is_ascii(const struct screen *screen)
{
    return screen->is_ascii;
}

void screen_spoiled(struct screen *screen)
{
    screen->is_spoiled = true;
}

static void show_cell(const struct screen *screen, const struct canvas_cell *cell)
{
    wchar_t text[2] = {(wchar_t)cell->code, L'\0'};
    attr_t attributes = screen->attributes[cell->style];
    cchar_t shown;

    /* Reversed twice would be plain again. */
    if (cell->chosen)
        attributes |= A_REVERSE;
    setcchar(&shown, text, attributes, screen->pairs[cell->style], NULL);
    add_wch(&shown);
}

static void show_row(const struct screen *screen, const struct canvas *canvas, int row)
{
    const struct canvas_cell *cells = &canvas->cells[row * canvas->columns];

    move(row, 0);
    for (int i = 0; i < canvas->columns; i++) {
        if (cells[i].code) /* a wide character fills its second half by itself */
            show_cell(screen, &cells[i]);
    }
}

void screen_show(struct screen *screen, const struct canvas *canvas, int cursor_row,
                 int cursor_column)
{
    struct canvas *shown = &screen->shown;
    size_t line = (size_t)canvas->columns * sizeof(*canvas->cells);

    if (shown->rows != canvas->rows || shown->columns != canvas->columns) {
        if (canvas_resize(shown, canvas->rows, canvas->columns) < 0)
            return;
        screen->is_spoiled = true;
    }
    if (screen->is_spoiled)
        clear();
    for (int row = 0; row < canvas->rows; row++) {
        struct canvas_cell *old = &shown->cells[row * canvas->columns];
        const struct canvas_cell *new = &canvas->cells[row * canvas->columns];

        if (!screen->is_spoiled && memcmp(old, new, line) == 0)
            continue;
        memcpy(old, new, line);
        show_row(screen, canvas, row);
    }
    screen->is_spoiled = false;
    curs_set(cursor_row >= 0);
    if (cursor_row >= 0)
        move(cursor_row, cursor_column);
    refresh();
}

static bool key_of_mouse(struct screen *screen, uint32_t *key_out)
{
    MEVENT event;

    if (getmouse(&event) != OK)
        return false;
    screen->click_row = event.y;
    screen->click_column = event.x;
    if (event.bstate & BUTTON4_PRESSED)
        *key_out = KEY_WHEEL_UP;
    else if (event.bstate & BUTTON5_PRESSED)
        *key_out = KEY_WHEEL_DOWN;
    else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
        *key_out = KEY_CLICK;
    else
        return false;
    return true;
}

static uint32_t key_of_code(wint_t code)
{
    switch (code) {
    case KEY_UP: return KEY_GO_UP;
    case KEY_DOWN: return KEY_GO_DOWN;
    case KEY_LEFT: return KEY_GO_LEFT;
    case KEY_RIGHT: return KEY_GO_RIGHT;
    case KEY_PPAGE: return KEY_PAGE_UP;
    case KEY_NPAGE: return KEY_PAGE_DOWN;
    case KEY_HOME: return KEY_TO_FIRST;
    case KEY_END: return KEY_TO_LAST;
    case KEY_BACKSPACE: return KEY_ERASE;
    case KEY_DC: return KEY_DELETE;
    case KEY_ENTER: return KEY_RETURN;
    default: return 0;
    }
}

bool screen_key(struct screen *screen, uint32_t *key_out)
{
    wint_t code;

    for (;;) {
        int kind = get_wch(&code);

        if (kind == ERR)
            return false;
        if (kind == OK) {
            *key_out = code == '\n'               ? (uint32_t)KEY_RETURN
                       : code == 127 || code == 8 ? (uint32_t)KEY_ERASE
                                                  : (uint32_t)code;
            return true;
        }
        if (code == KEY_MOUSE) {
            if (key_of_mouse(screen, key_out))
                return true;
            continue;
        }
        *key_out = key_of_code(code);
        if (*key_out)
            return true;
    }
}

void screen_clicked(const struct screen *screen, int *row_out, int *column_out)
{
    *row_out = screen->click_row;
    *column_out = screen->click_column;
}
