/* See alert-rules.h. */
#include "fleet/watch/alert-rules.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/home/i18n.h"

struct file_reading {
    FILE *file;
    int line; /* of what the handler is told: the library counts only for itself */
    struct alert_rules *rules;
    uint32_t begin; /* how many rules there were before the file */
    struct fault *fault;
    bool has_section;
    bool failed;
};

static void rule_release(struct alert_rule *rule)
{
    rule_free(rule->rule);
    free(rule->machines);
    free(rule->command);
    *rule = (struct alert_rule){0};
}

void alert_rules_deinit(struct alert_rules *rules)
{
    while (rules->count > 0)
        rule_release(&rules->items[--rules->count]);
}

static int add_blank(struct alert_rules *rules, struct alert_rule **rule_out, struct fault *fault)
{
    if (rules->count == ALERT_RULES_MAX) {
        fault_set(fault, NULL, _("There are more than %d rules."), ALERT_RULES_MAX);
        return -ENOSPC;
    }
    *rule_out = &rules->items[rules->count++];
    **rule_out = (struct alert_rule){.clear_ms = RULE_CLEAR_MS};
    return 0;
}

int alert_rules_add(struct alert_rules *rules, const char *text, struct fault *fault)
{
    struct alert_rule *rule;
    int error = add_blank(rules, &rule, fault);

    if (error)
        return error;
    error = rule_parse(text, &rule->rule, fault);
    if (error)
        rules->count--;
    return error;
}

/* ---- the file ---- */

__attribute__((format(printf, 3, 4))) static int fail(struct file_reading *reading,
                                                      const char *hint, const char *format, ...)
{
    char text[sizeof(reading->fault->text)];
    va_list arguments;

    if (reading->failed)
        return 0;
    reading->failed = true;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fault_set(reading->fault, hint, "%s", text);
    fault_at(reading->fault, (uint32_t)reading->line, 0);
    return 0;
}

/* The library cuts a value at " ;" without a word: half a command would be run. */
static bool has_inline_comment(const char *line)
{
    const char *at = line + strspn(line, " \t");

    if (*at == ';' || *at == '#')
        return false;
    for (at = strchr(at, ';'); at; at = strchr(at + 1, ';')) {
        if (at > line && (at[-1] == ' ' || at[-1] == '\t'))
            return true;
    }
    return false;
}

static char *next_line(char *line, int size, void *user)
{
    struct file_reading *reading = user;
    char *got = fgets(line, size, reading->file);

    reading->line++;
    if (!got)
        return NULL;
    if (!strchr(line, '\n') && !feof(reading->file)) {
        fail(reading, NULL, _("The line is longer than %d characters."), size - 1);
        return NULL;
    }
    if (has_inline_comment(line)) {
        fail(reading, _("Join commands with &&, or put them into a script."), "%s",
             _("What stands behind \" ;\" would be a comment here."));
        return NULL;
    }
    return line;
}

static int set_text(struct file_reading *reading, char **text, const char *name, const char *value)
{
    if (*text)
        return fail(reading, _("Every key stands once in a section, on one line."),
                    _("\"%s\" stands here a second time."), name);
    *text = strdup(value);
    return *text ? 1 : fail(reading, NULL, "%s", _("There is no memory."));
}

static int set_rule(struct file_reading *reading, struct alert_rule *rule, const char *value)
{
    struct fault fault = {0};
    int error;

    if (rule->rule)
        return fail(reading, _("Every key stands once in a section, on one line."),
                    _("\"%s\" stands here a second time."), "when");
    error = rule_parse(value, &rule->rule, &fault);
    if (!error)
        return 1;
    if (error < 0)
        return fail(reading, NULL, "%s", _("There is no memory."));
    fail(reading, fault.hint, _("%s (at character %u of the rule)"), fault.text, fault.column);
    fault_at(reading->fault, (uint32_t)reading->line, fault.column);
    return 0;
}

static int set_value(struct file_reading *reading, struct alert_rule *rule, const char *name,
                     const char *value)
{
    uint64_t seconds;

    if (text_equal(name, "when"))
        return set_rule(reading, rule, value);
    if (text_equal(name, "machines"))
        return set_text(reading, &rule->machines, name, value);
    if (text_equal(name, "do"))
        return set_text(reading, &rule->command, name, value);
    if (text_equal(name, "clear")) {
        if (!text_to_seconds(value, &seconds))
            return fail(reading, _("Write it like 90s, 15m, 2h or 1d."),
                        _("\"%s\" is no length of time."), value);
        rule->clear_ms = seconds * 1000;
        return 1;
    }
    if (text_equal(name, "notify")) {
        if (!text_equal(value, "yes") && !text_equal(value, "no"))
            return fail(reading, NULL, _("notify is yes or no, not \"%s\"."), value);
        rule->is_silent = text_equal(value, "no");
        return 1;
    }
    return fail(reading, _("The keys are when, machines, do, clear and notify."),
                _("There is no key \"%s\" here."), name);
}

static int on_value(void *user, const char *section, const char *name, const char *value)
{
    struct file_reading *reading = user;
    struct alert_rules *rules = reading->rules;
    struct alert_rule *rule = reading->has_section ? &rules->items[rules->count - 1] : NULL;
    struct fault fault = {0};

    if (reading->failed)
        return 0;
    if (!*section)
        return fail(reading, _("Begin with [NAME], a name for the alert."),
                    _("\"%s\" stands before the first section."), name);
    if (!rule || !text_equal(rule->label, section)) {
        if (add_blank(rules, &rule, &fault) < 0)
            return fail(reading, NULL, "%s", fault.text);
        text_copy(rule->label, sizeof(rule->label), section);
        rule->line = (uint32_t)reading->line;
        reading->has_section = true;
    }
    return set_value(reading, rule, name, value);
}

static void check_whole(struct file_reading *reading)
{
    for (uint32_t i = reading->begin; i < reading->rules->count && !reading->failed; i++) {
        const struct alert_rule *rule = &reading->rules->items[i];

        if (rule->rule)
            continue;
        reading->line = (int)rule->line;
        fail(reading, _("Say what it waits for, for example: when = cpu > 90 for 5m"),
             _("The section [%s] has no \"when\"."), rule->label);
    }
}

static int read_stream(struct alert_rules *rules, FILE *file, struct fault *fault)
{
    struct file_reading reading = {
        .file = file, .rules = rules, .begin = rules->count, .fault = fault};
    int line, error = 0;

    line = ini_parse_stream(next_line, &reading, on_value, &reading);
    if (ferror(file) || line < 0)
        error = -EIO;
    if (!error && line > 0 && !reading.failed) {
        reading.line = line;
        fail(&reading, NULL, "%s", _("This is neither a [section] nor key = value."));
    }
    if (!error)
        check_whole(&reading);
    if (!error && !reading.failed)
        return 0;
    while (rules->count > reading.begin)
        rule_release(&rules->items[--rules->count]);
    return error ? error : 1;
}

int alert_rules_read(struct alert_rules *rules, const char *path, struct fault *fault)
{
    _cleanup_fclose_ FILE *file = fopen(path, "re");

    if (!file)
        return errno == ENOENT ? 0 : -errno;
    return read_stream(rules, file, fault);
}

int alert_rules_parse(struct alert_rules *rules, const void *text, size_t size, struct fault *fault)
{
    _cleanup_fclose_ FILE *file = NULL;

    if (size == 0) /* which fmemopen() does not take everywhere */
        return 0;
    file = fmemopen((void *)text, size, "r");
    return file ? read_stream(rules, file, fault) : -errno;
}

/* ---- what they look at ---- */

static bool has_field(const char *fields, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = fields; at && *at; at += *at == ',') {
        size_t here = strcspn(at, ",");

        if (here == length && memcmp(at, name, length) == 0)
            return true;
        at += here;
    }
    return false;
}

static int add_field(struct buffer *out, const char *base, const char *name)
{
    if (has_field(base, name))
        return 0;
    return buffer_printf(out, "%s%s", buffer_length(out) ? "," : "", name);
}

int alert_rules_fields(const struct alert_rules *rules, const char *base, char **fields_out)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    uint64_t wanted = 0;
    uint32_t labels = 0;
    int error = base ? buffer_append_text(&out, base) : 0;

    for (uint32_t i = 0; i < rules->count; i++) {
        wanted |= rule_vitals(rules->items[i].rule);
        labels |= rule_labels(rules->items[i].rule);
    }
    for (int i = 0; i < VITAL_COUNT && !error; i++) {
        if (wanted & 1ull << i)
            error = add_field(&out, base, vital_info((enum vital)i)->name);
    }
    for (int i = 0; i < VITAL_LABEL_COUNT && !error; i++) {
        if (labels & 1u << i)
            error = add_field(&out, base, vital_label_group((enum vital_label)i));
    }
    *fields_out = NULL;
    if (error || buffer_length(&out) == 0)
        return error;
    *fields_out = buffer_text(&out) ? strdup(buffer_text(&out)) : NULL;
    return *fields_out ? 0 : -ENOMEM;
}
