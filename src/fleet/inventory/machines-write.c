/* From machines to CSV text. What was not changed is copied from the source, byte for byte. */
#include "fleet/inventory/machines-private.h"

#include <errno.h>
#include <string.h>

#include "fleet/inventory/address.h"
#include "proto/sshkey.h"

struct cells {
    const struct fleet *fleet;
    const struct machine *machine;
    uint32_t changed; /* a bit per known column whose cell is written from the machine */
    uint32_t only;    /* FLEET_NONE: the whole line; else this column's bare text */
    struct buffer *out;
};

/* The host cell holds the port too where no column does. */
static int append_host(const struct cells *cells, struct buffer *out)
{
    const struct machine *machine = cells->machine;

    if (machine->port == DEFAULT_PORT || fleet_column_of(cells->fleet, COLUMN_PORT) != FLEET_NONE)
        return buffer_append_text(out, machine->host);
    return address_append(out, machine->host, machine->port);
}

static int append_value(const struct cells *cells, enum column column, struct buffer *out)
{
    const struct machine *machine = cells->machine;
    char id[FINGERPRINT_TEXT_SIZE];

    switch (column) {
    case COLUMN_NAME: return buffer_append_text(out, machine->name);
    case COLUMN_HOST: return append_host(cells, out);
    case COLUMN_PORT: return buffer_printf(out, "%u", machine->port);
    case COLUMN_TAGS: return buffer_append_text(out, machine->tags);
    case COLUMN_USER: return buffer_append_text(out, machine->user);
    case COLUMN_ID:
        if (!machine->has_id)
            return 0;
        fingerprint_format(machine->id, id);
        return buffer_append_text(out, id);
    case COLUMN_UNKNOWN: break;
    }
    return 0;
}

static int append_separated(const struct fleet *fleet, uint32_t column, struct slice cell,
                            struct buffer *out)
{
    int r = column > 0 ? buffer_append(out, &fleet->separator, 1) : 0;

    return r ? r : table_append_cell(out, cell.bytes, cell.size);
}

static int append_line_end(const struct fleet *fleet, struct buffer *out)
{
    return buffer_append_text(out, fleet->crlf ? "\r\n" : "\n");
}

static int append_cell(const struct cells *cells, const struct table_row *row, uint32_t column)
{
    _cleanup_buffer_ struct buffer value = BUFFER_INIT;
    const struct fleet *fleet = cells->fleet;
    enum column known = column < fleet->column_count ? fleet->columns[column].known
                                                     : COLUMN_UNKNOWN;
    struct slice cell = {0};
    int r;

    if (known != COLUMN_UNKNOWN && (cells->changed & 1u << known)) {
        r = append_value(cells, known, &value);
        if (r)
            return r;
        cell = (struct slice){.bytes = buffer_bytes(&value), .size = buffer_length(&value)};
    } else if (column < row->count) {
        cell = row->cells[column];
    }
    if (cells->only != FLEET_NONE)
        return buffer_append(cells->out, cell.bytes, cell.size);
    return append_separated(fleet, column, cell, cells->out);
}

static int on_source_row(const struct table_row *row, void *context)
{
    const struct cells *cells = context;
    uint32_t count = cells->fleet->column_count;
    int r = 0;

    if (cells->only != FLEET_NONE)
        return append_cell(cells, row, cells->only);
    for (uint32_t i = 0; !r && i < (row->count > count ? row->count : count); i++)
        r = append_cell(cells, row, i);
    return r ? r : append_line_end(cells->fleet, cells->out);
}

/* One machine's cells: those of its source line, and the changed ones in their places. */
static int append_machine(const struct fleet *fleet, const struct machine *machine, uint32_t only,
                          struct buffer *out)
{
    const struct fleet_row *row = &fleet->rows[machine->row];
    struct cells cells = {
        .fleet = fleet,
        .machine = machine,
        .changed = row->kind == ROW_NEW ? ~0u : machine->changed,
        .only = only,
        .out = out,
    };

    if (row->kind == ROW_NEW && row->line)
        return table_read((const uint8_t *)row->line, strlen(row->line), fleet->separator,
                          on_source_row, &cells);
    if (row->kind == ROW_NEW)
        return on_source_row(&(struct table_row){0}, &cells);
    return table_read(buffer_bytes(&fleet->source) + row->begin, row->end - row->begin,
                      fleet->separator, on_source_row, &cells);
}

static int append_header(const struct fleet *fleet, struct buffer *out)
{
    int r = 0;

    for (uint32_t i = 0; !r && i < fleet->column_count; i++) {
        const char *title = fleet->columns[i].title;

        r = append_separated(
            fleet, i, (struct slice){.bytes = (const uint8_t *)title, .size = strlen(title)}, out);
    }
    return r ? r : append_line_end(fleet, out);
}

static int append_source(const struct fleet *fleet, const struct fleet_row *row, struct buffer *out)
{
    return buffer_append(out, buffer_bytes(&fleet->source) + row->begin, row->end - row->begin);
}

static int append_row(const struct fleet *fleet, const struct fleet_row *row, struct buffer *out)
{
    switch (row->kind) {
    case ROW_DROPPED: return 0;
    case ROW_HEADER:
        return fleet->header_changed ? append_header(fleet, out) : append_source(fleet, row, out);
    case ROW_NEW: return append_machine(fleet, &fleet->machines[row->machine], FLEET_NONE, out);
    case ROW_MACHINE:
        if (fleet->machines[row->machine].changed)
            return append_machine(fleet, &fleet->machines[row->machine], FLEET_NONE, out);
        return append_source(fleet, row, out);
    case ROW_KEPT:
    case ROW_BROKEN: break;
    }
    return append_source(fleet, row, out);
}

static bool ends_line(const struct buffer *out)
{
    uint8_t last = buffer_bytes(out)[buffer_length(out) - 1];

    return last == '\n' || last == '\r';
}

static bool is_changed(const struct fleet *fleet)
{
    if (fleet->header_changed)
        return true;
    for (uint32_t i = 0; i < fleet->row_count; i++) {
        const struct fleet_row *row = &fleet->rows[i];

        if (row->kind == ROW_DROPPED || row->kind == ROW_NEW ||
            (row->kind == ROW_MACHINE && fleet->machines[row->machine].changed))
            return true;
    }
    return false;
}

/* The rows that are broken, or those that are not, or (for an unchanged list) all of them. */
enum pass { PASS_ALL, PASS_WHOLE, PASS_BROKEN };

static int append_rows(const struct fleet *fleet, enum pass pass, size_t text, struct buffer *out)
{
    int r = 0;

    for (uint32_t i = 0; !r && i < fleet->row_count; i++) {
        const struct fleet_row *row = &fleet->rows[i];

        if (row->kind == ROW_DROPPED ||
            (pass != PASS_ALL && (row->kind == ROW_BROKEN) != (pass == PASS_BROKEN)))
            continue;
        /* The source's last line may lack its line end, and now something comes behind it. */
        if (buffer_length(out) > text && !ends_line(out))
            r = append_line_end(fleet, out);
        if (!r)
            r = append_row(fleet, row, out);
    }
    return r;
}

int fleet_export(const struct fleet *fleet, struct buffer *out)
{
    bool changed = is_changed(fleet);
    size_t begin = buffer_length(out);
    int r = fleet->has_bom ? buffer_append(out, "\xef\xbb\xbf", 3) : 0;
    size_t text = buffer_length(out);

    if (!r && fleet->header_row == FLEET_NONE && fleet->header_changed)
        r = append_header(fleet, out);
    if (!r)
        r = append_rows(fleet, changed ? PASS_WHOLE : PASS_ALL, text, out);
    if (!r && changed)
        r = append_rows(fleet, PASS_BROKEN, text, out);
    if (r)
        out->end = out->begin + begin;
    return r;
}

int fleet_line(const struct fleet *fleet, uint32_t index, struct buffer *out)
{
    return append_machine(fleet, &fleet->machines[index], FLEET_NONE, out);
}

int fleet_export_some(const struct fleet *fleet, const uint32_t *indices, uint32_t count,
                      struct buffer *out)
{
    int r = fleet->column_count > 0 ? append_header(fleet, out) : 0;

    for (uint32_t i = 0; !r && i < count; i++)
        r = append_machine(fleet, &fleet->machines[indices[i]], FLEET_NONE, out);
    return r;
}

int fleet_cell(const struct fleet *fleet, uint32_t index, uint32_t column, struct buffer *out)
{
    return append_machine(fleet, &fleet->machines[index], column, out);
}
