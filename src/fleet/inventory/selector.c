/* See selector.h. Each term is a set of bits, one per machine; a term of one factor goes straight
 * into the union, so that ten thousand names cost ten thousand look-ups and no set algebra. */
#include "fleet/inventory/selector-private.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"

void selection_deinit(struct selection *selection)
{
    free(selection->indices);
    *selection = SELECTION_INIT;
}

static int compare_index(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = *(const uint32_t *)element;

    return a < b ? -1 : a > b;
}

uint32_t selection_find(const struct selection *selection, uint32_t index)
{
    const uint32_t *found = selection->count == 0 || index == FLEET_NONE
                                ? NULL
                                : bsearch(&index, selection->indices, selection->count,
                                          sizeof(index), compare_index);

    return found ? (uint32_t)(found - selection->indices) : FLEET_NONE;
}

static bool set_has(const struct selector_set *set, uint32_t index)
{
    return set->words[index / 64] >> (index % 64) & 1;
}

static void set_clear(const struct selector_parser *parser, struct selector_set *set)
{
    memset(set->words, 0, parser->word_count * sizeof(*set->words));
}

static void set_all(const struct selector_parser *parser, struct selector_set *set)
{
    memset(set->words, 0xff, parser->word_count * sizeof(*set->words));
}

/* ---- the language ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_spaces(struct selector_parser *parser)
{
    while (is_space(parser->text[parser->at]))
        parser->at++;
}

/* Reads `!`s and one operand. */
static int parse_operand(struct selector_parser *parser, struct selector_operand *operand_out)
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
            return selector_syntax_fault(parser, parser->at,
                                         _("This character has no meaning in a selector."));
        inside = c == '[' || (inside && c != ']');
        parser->at++;
    }
    operand_out->text = parser->text + begin;
    operand_out->length = parser->at - begin;
    operand_out->offset = begin;
    if (operand_out->length == 0)
        return selector_syntax_fault(parser, begin,
                                     _("A name, a tag or a pattern is missing here."));
    if (c == '!')
        return selector_syntax_fault(parser, parser->at,
                                     _("Before ! comes a comma, a space or &."));
    return 0;
}

/* Whether the term goes on with `&`. */
static bool parse_and(struct selector_parser *parser)
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
static int term_and(struct selector_parser *parser, const struct selector_operand *operand)
{
    int r;

    set_clear(parser, &parser->factor);
    r = selector_match_operand(parser, operand, &parser->factor);
    for (size_t i = 0; !r && i < parser->word_count; i++)
        parser->term.words[i] &= operand->negated ? ~parser->factor.words[i]
                                                  : parser->factor.words[i];
    return r;
}

static int parse_term(struct selector_parser *parser)
{
    struct selector_operand operand;
    int r = parse_operand(parser, &operand);

    if (r)
        return r;
    if (!parse_and(parser)) {
        parser->has_chosen |= !operand.negated;
        return selector_match_operand(parser, &operand,
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

static int parse_selector(struct selector_parser *parser)
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

static int collect(struct selector_parser *parser, struct selection *selection_out)
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
    struct selector_parser parser = {
        .fleet = fleet, .text = text, .word_count = word_count, .fault = fault};
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
    struct selector_operand operand = {.text = text, .length = strlen(text)};
    struct selector_parser parser = {.fleet = fleet, .text = text, .fault = fault};
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
        return selector_machine_fault(&parser, &operand, text);
    *index_out = index;
    return 0;
}
