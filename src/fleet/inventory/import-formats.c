/* Readers of lists that are not CSV: ssh_config(5), Ansible's INI inventory, hosts(5). */
#include "fleet/inventory/import-private.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"
#include "fleet/inventory/machines-private.h"
#include "fleet/inventory/nodeset.h"

/* The next word of a line, its quotes taken off; NULL at the end or at a comment. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, " \t");
    char *to = word;
    char quote = '\0';
    char *from;

    if (*word == '\0' || *word == '#')
        return NULL;
    for (from = word; *from && (quote || !isspace((unsigned char)*from)); from++) {
        if (quote ? *from == quote : *from == '"' || *from == '\'')
            quote = quote ? '\0' : *from;
        else
            *to++ = *from;
    }
    *at = from + (*from != '\0');
    *to = '\0';
    return word;
}

/* ---- ssh_config ---- */

struct ssh_reader {
    struct import *import;
    struct buffer aliases; /* of the block being read, each with its NUL */
    struct buffer hostname;
    uint32_t line;
};

/* HostName may say "%h.example.com"; %h is the alias. */
static int expand_hostname(const char *pattern, const char *alias, struct buffer *out)
{
    int r = 0;

    for (; !r && *pattern; pattern++) {
        if (pattern[0] == '%' && pattern[1] == 'h') {
            r = buffer_append_text(out, alias);
            pattern++;
        } else {
            r = buffer_append(out, pattern, 1);
        }
    }
    return r;
}

static int ssh_put(struct ssh_reader *reader, const char *alias)
{
    _cleanup_buffer_ struct buffer host = BUFFER_INIT;
    const char *pattern = buffer_length(&reader->hostname) ? buffer_text(&reader->hostname) : "%h";
    struct import_raw raw = {.line = reader->line, .name = alias};
    int r;

    /* ssh takes the first value that it finds. */
    if (import_find(reader->import, alias))
        return 0;
    r = pattern ? expand_hostname(pattern, alias, &host) : -ENOMEM;
    if (r)
        return r;
    raw.host = buffer_text(&host);
    return raw.host ? import_put(reader->import, &raw) : -ENOMEM;
}

static int ssh_end_block(struct ssh_reader *reader)
{
    const char *alias = (const char *)buffer_bytes(&reader->aliases);
    const char *end = alias ? alias + buffer_length(&reader->aliases) : alias;
    int r = 0;

    for (; !r && alias < end; alias += strlen(alias) + 1)
        r = ssh_put(reader, alias);
    buffer_clear(&reader->aliases);
    buffer_clear(&reader->hostname);
    return r;
}

static int ssh_begin_block(struct ssh_reader *reader, char *arguments, uint32_t number)
{
    int r = 0;
    char *word;

    reader->line = number;
    while (!r && (word = next_word(&arguments)))
        if (*word && !strpbrk(word, "*?!"))
            r = buffer_append(&reader->aliases, word, strlen(word) + 1);
    return r;
}

static int ssh_line(void *context, char *line, uint32_t number)
{
    struct ssh_reader *reader = context;
    size_t length = strcspn(line, " \t=");
    char *arguments = line + length;
    char *word;
    int r;

    if (*line == '#')
        return 0;
    arguments += strspn(arguments, " \t");
    arguments += *arguments == '=';
    line[length] = '\0';
    if (strcasecmp(line, "host") == 0 || strcasecmp(line, "match") == 0) {
        r = ssh_end_block(reader);
        if (!r && strcasecmp(line, "host") == 0)
            r = ssh_begin_block(reader, arguments, number);
        return r;
    }
    if (strcasecmp(line, "hostname") != 0 || buffer_length(&reader->hostname) > 0)
        return 0;
    word = next_word(&arguments);
    return word ? buffer_append_text(&reader->hostname, word) : 0;
}

int import_ssh_config(struct import *import, const char *bytes, size_t size)
{
    struct ssh_reader reader = {.import = import};
    int r = import_lines(import, bytes, size, ssh_line, &reader);

    if (!r)
        r = ssh_end_block(&reader);
    buffer_deinit(&reader.aliases);
    buffer_deinit(&reader.hostname);
    return r;
}

/* ---- Ansible ---- */

enum ansible_section { ANSIBLE_HOSTS, ANSIBLE_CHILDREN, ANSIBLE_VARS };

struct ansible_reader {
    struct import *import;
    enum ansible_section section;
    struct buffer group;    /* as a tag; empty for no group */
    struct buffer children; /* pairs "parent\0child\0" */
    /* of the line being read */
    const char *host;
    const char *pattern;
    uint32_t line;
};

static int ansible_section(struct ansible_reader *reader, char *line)
{
    size_t length = strcspn(line + 1, "]");
    char *colon = memchr(line + 1, ':', length);
    size_t name = colon ? (size_t)(colon - line) - 1 : length;
    int r;

    buffer_clear(&reader->group);
    reader->section = ANSIBLE_HOSTS;
    if (colon)
        reader->section = strncmp(colon, ":children", 9) == 0 ? ANSIBLE_CHILDREN : ANSIBLE_VARS;
    /* These two are built in and say nothing about a machine. */
    if ((name == 3 && memcmp(line + 1, "all", 3) == 0) ||
        (name == 9 && memcmp(line + 1, "ungrouped", 9) == 0))
        return 0;
    r = import_append_word(&reader->group, line + 1, name);
    /* Not to be shown, or not UTF-8: the machines count, the tag does not. */
    if (!r && !machine_tag_valid((const char *)buffer_bytes(&reader->group),
                                 buffer_length(&reader->group)))
        buffer_clear(&reader->group);
    return r;
}

static int ansible_child(struct ansible_reader *reader, const char *child)
{
    const char *parent = buffer_text(&reader->group);
    int r = parent ? 0 : -ENOMEM;

    if (r || !*parent)
        return r;
    r = buffer_append(&reader->children, parent, strlen(parent) + 1);
    if (!r)
        r = import_append_word(&reader->children, child, strlen(child));
    return r ? r : buffer_append(&reader->children, "", 1);
}

static int on_ansible_name(const char *name, size_t length, void *context)
{
    struct ansible_reader *reader = context;
    const char *tag = buffer_text(&reader->group);
    struct import_item *item = import_find(reader->import, name);
    struct import_raw raw = {.line = reader->line, .name = name, .host = reader->host, .tags = tag};

    (void)length;
    if (!tag)
        return -ENOMEM;
    if (item)
        return *tag ? fleet_tag(reader->import->scratch, item->machine, tag, NULL) : 0;
    if (!raw.host)
        raw.host = name;
    return import_put(reader->import, &raw);
}

/* web[01:10] is our web[01-10], and web[1:9:2] our web[1-9/2]. A port behind it is ssh's. */
static int ansible_pattern(const char *theirs, struct buffer *out)
{
    bool inside = false;
    unsigned colons = 0;
    int r = 0;

    if (address_is_v6(theirs))
        return buffer_append_text(out, theirs);
    for (; !r && *theirs; theirs++) {
        if (*theirs == ':' && !inside)
            break;
        if (*theirs == '[' || *theirs == ']') {
            inside = *theirs == '[';
            colons = 0;
        }
        if (*theirs == ':')
            r = buffer_append(out, colons++ ? "/" : "-", 1);
        else
            r = buffer_append(out, theirs, 1);
    }
    return r;
}

static int ansible_host(struct ansible_reader *reader, char *line)
{
    _cleanup_buffer_ struct buffer pattern = BUFFER_INIT;
    char *theirs = next_word(&line);
    struct fault fault;
    char *word;
    int r = theirs ? ansible_pattern(theirs, &pattern) : 0;

    if (r || !theirs)
        return r;
    reader->host = NULL;
    while ((word = next_word(&line))) {
        if (text_starts(word, "ansible_host="))
            reader->host = word + strlen("ansible_host=");
        else if (text_starts(word, "ansible_ssh_host=") && !reader->host)
            reader->host = word + strlen("ansible_ssh_host=");
    }
    r = nodeset_expand((const char *)buffer_bytes(&pattern), buffer_length(&pattern),
                       on_ansible_name, reader, &fault);
    return r > 0 ? import_refuse(reader->import, reader->line, theirs, &fault) : r;
}

static int ansible_line(void *context, char *line, uint32_t number)
{
    struct ansible_reader *reader = context;
    char *word;

    reader->line = number;
    if (*line == '#' || *line == ';')
        return 0;
    if (*line == '[' && strchr(line, ']') && !strpbrk(strchr(line, ']') + 1, "[]=."))
        return ansible_section(reader, line);
    if (reader->section == ANSIBLE_VARS)
        return 0;
    if (reader->section == ANSIBLE_HOSTS)
        return ansible_host(reader, line);
    word = next_word(&line);
    return word ? ansible_child(reader, word) : 0;
}

/* What is in a child group is in its parent. Repeats until nothing changes: a parent may be a child
 * elsewhere; each round settles at least one group, so rings end too. */
static int ansible_inherit(struct ansible_reader *reader)
{
    struct fleet *scratch = reader->import->scratch;
    const char *begin = (const char *)buffer_bytes(&reader->children);
    const char *end = begin ? begin + buffer_length(&reader->children) : begin;
    bool changed = true;

    while (changed) {
        changed = false;
        for (const char *parent = begin; parent < end;) {
            const char *child = parent + strlen(parent) + 1;

            for (uint32_t i = 0; i < scratch->count; i++) {
                const struct machine *machine = &scratch->machines[i];
                int r;

                if (!machine_has_tag(machine, child, strlen(child)) ||
                    machine_has_tag(machine, parent, strlen(parent)))
                    continue;
                r = fleet_tag(scratch, i, parent, NULL);
                if (r < 0)
                    return r;
                changed |= r == 0;
            }
            parent = child + strlen(child) + 1;
        }
    }
    return 0;
}

int import_ansible(struct import *import, const char *bytes, size_t size)
{
    struct ansible_reader reader = {.import = import};
    int r = import_lines(import, bytes, size, ansible_line, &reader);

    if (!r)
        r = ansible_inherit(&reader);
    buffer_deinit(&reader.group);
    buffer_deinit(&reader.children);
    return r;
}

/* ---- hosts ---- */

/* This computer itself, groups of receivers, and the black hole of block lists. */
static bool is_no_machine(const char *address)
{
    static const char *const skipped[] = {"127.0.0.1", "127.0.1.1", "255.255.255.255",
                                          "0.0.0.0",   "::1",       "::"};

    for (size_t i = 0; i < ELEMENTS_OF(skipped); i++)
        if (strcmp(address, skipped[i]) == 0)
            return true;
    return strncasecmp(address, "ff", 2) == 0 || strncasecmp(address, "fe00::", 6) == 0;
}

static int hosts_line(void *context, char *line, uint32_t number)
{
    struct import *import = context;
    uint8_t parsed[sizeof(struct in_addr)];
    char *address = next_word(&line);
    char *name = NULL;
    struct fault fault;
    char *word;

    if (!address)
        return 0;
    if (inet_pton(AF_INET, address, parsed) != 1 && !address_is_v6(address)) {
        fault_set(&fault, _("A line of a hosts file is an address and then names."),
                  _("\"%s\" is not an address."), address);
        return import_refuse(import, number, "", &fault);
    }
    if (is_no_machine(address))
        return 0;
    /* The short name, if there is one, is what people say. */
    while ((word = next_word(&line)))
        if (!name || (strchr(name, '.') && !strchr(word, '.')))
            name = word;
    /* One machine with two addresses: the first one counts. */
    if (name && import_find(import, name))
        return 0;
    return import_put(import, &(struct import_raw){.line = number, .name = name, .host = address});
}

int import_hosts(struct import *import, const char *bytes, size_t size)
{
    return import_lines(import, bytes, size, hosts_line, import);
}
