/* See import.h. The list becomes a scratch fleet, so that one set of rules judges files, commands
 * and imports alike; import-apply.c compares it with the real one. */
#include "fleet/inventory/import.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"
#include "fleet/inventory/import-private.h"
#include "fleet/inventory/machines-private.h"
#include "proto/sshkey.h"

static const char *const format_names[] = {"guess",
#define X(name, word) word,
                                           HUNE_IMPORT_FORMATS(X)
#undef X
};

const char *import_format_name(enum import_format format)
{
    return format_names[format];
}

bool import_format_parse(const char *word, enum import_format *format_out)
{
    for (size_t i = 1; i < ELEMENTS_OF(format_names); i++)
        if (text_equal(word, format_names[i])) {
            *format_out = (enum import_format)i;
            return true;
        }
    return false;
}

/* ---- items ---- */

struct import *import_free(struct import *import)
{
    if (!import)
        return NULL;
    free(import->items);
    fleet_free(import->scratch);
    free(import);
    return NULL;
}

void import_cleanup(struct import **import)
{
    *import = import_free(*import);
}

static int append_item(struct import *import, const struct import_item *item)
{
    if (import->count == import->room) {
        uint32_t room = import->room ? import->room * 2 : 64;
        struct import_item *items = reallocarray(import->items, room, sizeof(*items));

        if (!items)
            return -ENOMEM;
        import->items = items;
        import->room = room;
    }
    import->items[import->count++] = *item;
    return 0;
}

const char *import_keep_text(struct import *import, const char *text)
{
    return arena_text(&import->scratch->arena, text, strlen(text));
}

int import_set_refused(struct import *import, struct import_item *item, const struct fault *fault)
{
    item->outcome = IMPORT_REFUSED;
    item->why = import_keep_text(import, fault->text);
    item->hint = import_keep_text(import, fault->hint);
    return item->why && item->hint ? 0 : -ENOMEM;
}

int import_refuse(struct import *import, uint32_t line, const char *name, const struct fault *fault)
{
    struct import_item item = {
        .line = line, .host = "", .tags = "", .user = "", .machine = FLEET_NONE};
    int r = import_set_refused(import, &item, fault);

    item.name = import_keep_text(import, name);
    if (!item.name)
        r = -ENOMEM;
    return r ? r : append_item(import, &item);
}

struct import_item *import_find(struct import *import, const char *name)
{
    uint32_t machine = fleet_find(import->scratch, name);

    /* Each machine of the scratch fleet remembers its item in the field that files use for rows. */
    return machine == FLEET_NONE ? NULL : &import->items[import->scratch->machines[machine].row];
}

static int put_judged(struct import *import, const struct import_raw *raw,
                      const struct machine_spec *spec, bool port_told)
{
    struct machine machine;
    struct fault fault;
    enum column column;
    int r = fleet_judge(import->scratch, spec, &machine, &column);

    if (r > 0) {
        const char *text = column == COLUMN_NAME   ? raw->name
                           : column == COLUMN_TAGS ? raw->tags
                           : column == COLUMN_USER ? raw->user
                                                   : raw->host;

        if (column == COLUMN_NAME && (!text || !*text))
            text = raw->host;
        bad_row_fault((enum bad_row)r, text ? text : "", &fault);
        return import_refuse(import, raw->line, raw->name ? raw->name : "", &fault);
    }
    machine.row = import->count;
    if (!r)
        r = fleet_append_machine(import->scratch, &machine);
    if (r)
        return r;
    return append_item(import, &(struct import_item){
                                   .line = raw->line,
                                   .port = port_told ? machine.port : 0,
                                   .machine = import->scratch->count - 1,
                               });
}

int import_put(struct import *import, const struct import_raw *raw)
{
    struct machine_spec spec = {
        .name = raw->name, .host = raw->host, .tags = raw->tags, .user = raw->user};
    uint8_t id[MACHINE_ID_SIZE];
    struct address address;
    struct fault fault;
    bool port_told = false;

    if (raw->port && *raw->port) {
        if (address_parse_port(raw->port, &spec.port, &fault))
            return import_refuse(import, raw->line, raw->name ? raw->name : "", &fault);
        port_told = true;
    } else if (raw->host && address_parse(raw->host, DEFAULT_PORT, &address, NULL) == 0) {
        port_told = address.has_port;
    }
    if (raw->id && *raw->id) {
        if (!fingerprint_parse(raw->id, id)) {
            bad_row_fault(BAD_ROW_ID, raw->id, &fault);
            return import_refuse(import, raw->line, raw->name ? raw->name : "", &fault);
        }
        spec.id = id;
    }
    return put_judged(import, raw, &spec, port_told);
}

/* The texts of the scratch fleet are final only now: tags may have been added on the way. */
static void fill_items(struct import *import)
{
    for (uint32_t i = 0; i < import->count; i++) {
        struct import_item *item = &import->items[i];
        const struct machine *machine;

        if (item->machine == FLEET_NONE)
            continue;
        machine = &import->scratch->machines[item->machine];
        item->name = machine->name;
        item->host = machine->host;
        item->tags = machine->tags;
        item->user = machine->user;
        item->has_id = machine->has_id;
        memcpy(item->id, machine->id, sizeof(item->id));
    }
}

/* ---- reading ---- */

int import_append_word(struct buffer *out, const char *text, size_t length)
{
    size_t begin = buffer_length(out);
    int r = 0;

    for (size_t i = 0; !r && i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool fits = isalnum(c) || c >= 0x80 || (c && strchr("._:", c));
        bool at_start = buffer_length(out) == begin;

        if (fits && !(at_start && (c == '.' || c == '_')))
            r = buffer_append(out, text + i, 1);
        else if (!at_start && buffer_bytes(out)[buffer_length(out) - 1] != '-')
            r = buffer_append(out, "-", 1);
    }
    while (!r && buffer_length(out) > begin && buffer_bytes(out)[buffer_length(out) - 1] == '-')
        out->end--;
    return r;
}

int import_lines(struct import *import, const char *bytes, size_t size,
                 int (*each)(void *context, char *line, uint32_t number), void *context)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    uint32_t number = 1;
    int r = 0;

    for (size_t at = 0; !r && at < size; number++) {
        const char *newline = memchr(bytes + at, '\n', size - at);
        size_t length = newline ? (size_t)(newline - bytes) - at : size - at;
        char *text;

        buffer_clear(&line);
        r = buffer_append(&line, bytes + at, length);
        if (!r && !buffer_text(&line))
            r = -ENOMEM;
        at += length + 1;
        if (r)
            break;
        text = (char *)buffer_bytes(&line);
        if (memchr(text, '\0', length) || length > FLEET_LINE_MAX) {
            struct fault fault;

            bad_row_fault(length > FLEET_LINE_MAX ? BAD_ROW_LONG : BAD_ROW_NUL, "", &fault);
            r = import_refuse(import, number, "", &fault);
            continue;
        }
        text = text_strip(text);
        if (*text)
            r = each(context, text, number);
    }
    return r;
}

struct guess {
    enum import_format format;
};

static bool is_ip(const char *text)
{
    uint8_t address[16];

    return inet_pton(AF_INET, text, address) == 1 || address_is_v6(text);
}

/* One line at a time until a line gives the format away. */
static int guess_line(void *context, char *line, uint32_t number)
{
    struct guess *guess = context;
    size_t first = strcspn(line, " \t=");
    char *rest = line + first;
    bool separated = strpbrk(line, ",;") != NULL;

    (void)number;
    if (line[0] == '#')
        return 0;
    if (line[0] == '[' && strchr(line, ']') && !strchr(line, ':')) {
        guess->format = IMPORT_ANSIBLE;
    } else if (line[0] == '[' && (strstr(line, ":children]") || strstr(line, ":vars]"))) {
        guess->format = IMPORT_ANSIBLE;
    } else if (strstr(line, "ansible_")) {
        guess->format = IMPORT_ANSIBLE;
    } else if (!separated && *rest &&
               ((first == 4 && strncasecmp(line, "host", 4) == 0) ||
                (first == 5 && strncasecmp(line, "match", 5) == 0) ||
                (first == 7 && strncasecmp(line, "include", 7) == 0))) {
        guess->format = IMPORT_SSH_CONFIG;
    } else if (!separated && (*rest == ' ' || *rest == '\t')) {
        *rest = '\0';
        if (is_ip(line))
            guess->format = IMPORT_HOSTS;
        else if (!strchr(rest + 1, '\t'))
            return 0;
        else
            guess->format = IMPORT_CSV;
    } else {
        /* One word a line is a bare column here and an ungrouped host there: look further. */
        if (!separated)
            return 0;
        guess->format = IMPORT_CSV;
    }
    return 1;
}

/* 1 for a line that is not one word: without any, it is a list of addresses. A colon at the end is
 * YAML's. */
static int several_words(void *context, char *line, uint32_t number)
{
    (void)context;
    (void)number;
    return line[0] != '#' && (strpbrk(line, " \t") || line[strlen(line) - 1] == ':');
}

static enum import_format guess_format(struct import *import, const char *bytes, size_t size)
{
    struct guess guess = {.format = IMPORT_GUESS};

    import_lines(import, bytes, size, guess_line, &guess);
    if (guess.format == IMPORT_GUESS && size > 0 &&
        import_lines(import, bytes, size, several_words, NULL) == 0)
        guess.format = IMPORT_CSV;
    /* Lines with a NUL were refused while guessing; the reader refuses them again. */
    import->count = 0;
    return guess.format;
}

static int read_format(struct import *import, const char *bytes, size_t size, struct fault *fault)
{
    switch (import->format) {
    case IMPORT_CSV: return import_csv(import, bytes, size, fault);
    case IMPORT_SSH_CONFIG: return import_ssh_config(import, bytes, size);
    case IMPORT_ANSIBLE: return import_ansible(import, bytes, size);
    case IMPORT_HOSTS: return import_hosts(import, bytes, size);
    case IMPORT_GUESS: break;
    }
    fault_set(fault, _("Say what it is: --from csv, ssh-config, ansible or hosts."),
              _("The list is in no format that Hune recognises."));
    return IMPORT_E_FORMAT;
}

int import_read(enum import_format format, const void *bytes, size_t size,
                const struct fleet *fleet, struct import **import_out, struct fault *fault)
{
    _cleanup_import_ struct import *import = calloc(1, sizeof(*import));
    size_t bom = table_bom(bytes, size);
    const char *text = bytes;
    int r;

    if (!import || !(import->scratch = fleet_new()))
        return -ENOMEM;
    if (bom)
        text += bom;
    size -= bom;
    import->format = format ? format : guess_format(import, text, size);
    r = size > 0 ? read_format(import, text, size, fault) : 0;
    if (r)
        return r;
    if (import->count == 0) {
        fault_set(fault, _("Check that it is the right file; --from names its format."),
                  _("There is no machine in the list."));
        return IMPORT_E_EMPTY;
    }
    fill_items(import);
    r = import_preview(import, fleet);
    if (!r)
        *import_out = steal_pointer(import);
    return r;
}
