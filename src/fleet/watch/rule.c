/* The judgement of rules. A condition is true, false, or not known: then it neither begins nor ends
 * an alert. Every condition is looked at every time, because each remembers its own past. */
#include "fleet/watch/rule.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "fleet/watch/rule-private.h"

enum truth { IS_FALSE, IS_TRUE, IS_UNKNOWN };

struct judge {
    const struct rule *rule;
    struct rule_mark *marks;
    const struct reading *reading;
    uint64_t now_ms;
};

const char *presence_word(enum presence presence)
{
    static const char *const words[] = {[PRESENCE_UNKNOWN] = "unknown",
                                        [PRESENCE_UP] = "up",
                                        [PRESENCE_DOWN] = "down",
                                        [PRESENCE_REFUSED] = "refused"};

    return words[presence];
}

struct rule *rule_free(struct rule *rule)
{
    free(rule);
    return NULL;
}

void rule_cleanup(struct rule **rule)
{
    rule_free(*rule);
}

const char *rule_text(const struct rule *rule)
{
    return rule->text;
}

size_t rule_marks(const struct rule *rule)
{
    return rule->count;
}

uint64_t rule_vitals(const struct rule *rule)
{
    uint64_t vitals = 0;

    for (size_t i = 0; i < rule->count; i++) {
        const struct rule_measure *measure = &rule->nodes[i].measure;

        if (rule->nodes[i].kind != RULE_COMPARE || measure->labelled)
            continue;
        vitals |= 1ull << measure->vital;
        if (measure->whole != VITAL_COUNT)
            vitals |= 1ull << measure->whole;
    }
    return vitals;
}

uint32_t rule_labels(const struct rule *rule)
{
    uint32_t labels = 0;

    for (size_t i = 0; i < rule->count; i++) {
        const struct rule_measure *measure = &rule->nodes[i].measure;

        if (rule->nodes[i].kind == RULE_COMPARE && measure->labelled)
            labels |= 1u << vital_info(measure->vital)->label;
    }
    return labels;
}

static double vital_value(const struct rule_measure *measure, const struct reading *reading)
{
    if (measure->labelled)
        return reading->thing ? reading->thing(reading, measure->vital, measure->thing) : NAN;
    return reading->vitals ? (double)reading->vitals[measure->vital] : NAN;
}

double rule_measure_value(const struct rule_measure *measure, const struct reading *reading)
{
    double value = vital_value(measure, reading);

    if (measure->whole != VITAL_COUNT) {
        double whole = reading->vitals ? (double)reading->vitals[measure->whole] : NAN;

        /* No swap at all is no swap in use. */
        value = whole > 0 ? 100 * value / whole : whole == 0 ? 0 : NAN;
    }
    return measure->rest ? 100 - value : value;
}

static bool crosses(const struct rule_node *node, double value, double limit)
{
    if (node->inclusive && value == limit)
        return true;
    return node->above ? value > limit : value < limit;
}

static enum truth judge_compare(const struct judge *judge, const struct rule_node *node,
                                struct rule_mark *mark)
{
    double value = rule_measure_value(&node->measure, judge->reading);

    if (isnan(value))
        return IS_UNKNOWN;
    mark->holds = crosses(node, value, mark->holds ? node->back : node->threshold);
    return mark->holds ? IS_TRUE : IS_FALSE;
}

static enum truth judge_presence(const struct judge *judge, const struct rule_node *node)
{
    if (judge->reading->presence == PRESENCE_UNKNOWN)
        return IS_UNKNOWN;
    return judge->reading->presence == node->presence ? IS_TRUE : IS_FALSE;
}

static enum truth judge_node(const struct judge *judge, uint8_t index);

static enum truth judge_for(const struct judge *judge, const struct rule_node *node,
                            struct rule_mark *mark)
{
    enum truth inner = judge_node(judge, node->left);

    if (inner == IS_FALSE || (inner == IS_UNKNOWN && !mark->holds)) {
        /* A gap in what is known is no proof that it held all the time. */
        *mark = (struct rule_mark){0};
        return inner;
    }
    if (inner == IS_UNKNOWN)
        return inner;
    if (!mark->since_ms) {
        mark->since_ms = judge->now_ms;
        /* How long a machine has been away is known better than since the last look. */
        if (judge->rule->nodes[node->left].kind == RULE_PRESENCE &&
            judge->reading->presence_ms > 0 && judge->reading->presence_ms < judge->now_ms)
            mark->since_ms = judge->reading->presence_ms;
    }
    mark->holds |= judge->now_ms - mark->since_ms >= node->for_ms;
    return mark->holds ? IS_TRUE : IS_FALSE;
}

static enum truth judge_node(const struct judge *judge, uint8_t index)
{
    const struct rule_node *node = &judge->rule->nodes[index];
    struct rule_mark *mark = &judge->marks[index];
    enum truth left, right;

    switch (node->kind) {
    case RULE_COMPARE: return judge_compare(judge, node, mark);
    case RULE_PRESENCE: return judge_presence(judge, node);
    case RULE_FOR: return judge_for(judge, node, mark);
    case RULE_NOT:
        left = judge_node(judge, node->left);
        return left == IS_UNKNOWN ? left : left == IS_TRUE ? IS_FALSE : IS_TRUE;
    case RULE_AND:
    case RULE_OR: break;
    }

    enum truth decides = node->kind == RULE_AND ? IS_FALSE : IS_TRUE;

    left = judge_node(judge, node->left);
    right = judge_node(judge, node->right);
    if (left == decides || right == decides)
        return decides;
    return left == IS_UNKNOWN || right == IS_UNKNOWN ? IS_UNKNOWN : left;
}

enum verdict rule_judge(const struct rule *rule, struct judgement *judgement,
                        const struct reading *reading, uint64_t now_ms, uint64_t clear_ms)
{
    const struct judge judge = {
        .rule = rule, .marks = judgement->marks, .reading = reading, .now_ms = now_ms};
    enum truth truth;

    assert(now_ms > 0);
    truth = judge_node(&judge, rule->root);
    if (!judgement->is_active) {
        judgement->is_active = truth == IS_TRUE;
        judgement->false_ms = 0;
        return judgement->is_active ? VERDICT_BEGINS : VERDICT_SAME;
    }
    if (truth != IS_FALSE) {
        judgement->false_ms = 0;
        return VERDICT_SAME;
    }
    if (!judgement->false_ms)
        judgement->false_ms = now_ms;
    if (now_ms - judgement->false_ms < clear_ms)
        return VERDICT_SAME;
    judgement->is_active = false;
    judgement->false_ms = 0;
    return VERDICT_ENDS;
}

void rule_resume(const struct rule *rule, struct judgement *judgement, uint64_t now_ms)
{
    for (size_t i = 0; i < rule->count; i++) {
        const struct rule_node *node = &rule->nodes[i];

        judgement->marks[i].holds = node->kind == RULE_COMPARE || node->kind == RULE_FOR;
        judgement->marks[i].since_ms = node->kind == RULE_FOR ? now_ms : 0;
    }
    judgement->is_active = true;
    judgement->false_ms = 0;
}
