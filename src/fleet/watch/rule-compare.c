/* A measure against a number: the sign, the number, and its unit. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/watch/rule-parser.h"

static int parse_sign(struct parser *parser, struct rule_node *node)
{
    parser_skip_space(parser);
    if (*parser->at != '<' && *parser->at != '>')
        return parser_unexpected(parser, _("One of > >= < <="));
    node->above = *parser->at++ == '>';
    node->inclusive = *parser->at == '=';
    parser->at += node->inclusive;
    return 0;
}

struct unit_word {
    const char *word;
    double factor;
    enum vital_unit unit;
};

static const struct unit_word unit_words[] = {
    {"%", 1, VITAL_UNIT_PERCENT},
    {"B", 1, VITAL_UNIT_BYTES},
    {"K", 1024, VITAL_UNIT_BYTES},
    {"KB", 1024, VITAL_UNIT_BYTES},
    {"KiB", 1024, VITAL_UNIT_BYTES},
    {"M", 1024. * 1024, VITAL_UNIT_BYTES},
    {"MB", 1024. * 1024, VITAL_UNIT_BYTES},
    {"MiB", 1024. * 1024, VITAL_UNIT_BYTES},
    {"G", 1024. * 1024 * 1024, VITAL_UNIT_BYTES},
    {"GB", 1024. * 1024 * 1024, VITAL_UNIT_BYTES},
    {"GiB", 1024. * 1024 * 1024, VITAL_UNIT_BYTES},
    {"T", 1024. * 1024 * 1024 * 1024, VITAL_UNIT_BYTES},
    {"TB", 1024. * 1024 * 1024 * 1024, VITAL_UNIT_BYTES},
    {"TiB", 1024. * 1024 * 1024 * 1024, VITAL_UNIT_BYTES},
    {"C", 1, VITAL_UNIT_CELSIUS},
    {"°C", 1, VITAL_UNIT_CELSIUS},
    {"s", 1, VITAL_UNIT_SECONDS},
    {"m", 60, VITAL_UNIT_SECONDS},
    {"h", 3600, VITAL_UNIT_SECONDS},
    {"d", 86400, VITAL_UNIT_SECONDS},
};

static int unit_size(const char *at)
{
    if (*at == '%')
        return 1;
    if (strncmp(at, "°C", strlen("°C")) == 0)
        return (int)strlen("°C");
    return parser_word_size(at);
}

/* "M" is mebibytes and "m" minutes where both can be; else letters may be of either case. */
static const struct unit_word *find_unit(const char *at, int size, enum vital_unit unit)
{
    const struct unit_word *other = NULL;

    for (size_t i = 0; i < ELEMENTS_OF(unit_words); i++) {
        if (!parser_word_is(at, size, unit_words[i].word))
            continue;
        if (unit_words[i].unit == unit)
            return &unit_words[i];
        if (!other)
            other = &unit_words[i];
    }
    return other;
}

static enum vital_unit base_unit(enum vital_unit unit)
{
    return unit == VITAL_UNIT_BYTES_PER_SECOND ? VITAL_UNIT_BYTES : unit;
}

/* The unit behind a number: may turn bytes into a share. Bare numbers are in the vital's unit. */
static int parse_unit(struct parser *parser, struct rule_node *node)
{
    enum vital_unit unit = base_unit(node->unit);
    const struct unit_word *found;
    const char *at;
    int size;

    parser_skip_space(parser);
    at = parser->at;
    size = unit_size(at);
    if (size == 0 || parser_word_is(at, size, "for") || parser_word_is(at, size, "and") ||
        parser_word_is(at, size, "or"))
        return 0;
    found = find_unit(at, size, unit);
    if (!found)
        return parser_fail_at(parser, at, RULE_E_NUMBER,
                              _("Units are % K M G T C s m h d, and /s."),
                              _("There is no unit \"%.*s\"."), size > 40 ? 40 : size, at);
    if (found->unit == VITAL_UNIT_PERCENT && node->unit == VITAL_UNIT_BYTES &&
        measure_find_share(&node->measure)) {
        node->unit = VITAL_UNIT_PERCENT;
    } else if (found->unit != unit) {
        return parser_fail_at(parser, at, RULE_E_NUMBER, _(rule_grammar_hint),
                              _("\"%.*s\" is no unit of this vital."), size, at);
    }
    node->threshold *= found->factor;
    parser->at += size;
    if (strncmp(parser->at, "/s", 2) == 0) {
        if (node->unit != VITAL_UNIT_BYTES_PER_SECOND && node->unit != VITAL_UNIT_PER_SECOND)
            return parser_fail_at(parser, parser->at, RULE_E_NUMBER, _(rule_grammar_hint),
                                  _("\"%.*s\" is no unit of this vital."), 2, parser->at);
        parser->at += 2;
    }
    return 0;
}

/* Digits and a point only: neither hexadecimal nor exponents nor the locale's comma. */
static int parse_number(struct parser *parser, struct rule_node *node)
{
    const char *begin;
    double value = 0, place = 1;
    bool negative, point = false, any = false;

    parser_skip_space(parser);
    begin = parser->at;
    negative = *parser->at == '-';
    parser->at += negative;
    for (;; parser->at++) {
        if (*parser->at == '.' && !point) {
            point = true;
        } else if (*parser->at >= '0' && *parser->at <= '9') {
            any = true;
            value = value * 10 + (*parser->at - '0');
            place *= point ? 10 : 1;
        } else {
            break;
        }
    }
    if (!any || value > 1e18) {
        parser->at = begin;
        return any ? parser_fail_at(parser, begin, RULE_E_NUMBER, NULL,
                                    _("The number is too large."))
                   : parser_unexpected(parser, _("A number"));
    }
    node->threshold = (negative ? -value : value) / place;
    return parse_unit(parser, node);
}

int compare_parse(struct parser *parser, struct rule_node *node)
{
    int size = parser_word_size(parser->at), error;
    double margin;

    node->kind = RULE_COMPARE;
    node->word = (uint16_t)(parser->at - parser->rule->text);
    node->word_size = (uint16_t)size;
    if (!measure_find(parser->at, size, &node->measure))
        return measure_unknown(parser, parser->at, size);
    node->unit = node->measure.whole != VITAL_COUNT ? VITAL_UNIT_PERCENT
                                                    : vital_info(node->measure.vital)->unit;
    parser->at += size;
    error = *parser->at == '{' ? measure_parse_thing(parser, node) : 0;
    if (!error)
        error = parse_sign(parser, node);
    if (!error)
        error = parse_number(parser, node);
    if (error)
        return error;
    margin = fabs(node->threshold) * RULE_MARGIN_PERCENT / 100;
    if (node->unit == VITAL_UNIT_PERCENT && margin < 0.5)
        margin = 0.5; /* "> 0" has a margin too */
    node->back = node->above ? node->threshold - margin : node->threshold + margin;
    return 0;
}
