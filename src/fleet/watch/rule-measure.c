/* What is compared: vitals under their names and the usual short ones, a share instead of bytes,
 * one thing instead of the whole machine. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/nearest.h"
#include "fleet/watch/rule-parser.h"

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

int measure_unknown(struct parser *parser, const char *at, int size)
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
    return parser_fail_at(parser, at, RULE_E_WORD, hint, _("There is no vital \"%.*s\"."),
                          size > 40 ? 40 : size, at);
}

bool measure_find(const char *at, int size, struct rule_measure *measure_out)
{
    enum vital vital;

#define X(word, vital_, whole_, rest_)                 \
    if (parser_word_is(at, size, word)) {              \
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
bool measure_find_share(struct rule_measure *measure)
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
int measure_parse_thing(struct parser *parser, struct rule_node *node)
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
        return parser_fail_at(parser, parser->at, RULE_E_SYNTAX, hint, "%s",
                              _("This names no thing of that vital."));
    }
    node->measure.labelled = true;
    text_copy(node->measure.thing, sizeof(node->measure.thing), column.thing);
    node->word_size = (uint16_t)(node->word_size + size);
    parser->at += size;
    return 0;
}
