/* From a rule's text to its tree: recursive descent over words, numbers and signs. Every mistake
 * names its column. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fleet/i18n.h"
#include "fleet/nearest.h"
#include "fleet/rule-private.h"

struct parser {
    struct rule *rule;
    const char *at;
    unsigned depth;
    struct fault *fault;
};

/* X(word, vital, whole, rest): the usual measures under short names. */
#define SHORT_NAMES(X)                      \
    X("cpu", CPU_BUSY, COUNT, false)        \
    X("load", LOAD_1, COUNT, false)         \
    X("mem", MEM_USED, MEM_TOTAL, false)    \
    X("swap", SWAP_USED, SWAP_TOTAL, false) \
    X("disk", DISK_FULL, COUNT, false)

/* X(vital, what it is as a share): bytes that may be compared with a number of percent. */
#define SHARES(X)                                                  \
    X(MEM_USED, (MEASURE(MEM_USED, MEM_TOTAL, false)))             \
    X(MEM_AVAILABLE, (MEASURE(MEM_AVAILABLE, MEM_TOTAL, false)))   \
    X(MEM_CACHE, (MEASURE(MEM_CACHE, MEM_TOTAL, false)))           \
    X(MEM_LIMIT_USED, (MEASURE(MEM_LIMIT_USED, MEM_LIMIT, false))) \
    X(SWAP_USED, (MEASURE(SWAP_USED, SWAP_TOTAL, false)))          \
    X(DISK_USED, (MEASURE(DISK_FULL, COUNT, false)))               \
    X(DISK_FREE, (MEASURE(DISK_FULL, COUNT, true)))

#define MEASURE(vital_, whole_, rest_)                                    \
    (struct rule_measure)                                                 \
    {                                                                     \
        .vital = VITAL_##vital_, .whole = VITAL_##whole_, .rest = (rest_) \
    }

static const char grammar_hint[] = N_(
    "Write rules like: cpu > 90 for 5m, disk.free < 5%, down for 2m, mem > 90 or swap > 50.");

__attribute__((format(printf, 5, 6))) static int fail_at(struct parser *parser, const char *at,
                                                         int error, const char *hint,
                                                         const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fault_set(parser->fault, hint, "%s", text);
    fault_at(parser->fault, 0, (uint32_t)(at - parser->rule->text) + 1);
    return error;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_';
}

static void skip_space(struct parser *parser)
{
    while (*parser->at == ' ' || *parser->at == '\t')
        parser->at++;
}

static int word_size(const char *at)
{
    int size = 0;

    while (is_word(at[size]))
        size++;
    return size;
}

static bool word_is(const char *at, int size, const char *word)
{
    return (int)strlen(word) == size && strncasecmp(at, word, (size_t)size) == 0;
}

static bool take_word(struct parser *parser, const char *word)
{
    int size;

    skip_space(parser);
    size = word_size(parser->at);
    if (!word_is(parser->at, size, word))
        return false;
    parser->at += size;
    return true;
}

/* What stands here, for "... not \"%.*s\"": a word, or a character with all its bytes. */
static int here_size(const char *at)
{
    uint32_t code;
    int size = word_size(at);

    if (size == 0 && *at)
        size = (int)utf8_character((const uint8_t *)at, strlen(at), &code);
    return size > 40 ? 40 : size;
}

static int unexpected(struct parser *parser, const char *expected)
{
    skip_space(parser);
    if (!*parser->at)
        return fail_at(parser, parser->at, RULE_E_SYNTAX, _(grammar_hint),
                       _("%s is expected at the end."), expected);
    return fail_at(parser, parser->at, RULE_E_SYNTAX, _(grammar_hint),
                   _("%s is expected here, not \"%.*s\"."), expected, here_size(parser->at),
                   parser->at);
}

static int add_node(struct parser *parser, const struct rule_node *node, uint8_t *index_out)
{
    struct rule *rule = parser->rule;

    if (rule->count == RULE_NODES_MAX)
        return fail_at(parser, parser->at, RULE_E_LONG, _("Make several rules of it."),
                       _("The rule has too many conditions."));
    rule->nodes[rule->count] = *node;
    *index_out = rule->count++;
    return 0;
}

/* ---- a measure, a sign, a number ---- */

static int unknown_word(struct parser *parser, const char *at, int size)
{
    static const char *const words[] = {"down", "up",  "refused", "not", "cpu",
                                        "load", "mem", "swap",    "disk"};
    unsigned best = 4;
    const char *nearest = NULL;
    char hint[160];

    for (size_t i = 0; i < VITAL_COUNT + ELEMENTS_OF(words); i++) {
        const char *name = i < VITAL_COUNT ? vital_info((enum vital)i)->name
                                           : words[i - VITAL_COUNT];
        unsigned distance = nearest_distance(at, (size_t)size, name, strlen(name), best);

        if (distance < best && distance <= strlen(name) / 2) {
            best = distance;
            nearest = name;
        }
    }
    if (nearest)
        snprintf(hint, sizeof(hint), _("Did you mean %s?"), nearest);
    else
        snprintf(
            hint, sizeof(hint), "%s",
            _("There are cpu, mem, swap, disk, load and those of hune history --metric help."));
    return fail_at(parser, at, RULE_E_WORD, hint, _("There is no vital \"%.*s\"."),
                   size > 40 ? 40 : size, at);
}

static bool find_measure(const char *at, int size, struct rule_measure *measure_out)
{
    enum vital vital;

#define X(word, vital_, whole_, rest_)                 \
    if (word_is(at, size, word)) {                     \
        *measure_out = MEASURE(vital_, whole_, rest_); \
        return true;                                   \
    }
    SHORT_NAMES(X)
#undef X
    if (!vital_parse(at, (size_t)size, &vital))
        return false;
    *measure_out = (struct rule_measure){.vital = vital, .whole = VITAL_COUNT};
    return true;
}

/* Which thing it is of stays. */
static bool find_share(struct rule_measure *measure)
{
    struct rule_measure share;

    switch ((int)measure->vital) {
#define X(name, of) \
    case VITAL_##name: share = of; break;
        SHARES(X)
#undef X
    default: return false;
    }
    measure->vital = share.vital;
    measure->whole = share.whole;
    measure->rest = share.rest;
    return true;
}

/* The length of `{mount="/srv"}`; 0 if it has no end. */
static int label_size(const char *at)
{
    bool quoted = false;

    for (int size = 0; at[size]; size++) {
        if (at[size] == '\\' && quoted && at[size + 1])
            size++;
        else if (at[size] == '"')
            quoted = !quoted;
        else if (at[size] == '}' && !quoted)
            return size + 1;
    }
    return 0;
}

/* One thing instead of the machine, behind the vital's name. */
static int parse_thing(struct parser *parser, struct rule_node *node)
{
    const struct vital_info *info = vital_info(node->measure.vital);
    const char *label = vital_label_word(info->label);
    int size = label_size(parser->at);
    char text[RULE_TEXT_MAX + 64], hint[128];
    struct vital_column column;

    snprintf(text, sizeof(text), "%s%.*s", info->name, size, parser->at);
    if (size == 0 || node->measure.whole != VITAL_COUNT ||
        !vital_column_parse(text, strlen(text), &column) || !column.labelled) {
        if (label)
            snprintf(hint, sizeof(hint), _("Write it like %s{%s=\"NAME\"}."), info->name, label);
        else
            snprintf(hint, sizeof(hint), _("%s has one value for the whole machine."), info->name);
        return fail_at(parser, parser->at, RULE_E_SYNTAX, hint, "%s",
                       _("This names no thing of that vital."));
    }
    node->measure.labelled = true;
    text_copy(node->measure.thing, sizeof(node->measure.thing), column.thing);
    node->word_size = (uint16_t)(node->word_size + size);
    parser->at += size;
    return 0;
}

static int parse_sign(struct parser *parser, struct rule_node *node)
{
    skip_space(parser);
    if (*parser->at != '<' && *parser->at != '>')
        return unexpected(parser, _("One of > >= < <="));
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
    return word_size(at);
}

/* "M" is mebibytes and "m" minutes where both can be; else letters may be of either case. */
static const struct unit_word *find_unit(const char *at, int size, enum vital_unit unit)
{
    const struct unit_word *other = NULL;

    for (size_t i = 0; i < ELEMENTS_OF(unit_words); i++) {
        if (!word_is(at, size, unit_words[i].word))
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

    skip_space(parser);
    at = parser->at;
    size = unit_size(at);
    if (size == 0 || word_is(at, size, "for") || word_is(at, size, "and") ||
        word_is(at, size, "or"))
        return 0;
    found = find_unit(at, size, unit);
    if (!found)
        return fail_at(parser, at, RULE_E_NUMBER, _("Units are % K M G T C s m h d, and /s."),
                       _("There is no unit \"%.*s\"."), size > 40 ? 40 : size, at);
    if (found->unit == VITAL_UNIT_PERCENT && node->unit == VITAL_UNIT_BYTES &&
        find_share(&node->measure)) {
        node->unit = VITAL_UNIT_PERCENT;
    } else if (found->unit != unit) {
        return fail_at(parser, at, RULE_E_NUMBER, _(grammar_hint),
                       _("\"%.*s\" is no unit of this vital."), size, at);
    }
    node->threshold *= found->factor;
    parser->at += size;
    if (strncmp(parser->at, "/s", 2) == 0) {
        if (node->unit != VITAL_UNIT_BYTES_PER_SECOND && node->unit != VITAL_UNIT_PER_SECOND)
            return fail_at(parser, parser->at, RULE_E_NUMBER, _(grammar_hint),
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

    skip_space(parser);
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
        return any ? fail_at(parser, begin, RULE_E_NUMBER, NULL, _("The number is too large."))
                   : unexpected(parser, _("A number"));
    }
    node->threshold = (negative ? -value : value) / place;
    return parse_unit(parser, node);
}

static int parse_compare(struct parser *parser, struct rule_node *node)
{
    int size = word_size(parser->at), error;
    double margin;

    node->kind = RULE_COMPARE;
    node->word = (uint16_t)(parser->at - parser->rule->text);
    node->word_size = (uint16_t)size;
    if (!find_measure(parser->at, size, &node->measure))
        return unknown_word(parser, parser->at, size);
    node->unit = node->measure.whole != VITAL_COUNT ? VITAL_UNIT_PERCENT
                                                    : vital_info(node->measure.vital)->unit;
    parser->at += size;
    error = *parser->at == '{' ? parse_thing(parser, node) : 0;
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

/* ---- what joins them ---- */

static int parse_or(struct parser *parser, uint8_t *index_out);

static int parse_group(struct parser *parser, uint8_t *index_out)
{
    int error;

    if (parser->depth == RULE_DEPTH_MAX)
        return fail_at(parser, parser->at, RULE_E_LONG, _("Make several rules of it."),
                       _("There are too many parentheses in each other."));
    parser->at++;
    parser->depth++;
    error = parse_or(parser, index_out);
    parser->depth--;
    if (error)
        return error;
    skip_space(parser);
    if (*parser->at != ')')
        return unexpected(parser, _("A closing parenthesis"));
    parser->at++;
    return 0;
}

static int parse_condition(struct parser *parser, uint8_t *index_out)
{
    struct rule_node node = {.kind = RULE_PRESENCE};
    int error;

    skip_space(parser);
    if (*parser->at == '(')
        return parse_group(parser, index_out);
    if (word_size(parser->at) == 0)
        return unexpected(parser, _("A condition"));
    if (take_word(parser, "down"))
        node.presence = PRESENCE_DOWN;
    else if (take_word(parser, "up"))
        node.presence = PRESENCE_UP;
    else if (take_word(parser, "refused"))
        node.presence = PRESENCE_REFUSED;
    else if ((error = parse_compare(parser, &node)))
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

    if (error || !take_word(parser, "for"))
        return error;
    skip_space(parser);
    size = word_size(parser->at);
    snprintf(word, sizeof(word), "%.*s", size, parser->at);
    if (size == 0 || size >= (int)sizeof(word) || !text_to_seconds(word, &seconds) || seconds == 0)
        return unexpected(parser, _("A length of time like 90s, 5m, 2h or 1d"));
    parser->at += size;
    node.left = *index_out;
    node.for_ms = seconds * 1000;
    return add_node(parser, &node, index_out);
}

static int parse_not(struct parser *parser, uint8_t *index_out)
{
    struct rule_node node = {.kind = RULE_NOT};
    int error;

    if (!take_word(parser, "not"))
        return parse_for(parser, index_out);
    error = parse_for(parser, &node.left);
    return error ? error : add_node(parser, &node, index_out);
}

static int parse_and(struct parser *parser, uint8_t *index_out)
{
    int error = parse_not(parser, index_out);

    while (!error && take_word(parser, "and")) {
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

    while (!error && take_word(parser, "or")) {
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
    skip_space(&parser);
    if (*parser.at)
        return unexpected(&parser, _("\"and\", \"or\", \"for\" or the end"));
    strip(rule);
    *rule_out = steal_pointer(rule);
    return 0;
}
