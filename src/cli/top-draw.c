/* What `hune top` shows: the summary above, a view, the keys below; or the help. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "cli/top.h"
#include "fleet/home/figure.h"

/* Fewer rows than this have no line for the keys. */
enum { ROWS_WITH_KEYS = 7 };

struct help_line {
    const char *keys;
    const char *text; /* NULL: a heading */
};

static const struct help_line help_lines[] = {
    {N_("The table"), NULL},
    {N_("↑ ↓ PgUp PgDn Home End"), N_("move; j and k do too")},
    {N_("Enter"), N_("one machine on the whole screen")},
    {"s", N_("a shell there")},
    {"/", N_("filter as you type: @prod, web[01-40], part of a name")},
    {N_("Esc"), N_("show all machines again")},
    {"c m l d i n u t", N_("by cpu, memory, load, disk, net, name, uptime, state")},
    {"< >  r", N_("sort by the column left or right of it; the other way round")},
    {"q", N_("leave")},
    {N_("One machine"), NULL},
    {"1 2 3 4 5  ← → Tab", N_("its pages")},
    {"m c", N_("processes by memory, by processor")},
    {"+ -", N_("more or less of the past: an hour to a year")},
    {"[ ]", N_("the machine before and after it in the table")},
    {N_("Esc q"), N_("back to the table")},
    {N_("Marks"), NULL},
    {"● ○ ! ·", N_("up, down, refused (does not let you in), connecting")},
    {N_("dim figures"), N_("are old: no newer ones came")},
};

static void part(struct canvas *canvas, int row, int *at, enum style style, const char *text)
{
    *at += canvas_text(canvas, row, *at, canvas->columns - *at, style, text);
}

static void count_part(struct top *top, int *at, enum presence presence, enum style style,
                       const char *word)
{
    uint32_t count = lookout_present(top->lookout, presence);
    char text[64];

    if (count == 0 && presence != PRESENCE_UP)
        return;
    snprintf(text, sizeof(text), "%u %s  ", count, word);
    part(&top->canvas, 0, at, style, text);
}

static void draw_summary(struct top *top)
{
    struct table *table = &top->table;
    bool is_narrow = top->canvas.columns < 40;
    int at = 0;
    char text[160];

    count_part(top, &at, PRESENCE_UP, STYLE_GOOD, _("up"));
    count_part(top, &at, PRESENCE_DOWN, STYLE_BAD, _("down"));
    count_part(top, &at, PRESENCE_REFUSED, STYLE_BAD, _("refused"));
    count_part(top, &at, PRESENCE_UNKNOWN, STYLE_DIM, _("connecting"));
    if (!isnan(table->cpu) && !is_narrow) {
        snprintf(text, sizeof(text), _("mean cpu %.0f%% mem %.0f%%  "), table->cpu, table->mem);
        part(&top->canvas, 0, &at, STYLE_PLAIN, text);
    }
    if (*table->filter) {
        snprintf(text, sizeof(text),
                 table->filter_is_selector ? _("%u shown: ") : _("%u shown, with "), table->shown);
        part(&top->canvas, 0, &at, STYLE_ACCENT, text);
        part(&top->canvas, 0, &at, STYLE_ACCENT, table->filter);
    }
}

static const char *keys_of(const struct top *top)
{
    switch (top->mode) {
    case TOP_TABLE: return _("? help  Enter open  s shell  / filter  < > sort  r reverse  q leave");
    case TOP_MACHINE: return _("? help  1-5 pages  [ ] machines  s shell  Esc back");
    case TOP_FILTER:
    case TOP_HELP: break;
    }
    return "";
}

static void draw_keys(struct top *top, int row)
{
    struct canvas *canvas = &top->canvas;

    if (*top->note) {
        canvas_text(canvas, row, 0, canvas->columns, STYLE_WARN, top->note);
        return;
    }
    canvas_text(canvas, row, 0, canvas->columns, STYLE_DIM, keys_of(top));
    if (top->mode == TOP_TABLE && top->table.shown > 0 && canvas->columns > 76) {
        char text[32];

        snprintf(text, sizeof(text), "%u/%u", top->table.cursor + 1, top->table.shown);
        canvas_right(canvas, row, canvas->columns - 12, 12, STYLE_DIM, text);
    }
}

static void draw_help_line(struct canvas *canvas, int row, int keys, const struct help_line *line)
{
    if (!line->text) {
        canvas_text(canvas, row, 0, canvas->columns, STYLE_BOLD, _(line->keys));
        return;
    }
    canvas_text(canvas, row, 1, keys - 1, STYLE_ACCENT, _(line->keys));
    canvas_text(canvas, row, keys + 1, canvas->columns - keys - 1, STYLE_PLAIN, _(line->text));
}

/* The last row is kept free for the way back; where there are not enough rows, it scrolls. */
static void draw_help(struct top *top)
{
    struct canvas *canvas = &top->canvas;
    int lines = (int)ELEMENTS_OF(help_lines), rows = canvas->rows > 1 ? canvas->rows - 1 : 1;
    int keys = canvas->columns < 60 ? 12 : 25;

    top->help_scroll = top->help_scroll > lines - rows ? lines - rows : top->help_scroll;
    top->help_scroll = top->help_scroll < 0 ? 0 : top->help_scroll;
    for (int i = 0; i < rows && top->help_scroll + i < lines; i++)
        draw_help_line(canvas, i, keys, &help_lines[top->help_scroll + i]);
    if (canvas->rows > 1)
        canvas_text(canvas, lines < rows ? lines : rows, 0, canvas->columns, STYLE_DIM,
                    lines > rows ? _("↑ ↓ scroll, any other key goes back.")
                                 : _("Any key goes back."));
}

/* The line in which the filter is typed; tells where the cursor stands. */
static int draw_filter(struct top *top, int row)
{
    struct canvas *canvas = &top->canvas;
    int at = canvas_text(canvas, row, 0, canvas->columns, STYLE_BOLD, _("Filter: "));
    size_t room = canvas->columns > at + 1 ? (size_t)(canvas->columns - at - 1) : 0;
    const char *text = top->table.filter;

    canvas_fill(canvas, row, 0, canvas->columns, STYLE_PLAIN);
    if (strlen(text) > room)
        text += strlen(text) - room; /* the end is where one types */
    at += canvas_text(canvas, row, at, canvas->columns - at, STYLE_PLAIN, text);
    return at < canvas->columns ? at : canvas->columns - 1;
}

static void draw_table(struct top *top, uint64_t now_ms)
{
    int rows = top->canvas.rows;
    bool with_keys = rows >= ROWS_WITH_KEYS || *top->note || top->mode == TOP_FILTER;
    int first = rows >= 3 + with_keys ? 1 : 0;

    if (first > 0)
        draw_summary(top);
    table_draw(&top->table, &top->canvas, first, rows - first - with_keys, now_ms);
}

void top_draw(struct top *top)
{
    struct canvas *canvas = &top->canvas;
    uint64_t now_ms = clock_monotonic_ms();
    int rows, columns, cursor_row = -1, cursor_column = 0;

    if (top->shell)
        return;
    screen_size(top->screen, &rows, &columns);
    if (canvas->rows != rows || canvas->columns != columns) {
        if (canvas_resize(canvas, rows, columns) < 0)
            return;
    } else {
        canvas_clear(canvas);
    }
    canvas->ascii = screen_is_ascii(top->screen);
    top->drawn_ms = now_ms;
    rows = canvas->rows;
    if (top->mode == TOP_HELP) {
        draw_help(top);
    } else if (top->mode == TOP_MACHINE) {
        bool with_keys = rows >= ROWS_WITH_KEYS || *top->note;

        machine_view_draw(&top->view, canvas, 0, rows - with_keys, now_ms);
        if (with_keys)
            draw_keys(top, rows - 1);
    } else {
        draw_table(top, now_ms);
        if (top->mode == TOP_FILTER) {
            cursor_row = rows - 1;
            cursor_column = draw_filter(top, cursor_row);
        } else if (rows >= ROWS_WITH_KEYS || *top->note) {
            draw_keys(top, rows - 1);
        }
    }
    screen_show(top->screen, canvas, cursor_row, cursor_column);
}
