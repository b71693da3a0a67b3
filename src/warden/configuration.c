/* See configuration.h. One table holds every key: its section, its name, how its value is read. */
#include "warden/configuration.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

enum config_kind {
    KIND_TEXT,
    KIND_LISTEN,
    KIND_SECONDS,
    KIND_SIZE,
    KIND_COUNT,
    KIND_LEVEL,
    KIND_FLAG
};

struct config_key {
    const char *section;
    const char *name;
    enum config_kind kind;
    size_t offset;
    size_t size; /* of a text; the largest value of a count, the smallest of a time */
};

#define TEXT(member) \
    KIND_TEXT, offsetof(struct config, member), sizeof(((struct config *)0)->member)

#define KEEP_LEAST(name, step, values, keep, least) KEEP_LEAST_##name = (least),
enum { HISTORY_RINGS(KEEP_LEAST) };
#define KEEP(ring) \
    offsetof(struct config, history_keep) + HISTORY_##ring * sizeof(uint64_t), KEEP_LEAST_##ring

static const struct config_key config_keys[] = {
    {"agent", "name", TEXT(name)},
    {"agent", "listen", KIND_LISTEN, 0, 0},
    {"agent", "advertise", TEXT(advertise)},
    {"agent", "gate-user", TEXT(gate_user)},
    {"agent", "certificate", TEXT(certificate)},
    {"agent", "key", TEXT(key)},
    {"jobs", "keep", KIND_SECONDS, offsetof(struct config, keep_seconds), 0},
    {"jobs", "memory", KIND_SIZE, offsetof(struct config, memory), 0},
    {"jobs", "spool", KIND_SIZE, offsetof(struct config, spool), 0},
    {"jobs", "running", KIND_COUNT, offsetof(struct config, jobs), LIMIT_JOBS_RUNNING},
    {"history", "record", KIND_FLAG, offsetof(struct config, record), 0},
    {"history", "keep-10s", KIND_SECONDS, KEEP(FINE)},
    {"history", "keep-2m", KIND_SECONDS, KEEP(MEDIUM)},
    {"history", "keep-1h", KIND_SECONDS, KEEP(COARSE)},
    {"log", "level", KIND_LEVEL, offsetof(struct config, log_level), 0},
};

struct config_reading {
    FILE *file;
    int line; /* of what the handler is told: the library counts only for itself */
    struct config *config;
    struct config_error *error;
    bool failed;
};

void config_init(struct config *config)
{
    char name[sizeof(config->name)] = "";

    *config = (struct config){
        .listen = {"0.0.0.0:10000", "[::]:10000"},
        .listen_count = 2,
        .gate_user = "_hune",
        .keep_seconds = 3600,
        .memory = 256ull << 20,
        .spool = 64ull << 20,
        .jobs = 256,
        .log_level = LOG_LEVEL_INFO,
        .record = 1,
    };
    for (size_t i = 0; i < HISTORY_RING_COUNT; i++)
        config->history_keep[i] = history_default_keep((enum history_ring)i);
    _Static_assert(CONFIG_PORT == 10000, "the default addresses name the default port");
    if (gethostname(name, sizeof(name) - 1) == 0)
        text_copy(config->name, sizeof(config->name), name);
    else
        text_copy(config->name, sizeof(config->name), "unnamed");
}

int config_set_listen(struct config *config, const char *value, struct config_error *error_out)
{
    char copy[1024];
    char *rest = copy;
    char *item;

    config->listen_count = 0;
    text_copy(copy, sizeof(copy), value);
    while ((item = strsep(&rest, ","))) {
        char *colon;
        uint64_t port;

        item = text_strip(item);
        colon = strrchr(item, ':');
        if (!colon || !text_to_u64(colon + 1, 65535, &port) || port == 0 ||
            strlen(item) >= sizeof(config->listen[0])) {
            snprintf(error_out->text, sizeof(error_out->text),
                     "\"%s\" is not an address and port, such as 0.0.0.0:10000 or [::]:10000",
                     item);
            return 1;
        }
        if (config->listen_count == LIMIT_LISTENERS) {
            snprintf(error_out->text, sizeof(error_out->text),
                     "more than %d addresses to listen on", LIMIT_LISTENERS);
            return 1;
        }
        memcpy(config->listen[config->listen_count++], item, strlen(item) + 1);
    }
    return 0;
}

static bool level_parse(const char *value, uint64_t *level_out)
{
    static const char *const words[] = {[LOG_LEVEL_ERROR] = "error",
                                        [LOG_LEVEL_WARNING] = "warning",
                                        [LOG_LEVEL_NOTICE] = "notice",
                                        [LOG_LEVEL_INFO] = "info",
                                        [LOG_LEVEL_DEBUG] = "debug"};

    for (size_t i = 0; i < ELEMENTS_OF(words); i++) {
        if (text_equal(words[i], value)) {
            *level_out = i;
            return true;
        }
    }
    return false;
}

/* Returns NULL, or what was expected. */
static const char *config_set(const struct config_key *key, struct config *config,
                              const char *value, struct config_error *error)
{
    char *at = (char *)config + key->offset;
    uint64_t number = 0;

    switch (key->kind) {
    case KIND_TEXT:
        if (strlen(value) >= key->size || *value == '\0')
            return "a text of a reasonable length";
        memcpy(at, value, strlen(value) + 1);
        return NULL;
    case KIND_LISTEN: return config_set_listen(config, value, error) ? error->text : NULL;
    case KIND_SECONDS:
        if (!text_to_seconds(value, &number))
            return "a time such as 90s, 15m, 1h";
        if (number < key->size)
            return "a longer time";
        break;
    case KIND_SIZE:
        if (!text_to_size(value, &number))
            return "a size such as 64M";
        break;
    case KIND_COUNT:
        if (!text_to_u64(value, key->size, &number) || number == 0)
            return "a number in range";
        break;
    case KIND_LEVEL:
        if (!level_parse(value, &number))
            return "one of error, warning, notice, info, debug";
        break;
    case KIND_FLAG:
        number = text_equal(value, "yes");
        if (!number && !text_equal(value, "no"))
            return "yes or no";
        break;
    }
    memcpy(at, &number, sizeof(number));
    return NULL;
}

static void config_fail(struct config_reading *reading)
{
    reading->failed = true;
    reading->error->line = reading->line;
}

static char *config_next_line(char *line, int size, void *user)
{
    struct config_reading *reading = user;

    reading->line++;
    if (!fgets(line, size, reading->file))
        return NULL;
    /* The library would take the rest for a line of its own. */
    if (!strchr(line, '\n') && !feof(reading->file)) {
        config_fail(reading);
        snprintf(reading->error->text, sizeof(reading->error->text),
                 "the line is longer than %d characters", size - 1);
        return NULL;
    }
    return line;
}

static int config_on_value(void *user, const char *section, const char *name, const char *value)
{
    struct config_reading *reading = user;
    struct config_error error = {0};
    const char *expected;

    if (reading->failed)
        return 1;
    for (size_t i = 0; i < ELEMENTS_OF(config_keys); i++) {
        const struct config_key *key = &config_keys[i];

        if (!text_equal(key->section, section) || !text_equal(key->name, name))
            continue;
        expected = config_set(key, reading->config, value, &error);
        if (!expected)
            return 1;
        config_fail(reading);
        snprintf(reading->error->text, sizeof(reading->error->text),
                 key->kind == KIND_LISTEN ? "%s: %.160s%.0s" : "%s: expected %.160s, not \"%.40s\"",
                 name, expected, value);
        return 0;
    }
    config_fail(reading);
    snprintf(reading->error->text, sizeof(reading->error->text),
             "unknown key \"%.64s\" in section [%.64s]", name, section);
    return 0;
}

static int config_check_history(const struct config *config, struct config_error *error)
{
    struct history_layout layout;

    if (history_layout_make(&layout, config->history_keep) == 0)
        return 0;
    snprintf(error->text, sizeof(error->text),
             "keep-10s, keep-2m and keep-1h together make a file larger than %d MiB",
             LIMIT_HISTORY_FILE >> 20);
    return 1;
}

int config_read(struct config *config, const char *path, struct config_error *error_out)
{
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    struct config_reading reading = {.file = file, .config = config, .error = error_out};
    int line;

    config_init(config);
    *error_out = (struct config_error){0};
    if (!file)
        return errno == ENOENT ? 0 : -errno;
    line = ini_parse_stream(config_next_line, &reading, config_on_value, &reading);
    if (ferror(file))
        return -EIO;
    if (line > 0 && (!reading.failed || line < error_out->line)) {
        error_out->line = line;
        snprintf(error_out->text, sizeof(error_out->text),
                 "this is neither a [section] nor key = value");
        return 1;
    }
    if (reading.failed)
        return 1;
    if ((*config->certificate != '\0') != (*config->key != '\0')) {
        snprintf(error_out->text, sizeof(error_out->text),
                 "certificate and key go together: one of them is missing");
        return 1;
    }
    if (line < 0)
        return -EIO;
    return config_check_history(config, error_out);
}
