/* The operators file: a line that is taken must mean the same when it is written and read again,
 * and a file must grant exactly what its lines grant one by one. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "fuzz.h"
#include "proto/right.h"
#include "warden/keyring.h"

static bool is_same(const struct operator_entry *a, const struct operator_entry *b)
{
    return sshkey_equal(&a->key, &b->key) && a->rights == b->rights && strcmp(a->as, b->as) == 0 &&
           memcmp(a->fingerprint, b->fingerprint, FINGERPRINT_SIZE) == 0;
}

/* A name that was cut may end in white space, which is stripped when it is read again. */
static bool begins_with(const char *name, const char *stripped)
{
    size_t length = strlen(stripped);

    return strncmp(name, stripped, length) == 0 &&
           strspn(name + length, " \t\r\n\v\f") == strlen(name + length);
}

/* Returns true for a line that grants something. */
static bool try_line(const char *line, struct operator_entry *who_out)
{
    _cleanup_buffer_ struct buffer written = BUFFER_INIT;
    struct operator_entry again;
    const char *why = NULL;
    int r = operator_parse(who_out, line, &why);

    must(r >= 0 && r <= 2);
    must((r == 2) == (why != NULL));
    if (r)
        return false;
    must(who_out->rights != RIGHTS_NONE && (who_out->rights & ~RIGHTS_ALL) == 0);
    must(strchr(who_out->as, '*') || !operator_may_run_as(who_out, ""));
    must(operator_format(who_out, &written) == 0);
    must(operator_parse(&again, buffer_text(&written), &why) == 0);
    must(is_same(who_out, &again));
    must(begins_with(who_out->name, again.name));
    return true;
}

static void try_file(const uint8_t *bytes, size_t size, const char *text)
{
    char path[] = "/tmp/hune-fuzz-XXXXXX";
    _cleanup_free_ char *copy = strdup(text);
    struct keyring keyring;
    size_t granted = 0;
    char *rest = copy;
    char *line;
    int fd = mkstemp(path);
    int r;

    must(copy && fd >= 0);
    must(fd_write_all(fd, bytes, size) == 0);
    close(fd);
    keyring_init(&keyring, path);
    r = keyring_refresh(&keyring);
    must((r == 0) == (memchr(bytes, '\0', size) == NULL || size == 0));
    for (int number = 1; r == 0 && (line = strsep(&rest, "\n")); number++) {
        struct operator_entry who;

        if (!try_line(line, &who))
            continue;
        must(granted < keyring.count);
        must(keyring.operators[granted].line == number);
        must(is_same(&keyring.operators[granted], &who));
        granted++;
    }
    must(granted == keyring.count);
    keyring_deinit(&keyring);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    _cleanup_free_ char *text = malloc(size + 1);
    struct operator_entry who;

    must(text);
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    log_open("fuzz", LOG_LEVEL_ERROR); /* each bad line is a warning */
    try_line(text, &who);
    if (size < LIMIT_OPERATORS_FILE)
        try_file(bytes, size, text);
    return 0;
}
