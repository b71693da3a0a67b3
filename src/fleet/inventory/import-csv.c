/* A CSV of some other tool: its column titles are mapped to ours by a small table. */
#include "fleet/inventory/import-private.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/machines-private.h"

/* Titles by column, the best first. Where a list has both a host name and an address, the address
 * is where to connect and the name is what to call it. */
static const struct {
    enum column column;
    const char *title;
} titles[] = {
    {COLUMN_HOST, "host"},     {COLUMN_HOST, "address"},
    {COLUMN_HOST, "ip"},       {COLUMN_HOST, "ip address"},
    {COLUMN_HOST, "ipv4"},     {COLUMN_HOST, "primary ip"},
    {COLUMN_HOST, "fqdn"},     {COLUMN_HOST, "dns name"},
    {COLUMN_HOST, "hostname"}, {COLUMN_HOST, "host name"},
    {COLUMN_HOST, "server"},   {COLUMN_HOST, "machine"},
    {COLUMN_HOST, "node"},     {COLUMN_HOST, "computer"},
    {COLUMN_NAME, "name"},     {COLUMN_NAME, "label"},
    {COLUMN_NAME, "alias"},    {COLUMN_NAME, "display name"},
    {COLUMN_NAME, "hostname"}, {COLUMN_NAME, "host name"},
    {COLUMN_NAME, "machine"},  {COLUMN_NAME, "server"},
    {COLUMN_NAME, "node"},     {COLUMN_NAME, "computer"},
    {COLUMN_NAME, "fqdn"},     {COLUMN_PORT, "port"},
    {COLUMN_TAGS, "tags"},     {COLUMN_TAGS, "tag"},
    {COLUMN_TAGS, "groups"},   {COLUMN_TAGS, "group"},
    {COLUMN_TAGS, "role"},     {COLUMN_TAGS, "environment"},
    {COLUMN_USER, "user"},     {COLUMN_USER, "run as"},
    {COLUMN_ID, "id"},         {COLUMN_ID, "machine id"},
};

struct csv_import {
    struct import *import;
    struct fault *fault;
    uint32_t at[COLUMN_COUNT];
    bool own_tags; /* the column is called "tags": spaces separate */
    bool begun;
};

/* "IP_Address" and "ip-address" are "ip address". */
static bool title_equal(const char *theirs, const char *ours)
{
    while (isspace((unsigned char)*theirs))
        theirs++;
    for (; *ours; theirs++, ours++) {
        char c = *theirs == '_' || *theirs == '-' ? ' ' : (char)tolower((unsigned char)*theirs);

        if (c != *ours)
            return false;
    }
    return theirs[strspn(theirs, " \t")] == '\0';
}

static uint32_t find_title(const struct table_row *row, const char *title)
{
    for (uint32_t i = 0; i < row->count; i++)
        if (title_equal((const char *)row->cells[i].bytes, title))
            return i;
    return FLEET_NONE;
}

static bool read_titles(struct csv_import *csv, const struct table_row *row)
{
    for (size_t i = 0; i < ELEMENTS_OF(titles); i++) {
        uint32_t at = find_title(row, titles[i].title);
        bool is_host = titles[i].column == COLUMN_NAME && at == csv->at[COLUMN_HOST];

        if (at != FLEET_NONE && csv->at[titles[i].column] == FLEET_NONE && !is_host)
            csv->at[titles[i].column] = at;
    }
    /* Beside a protocol, the port is that protocol's. */
    if (find_title(row, "protocol") != FLEET_NONE)
        csv->at[COLUMN_PORT] = FLEET_NONE;
    csv->own_tags = find_title(row, "tags") != FLEET_NONE;
    return csv->at[COLUMN_HOST] != FLEET_NONE;
}

static const char *cell(const struct csv_import *csv, const struct table_row *row,
                        enum column column)
{
    uint32_t at = csv->at[column];

    return at < row->count ? text_strip((char *)row->cells[at].bytes) : "";
}

static int append_tags(const struct csv_import *csv, const char *text, struct buffer *out)
{
    const char *separators = csv->own_tags ? ",;| \t\r\n" : ",;|\t\r\n";
    int r = 0;

    while (!r && *text) {
        size_t length = strcspn(text, separators);

        r = import_append_word(out, text, length);
        if (!r)
            r = buffer_append(out, ",", 1);
        text += length + (text[length] != '\0');
    }
    return r;
}

static int put_row(struct csv_import *csv, const struct table_row *row)
{
    _cleanup_buffer_ struct buffer name = BUFFER_INIT;
    _cleanup_buffer_ struct buffer tags = BUFFER_INIT;
    const char *their_name = cell(csv, row, COLUMN_NAME);
    const char *id = cell(csv, row, COLUMN_ID);
    struct import_raw raw = {
        .line = row->line,
        .host = cell(csv, row, COLUMN_HOST),
        .port = cell(csv, row, COLUMN_PORT),
        .user = cell(csv, row, COLUMN_USER),
        /* Other tools number their machines in a column of this name. */
        .id = text_starts(id, "SHA256:") ? id : "",
    };
    int r = import_append_word(&name, their_name, strlen(their_name));

    if (!r)
        r = append_tags(csv, cell(csv, row, COLUMN_TAGS), &tags);
    if (r)
        return r;
    raw.name = buffer_text(&name);
    raw.tags = buffer_text(&tags);
    return raw.name && raw.tags ? import_put(csv->import, &raw) : -ENOMEM;
}

static int read_first(struct csv_import *csv, const struct table_row *row)
{
    if (read_titles(csv, row))
        return 0;
    if (row->count > 1) {
        fault_set(csv->fault,
                  _("Name a column host, hostname, ip or address in the first line of the list."),
                  _("No column of the list can be the machines' addresses."));
        fault_at(csv->fault, row->line, 0);
        return IMPORT_E_HEADER;
    }
    csv->at[COLUMN_HOST] = 0;
    return put_row(csv, row);
}

static int on_row(const struct table_row *row, void *context)
{
    struct csv_import *csv = context;
    struct fault fault;
    bool first = !csv->begun;
    bool empty = true;

    if (row->kind == TABLE_BAD) {
        bad_row_fault(row->problem, "", &fault);
        return import_refuse(csv->import, row->line, "", &fault);
    }
    if (row->kind != TABLE_ROW)
        return 0;
    for (uint32_t i = 0; empty && i < row->count; i++)
        empty = row->cells[i].size == 0;
    if (empty)
        return 0;
    csv->begun = true;
    return first ? read_first(csv, row) : put_row(csv, row);
}

int import_csv(struct import *import, const char *bytes, size_t size, struct fault *fault)
{
    struct csv_import csv = {.import = import, .fault = fault};

    for (enum column i = 0; i < COLUMN_COUNT; i++)
        csv.at[i] = FLEET_NONE;
    return table_read(bytes, size, table_separator(bytes, size), on_row, &csv);
}
