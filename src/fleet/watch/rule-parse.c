/* From a rule's text to its tree: conditions and what joins them, by recursive descent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/watch/rule-parser.h"

static int add_node(struct parser *parser, const struct rule_node *node, uint8_t *index_out)
{
    struct rule *rule = parser->rule;

    if (rule->count == RULE_NODES_MAX)
        return parser_fail_at(parser, parser->at, RULE_E_LONG, _("Make several rules of it."),
                              _("The rule has too many conditions."));
    rule->nodes[rule->count] = *node;
    *index_out = rule->count++;
    return 0;
}

static int parse_or(struct parser *parser, uint8_t *index_out);

static int parse_group(struct parser *parser, uint8_t *index_out)
{
    int error;

    if (parser->depth == RULE_DEPTH_MAX)
        return parser_fail_at(parser, parser->at, RULE_E_LONG, _("Make several rules of it."),
                              _("There are too many parentheses in each other."));
    parser->at++;
    parser->depth++;
    error = parse_or(parser, index_out);
    parser->depth--;
    if (error)
        return error;
    parser_skip_space(parser);
    if (*parser->at != ')')
        return parser_unexpected(parser, _("A closing parenthesis"));
    parser->at++;
    return 0;
}

static int parse_condition(struct parser *parser, uint8_t *index_out)
{
    struct rule_node node = {.kind = RULE_PRESENCE};
    int error;

    parser_skip_space(parser);
    if (*parser->at == '(')
        return parse_group(parser, index_out);
    if (parser_word_size(parser->at) == 0)
        return parser_unexpected(parser, _("A condition"));
    if (parser_take_word(parser, "down"))
        node.presence = PRESENCE_DOWN;
    else if (parser_take_word(parser, "up"))
        node.presence = PRESENCE_UP;
    else if (parser_take_word(parser, "refused"))
        node.presence = PRESENCE_REFUSED;
    else if ((error = compare_parse(parser, &node)))
        return error;
    return add_node(parser, &node, index_out);
}

/* A condition, or a group, and for how long it must hold. */
static int parse_for(struct parser *parser, uint8_t *index_out)
{
    struct rule_node node = {.kind = RULE_FOR};
    char word[24];
    uint64_t seconds;
    int error = parse_condition(parser, index_out), size;

    if (error || !parser_take_word(parser, "for"))
        return error;
    parser_skip_space(parser);
    size = parser_word_size(parser->at);
    snprintf(word, sizeof(word), "%.*s", size, parser->at);
    if (size == 0 || size >= (int)sizeof(word) || !text_to_seconds(word, &seconds) || seconds == 0)
        return parser_unexpected(parser, _("A length of time like 90s, 5m, 2h or 1d"));
    parser->at += size;
    node.left = *index_out;
    node.for_ms = seconds * 1000;
    return add_node(parser, &node, index_out);
}

static int parse_not(struct parser *parser, uint8_t *index_out)
{
    struct rule_node node = {.kind = RULE_NOT};
    int error;

    if (!parser_take_word(parser, "not"))
        return parse_for(parser, index_out);
    error = parse_for(parser, &node.left);
    return error ? error : add_node(parser, &node, index_out);
}

static int parse_and(struct parser *parser, uint8_t *index_out)
{
    int error = parse_not(parser, index_out);

    while (!error && parser_take_word(parser, "and")) {
        struct rule_node node = {.kind = RULE_AND, .left = *index_out};

        error = parse_not(parser, &node.right);
        if (!error)
            error = add_node(parser, &node, index_out);
    }
    return error;
}

static int parse_or(struct parser *parser, uint8_t *index_out)
{
    int error = parse_and(parser, index_out);

    while (!error && parser_take_word(parser, "or")) {
        struct rule_node node = {.kind = RULE_OR, .left = *index_out};

        error = parse_and(parser, &node.right);
        if (!error)
            error = add_node(parser, &node, index_out);
    }
    return error;
}

/* Columns count from where the person began to type; what is kept has no spaces around it. */
static void strip(struct rule *rule)
{
    size_t blank = strspn(rule->text, " \t");

    memmove(rule->text, rule->text + blank, strlen(rule->text + blank) + 1);
    text_strip(rule->text);
    for (size_t i = 0; i < rule->count; i++) {
        if (rule->nodes[i].kind == RULE_COMPARE)
            rule->nodes[i].word = (uint16_t)(rule->nodes[i].word - blank);
    }
}

int rule_parse(const char *text, struct rule **rule_out, struct fault *fault)
{
    _cleanup_rule_ struct rule *rule = calloc(1, sizeof(*rule));
    struct parser parser = {.rule = rule, .fault = fault};
    int error;

    if (!rule)
        return -ENOMEM;
    if (strlen(text) > RULE_TEXT_MAX) {
        fault_set(fault, _("Make several rules of it."),
                  _("The rule is longer than %d characters."), RULE_TEXT_MAX);
        fault_at(fault, 0, RULE_TEXT_MAX + 1);
        return RULE_E_LONG;
    }
    text_copy(rule->text, sizeof(rule->text), text);
    parser.at = rule->text;
    error = parse_or(&parser, &rule->root);
    if (error)
        return error;
    parser_skip_space(&parser);
    if (*parser.at)
        return parser_unexpected(&parser, _("\"and\", \"or\", \"for\" or the end"));
    strip(rule);
    *rule_out = steal_pointer(rule);
    return 0;
}
