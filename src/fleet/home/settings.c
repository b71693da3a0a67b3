/* See settings.h. One table holds every key. */
#include "fleet/home/settings.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/home/store.h"

enum kind { KIND_COUNT, KIND_SIZE, KIND_PATH };

struct key {
    const char *section;
    const char *name;
    enum kind kind;
    size_t offset;
};

static const struct key keys[] = {
    {"run", "confirm_above", KIND_COUNT, offsetof(struct settings, confirm_above)},
    {"runs", "keep", KIND_SIZE, offsetof(struct settings, keep_bytes)},
    {"groups", "genders", KIND_PATH, offsetof(struct settings, genders)},
};

struct reading {
    FILE *file;
    int line; /* of what the handler is told: the library counts only for itself */
    struct settings *settings;
    struct fault *fault;
    const char *path;
    bool failed;
};

void settings_init(struct settings *settings)
{
    *settings = (struct settings){
        .confirm_above = 20,
        .keep_bytes = STORE_RUNS_BYTES,
        .genders = "/etc/genders",
    };
}

__attribute__((format(printf, 3, 4))) static void fail(struct reading *reading, const char *hint,
                                                       const char *format, ...)
{
    char text[sizeof(reading->fault->text)];
    va_list arguments;

    if (reading->failed)
        return;
    reading->failed = true;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fault_set(reading->fault, hint, "%s", text);
    fault_at(reading->fault, (uint32_t)reading->line, 0);
}

static char *next_line(char *line, int size, void *user)
{
    struct reading *reading = user;

    reading->line++;
    return fgets(line, size, reading->file);
}

static int on_value(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    uint64_t number = 0;
    bool good;

    for (size_t i = 0; i < ELEMENTS_OF(keys); i++) {
        const struct key *key = &keys[i];

        if (!text_equal(key->section, section) || !text_equal(key->name, name))
            continue;
        if (key->kind == KIND_PATH) {
            text_copy((char *)reading->settings + key->offset, SETTINGS_PATH_SIZE, value);
            return 1;
        }
        good = key->kind == KIND_SIZE ? text_to_size(value, &number)
                                      : text_to_u64(value, UINT32_MAX, &number);
        if (good)
            memcpy((char *)reading->settings + key->offset, &number, sizeof(number));
        else if (key->kind == KIND_SIZE)
            fail(reading, _("Write a size such as 64M."), _("\"%s\" is no size."), value);
        else
            fail(reading, _("Write a number."), _("\"%s\" is no number."), value);
        return 1;
    }
    fail(reading, _("man hune tells the keys of this file."), _("There is no key \"%s\" here."),
         name);
    return 1;
}

int settings_load(const char *path, struct settings *settings_out, struct fault *fault)
{
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    struct reading reading = {.file = file, .settings = settings_out, .fault = fault, .path = path};
    int line;

    settings_init(settings_out);
    if (!file)
        return errno == ENOENT ? 0 : -errno;
    line = ini_parse_stream(next_line, &reading, on_value, &reading);
    if (ferror(file) || line < 0)
        return -EIO;
    if (line > 0 && !reading.failed) {
        reading.line = line;
        fail(&reading, NULL, "%s", _("This is neither a [section] nor key = value."));
    }
    return reading.failed ? 1 : 0;
}
