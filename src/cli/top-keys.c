/* What each key of `hune top` does. */
#include <string.h>

#include "base/text.h"
#include "cli/top.h"

static void sort_by(struct top *top, enum table_key key)
{
    /* The same key again turns it round. */
    bool reversed = top->table.sort == key && !top->table.is_reversed;

    table_sort_by(&top->table, key, reversed);
}

static void sort_next(struct top *top, int step)
{
    int key = ((int)top->table.sort + step + TABLE_KEY_COUNT) % TABLE_KEY_COUNT;

    table_sort_by(&top->table, (enum table_key)key, false);
}

static bool key_moves(struct top *top, uint32_t key)
{
    struct table *table = &top->table;
    int page = table->height > 1 ? table->height - 1 : 1;

    switch (key) {
    case KEY_GO_UP:
    case 'k': table_move(table, -1); return true;
    case KEY_GO_DOWN:
    case 'j': table_move(table, 1); return true;
    case KEY_WHEEL_UP: table_move(table, -3); return true;
    case KEY_WHEEL_DOWN: table_move(table, 3); return true;
    case KEY_PAGE_UP: table_move(table, -page); return true;
    case KEY_PAGE_DOWN:
    case ' ': table_move(table, page); return true;
    case KEY_TO_FIRST:
    case 'g': table_move_to(table, 0); return true;
    case KEY_TO_LAST:
    case 'G': table_move_to(table, UINT32_MAX); return true;
    default: return false;
    }
}

static bool key_sorts(struct top *top, uint32_t key)
{
    switch (key) {
    case 'c': sort_by(top, TABLE_CPU); return true;
    case 'm': sort_by(top, TABLE_MEM); return true;
    case 'l': sort_by(top, TABLE_LOAD); return true;
    case 'd': sort_by(top, TABLE_DISK); return true;
    case 'i': sort_by(top, TABLE_NET); return true;
    case 'n': sort_by(top, TABLE_NAME); return true;
    case 'u': sort_by(top, TABLE_UPTIME); return true;
    case 't': sort_by(top, TABLE_STATE); return true;
    case '<':
    case KEY_GO_LEFT: sort_next(top, -1); return true;
    case '>':
    case KEY_GO_RIGHT: sort_next(top, 1); return true;
    case 'r': table_sort_by(&top->table, top->table.sort, !top->table.is_reversed); return true;
    default: return false;
    }
}

static void click(struct top *top)
{
    int row, column, line;
    uint32_t at;

    screen_clicked(top->screen, &row, &column);
    line = row - top->table.first_line;
    if (line < 0 || line >= top->table.height)
        return;
    at = top->table.top + (uint32_t)line;
    if (at == top->table.cursor)
        top_enter(top, table_chosen(&top->table));
    else if (at < top->table.shown)
        table_move_to(&top->table, at);
}

static void table_obeys(struct top *top, uint32_t key)
{
    if (key_moves(top, key) || key_sorts(top, key))
        return;
    switch (key) {
    case 'q': top_leave(top, STATUS_OK); break;
    case KEY_RETURN: top_enter(top, table_chosen(&top->table)); break;
    case KEY_CLICK: click(top); break;
    case 's': top_shell(top); break;
    case '/': top->mode = TOP_FILTER; break;
    case KEY_ESC: table_set_filter(&top->table, ""); break;
    default: break;
    }
}

/* Selectors are ASCII, and so are machines' names. */
static void filter_obeys(struct top *top, uint32_t key)
{
    char text[TABLE_FILTER_SIZE];
    size_t size;

    text_copy(text, sizeof(text), top->table.filter);
    size = strlen(text);
    if (key == KEY_RETURN || key == KEY_ESC) {
        top->mode = TOP_TABLE;
        if (key == KEY_ESC)
            table_set_filter(&top->table, "");
        return;
    }
    if (key == KEY_CONTROL_U)
        size = 0;
    else if (key == KEY_ERASE && size > 0)
        size--;
    else if (key >= ' ' && key < 0x7f && size + 1 < sizeof(text))
        text[size++] = (char)key;
    else if (key == KEY_GO_UP || key == KEY_GO_DOWN || key == KEY_PAGE_UP || key == KEY_PAGE_DOWN)
        key_moves(top, key);
    text[size] = '\0';
    if (!text_equal(text, top->table.filter)) {
        table_set_filter(&top->table, text);
        table_move_to(&top->table, 0);
    }
}

/* The machine before or after this one in the table. */
static void go_beside(struct top *top, int step)
{
    table_move(&top->table, step);
    if (table_chosen(&top->table) != top->viewed)
        top_enter(top, table_chosen(&top->table));
}

static void machine_obeys(struct top *top, uint32_t key)
{
    struct machine_view *view = &top->view;
    int page = view->height > 1 ? view->height - 1 : 1;

    switch (key) {
    case 'q':
    case KEY_ESC:
    case KEY_ERASE: top_back(top); break;
    case 's': top_shell(top); break;
    case 'm': view->by_memory = true; break;
    case 'c': view->by_memory = false; break;
    case '+':
    case '-':
        machine_view_turn(view, PAGE_PAST);
        if (machine_view_change_span(view, key == '+' ? 1 : -1))
            top_ask_history(top);
        break;
    case '[': go_beside(top, -1); break;
    case ']': go_beside(top, 1); break;
    case KEY_TAB:
    case KEY_GO_RIGHT:
        machine_view_turn(view, (enum machine_page)((view->page + 1) % PAGE_COUNT));
        break;
    case KEY_GO_LEFT:
        machine_view_turn(view, (enum machine_page)((view->page + PAGE_COUNT - 1) % PAGE_COUNT));
        break;
    case KEY_GO_UP:
    case 'k': machine_view_scroll(view, -1); break;
    case KEY_GO_DOWN:
    case 'j': machine_view_scroll(view, 1); break;
    case KEY_WHEEL_UP: machine_view_scroll(view, -3); break;
    case KEY_WHEEL_DOWN: machine_view_scroll(view, 3); break;
    case KEY_PAGE_UP: machine_view_scroll(view, -page); break;
    case KEY_PAGE_DOWN:
    case ' ': machine_view_scroll(view, page); break;
    case KEY_TO_FIRST: machine_view_scroll(view, -view->used); break;
    case KEY_TO_LAST: machine_view_scroll(view, view->used); break;
    default:
        if (key >= '1' && key < '1' + PAGE_COUNT)
            machine_view_turn(view, (enum machine_page)(key - '1'));
        break;
    }
}

static void help_obeys(struct top *top, uint32_t key)
{
    int page = top->canvas.rows > 2 ? top->canvas.rows - 2 : 1;

    switch (key) {
    case KEY_GO_UP:
    case KEY_WHEEL_UP: top->help_scroll--; break;
    case KEY_GO_DOWN:
    case KEY_WHEEL_DOWN: top->help_scroll++; break;
    case KEY_PAGE_UP: top->help_scroll -= page; break;
    case KEY_PAGE_DOWN: top->help_scroll += page; break;
    default: top->mode = top->behind; break;
    }
}

void top_key(struct top *top, uint32_t key)
{
    top->note[0] = '\0';
    if (key == KEY_CONTROL_C) {
        top_leave(top, STATUS_OK);
        return;
    }
    if (key == KEY_CONTROL_Z) {
        top_suspend(top);
        return;
    }
    if (key == KEY_CONTROL_L)
        screen_spoiled(top->screen);
    switch (top->mode) {
    case TOP_HELP: help_obeys(top, key); break;
    case TOP_FILTER: filter_obeys(top, key); break;
    case TOP_TABLE:
    case TOP_MACHINE:
        if (key == '?' || key == 'h') {
            top->behind = top->mode;
            top->mode = TOP_HELP;
            top->help_scroll = 0;
        } else if (top->mode == TOP_TABLE) {
            table_obeys(top, key);
        } else {
            machine_obeys(top, key);
        }
        break;
    }
    top_draw_soon(top, TOP_KEY_MS);
}
