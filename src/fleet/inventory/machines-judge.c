/* What may stand in a line of the fleet list, and the sentences about what may not. */
#include "fleet/inventory/machines-private.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"
#include "proto/limits.h"

/* Letters of any script, digits, and the ASCII characters of `others`; nothing invisible. */
static bool characters_valid(const char *text, size_t length, const char *others)
{
    size_t at = 0;

    while (at < length) {
        unsigned char c = (unsigned char)text[at];
        uint32_t code = 0;
        size_t size = utf8_character((const uint8_t *)text + at, length - at, &code);
        bool plain = isalnum(c) || (c && strchr(others, c));

        /* Spaces and marks that cannot be seen, or that turn the reading direction. */
        if (size == 0 || (size == 1 && !plain) || (code >= 0x80 && code <= 0xa0) ||
            (code >= 0x2000 && code <= 0x206f) || code == 0x3000 || code == 0xfeff)
            return false;
        at += size;
    }
    return true;
}

/* A name is a word of the selector language and a folder's name: no separators, no dots in front.
 */
bool machine_name_valid(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= MACHINE_NAME_MAX && !strchr(".-_%", name[0]) &&
           strcmp(name, "all") != 0 && characters_valid(name, length, "._-:%");
}

bool machine_tag_valid(const char *tag, size_t length)
{
    return length > 0 && length <= MACHINE_NAME_MAX && tag[0] != '-' &&
           characters_valid(tag, length, "._-:=/");
}

/* As useradd(8), but upper case too: directories and domains have such names. */
bool machine_user_valid(const char *user)
{
    size_t length = strlen(user);

    if (length > LIMIT_USER_NAME || user[0] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)user[i]) && !strchr("._-@\\$", user[i]))
            return false;
    return true;
}

bool machine_has_tag(const struct machine *machine, const char *tag, size_t length)
{
    for (const char *at = machine->tags; *at; at += at[0] == ',') {
        size_t size = strcspn(at, ",");

        if (size == length && memcmp(at, tag, length) == 0)
            return true;
        at += size;
    }
    return false;
}

int tags_normalise(const char *tags, struct buffer *out)
{
    static const char separators[] = ", ;\t\r\n";
    size_t begin = buffer_length(out);

    for (;;) {
        size_t length;
        struct machine so_far;
        int r;

        tags += strspn(tags, separators);
        length = strcspn(tags, separators);
        if (length == 0)
            return 0;
        if (!machine_tag_valid(tags, length))
            return BAD_ROW_TAG;
        so_far.tags = buffer_text(out);
        if (!so_far.tags)
            return -ENOMEM;
        so_far.tags += begin;
        if (!machine_has_tag(&so_far, tags, length)) {
            r = buffer_length(out) > begin ? buffer_append(out, ",", 1) : 0;
            if (!r)
                r = buffer_append(out, tags, length);
            if (r)
                return r;
        }
        tags += length;
    }
}

void bad_row_fault(enum bad_row problem, const char *text, struct fault *fault)
{
    static const struct {
        const char *text;
        const char *hint;
    } sentences[BAD_ROW_COUNT] = {
#define X(name, text, hint) [BAD_ROW_##name] = {text, hint},
        HUNE_BAD_ROWS(X)
#undef X
    };
    const char *why = _(sentences[problem].text);
    const char *hint = _(sentences[problem].hint);

    if (*text)
        fault_set(fault, hint, "\"%s\": %s.", text, why);
    else
        fault_set(fault, hint, "%c%s.", toupper((unsigned char)why[0]), why + 1);
}

/* "host:port" where the host alone is taken: several agents on one computer. The very same address
 * again is a duplicate, though, and must be told as one. */
static int default_name(struct fleet *fleet, struct machine *machine)
{
    struct buffer name = BUFFER_INIT;
    int r;

    machine->name = machine->host;
    if (fleet_find(fleet, machine->host) == FLEET_NONE ||
        fleet_find_host(fleet, machine->host, machine->port) != FLEET_NONE)
        return 0;
    /* An IPv6 address with a port would need brackets, which names do not have. */
    r = buffer_printf(&name, strchr(machine->host, ':') ? "%s-%u" : "%s:%u", machine->host,
                      machine->port);
    if (!r) {
        machine->name = arena_text(&fleet->arena, buffer_bytes(&name), buffer_length(&name));
        r = machine->name ? 0 : -ENOMEM;
    }
    buffer_deinit(&name);
    return r;
}

int fleet_judge_name(struct fleet *fleet, const char *name, struct machine *machine)
{
    int r;

    if (!name || !*name) {
        r = default_name(fleet, machine);
        if (r)
            return r;
    } else {
        machine->name = arena_text(&fleet->arena, name, strlen(name));
        if (!machine->name)
            return -ENOMEM;
    }
    if (!machine_name_valid(machine->name))
        return BAD_ROW_NAME;
    return fleet_find(fleet, machine->name) == FLEET_NONE ? 0 : BAD_ROW_NAME_TWICE;
}

int fleet_judge_address(struct fleet *fleet, const char *host, uint16_t port,
                        struct machine *machine)
{
    struct address address;
    int r;

    if (!host || !*host)
        return BAD_ROW_HOST_MISSING;
    r = address_parse(host, DEFAULT_PORT, &address, NULL);
    if (r == ADDRESS_E_PORT_TEXT || r == ADDRESS_E_PORT_RANGE)
        return BAD_ROW_PORT;
    if (r)
        return BAD_ROW_HOST;
    if (port && address.has_port && port != address.port)
        return BAD_ROW_PORT_TWICE;
    machine->host = arena_text(&fleet->arena, address.host, strlen(address.host));
    machine->port = port ? port : address.port;
    return machine->host ? 0 : -ENOMEM;
}

static int judge_tags(struct fleet *fleet, const char *tags, struct machine *machine)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    int r = 0;

    machine->tags = "";
    if (!tags || !*tags)
        return 0;
    r = tags_normalise(tags, &text);
    if (!r) {
        machine->tags = arena_text(&fleet->arena, buffer_bytes(&text), buffer_length(&text));
        r = machine->tags ? 0 : -ENOMEM;
    }
    return r;
}

int fleet_judge_user(struct fleet *fleet, const char *user, struct machine *machine)
{
    machine->user = "";
    if (!user || !*user)
        return 0;
    if (!machine_user_valid(user))
        return BAD_ROW_USER;
    machine->user = arena_text(&fleet->arena, user, strlen(user));
    return machine->user ? 0 : -ENOMEM;
}

int fleet_judge(struct fleet *fleet, const struct machine_spec *spec, struct machine *machine_out,
                enum column *column_out)
{
    int r;

    *machine_out = (struct machine){.row = FLEET_NONE};
    *column_out = COLUMN_HOST;
    r = fleet_judge_address(fleet, spec->host, spec->port, machine_out);
    if (r)
        return r;
    *column_out = COLUMN_TAGS;
    r = judge_tags(fleet, spec->tags, machine_out);
    if (r)
        return r;
    *column_out = COLUMN_USER;
    r = fleet_judge_user(fleet, spec->user, machine_out);
    if (r)
        return r;
    if (spec->id) {
        memcpy(machine_out->id, spec->id, MACHINE_ID_SIZE);
        machine_out->has_id = true;
    }
    /* Last, so that a line that is bad in another way does not look like a duplicate too. */
    *column_out = COLUMN_NAME;
    return fleet_judge_name(fleet, spec->name, machine_out);
}
