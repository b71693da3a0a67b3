/* See selector.h. Each term is a set of bits, one per machine; a term of one factor goes straight
 * into the union, so that ten thousand names cost ten thousand look-ups and no set algebra. */
#include "fleet/selector.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/address.h"
#include "fleet/i18n.h"
#include "fleet/nearest.h"
#include "fleet/nodeset.h"

struct set {
    uint64_t *words;
};

struct parser {
    const struct fleet *fleet;
    const char *text;
    size_t at;
    size_t word_count;
    struct set chosen;   /* the union of the terms */
    struct set excluded; /* the union of the terms that are only !x */
    struct set term;     /* of a term with & */
    struct set factor;
    bool has_chosen;
    struct fault *fault;
};

/* One operand, between the operators. */
struct operand {
    const char *text;
    size_t length;
    size_t offset;
    bool negated;
};

void selection_deinit(struct selection *selection)
{
    free(selection->indices);
    *selection = SELECTION_INIT;
}

/* ---- sets ---- */

static void set_put(struct set *set, uint32_t index)
{
    set->words[index / 64] |= 1ull << (index % 64);
}

static bool set_has(const struct set *set, uint32_t index)
{
    return set->words[index / 64] >> (index % 64) & 1;
}

static void set_clear(const struct parser *parser, struct set *set)
{
    memset(set->words, 0, parser->word_count * sizeof(*set->words));
}

static void set_all(const struct parser *parser, struct set *set)
{
    memset(set->words, 0xff, parser->word_count * sizeof(*set->words));
}

/* ---- operands ---- */

static int syntax_fault(struct parser *parser, size_t offset, const char *text)
{
    fault_set(parser->fault, _("A selector is like: web1  web[01-40]  web*  @tag  !old  all"), "%s",
              text);
    fault_at(parser->fault, 0, (uint32_t)offset + 1);
    return SELECTOR_E_SYNTAX;
}

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

static bool has_glob(const struct operand *operand)
{
    return memchr(operand->text, '*', operand->length) ||
           memchr(operand->text, '?', operand->length);
}

static int machine_fault(struct parser *parser, const struct operand *operand, const char *name)
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

/* Puts the machines of that name, or else at that address, into `set`; false if there are none. */
static bool put_named(const struct fleet *fleet, const char *name, struct set *set)
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
    struct parser *parser;
    const struct operand *operand;
    struct set *set;
};

static int on_name(const char *name, size_t length, void *context)
{
    const struct expansion *expansion = context;

    (void)length;
    if (put_named(expansion->parser->fleet, name, expansion->set))
        return 0;
    /* Out of the way of enum nodeset_error, which shares the return value. */
    machine_fault(expansion->parser, expansion->operand, name);
    return -ENOENT;
}

static int match_names(struct parser *parser, const struct operand *operand, struct set *set)
{
    struct expansion expansion = {.parser = parser, .operand = operand, .set = set};
    int r;

    /* "[::1]:10000" is an address, not a range. */
    if (operand->text[0] == '[' && memchr(operand->text, ':', operand->length)) {
        char name[HOST_TEXT_SIZE + 16];

        if (operand->length < sizeof(name)) {
            memcpy(name, operand->text, operand->length);
            name[operand->length] = '\0';
            return put_named(parser->fleet, name, set) ? 0 : machine_fault(parser, operand, name);
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

static int match_glob(struct parser *parser, const struct operand *operand, struct set *set)
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
static int put_names(struct parser *parser, const struct operand *operand,
                     const struct buffer *names, struct set *set)
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
static int match_group(struct parser *parser, const struct operand *operand, struct set *set)
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

static int match_tag(struct parser *parser, const struct operand *operand, struct set *set)
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
        return syntax_fault(parser, operand->offset, _("After @ comes no tag."));
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

static int match_operand(struct parser *parser, const struct operand *operand, struct set *set)
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
            return syntax_fault(
                parser, operand->offset,
                _("A range [...] and a pattern * or ? cannot be mixed in one name."));
        return match_glob(parser, operand, set);
    }
    return match_names(parser, operand, set);
}

/* ---- the language ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_spaces(struct parser *parser)
{
    while (is_space(parser->text[parser->at]))
        parser->at++;
}

/* Reads `!`s and one operand. */
static int parse_operand(struct parser *parser, struct operand *operand_out)
{
    bool inside = false;
    size_t begin;
    char c;

    operand_out->negated = false;
    skip_spaces(parser);
    while (parser->text[parser->at] == '!') {
        operand_out->negated = !operand_out->negated;
        parser->at++;
        skip_spaces(parser);
    }
    begin = parser->at;
    while ((c = parser->text[parser->at]) != '\0' &&
           (inside ? !is_space(c) : !is_space(c) && !strchr(",&!", c))) {
        if (strchr("()|\"'`;<>\\", c))
            return syntax_fault(parser, parser->at,
                                _("This character has no meaning in a selector."));
        inside = c == '[' || (inside && c != ']');
        parser->at++;
    }
    operand_out->text = parser->text + begin;
    operand_out->length = parser->at - begin;
    operand_out->offset = begin;
    if (operand_out->length == 0)
        return syntax_fault(parser, begin, _("A name, a tag or a pattern is missing here."));
    if (c == '!')
        return syntax_fault(parser, parser->at, _("Before ! comes a comma, a space or &."));
    return 0;
}

/* Whether the term goes on with `&`. */
static bool parse_and(struct parser *parser)
{
    size_t before = parser->at;

    skip_spaces(parser);
    if (parser->text[parser->at] == '&') {
        parser->at++;
        return true;
    }
    parser->at = before;
    return false;
}

/* Narrows the term by one factor. */
static int term_and(struct parser *parser, const struct operand *operand)
{
    int r;

    set_clear(parser, &parser->factor);
    r = match_operand(parser, operand, &parser->factor);
    for (size_t i = 0; !r && i < parser->word_count; i++)
        parser->term.words[i] &= operand->negated ? ~parser->factor.words[i]
                                                  : parser->factor.words[i];
    return r;
}

static int parse_term(struct parser *parser)
{
    struct operand operand;
    int r = parse_operand(parser, &operand);

    if (r)
        return r;
    if (!parse_and(parser)) {
        parser->has_chosen |= !operand.negated;
        return match_operand(parser, &operand,
                             operand.negated ? &parser->excluded : &parser->chosen);
    }
    set_all(parser, &parser->term);
    r = term_and(parser, &operand);
    do {
        if (!r)
            r = parse_operand(parser, &operand);
        if (!r)
            r = term_and(parser, &operand);
    } while (!r && parse_and(parser));
    parser->has_chosen = true;
    for (size_t i = 0; !r && i < parser->word_count; i++)
        parser->chosen.words[i] |= parser->term.words[i];
    return r;
}

static int parse_selector(struct parser *parser)
{
    bool any = false;
    int r = 0;

    for (;;) {
        while (is_space(parser->text[parser->at]) || parser->text[parser->at] == ',')
            parser->at++;
        if (parser->text[parser->at] == '\0')
            break;
        r = parse_term(parser);
        if (r)
            return r;
        any = true;
    }
    if (any)
        return 0;
    fault_set(parser->fault, _("Name machines, a @tag, or all."), _("The selector is empty."));
    return SELECTOR_E_EMPTY;
}

static int collect(struct parser *parser, struct selection *selection_out)
{
    struct selection selection = SELECTION_INIT;

    if (!parser->has_chosen)
        set_all(parser, &parser->chosen);
    selection.indices = malloc((parser->fleet->count + 1) * sizeof(*selection.indices));
    if (!selection.indices)
        return -ENOMEM;
    for (uint32_t i = 0; i < parser->fleet->count; i++)
        if (set_has(&parser->chosen, i) && !set_has(&parser->excluded, i))
            selection.indices[selection.count++] = i;
    *selection_out = selection;
    return 0;
}

int selector_match(const struct fleet *fleet, const char *text, struct selection *selection_out,
                   struct fault *fault)
{
    size_t word_count = fleet->count / 64 + 1;
    _cleanup_free_ uint64_t *words = calloc(word_count * 4, sizeof(*words));
    struct parser parser = {.fleet = fleet, .text = text, .word_count = word_count, .fault = fault};
    int r;

    if (!words)
        return -ENOMEM;
    parser.chosen.words = words;
    parser.excluded.words = words + word_count;
    parser.term.words = words + word_count * 2;
    parser.factor.words = words + word_count * 3;
    r = parse_selector(&parser);
    return r ? r : collect(&parser, selection_out);
}

int selector_one(const struct fleet *fleet, const char *text, uint32_t *index_out,
                 struct fault *fault)
{
    struct operand operand = {.text = text, .length = strlen(text)};
    struct parser parser = {.fleet = fleet, .text = text, .fault = fault};
    struct address address;
    uint32_t index = fleet_find(fleet, text);

    if (operand.length == 0) {
        fault_set(fault, _("Name one machine; hune list shows them."), _("No machine was named."));
        return SELECTOR_E_EMPTY;
    }
    if (index == FLEET_NONE && address_parse(text, DEFAULT_PORT, &address, NULL) == 0) {
        uint16_t port = address.has_port ? address.port : 0;

        index = fleet_find_host(fleet, address.host, port);
        if (index != FLEET_NONE && fleet_next_host(fleet, index, port) != FLEET_NONE) {
            fault_set(fault, _("Name one of them, or write HOST:PORT; hune list shows them."),
                      _("More than one machine of the fleet is at \"%s\"."), text);
            return SELECTOR_E_MACHINE;
        }
    }
    if (index == FLEET_NONE)
        return machine_fault(&parser, &operand, text);
    *index_out = index;
    return 0;
}
