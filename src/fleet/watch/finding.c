/* See finding.h. */
#include "fleet/watch/finding.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/home/figure.h"
#include "fleet/watch/rule-private.h"

/* Vitals are floats: what stands behind is noise. */
enum { DIGITS = 7 };

static json_t *value_of(const struct rule *rule, const struct rule_node *node, double value)
{
    return json_pack("{s:s#, s:f, s:s}", "measure", rule->text + node->word, (int)node->word_size,
                     "value", value, "unit", vital_unit_word(node->unit));
}

int finding_append(struct buffer *out, const struct rule *rule, const struct reading *reading)
{
    _cleanup_free_ char *text = NULL;
    json_t *values = json_array();

    for (size_t i = 0; i < rule->count; i++) {
        const struct rule_node *node = &rule->nodes[i];
        double value = node->kind == RULE_COMPARE ? rule_measure_value(&node->measure, reading)
                                                  : NAN;

        /* A text that is no UTF-8 makes no value: then it is left out. */
        if (isfinite(value))
            json_array_append_new(values, value_of(rule, node, value));
    }
    text = json_dumps(values, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_decref(values);
    return text ? buffer_append_text(out, text) : -ENOMEM;
}

/* ---- for people ---- */

static bool unit_parse(const char *word, enum vital_unit *unit_out)
{
    const char *name;

    for (int i = 0; (name = vital_unit_word((enum vital_unit)i)); i++) {
        if (strcmp(name, word) != 0)
            continue;
        *unit_out = (enum vital_unit)i;
        return true;
    }
    return false;
}

int finding_explain(struct buffer *out, const char *finding)
{
    json_t *values = json_loads(finding, 0, NULL), *each;
    bool first = true;
    size_t i;
    int error = 0;

    if (!json_is_array(values)) {
        json_decref(values);
        return buffer_append_text(out, finding);
    }
    json_array_foreach (values, i, each) {
        const char *measure, *word;
        enum vital_unit unit;
        double value;

        if (error ||
            json_unpack(each, "{s:s, s:F, s:s}", "measure", &measure, "value", &value, "unit",
                        &word) != 0 ||
            !unit_parse(word, &unit))
            continue;
        error = buffer_printf(out, "%s%s ", first ? "" : ", ", measure);
        if (!error)
            error = figure_append(out, value, unit);
        first = false;
    }
    json_decref(values);
    return error;
}
