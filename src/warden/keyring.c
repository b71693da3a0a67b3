/* See keyring.h. */
#include "warden/keyring.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "proto/right.h"
#define LOG_TAG "keyring"
#include "base/log.h"

/* The value of one option: the text between its quotes. False when the quotes do not fit. */
static bool option_value(char **at, char **value_out)
{
    char *end;

    if (**at != '"')
        return false;
    end = strchr(*at + 1, '"');
    if (!end)
        return false;
    *end = '\0';
    *value_out = *at + 1;
    *at = end + 1;
    return true;
}

static bool as_is_valid(const char *as)
{
    size_t length = 0;

    for (const char *at = as; *at; at++) {
        length = *at == ',' ? 0 : length + 1;
        if (*at <= ' ' || *at == '"' || *at == '/' || *at == ':' || length > LIMIT_USER_NAME)
            return false;
    }
    return *as != '\0' && strlen(as) <= OPERATOR_AS_MAX;
}

static const char *option_apply(struct operator_entry *who, const char *name, const char *value)
{
    if (text_equal(name, "may"))
        return rights_parse(value, strlen(value), &who->rights)
                   ? NULL
                   : "may= names a right that does not exist";
    if (text_equal(name, "as")) {
        if (!as_is_valid(value))
            return "as= is not a list of users";
        memcpy(who->as, value, strlen(value) + 1);
        return NULL;
    }
    return "an option other than may= and as=";
}

/* Reads `name="value",name="value" ` off the front. Returns the reason for refusing it, or NULL. */
static const char *options_parse(struct operator_entry *who, char **at)
{
    while (true) {
        char *name = *at;
        char *equals = strpbrk(name, "=, \t");
        char *value;
        const char *why;

        if (!equals || *equals != '=')
            return "an option without a value";
        *equals = '\0';
        *at = equals + 1;
        if (!option_value(at, &value))
            return "a value that is not in quotes";
        why = option_apply(who, name, value);
        if (why)
            return why;
        if (**at == ',') {
            ++*at;
            continue;
        }
        if (**at != ' ' && **at != '\t')
            return "something behind an option that is neither a comma nor a space";
        return NULL;
    }
}

int operator_parse(struct operator_entry *operator_out, const char *line, const char **why_out)
{
    _cleanup_free_ char *copy = NULL;
    const char *comment = NULL;
    char *at;
    int r;

    *operator_out = (struct operator_entry){.rights = RIGHT_OBSERVE};
    if (strlen(line) > LIMIT_OPERATOR_LINE) {
        *why_out = "the line is too long";
        return 2;
    }
    copy = strdup(line);
    if (!copy)
        return -ENOMEM;
    at = text_strip(copy);
    if (*at == '\0' || *at == '#')
        return 1;
    if (!text_starts(at, "ssh-") && !text_starts(at, "sk-") && !text_starts(at, "ecdsa-")) {
        *why_out = options_parse(operator_out, &at);
        if (*why_out)
            return 2;
        at = text_strip(at);
    }
    r = sshkey_parse_line(&operator_out->key, at, &comment);
    if (r > 0) {
        *why_out = r == SSHKEY_E_TYPE ? "a key that is neither ssh-ed25519 nor sk-ssh-ed25519"
                                      : "not a public key";
        return 2;
    }
    if (r < 0)
        return r;
    if (comment)
        text_copy(operator_out->name, sizeof(operator_out->name), comment);
    return sshkey_fingerprint(&operator_out->key, operator_out->fingerprint);
}

int operator_format(const struct operator_entry *who, struct buffer *out)
{
    int r = buffer_append_text(out, "may=\"");

    if (!r)
        r = rights_append(out, who->rights);
    if (!r)
        r = buffer_append_text(out, "\"");
    if (!r && *who->as)
        r = buffer_printf(out, ",as=\"%s\"", who->as);
    if (!r)
        r = buffer_append_text(out, " ");
    if (!r)
        r = sshkey_append_line(&who->key, out);
    if (!r)
        r = buffer_printf(out, " %s\n", who->name);
    return r;
}

void keyring_init(struct keyring *keyring, char *path)
{
    *keyring = (struct keyring){.path = path};
}

void keyring_deinit(struct keyring *keyring)
{
    free(keyring->operators);
    keyring->operators = NULL;
    keyring->count = 0;
    keyring->bad = 0;
}

static int keyring_append(struct keyring *keyring, const struct operator_entry *who)
{
    struct operator_entry *grown = reallocarray(keyring->operators, keyring->count + 1,
                                                sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    keyring->operators = grown;
    keyring->operators[keyring->count++] = *who;
    return 0;
}

static int keyring_parse(struct keyring *keyring, char *text)
{
    char *line;
    int number = 0;

    while ((line = strsep(&text, "\n"))) {
        struct operator_entry who;
        const char *why = NULL;
        int r = operator_parse(&who, line, &why);

        number++;
        who.line = number;
        if (r == 2) {
            keyring->bad++;
            log_warning("%s: line %d grants nothing: %s", keyring->path, number, why);
        } else if (r == 0) {
            r = keyring_append(keyring, &who);
            if (!(who.rights & RIGHT_OBSERVE))
                log_warning("%s: line %d lacks observe: with this key nobody can connect",
                            keyring->path, number);
        }
        if (r < 0)
            return r;
    }
    return 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    /* The time of change and not of writing: it moves with the mode, too. */
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool is_open_to_others(const struct stat *info)
{
    return (info->st_mode & (S_IWGRP | S_IWOTH)) ||
           (info->st_uid != 0 && info->st_uid != geteuid());
}

/* Reads the file that `now` describes; what was known before is forgotten already. */
static int keyring_read(struct keyring *keyring, const struct stat *now)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    const char *text;
    int r;

    keyring->seen = *now;
    if (now->st_ino == 0)
        return 0;
    if (is_open_to_others(now)) {
        log_error("%s can be written by others than us: nobody is obeyed until that is mended "
                  "(chown to the agent's user, chmod go-w)",
                  keyring->path);
        return 0;
    }
    r = file_read(keyring->path, LIMIT_OPERATORS_FILE, &content);
    text = r ? NULL : buffer_text(&content);
    if (!r && (!text || memchr(text, '\0', buffer_length(&content))))
        r = text ? -EBADMSG : -ENOMEM;
    if (!r)
        r = keyring_parse(keyring, (char *)buffer_bytes(&content));
    return r;
}

static void keyring_tell_lessened(const struct keyring *keyring, const struct keyring *before)
{
    for (size_t i = 0; keyring->on_lessened && i < before->count; i++) {
        const struct operator_entry *was = &before->operators[i];
        const struct operator_entry *is = keyring_find(keyring, &was->key);

        if (!is || (was->rights & ~is->rights))
            keyring->on_lessened(was, keyring->user);
    }
}

int keyring_refresh(struct keyring *keyring)
{
    struct keyring before = *keyring;
    struct stat now = {0};
    int r = 0;

    if (stat(keyring->path, &now) < 0 && errno != ENOENT)
        r = -errno;
    else if (same_file(&now, &keyring->seen))
        return 0;
    keyring->operators = NULL;
    keyring->count = 0;
    keyring->bad = 0;
    if (!r)
        r = keyring_read(keyring, &now);
    if (r) {
        keyring_deinit(keyring);
        keyring->seen = (struct stat){0};
    }
    keyring_tell_lessened(keyring, &before);
    free(before.operators);
    return r;
}

const struct operator_entry *keyring_find(const struct keyring *keyring, const struct sshkey *key)
{
    for (size_t i = 0; i < keyring->count; i++) {
        if (sshkey_equal(&keyring->operators[i].key, key))
            return &keyring->operators[i];
    }
    return NULL;
}

static bool is_line_of(const struct keyring *keyring, int number, const struct sshkey *key)
{
    for (size_t i = 0; i < keyring->count; i++) {
        if (keyring->operators[i].line == number)
            return sshkey_equal(&keyring->operators[i].key, key);
    }
    return false;
}

/* Copies the file's lines but those of `key`: the first line of a key counts, so all of them go. */
static int lines_without(const struct keyring *keyring, const struct buffer *content,
                         const struct sshkey *key, struct buffer *out)
{
    const char *at = (const char *)buffer_bytes(content);
    const char *end = at + buffer_length(content);
    int r = 0;

    for (int number = 1; !r && at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = newline ? (size_t)(newline - at) : (size_t)(end - at);

        if (!is_line_of(keyring, number, key)) {
            r = buffer_append(out, at, length);
            if (!r)
                r = buffer_append(out, "\n", 1);
        }
        at += length + 1;
    }
    return r;
}

/* At the first pairing of a user's own agent there may be none. */
static int keyring_make_folder(const struct keyring *keyring)
{
    _cleanup_free_ char *copy = strdup(keyring->path);

    return copy ? directory_make(dirname(copy), 0755) : -ENOMEM;
}

int keyring_add(struct keyring *keyring, const struct operator_entry *who)
{
    _cleanup_buffer_ struct buffer old = BUFFER_INIT;
    _cleanup_buffer_ struct buffer new = BUFFER_INIT;
    int r;

    r = keyring_make_folder(keyring);
    if (!r)
        r = keyring_refresh(keyring);
    if (!r && is_open_to_others(&keyring->seen))
        r = -EPERM;
    if (!r)
        r = file_read(keyring->path, LIMIT_OPERATORS_FILE, &old);
    if (r == -ENOENT)
        r = 0;
    if (!r && buffer_length(&old))
        r = lines_without(keyring, &old, &who->key, &new);
    if (!r)
        r = operator_format(who, &new);
    if (!r)
        r = file_replace(keyring->path, 0600, buffer_bytes(&new), buffer_length(&new));
    return r ? r : keyring_refresh(keyring);
}

bool operator_may_run_as(const struct operator_entry *who, const char *user)
{
    const char *at = who->as;
    size_t wanted = strlen(user);

    while (*at) {
        size_t length = strcspn(at, ",");

        if ((length == wanted && memcmp(at, user, length) == 0) || (length == 1 && *at == '*'))
            return true;
        at += length + (at[length] == ',');
    }
    return false;
}
