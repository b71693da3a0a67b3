/* See alert-edit.h. */
#include "fleet/watch/alert-edit.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/watch/alert-rules.h"

enum { FILE_MODE = 0600, DIRECTORY_MODE = 0700 };

/* The keys of a section, in the order in which a new one has them. */
enum key { KEY_WHEN, KEY_MACHINES, KEY_DO, KEY_CLEAR, KEY_NOTIFY, KEYS };
static const char *const key_names[KEYS] = {"when", "machines", "do", "clear", "notify"};

/* NULL: the key does not stand there. */
static const char *draft_value(const struct alert_draft *draft, enum key key)
{
    const char *value = NULL;

    switch (key) {
    case KEY_WHEN: value = draft->when; break;
    case KEY_MACHINES: value = draft->machines; break;
    case KEY_DO: value = draft->command; break;
    case KEY_CLEAR: value = draft->clear; break;
    case KEY_NOTIFY: return draft->is_silent ? "no" : NULL;
    case KEYS:
    default: break;
    }
    return value && *value ? value : NULL;
}

/* ---- what was typed ---- */

/* A file of lines cannot hold it, or the library would read something else. */
static bool fits_line(const char *key, const char *value, struct fault *fault)
{
    size_t length = strlen(value);

    for (size_t i = 0; i < length; i++) {
        if (iscntrl((unsigned char)value[i])) {
            fault_set(fault, NULL, "%s", _("It must be one line, without control characters."));
            return false;
        }
        if (value[i] == ';' && (i == 0 || value[i - 1] == ' ')) {
            fault_set(fault, _("Join commands with &&, or put them into a script."), "%s",
                      _("What stands behind \" ;\" would be a comment here."));
            return false;
        }
    }
    if (strlen(key) + 3 + length + 2 > INI_MAX_LINE) {
        fault_set(fault, NULL, _("It is longer than %d characters."),
                  (int)(INI_MAX_LINE - strlen(key) - 5));
        return false;
    }
    return true;
}

static bool check_label(const char *label, struct fault *fault)
{
    if (!label || !*label)
        fault_set(fault, NULL, "%s", _("Give the alert a name."));
    else if (strlen(label) > ALERT_LABEL_MAX)
        fault_set(fault, NULL, _("A name has at most %d characters."), ALERT_LABEL_MAX);
    else if (strpbrk(label, "[];#\"\\") || isspace((unsigned char)*label) ||
             isspace((unsigned char)label[strlen(label) - 1]))
        fault_set(fault, NULL, "%s",
                  _("A name has no brackets, quotes, ; or #, and no space at its ends."));
    else
        return fits_line("", label, fault);
    return false;
}

static bool check_rule(const char *when, struct fault *fault)
{
    struct rule *rule = NULL;

    if (!when || !*when) {
        fault_set(fault, NULL, "%s", _("Say what it waits for, for example: cpu > 90 for 5m"));
        return false;
    }
    if (rule_parse(when, &rule, fault) != 0)
        return false;
    rule_free(rule);
    return fits_line(key_names[KEY_WHEN], when, fault);
}

static bool check_clear(const char *clear, struct fault *fault)
{
    uint64_t seconds;

    if (!clear || !*clear || text_to_seconds(clear, &seconds))
        return true;
    fault_set(fault, _("Write it like 90s, 15m, 2h or 1d."), _("\"%s\" is no length of time."),
              clear);
    return false;
}

static bool check_value(const struct alert_draft *draft, enum key key, struct fault *fault)
{
    const char *value = draft_value(draft, key);

    return !value || fits_line(key_names[key], value, fault);
}

int alert_draft_check(const struct alert_draft *draft, enum alert_draft_field *field_out,
                      struct fault *fault)
{
    if (!check_label(draft->label, fault))
        *field_out = ALERT_LABEL;
    else if (!check_rule(draft->when, fault))
        *field_out = ALERT_WHEN;
    else if (!check_value(draft, KEY_MACHINES, fault))
        *field_out = ALERT_MACHINES;
    else if (!check_value(draft, KEY_DO, fault))
        *field_out = ALERT_COMMAND;
    else if (!check_clear(draft->clear, fault))
        *field_out = ALERT_CLEAR;
    else
        return 0;
    return 1;
}

/* ---- lines ---- */

struct line {
    const char *at;
    size_t size; /* with its newline */
};

static bool next_line(const char **at, const char *end, struct line *line_out)
{
    const char *newline;

    if (*at == end)
        return false;
    newline = memchr(*at, '\n', (size_t)(end - *at));
    line_out->at = *at;
    line_out->size = (size_t)((newline ? newline + 1 : end) - *at);
    *at += line_out->size;
    return true;
}

/* Without the blanks around it. */
static struct line trimmed(struct line line)
{
    while (line.size > 0 && isspace((unsigned char)*line.at)) {
        line.at++;
        line.size--;
    }
    while (line.size > 0 && isspace((unsigned char)line.at[line.size - 1]))
        line.size--;
    return line;
}

static bool is_text(struct line part, const char *text)
{
    return part.size == strlen(text) && memcmp(part.at, text, part.size) == 0;
}

static bool is_header(struct line line, struct line *label_out)
{
    struct line text = trimmed(line);
    const char *bracket = text.size > 1 && *text.at == '[' ? memchr(text.at, ']', text.size) : NULL;

    if (!bracket)
        return false;
    *label_out = (struct line){text.at + 1, (size_t)(bracket - text.at - 1)};
    return true;
}

/* KEYS for a line that is none of ours: a comment, a blank one. */
static enum key key_of(struct line line, struct line *value_out)
{
    struct line text = trimmed(line);
    const char *equals = memchr(text.at, '=', text.size);
    const char *colon = memchr(text.at, ':', text.size);
    struct line name;

    if (colon && (!equals || colon < equals))
        equals = colon;
    if (!equals || text.size == 0 || *text.at == '#' || *text.at == ';')
        return KEYS;
    name = trimmed((struct line){text.at, (size_t)(equals - text.at)});
    *value_out = trimmed((struct line){equals + 1, (size_t)(text.at + text.size - equals - 1)});
    for (int key = 0; key < KEYS; key++) {
        if (is_text(name, key_names[key]))
            return (enum key)key;
    }
    return KEYS;
}

/* ---- the new text ---- */

static int put_key(struct buffer *out, const struct alert_draft *draft, enum key key)
{
    const char *value = draft_value(draft, key);

    return value ? buffer_printf(out, "%s = %s\n", key_names[key], value) : 0;
}

static int put_missing(struct buffer *out, const struct alert_draft *draft, const bool done[KEYS])
{
    size_t size = buffer_length(out);
    int error = 0;

    for (int key = 0; key < KEYS && !error; key++) {
        if (done[key] || !draft_value(draft, (enum key)key))
            continue;
        if (size > 0 && buffer_bytes(out)[size - 1] != '\n') /* the file's last line */
            error = buffer_append_text(out, "\n");
        size = 0;
        if (!error)
            error = put_key(out, draft, (enum key)key);
    }
    return error;
}

/* Where the section ends: behind its last key. What follows belongs to the next one. */
static const char *section_end(const char *begin, const char *end)
{
    const char *at = begin, *behind = begin;
    struct line line, part;

    while (next_line(&at, end, &line) && !is_header(line, &part)) {
        if (key_of(line, &part) != KEYS)
            behind = at;
    }
    return behind;
}

/* The lines between its header and `behind`, with the draft's values. */
static int put_section(struct buffer *out, const char *at, const char *behind,
                       const struct alert_draft *draft)
{
    bool done[KEYS] = {false};
    struct line line, value;
    int error = 0;

    while (!error && next_line(&at, behind, &line)) {
        enum key key = key_of(line, &value);
        const char *wanted = key == KEYS ? NULL : draft_value(draft, key);

        if (key == KEYS || (wanted && is_text(value, wanted)))
            error = buffer_append(out, line.at, line.size);
        else
            error = put_key(out, draft, key);
        if (key != KEYS)
            done[key] = true;
    }
    return error ? error : put_missing(out, draft, done);
}

static int put_new(struct buffer *out, const char *text, size_t size,
                   const struct alert_draft *draft)
{
    static const bool none[KEYS] = {false};
    int error = buffer_append(out, text, size);

    if (!error && size > 0 && text[size - 1] != '\n')
        error = buffer_append_text(out, "\n");
    if (!error)
        error = buffer_printf(out, "%s[%s]\n", size > 0 ? "\n" : "", draft->label);
    return error ? error : put_missing(out, draft, none);
}

/* The blank line that parted a section from the next goes with it. */
static const char *without_blank(const char *at, const char *end)
{
    const char *behind = at;
    struct line line;

    return next_line(&behind, end, &line) && trimmed(line).size == 0 ? behind : at;
}

static int put_changed(struct buffer *out, const char *text, size_t size, const char *label,
                       const struct alert_draft *draft)
{
    const char *at = text, *end = text + size, *begin = NULL, *behind;
    struct line line, part;
    int error;

    while (!begin && next_line(&at, end, &line)) {
        if (is_header(line, &part) && is_text(part, label))
            begin = line.at;
    }
    if (!begin)
        return 1;
    behind = section_end(at, end);
    error = buffer_append(out, text, (size_t)(begin - text));
    if (!draft) {
        behind = without_blank(behind, end);
    } else {
        if (!error)
            error = strcmp(label, draft->label) == 0
                        ? buffer_append(out, begin, (size_t)(at - begin))
                        : buffer_printf(out, "[%s]\n", draft->label);
        if (!error)
            error = put_section(out, at, behind, draft);
    }
    return error ? error : buffer_append(out, behind, (size_t)(end - behind));
}

/* ---- is it right ---- */

static bool has_label(const struct alert_rules *rules, const char *label)
{
    for (uint32_t i = 0; i < rules->count; i++) {
        if (text_equal(rules->items[i].label, label))
            return true;
    }
    return false;
}

/* Before: as it can be read at all, and the name is free. */
static int check_before(const char *text, size_t size, const char *label,
                        const struct alert_draft *draft, struct fault *fault)
{
    struct alert_rules *rules = calloc(1, sizeof(*rules));
    int error = rules ? alert_rules_parse(rules, text, size, fault) : -ENOMEM;

    if (!error && label && !has_label(rules, label)) {
        fault_set(fault, _("It was changed or taken out elsewhere."),
                  _("There is no alert \"%s\" any more."), label);
        error = 1;
    }
    if (!error && draft && (!label || strcmp(label, draft->label) != 0) &&
        has_label(rules, draft->label)) {
        fault_set(fault, NULL, _("There is an alert \"%s\" already."), draft->label);
        error = 1;
    }
    if (rules)
        alert_rules_deinit(rules);
    free(rules);
    return error;
}

/* Afterwards: whoever reads the file next must be able to. */
static int check_after(const struct buffer *text, struct fault *fault)
{
    struct alert_rules *rules = calloc(1, sizeof(*rules));
    int error = rules ? alert_rules_parse(rules, buffer_bytes(text), buffer_length(text), fault)
                      : -ENOMEM;

    if (rules)
        alert_rules_deinit(rules);
    free(rules);
    return error;
}

int alert_rules_rewrite(const char *text, size_t size, const char *label,
                        const struct alert_draft *draft, struct buffer *out, struct fault *fault)
{
    _cleanup_buffer_ struct buffer changed = BUFFER_INIT;
    enum alert_draft_field field;
    int error = draft ? alert_draft_check(draft, &field, fault) : 0;

    if (!error)
        error = check_before(text, size, label, draft, fault);
    if (error)
        return error;
    error = label ? put_changed(&changed, text, size, label, draft)
                  : put_new(&changed, text, size, draft);
    if (error > 0)
        fault_set(fault, NULL, _("There is no alert \"%s\" any more."), label);
    if (!error)
        error = check_after(&changed, fault);
    return error ? error : buffer_append(out, buffer_bytes(&changed), buffer_length(&changed));
}

/* ---- the file ---- */

static int lock(const char *path, int *fd_out)
{
    _cleanup_free_ char *copy = strdup(path);
    int error = copy ? directory_make(dirname(copy), DIRECTORY_MODE) : -ENOMEM;

    return error ? error : file_lock(path, FILE_MODE, ALERT_LOCK_WAIT_MS, fd_out);
}

int alert_rules_change(const char *path, const char *label, const struct alert_draft *draft,
                       struct fault *fault)
{
    _cleanup_buffer_ struct buffer before = BUFFER_INIT;
    _cleanup_buffer_ struct buffer after = BUFFER_INIT;
    _cleanup_close_ int fd = -1;
    int error = lock(path, &fd);

    if (!error)
        error = file_read(path, ALERT_FILE_MAX, &before);
    if (error == -ENOENT)
        error = 0;
    if (!error)
        error = alert_rules_rewrite((const char *)buffer_bytes(&before), buffer_length(&before),
                                    label, draft, &after, fault);
    if (!error)
        error = file_replace(path, FILE_MODE, buffer_bytes(&after), buffer_length(&after));
    if (error == -ETIMEDOUT)
        fault_set(fault, _("Wait for the other console, or end it, and try again."),
                  _("Another console is writing %s."), path);
    else if (error < 0)
        fault_errno(fault, -error,
                    _("The file is as it was. Check who may write to it and its folder."),
                    _("The alerts in %s could not be saved"), path);
    return error;
}
