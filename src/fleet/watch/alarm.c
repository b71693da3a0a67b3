/* See alarm.h. */
#include "fleet/watch/alarm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/watch/finding.h"
#include "fleet/watch/store-alerts.h"

/* A rule that is about a machine, and what it remembers of it. */
struct ward {
    uint32_t rule;
    struct judgement judgement;
    uint64_t begun_ms; /* wall clock, of an alert that stands */
    char *finding;     /* of an alert that stands; NULL: not known */
};

struct alarm {
    struct alarm_settings settings;
    struct ward *wards;      /* of all machines, one machine's together */
    uint32_t *firsts;        /* by position: its first ward; one more at the end */
    struct rule_mark *marks; /* of all wards */
    uint32_t standing;
    uint32_t changes;
};

static bool selection_has(const struct selection *selection, uint32_t index)
{
    uint32_t low = 0, high = selection->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (selection->indices[middle] == index)
            return true;
        if (selection->indices[middle] < index)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

struct plan {
    struct selection selections[ALERT_RULES_MAX]; /* of rules that name machines */
};

static void plan_deinit(struct plan *plan)
{
    for (size_t i = 0; i < ALERT_RULES_MAX; i++)
        selection_deinit(&plan->selections[i]);
}

static bool is_about(const struct alarm_settings *settings, const struct plan *plan, uint32_t rule,
                     uint32_t index)
{
    return !settings->rules->items[rule].machines || selection_has(&plan->selections[rule], index);
}

static int make_plan(const struct alarm_settings *settings, struct plan *plan, struct fault *fault)
{
    for (uint32_t i = 0; i < settings->rules->count; i++) {
        const char *machines = settings->rules->items[i].machines;
        int error = machines
                        ? selector_match(settings->fleet, machines, &plan->selections[i], fault)
                        : 0;

        if (error)
            return error;
    }
    return 0;
}

/* Each machine's wards, and how many marks they need. */
static int make_wards(struct alarm *alarm, const struct plan *plan)
{
    const struct alarm_settings *settings = &alarm->settings;
    size_t marks = 0, count = 0, most = (size_t)settings->count * settings->rules->count;

    alarm->firsts = calloc((size_t)settings->count + 1, sizeof(*alarm->firsts));
    alarm->wards = calloc(most + 1, sizeof(*alarm->wards));
    if (!alarm->firsts || !alarm->wards)
        return -ENOMEM;
    for (uint32_t i = 0; i < settings->count; i++) {
        alarm->firsts[i] = (uint32_t)count;
        for (uint32_t r = 0; r < settings->rules->count; r++) {
            if (!is_about(settings, plan, r, settings->machines[i]))
                continue;
            alarm->wards[count++].rule = r;
            marks += rule_marks(settings->rules->items[r].rule);
        }
    }
    alarm->firsts[settings->count] = (uint32_t)count;
    alarm->marks = calloc(marks + 1, sizeof(*alarm->marks));
    if (!alarm->marks)
        return -ENOMEM;
    marks = 0;
    for (size_t i = 0; i < count; i++) {
        alarm->wards[i].judgement.marks = &alarm->marks[marks];
        marks += rule_marks(settings->rules->items[alarm->wards[i].rule].rule);
    }
    return 0;
}

static const struct machine *machine_at(const struct alarm *alarm, uint32_t position)
{
    return &alarm->settings.fleet->machines[alarm->settings.machines[position]];
}

static const struct alert_rule *rule_of(const struct alarm *alarm, const struct ward *ward)
{
    return &alarm->settings.rules->items[ward->rule];
}

/* What another console, or an earlier alarm, wrote down of an alert that stands. */
static int recall(struct alarm *alarm, uint32_t position, struct ward *ward)
{
    _cleanup_buffer_ struct buffer finding = BUFFER_INIT;
    int error = store_alert_stands(alarm->settings.store, machine_at(alarm, position)->name,
                                   rule_text(rule_of(alarm, ward)->rule), &ward->begun_ms,
                                   &finding);

    if (error)
        return error;
    free(ward->finding);
    ward->finding = buffer_length(&finding) && buffer_text(&finding) ? strdup(buffer_text(&finding))
                                                                     : NULL;
    return 0;
}

static void take_up(struct alarm *alarm, uint64_t now_ms)
{
    for (uint32_t i = 0; i < alarm->settings.count; i++) {
        for (uint32_t w = alarm->firsts[i]; w < alarm->firsts[i + 1]; w++) {
            struct ward *ward = &alarm->wards[w];

            if (!ward->judgement.is_active && recall(alarm, i, ward) == 0)
                rule_resume(rule_of(alarm, ward)->rule, &ward->judgement, now_ms);
            alarm->standing += ward->judgement.is_active;
        }
    }
}

/* ---- from the alarm of before ---- */

static uint32_t position_of(const struct alarm *alarm, uint32_t index)
{
    uint32_t low = 0, high = alarm->settings.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (alarm->settings.machines[middle] == index)
            return middle;
        if (alarm->settings.machines[middle] < index)
            low = middle + 1;
        else
            high = middle;
    }
    return UINT32_MAX;
}

static const struct ward *find_ward(const struct alarm *alarm, uint32_t position, const char *text)
{
    for (uint32_t w = alarm->firsts[position]; w < alarm->firsts[position + 1]; w++) {
        if (text_equal(rule_text(rule_of(alarm, &alarm->wards[w])->rule), text))
            return &alarm->wards[w];
    }
    return NULL;
}

static void inherit(struct alarm *alarm, const struct alarm *before)
{
    for (uint32_t i = 0; i < alarm->settings.count; i++) {
        uint32_t index = fleet_find(before->settings.fleet, machine_at(alarm, i)->name);
        uint32_t position = index == FLEET_NONE ? UINT32_MAX : position_of(before, index);

        if (position == UINT32_MAX)
            continue;
        for (uint32_t w = alarm->firsts[i]; w < alarm->firsts[i + 1]; w++) {
            struct ward *ward = &alarm->wards[w];
            const struct rule *rule = rule_of(alarm, ward)->rule;
            const struct ward *old = find_ward(before, position, rule_text(rule));
            struct rule_mark *marks = ward->judgement.marks;

            if (!old)
                continue;
            memcpy(marks, old->judgement.marks, rule_marks(rule) * sizeof(*marks));
            ward->judgement = old->judgement;
            ward->judgement.marks = marks;
            ward->begun_ms = old->begun_ms;
            ward->finding = old->finding ? strdup(old->finding) : NULL;
        }
    }
}

int alarm_new(struct alarm **alarm_out, const struct alarm_settings *settings, uint64_t now_ms,
              struct fault *fault)
{
    struct alarm *alarm = calloc(1, sizeof(*alarm));
    struct plan *plan = calloc(1, sizeof(*plan));
    int error = alarm && plan ? 0 : -ENOMEM;

    if (!error) {
        alarm->settings = *settings;
        error = make_plan(settings, plan, fault);
    }
    if (!error)
        error = make_wards(alarm, plan);
    if (plan)
        plan_deinit(plan);
    free(plan);
    if (error) {
        alarm_free(alarm);
        return error;
    }
    if (settings->before)
        inherit(alarm, settings->before);
    alarm->settings.before = NULL;
    take_up(alarm, now_ms);
    *alarm_out = alarm;
    return 0;
}

struct alarm *alarm_free(struct alarm *alarm)
{
    if (!alarm)
        return NULL;
    for (uint32_t w = 0; alarm->firsts && w < alarm->firsts[alarm->settings.count]; w++)
        free(alarm->wards[w].finding);
    free(alarm->wards);
    free(alarm->firsts);
    free(alarm->marks);
    free(alarm);
    return NULL;
}

uint32_t alarm_standing(const struct alarm *alarm)
{
    return alarm->standing;
}

uint32_t alarm_changes(const struct alarm *alarm)
{
    return alarm->changes;
}

void alarm_each(const struct alarm *alarm,
                void (*each)(const struct standing *standing, void *user), void *user)
{
    for (uint32_t i = 0; i < alarm->settings.count; i++) {
        for (uint32_t w = alarm->firsts[i]; w < alarm->firsts[i + 1]; w++) {
            const struct ward *ward = &alarm->wards[w];
            const struct standing standing = {.position = i,
                                              .rule = rule_of(alarm, ward),
                                              .begun_ms = ward->begun_ms,
                                              .finding = ward->finding ? ward->finding : "[]"};

            if (ward->judgement.is_active)
                each(&standing, user);
        }
    }
}

/* Another console may have told it: then it is kept in mind, and not told again. */
static bool is_ours(struct alarm *alarm, struct ward *ward, const struct alert *alert)
{
    struct store *store = alarm->settings.store;
    const char *text = rule_text(alert->rule->rule);

    if (alert->is_over)
        return store_alert_end(store, alert->machine->name, text, alert->at_ms, &ward->begun_ms) !=
               STORE_ALERT_KNOWN;
    return store_alert_begin(store, alert->machine->name, text, alert->finding, alert->at_ms) !=
           STORE_ALERT_KNOWN;
}

static const char *text_of(struct buffer *buffer, const char *without)
{
    const char *text = buffer_length(buffer) ? buffer_text(buffer) : NULL;

    return text ? text : without;
}

static void tell(struct alarm *alarm, struct ward *ward, struct alert *alert,
                 const struct reading *reading)
{
    _cleanup_buffer_ struct buffer finding = BUFFER_INIT, detail = BUFFER_INIT;

    (void)finding_append(&finding, alert->rule->rule, reading);
    alert->finding = text_of(&finding, "[]");
    (void)finding_explain(&detail, alert->finding);
    alert->detail = text_of(&detail, "");
    if (!is_ours(alarm, ward, alert)) {
        if (!alert->is_over)
            (void)recall(alarm, alert->position, ward);
        return;
    }
    if (!alert->is_over) {
        ward->begun_ms = alert->at_ms;
        free(ward->finding);
        ward->finding = strdup(alert->finding);
    }
    alert->begun_ms = ward->begun_ms;
    alarm->settings.on_alert(alarm, alert, alarm->settings.user);
}

void alarm_judge(struct alarm *alarm, uint32_t position, const struct reading *reading,
                 uint64_t now_ms, uint64_t wall_ms)
{
    for (uint32_t w = alarm->firsts[position]; w < alarm->firsts[position + 1]; w++) {
        struct ward *ward = &alarm->wards[w];
        struct alert alert = {.position = position,
                              .machine = machine_at(alarm, position),
                              .rule = rule_of(alarm, ward),
                              .at_ms = wall_ms};
        enum verdict verdict = rule_judge(alert.rule->rule, &ward->judgement, reading, now_ms,
                                          alert.rule->clear_ms);

        if (verdict == VERDICT_SAME)
            continue;
        alert.is_over = verdict == VERDICT_ENDS;
        alarm->changes++;
        if (alert.is_over)
            alarm->standing--;
        else
            alarm->standing++;
        tell(alarm, ward, &alert, reading);
    }
}
