/* From CSV text to machines. A line that is no machine becomes an entry in `bad` and stays. */
#include "fleet/inventory/machines-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"
#include "proto/sshkey.h"

enum { BAD_TEXT_MAX = 60 };

struct reading {
    struct fleet *fleet;
    struct fault *fault;
    uint32_t at[COLUMN_COUNT]; /* where each known column is, or FLEET_NONE */
    size_t offset;             /* of the text given to table_read() in fleet.source */
    bool begun;                /* the first row of cells has been seen */
};

static bool row_is_empty(const struct table_row *row)
{
    for (uint32_t i = 0; i < row->count; i++)
        if (row->cells[i].size > 0)
            return false;
    return true;
}

static int add_bad(struct reading *reading, const struct table_row *row, enum bad_row problem,
                   uint32_t cell, const char *text)
{
    size_t length = strnlen(text, BAD_TEXT_MAX);
    char *copy = arena_text(&reading->fleet->arena, text, length);

    if (!copy)
        return -ENOMEM;
    return fleet_append_bad(
        reading->fleet,
        (struct fleet_bad){.problem = problem, .line = row->line, .cell = cell, .text = copy});
}

/* ---- the first row ---- */

static const char *title_at(const struct table_row *row, uint32_t cell)
{
    return text_strip((char *)row->cells[cell].bytes);
}

static int read_header(struct reading *reading, const struct table_row *row)
{
    struct fleet *fleet = reading->fleet;

    for (uint32_t i = 0; i < row->count; i++) {
        const char *title = title_at(row, i);
        enum column known = column_find(title);
        int r;

        if (known != COLUMN_UNKNOWN && reading->at[known] != FLEET_NONE)
            known = COLUMN_UNKNOWN;
        if (known != COLUMN_UNKNOWN)
            reading->at[known] = i;
        r = fleet_append_column(fleet, title, known);
        if (r)
            return r;
    }
    fleet->header_row = fleet->row_count;
    return 0;
}

static bool row_names_host(const struct table_row *row)
{
    for (uint32_t i = 0; i < row->count; i++)
        if (column_find(title_at(row, i)) == COLUMN_HOST)
            return true;
    return false;
}

static uint32_t cells_used(const struct table_row *row)
{
    uint32_t count = row->count;

    while (count > 0 && row->cells[count - 1].size == 0)
        count--;
    return count;
}

/* A header, or the first address of a bare column; anything else could only be guessed at. */
static int read_first(struct reading *reading, const struct table_row *row, bool *is_header_out)
{
    *is_header_out = row_names_host(row);
    if (*is_header_out)
        return read_header(reading, row);
    if (cells_used(row) == 1) {
        reading->at[COLUMN_HOST] = 0;
        return fleet_append_column(reading->fleet, column_title(COLUMN_HOST), COLUMN_HOST);
    }
    fault_set(reading->fault,
              _("Begin the file with a line such as name,host,port,tags,user,id (only host is "
                "needed), or write one address on each line and nothing else."),
              _("The first line of %s calls no column \"host\"."),
              reading->fleet->path ? reading->fleet->path : _("the list"));
    fault_at(reading->fault, row->line, 0);
    return FLEET_E_HEADER;
}

/* ---- a machine ---- */

static const char *cell_text(const struct reading *reading, const struct table_row *row,
                             enum column column)
{
    uint32_t at = reading->at[column];

    return at < row->count ? text_strip((char *)row->cells[at].bytes) : "";
}

static int read_machine(struct reading *reading, const struct table_row *row)
{
    struct fleet *fleet = reading->fleet;
    struct machine_spec spec = {
        .name = cell_text(reading, row, COLUMN_NAME),
        .host = cell_text(reading, row, COLUMN_HOST),
        .tags = cell_text(reading, row, COLUMN_TAGS),
        .user = cell_text(reading, row, COLUMN_USER),
    };
    const char *port = cell_text(reading, row, COLUMN_PORT);
    const char *id = cell_text(reading, row, COLUMN_ID);
    uint8_t id_bytes[MACHINE_ID_SIZE];
    struct machine machine;
    enum column column = COLUMN_HOST;
    int r = 0;

    if (cells_used(row) > fleet->column_count)
        return add_bad(reading, row, BAD_ROW_CELLS, fleet->column_count + 1,
                       (const char *)row->cells[fleet->column_count].bytes);
    if (*port && address_parse_port(port, &spec.port, NULL)) {
        column = COLUMN_PORT;
        r = BAD_ROW_PORT;
    } else if (*id && !fingerprint_parse(id, id_bytes)) {
        column = COLUMN_ID;
        r = BAD_ROW_ID;
    } else {
        spec.id = *id ? id_bytes : NULL;
        r = fleet_judge(fleet, &spec, &machine, &column);
    }
    if (r > 0) {
        const char *text = cell_text(reading, row, column);
        /* A name that is not there comes from the host. */
        bool from_host = column == COLUMN_NAME && !*text;

        return add_bad(reading, row, (enum bad_row)r,
                       reading->at[from_host ? COLUMN_HOST : column] + 1,
                       from_host ? spec.host : text);
    }
    machine.row = fleet->row_count;
    return r ? r : fleet_append_machine(fleet, &machine);
}

static int read_row(struct reading *reading, const struct table_row *row, enum row_kind *kind_out)
{
    uint32_t before = reading->fleet->count;
    bool is_header = false;
    int r;

    if (!reading->begun) {
        reading->begun = true;
        r = read_first(reading, row, &is_header);
        if (r)
            return r;
    }
    if (is_header) {
        *kind_out = ROW_HEADER;
        return 0;
    }
    r = read_machine(reading, row);
    if (reading->fleet->count > before)
        *kind_out = ROW_MACHINE;
    return r;
}

static int on_row(const struct table_row *row, void *context)
{
    struct reading *reading = context;
    struct fleet *fleet = reading->fleet;
    enum row_kind kind = row->problem == BAD_ROW_QUOTE ? ROW_BROKEN : ROW_KEPT;
    int r = 0;

    if (row->kind == TABLE_BAD)
        r = add_bad(reading, row, row->problem, 0, "");
    else if (row->kind == TABLE_ROW && !row_is_empty(row))
        r = read_row(reading, row, &kind);
    if (r)
        return r;
    return fleet_append_row(fleet,
                            (struct fleet_row){
                                .kind = kind,
                                .machine = kind == ROW_MACHINE ? fleet->count - 1 : FLEET_NONE,
                                .begin = row->begin + reading->offset,
                                .end = row->end + reading->offset,
                            });
}

static bool is_utf16(const uint8_t *bytes, size_t size)
{
    return size >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
}

int fleet_read(struct fleet *fleet, struct fault *fault)
{
    const uint8_t *bytes = buffer_bytes(&fleet->source);
    size_t size = buffer_length(&fleet->source);
    struct reading reading = {.fleet = fleet, .fault = fault, .offset = table_bom(bytes, size)};
    const uint8_t *newline;

    for (enum column i = 0; i < COLUMN_COUNT; i++)
        reading.at[i] = FLEET_NONE;
    if (is_utf16(bytes, size)) {
        fault_set(fault, _("Save it as \"CSV UTF-8\" in the spreadsheet."),
                  _("The list is written in UTF-16, which is not read."));
        return FLEET_E_HEADER;
    }
    fleet->has_bom = reading.offset > 0;
    bytes += reading.offset;
    size -= reading.offset;
    newline = size ? memchr(bytes, '\n', size) : NULL;
    fleet->crlf = newline && newline > bytes && newline[-1] == '\r';
    fleet->separator = table_separator(bytes, size);
    return table_read(bytes, size, fleet->separator, on_row, &reading);
}

int fleet_parse(const void *bytes, size_t size, struct fleet **fleet_out, struct fault *fault)
{
    _cleanup_fleet_ struct fleet *fleet = fleet_new();
    int r;

    if (!fleet)
        return -ENOMEM;
    r = buffer_append(&fleet->source, bytes, size);
    if (!r)
        r = fleet_read(fleet, fault);
    if (!r)
        *fleet_out = steal_pointer(fleet);
    return r;
}

void fleet_bad_describe(const struct fleet *fleet, const struct fleet_bad *bad,
                        struct fault *fault_out)
{
    (void)fleet;
    bad_row_fault(bad->problem, bad->text, fault_out);
    fault_at(fault_out, bad->line, bad->cell);
}
