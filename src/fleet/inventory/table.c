/* See table.h. libcsv reads the cells; it is fed one physical line at a time, so that the source of
 * each row is known and a broken row can be given up without its neighbours. */
#include "fleet/inventory/table.h"

#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct table {
    const uint8_t *bytes;
    size_t size;
    struct csv_parser parser;
    struct buffer text;  /* the cells of the row so far, a NUL behind each */
    struct slice *cells; /* while the row is open, `bytes` is not set: the text may move */
    uint32_t count;
    uint32_t room;
    bool row_ended;
    bool no_memory;
};

static void on_cell(void *cell, size_t size, void *data)
{
    struct table *table = data;

    if (table->count == table->room) {
        uint32_t room = table->room ? table->room * 2 : 16;
        struct slice *cells = realloc(table->cells, room * sizeof(*cells));

        if (!cells) {
            table->no_memory = true;
            return;
        }
        table->cells = cells;
        table->room = room;
    }
    if (buffer_append(&table->text, cell, size) || buffer_append(&table->text, "", 1)) {
        table->no_memory = true;
        return;
    }
    table->cells[table->count++] = (struct slice){.size = size};
}

static void on_row(int terminator, void *data)
{
    struct table *table = data;

    (void)terminator;
    table->row_ended = true;
}

/* One past the end of the physical line at `from`: behind LF, CR LF, or a lone CR. */
static size_t line_end(const struct table *table, size_t from)
{
    const uint8_t *bytes = table->bytes;
    size_t at = from;

    while (at < table->size && bytes[at] != '\n' && bytes[at] != '\r')
        at++;
    if (at < table->size && bytes[at++] == '\r' && at < table->size && bytes[at] == '\n')
        at++;
    return at;
}

static size_t first_ink(const struct table *table, size_t begin, size_t end)
{
    while (begin < end && memchr(" \t\r\n", table->bytes[begin], 4))
        begin++;
    return begin;
}

static void row_reset(struct table *table)
{
    /* Without callbacks this only puts the parser back to its first state. */
    csv_fini(&table->parser, NULL, NULL, NULL);
    buffer_clear(&table->text);
    table->count = 0;
    table->row_ended = false;
}

static void cells_locate(struct table *table)
{
    const uint8_t *at = buffer_bytes(&table->text);

    for (uint32_t i = 0; i < table->count; i++) {
        table->cells[i].bytes = at;
        at += table->cells[i].size + 1;
    }
}

/* Feeds lines until the row ends. Returns the problem that made it give up, or BAD_ROW_NONE. */
static enum bad_row row_feed(struct table *table, struct table_row *row)
{
    size_t at = row->begin;

    while (!table->row_ended) {
        size_t end = line_end(table, at);
        size_t fed = end - at;

        if (at == table->size || end - row->begin > FLEET_LINE_MAX)
            return at == row->begin ? BAD_ROW_LONG : BAD_ROW_QUOTE;
        if (csv_parse(&table->parser, table->bytes + at, fed, on_cell, on_row, table) != fed)
            return BAD_ROW_QUOTE;
        /* The last line may lack its line end, which is what tells an open quote from a whole row.
         */
        if (end == table->size && !table->row_ended)
            csv_parse(&table->parser, "\n", 1, on_cell, on_row, table);
        at = end;
        row->end = end;
    }
    return BAD_ROW_NONE;
}

static uint32_t count_lines(const struct table *table, size_t begin, size_t end)
{
    uint32_t lines = 0;

    while (begin < end) {
        begin = line_end(table, begin);
        lines++;
    }
    return lines;
}

static void row_read(struct table *table, struct table_row *row)
{
    size_t first_end = line_end(table, row->begin);
    size_t ink = first_ink(table, row->begin, first_end);

    row->end = first_end;
    if (ink == first_end) {
        row->kind = TABLE_BLANK;
        return;
    }
    if (table->bytes[ink] == '#') {
        row->kind = TABLE_COMMENT;
        return;
    }
    row_reset(table);
    row->problem = row_feed(table, row);
    if (!row->problem && memchr(table->bytes + row->begin, '\0', row->end - row->begin))
        row->problem = BAD_ROW_NUL;
    else if (row->problem)
        row->end = first_end;
    row->kind = row->problem ? TABLE_BAD : TABLE_ROW;
    if (row->kind == TABLE_ROW) {
        cells_locate(table);
        row->cells = table->cells;
        row->count = table->count;
    }
}

int table_read(const void *bytes, size_t size, char separator,
               int (*each)(const struct table_row *row, void *context), void *context)
{
    struct table table = {.bytes = bytes, .size = size};
    size_t at = 0;
    uint32_t line = 1;
    int r = 0;

    if (csv_init(&table.parser, CSV_STRICT) != 0)
        return -ENOMEM;
    csv_set_delim(&table.parser, (unsigned char)separator);
    while (!r && at < size) {
        struct table_row row = {.begin = at, .line = line};

        row_read(&table, &row);
        if (table.no_memory || csv_error(&table.parser) == CSV_ENOMEM)
            r = -ENOMEM;
        else
            r = each(&row, context);
        at = row.end;
        line += count_lines(&table, row.begin, row.end);
    }
    csv_free(&table.parser);
    buffer_deinit(&table.text);
    free(table.cells);
    return r;
}

size_t table_bom(const void *bytes, size_t size)
{
    return size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* The separators of one physical line, outside of quotes. False if a quote stays open. */
static bool count_separators(const uint8_t *bytes, size_t size, const char *candidates,
                             size_t *counts)
{
    bool quoted = false;

    for (size_t at = 0; at < size; at++) {
        const char *found;

        if (bytes[at] == '"')
            quoted = !quoted;
        found = quoted || !bytes[at] ? NULL : strchr(candidates, bytes[at]);
        if (found)
            counts[found - candidates]++;
    }
    return !quoted;
}

char table_separator(const void *bytes, size_t size)
{
    static const char candidates[] = ",;\t";
    struct table table = {.bytes = bytes, .size = size};
    size_t best = 0;

    for (size_t begin = 0, end; begin < size; begin = end) {
        size_t counts[sizeof(candidates)] = {0};
        size_t ink;

        end = line_end(&table, begin);
        ink = first_ink(&table, begin, end);
        if (ink == end || table.bytes[ink] == '#' ||
            !count_separators(table.bytes + begin, end - begin, candidates, counts))
            continue;
        for (size_t i = 1; candidates[i]; i++)
            if (counts[i] > counts[best])
                best = i;
        break;
    }
    return candidates[best];
}

int table_append_cell(struct buffer *out, const void *bytes, size_t size)
{
    const char *text = bytes;
    bool plain = true;
    uint8_t *room;
    int r;

    for (size_t i = 0; i < size; i++)
        if (!text[i] || strchr(",;\t\r\n\"", text[i]))
            plain = false;
    /* Spaces at the ends would be trimmed on reading, and # would begin a comment. */
    if (size > 0 && (text[0] == ' ' || text[size - 1] == ' ' || text[0] == '#'))
        plain = false;
    if (plain)
        return buffer_append(out, bytes, size);
    r = buffer_reserve(out, size * 2 + 2, &room);
    if (r)
        return r;
    buffer_commit(out, csv_write(room, size * 2 + 2, bytes, size));
    return 0;
}
