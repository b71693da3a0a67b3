/* See sampler.h. */
#include "sense/sampler.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "sense/slow.h"
#include "sense/tap.h"

/* X(NAME, "path", the kernel gives all of it in one read) */
#define SAMPLER_FILES(X)                              \
    X(STAT, "/proc/stat", true)                       \
    X(LOADAVG, "/proc/loadavg", true)                 \
    X(MEMINFO, "/proc/meminfo", true)                 \
    X(PRESSURE_CPU, "/proc/pressure/cpu", true)       \
    X(PRESSURE_IO, "/proc/pressure/io", true)         \
    X(PRESSURE_MEMORY, "/proc/pressure/memory", true) \
    X(DISKSTATS, "/proc/diskstats", false)            \
    X(NET_DEV, "/proc/net/dev", false)

enum sampler_file {
#define X(name, path, whole) FILE_##name,
    SAMPLER_FILES(X)
#undef X
        FILE_COUNT,
};

static const struct {
    const char *path;
    bool whole;
} files[] = {
#define X(name, path, whole) [FILE_##name] = {(path), (whole)},
    SAMPLER_FILES(X)
#undef X
};

/* What sysfs said of a name. Names are asked about once, and all anew from time to time. */
struct judged {
    char name[DEVICE_NAME_MAX];
    bool whole;
    bool physical;
};

struct judgements {
    struct judged *items;
    size_t count, room;
    size_t next; /* the one behind the last that was asked for: names come in the same order */
};

enum { JUDGE_AGAIN_MS = 60 * 1000, JUDGED_MAX = 4096, SLOW_MS = 9500 };

struct sampler {
    const char *root;
    bool open;
    struct tap taps[FILE_COUNT];
    struct buffer content;
    struct judgements devices;
    struct judgements interfaces;
    uint64_t judged_ms;
    struct slow *slow;
    uint64_t slow_ms; /* when it was read, 0: not yet */
};

int sampler_new(struct sampler **sampler_out, const char *root)
{
    struct sampler *sampler = calloc(1, sizeof(*sampler));

    if (!sampler)
        return -ENOMEM;
    sampler->root = root;
    for (size_t i = 0; i < FILE_COUNT; i++)
        sampler->taps[i] = TAP_INIT;
    if (slow_new(&sampler->slow, root)) {
        free(sampler);
        return -ENOMEM;
    }
    *sampler_out = sampler;
    return 0;
}

void sampler_rest(struct sampler *sampler)
{
    for (size_t i = 0; i < FILE_COUNT; i++)
        tap_close(&sampler->taps[i]);
    sampler->open = false;
    slow_rest(sampler->slow);
    sampler->slow_ms = 0;
    buffer_deinit(&sampler->content);
    free(sampler->devices.items);
    free(sampler->interfaces.items);
    sampler->devices = sampler->interfaces = (struct judgements){0};
}

struct sampler *sampler_free(struct sampler *sampler)
{
    if (!sampler)
        return NULL;
    sampler_rest(sampler);
    slow_free(sampler->slow);
    free(sampler);
    return NULL;
}

const struct slow_reading *sampler_slow(const struct sampler *sampler)
{
    return slow_last(sampler->slow);
}

/* ---- which names are what ---- */

static bool exists(const char *root, const char *folder, const char *name, const char *rest)
{
    char path[PATH_MAX];
    struct stat status;
    int length = snprintf(path, sizeof(path), "%s%s%s%s", root, folder, name, rest);

    return length > 0 && (size_t)length < sizeof(path) && stat(path, &status) == 0;
}

static const struct judged *judge(struct judgements *known, const char *name,
                                  void (*ask)(const char *root, struct judged *judged),
                                  const char *root)
{
    struct judged *judged;

    for (size_t step = 0; step < known->count; step++) {
        size_t at = (known->next + step) % known->count;

        if (strcmp(known->items[at].name, name) == 0) {
            known->next = at + 1;
            return &known->items[at];
        }
    }
    if (known->count == JUDGED_MAX ||
        array_grow(&known->items, &known->room, known->count, sizeof(*judged)))
        return NULL; /* counts as nothing real until there is memory */
    judged = &known->items[known->count++];
    *judged = (struct judged){0};
    memcpy(judged->name, name, strlen(name) + 1);
    ask(root, judged);
    known->next = known->count;
    return judged;
}

static void ask_device(const char *root, struct judged *judged)
{
    static const char *const none[] = {"loop", "ram", "fd", "sr"};
    char name[DEVICE_NAME_MAX];

    for (size_t i = 0; i < ELEMENTS_OF(none); i++) {
        size_t length = strlen(none[i]);

        /* loop0, but not "fdx" */
        if (strncmp(judged->name, none[i], length) == 0 &&
            (unsigned)(judged->name[length] - '0') <= 9)
            return;
    }
    memcpy(name, judged->name, sizeof(name));
    for (char *at = name; *at; at++)
        if (*at == '/') /* cciss/c0d0 is a folder cciss!c0d0 in sysfs */
            *at = '!';
    judged->whole = exists(root, "/sys/block/", name, "");
    judged->physical = exists(root, "/sys/block/", name, "/device");
}

static void ask_interface(const char *root, struct judged *judged)
{
    judged->whole = true;
    judged->physical = exists(root, "/sys/class/net/", judged->name, "/device");
}

static bool device_is_whole(void *user, const char *name, bool *physical_out)
{
    struct sampler *sampler = user;
    const struct judged *judged = judge(&sampler->devices, name, ask_device, sampler->root);

    *physical_out = judged && judged->physical;
    return judged && judged->whole;
}

static bool interface_is_physical(void *user, const char *name)
{
    struct sampler *sampler = user;
    const struct judged *judged = judge(&sampler->interfaces, name, ask_interface, sampler->root);

    return judged && judged->physical;
}

/* ---- reading ---- */

static void open_files(struct sampler *sampler)
{
    for (size_t i = 0; i < FILE_COUNT && !sampler->open; i++)
        tap_open(&sampler->taps[i], files[i].whole, sampler->root, "%s", files[i].path);
    sampler->open = true;
}

static int read_file(struct sampler *sampler, enum sampler_file file, struct span *text_out)
{
    return tap_read(&sampler->taps[file], &sampler->content, text_out);
}

static int read_processors(struct sampler *sampler, struct reading *reading)
{
    struct span text;
    int r = read_file(sampler, FILE_STAT, &text);

    if (!r)
        r = reading_parse_stat(reading, text);
    if (!r)
        r = read_file(sampler, FILE_LOADAVG, &text);
    if (!r)
        reading_parse_load(reading, text);
    return r;
}

static int read_memory(struct sampler *sampler, struct reading *reading)
{
    struct span text;
    uint64_t unused;
    int r = read_file(sampler, FILE_MEMINFO, &text);

    if (r)
        return r;
    meminfo_parse(text, &reading->memory);
    r = read_file(sampler, FILE_PRESSURE_CPU, &text);
    if (!r)
        pressure_parse(text, &reading->pressure_us[PRESSURE_CPU_SOME], &unused);
    if (!r)
        r = read_file(sampler, FILE_PRESSURE_IO, &text);
    if (!r)
        pressure_parse(text, &reading->pressure_us[PRESSURE_IO_SOME],
                       &reading->pressure_us[PRESSURE_IO_FULL]);
    if (!r)
        r = read_file(sampler, FILE_PRESSURE_MEMORY, &text);
    if (!r)
        pressure_parse(text, &reading->pressure_us[PRESSURE_MEMORY_SOME],
                       &reading->pressure_us[PRESSURE_MEMORY_FULL]);
    return r;
}

static int read_devices(struct sampler *sampler, struct reading *reading)
{
    struct span text;
    int r;

    if (reading->boot_ms - sampler->judged_ms >= JUDGE_AGAIN_MS) {
        sampler->devices.count = sampler->interfaces.count = 0;
        sampler->judged_ms = reading->boot_ms;
    }
    sampler->devices.next = sampler->interfaces.next = 0;
    r = read_file(sampler, FILE_DISKSTATS, &text);
    if (!r)
        r = reading_parse_devices(reading, text, device_is_whole, sampler);
    if (!r)
        r = read_file(sampler, FILE_NET_DEV, &text);
    return r ? r : reading_parse_interfaces(reading, text, interface_is_physical, sampler);
}

int sampler_read(struct sampler *sampler, struct reading *reading)
{
    int r;

    open_files(sampler);
    reading->monotonic_ns = clock_monotonic_ns();
    reading->boot_ms = clock_boot_ms();
    reading->wall_ms = clock_wall_ms();
    r = read_processors(sampler, reading);
    if (!r)
        r = read_memory(sampler, reading);
    if (!r)
        r = read_devices(sampler, reading);
    if (!r && (sampler->slow_ms == 0 || reading->boot_ms - sampler->slow_ms >= SLOW_MS)) {
        sampler->slow_ms = reading->boot_ms;
        r = slow_read(sampler->slow, &sampler->content, reading->boot_ms);
    }
    if (!r)
        r = slow_read_limit_used(sampler->slow, &sampler->content, &reading->memory_limit_used);
    if (r)
        reading->monotonic_ns = 0; /* no rates with half a reading */
    return r;
}
