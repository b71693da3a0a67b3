/* What one operand of a selector picks: a name or a range of them, an address, a pattern, a tag or
 * a group; and the sentence when it picks nothing. See selector.h. */
#include "fleet/inventory/selector-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"
#include "fleet/inventory/nearest.h"
#include "fleet/inventory/nodeset.h"

int selector_syntax_fault(struct selector_parser *parser, size_t offset, const char *text)
{
    fault_set(parser->fault, _("A selector is like: web1  web[01-40]  web*  @tag  !old  all"), "%s",
              text);
    fault_at(parser->fault, 0, (uint32_t)offset + 1);
    return SELECTOR_E_SYNTAX;
}

int selector_machine_fault(struct selector_parser *parser, const struct selector_operand *operand,
                           const char *name)
{
    uint32_t nearest = nearest_machine(parser->fleet, name);
    char hint[sizeof(parser->fault->hint)];

    if (parser->fleet->count == 0)
        snprintf(
            hint, sizeof(hint), "%s",
            _("The fleet list is empty: hune join LINK or hune add HOST puts a machine in it."));
    else if (nearest != FLEET_NONE)
        snprintf(hint, sizeof(hint), _("Did you mean %s? hune list shows all names."),
                 parser->fleet->machines[nearest].name);
    else
        snprintf(hint, sizeof(hint), "%s", _("hune list shows the names; hune add HOST adds one."));
    if (strlen(name) == operand->length && memcmp(name, operand->text, operand->length) == 0)
        fault_set(parser->fault, hint, _("No machine is named \"%s\"."), name);
    else
        fault_set(parser->fault, hint, _("No machine is named \"%s\" (of \"%.*s\")."), name,
                  (int)operand->length, operand->text);
    fault_at(parser->fault, 0, (uint32_t)operand->offset + 1);
    return SELECTOR_E_MACHINE;
}

/* ---- names ---- */

/* Puts the machines of that name, or else at that address, into `set`; false if there are none. */
static bool put_named(const struct fleet *fleet, const char *name, struct selector_set *set)
{
    struct address address;
    uint32_t index = fleet_find(fleet, name);
    uint16_t port;

    if (index != FLEET_NONE) {
        set_put(set, index);
        return true;
    }
    if (address_parse(name, DEFAULT_PORT, &address, NULL))
        return false;
    port = address.has_port ? address.port : 0;
    index = fleet_find_host(fleet, address.host, port);
    if (index == FLEET_NONE)
        return false;
    for (; index != FLEET_NONE; index = fleet_next_host(fleet, index, port))
        set_put(set, index);
    return true;
}

struct expansion {
    struct selector_parser *parser;
    const struct selector_operand *operand;
    struct selector_set *set;
};

static int on_name(const char *name, size_t length, void *context)
{
    const struct expansion *expansion = context;

    (void)length;
    if (put_named(expansion->parser->fleet, name, expansion->set))
        return 0;
    /* Out of the way of enum nodeset_error, which shares the return value. */
    selector_machine_fault(expansion->parser, expansion->operand, name);
    return -ENOENT;
}

static int match_names(struct selector_parser *parser, const struct selector_operand *operand,
                       struct selector_set *set)
{
    struct expansion expansion = {.parser = parser, .operand = operand, .set = set};
    int r;

    /* "[::1]:10000" is an address, not a range. */
    if (operand->text[0] == '[' && memchr(operand->text, ':', operand->length)) {
        char name[HOST_TEXT_SIZE + 16];

        if (operand->length < sizeof(name)) {
            memcpy(name, operand->text, operand->length);
            name[operand->length] = '\0';
            return put_named(parser->fleet, name, set)
                       ? 0
                       : selector_machine_fault(parser, operand, name);
        }
    }
    r = nodeset_expand(operand->text, operand->length, on_name, &expansion, parser->fault);
    if (r == -ENOENT)
        return SELECTOR_E_MACHINE;
    if (r > 0) {
        if (parser->fault)
            parser->fault->column += (uint32_t)operand->offset;
        return SELECTOR_E_RANGE;
    }
    return r;
}

/* ---- patterns ---- */

/* `*` and `?` only; linear but for the last star, so that no pattern takes long. */
static bool glob_match(const char *pattern, size_t length, const char *text)
{
    const char *end = pattern + length;
    const char *star = NULL;
    const char *retry = NULL;

    while (*text) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (pattern < end && *pattern == '?') {
            pattern++;
            text++;
            while (((unsigned char)*text & 0xc0) == 0x80)
                text++;
        } else if (pattern < end && *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

static bool has_glob(const struct selector_operand *operand)
{
    return memchr(operand->text, '*', operand->length) ||
           memchr(operand->text, '?', operand->length);
}

static int match_glob(struct selector_parser *parser, const struct selector_operand *operand,
                      struct selector_set *set)
{
    const struct fleet *fleet = parser->fleet;
    bool found = false;

    for (uint32_t i = 0; i < fleet->count; i++)
        if (glob_match(operand->text, operand->length, fleet->machines[i].name)) {
            set_put(set, i);
            found = true;
        }
    for (uint32_t i = 0; !found && i < fleet->count; i++)
        if (glob_match(operand->text, operand->length, fleet->machines[i].host)) {
            for (uint32_t k = i; k < fleet->count; k++)
                if (glob_match(operand->text, operand->length, fleet->machines[k].host))
                    set_put(set, k);
            found = true;
        }
    if (found)
        return 0;
    fault_set(parser->fault, _("hune list shows the names."), _("No machine's name fits \"%.*s\"."),
              (int)operand->length, operand->text);
    fault_at(parser->fault, 0, (uint32_t)operand->offset + 1);
    return SELECTOR_E_MACHINE;
}

/* ---- tags and groups ---- */

static bool tag_matches(const struct machine *machine, const char *tag, size_t length, bool glob)
{
    if (!glob)
        return machine_has_tag(machine, tag, length);
    for (const char *at = machine->tags; *at; at += at[0] == ',') {
        size_t size = strcspn(at, ",");
        char one[MACHINE_NAME_MAX + 1];

        memcpy(one, at, size);
        one[size] = '\0';
        if (glob_match(tag, length, one))
            return true;
        at += size;
    }
    return false;
}

/* Machines that left the fleet list since are no mistake, unless all have. */
static int put_names(struct selector_parser *parser, const struct selector_operand *operand,
                     const struct buffer *names, struct selector_set *set)
{
    const char *at = (const char *)buffer_bytes(names);
    const char *end = at + buffer_length(names);
    bool found = false;

    for (; at < end; at += strlen(at) + 1)
        found |= put_named(parser->fleet, at, set);
    if (found)
        return 0;
    if (buffer_length(names) > 0)
        fault_set(parser->fault, _("hune list shows the names."),
                  _("None of the machines of \"%.*s\" is in the fleet list."), (int)operand->length,
                  operand->text);
    else
        fault_set(parser->fault, NULL, _("There is no machine in \"%.*s\"."), (int)operand->length,
                  operand->text);
    fault_at(parser->fault, 0, (uint32_t)operand->offset + 1);
    return SELECTOR_E_TAG;
}

/* Returns 1 if there is no such group either. */
static int match_group(struct selector_parser *parser, const struct selector_operand *operand,
                       struct selector_set *set)
{
    const struct fleet_groups *groups = parser->fleet->groups;
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;
    int result = 1;

    if (groups)
        result = groups->find(operand->text + 1, operand->length - 1, &names, parser->fault,
                              groups->user);
    if (result == 0)
        return put_names(parser, operand, &names, set);
    if (result == FLEET_GROUP_BAD) {
        fault_at(parser->fault, 0, (uint32_t)operand->offset + 1);
        return SELECTOR_E_TAG;
    }
    return result;
}

static int match_tag(struct selector_parser *parser, const struct selector_operand *operand,
                     struct selector_set *set)
{
    const struct fleet *fleet = parser->fleet;
    const char *tag = operand->text + 1;
    size_t length = operand->length - 1;
    bool glob = has_glob(operand);
    bool found = false;
    int r;
    char nearest[MACHINE_NAME_MAX + 1];
    char hint[sizeof(parser->fault->hint)];

    if (length == 0)
        return selector_syntax_fault(parser, operand->offset, _("After @ comes no tag."));
    for (uint32_t i = 0; i < fleet->count; i++)
        if (tag_matches(&fleet->machines[i], tag, length, glob)) {
            set_put(set, i);
            found = true;
        }
    if (found)
        return 0;
    r = match_group(parser, operand, set);
    if (r != 1)
        return r;
    if (nearest_tag(fleet, tag, length, nearest))
        snprintf(hint, sizeof(hint), _("Did you mean @%s? hune list shows all tags."), nearest);
    else
        snprintf(hint, sizeof(hint), "%s",
                 _("hune list shows the tags; hune tag SELECTOR +TAG gives one."));
    fault_set(parser->fault, hint, _("No machine has the tag \"%.*s\"."), (int)length, tag);
    fault_at(parser->fault, 0, (uint32_t)operand->offset + 1);
    return SELECTOR_E_TAG;
}

int selector_match_operand(struct selector_parser *parser, const struct selector_operand *operand,
                           struct selector_set *set)
{
    if (operand->length == 3 && memcmp(operand->text, "all", 3) == 0) {
        for (uint32_t i = 0; i < parser->fleet->count; i++)
            set_put(set, i);
        return 0;
    }
    if (operand->text[0] == '@')
        return match_tag(parser, operand, set);
    if (has_glob(operand)) {
        if (memchr(operand->text, '[', operand->length))
            return selector_syntax_fault(
                parser, operand->offset,
                _("A range [...] and a pattern * or ? cannot be mixed in one name."));
        return match_glob(parser, operand, set);
    }
    return match_names(parser, operand, set);
}
