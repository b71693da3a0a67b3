/* See sensors.h. */
#include "sense/sensors.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "sense/source.h"

enum { SENSORS_MAX = 256, PATIENCE_NS = 20 * 1000 * 1000, SLOW_AT_MOST = 5 };

static void cleanup_closedir(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

static DIR *open_folder(const char *root, const char *path)
{
    char full[PATH_MAX];
    int length = snprintf(full, sizeof(full), "%s%s", root, path);

    return length > 0 && (size_t)length < sizeof(full) ? opendir(full) : NULL;
}

/* The number in "temp12_input", 0 for other names. */
static uint64_t input_number(const char *name)
{
    struct span before;
    struct span after;
    uint64_t number;

    if (!text_starts(name, "temp") || !span_cut(span_of(name + 4), '_', &before, &after) ||
        !span_equal(after, "input"))
        return 0;
    number = span_number(before);
    return number == SENSE_UNKNOWN ? 0 : number;
}

static bool is_taken(const struct sensors *sensors, const char *name)
{
    for (size_t i = 0; i < sensors->count; i++)
        if (strcmp(sensors->items[i].name, name) == 0)
            return true;
    return false;
}

/* The chip's name and the sensor's label, or its number. Two equal chips are told apart by the
 * folder. */
static int name_sensor(const struct sensors *sensors, const char *root, const char *folder,
                       uint64_t number, char name_out[VITAL_THING_MAX])
{
    _cleanup_buffer_ struct buffer chip_file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer label_file = BUFFER_INIT;
    struct span chip;
    struct span label;
    int r = source_read(&chip_file, &chip, root, "/sys/class/hwmon/%s/name", folder);

    if (!r)
        r = source_read(&label_file, &label, root, "/sys/class/hwmon/%s/temp%llu_label", folder,
                        (unsigned long long)number);
    if (r)
        return r;
    if (span_is_empty(chip))
        chip = span_of(folder);
    if (span_is_empty(label))
        snprintf(name_out, VITAL_THING_MAX, "%.*s %llu", (int)chip.length, chip.at,
                 (unsigned long long)number);
    else
        snprintf(name_out, VITAL_THING_MAX, "%.*s %.*s", (int)chip.length, chip.at,
                 (int)label.length, label.at);
    if (is_taken(sensors, name_out)) {
        size_t used = strnlen(name_out, VITAL_THING_MAX - 12);

        snprintf(name_out + used, VITAL_THING_MAX - used, " %s", folder);
    }
    return 0;
}

static int add_sensor(struct sensors *sensors, const char *root, const char *folder,
                      uint64_t number)
{
    struct sensor *sensor;
    int r = array_grow(&sensors->items, &sensors->room, sensors->count, sizeof(*sensor));

    if (r)
        return r;
    sensor = &sensors->items[sensors->count];
    r = name_sensor(sensors, root, folder, number, sensor->name);
    if (r)
        return r;
    tap_open(&sensor->tap, true, root, "/sys/class/hwmon/%s/temp%llu_input", folder,
             (unsigned long long)number);
    if (sensor->tap.fd >= 0)
        sensors->count++;
    return 0;
}

static int add_chip(struct sensors *sensors, const char *root, const char *folder)
{
    _cleanup_(cleanup_closedir) DIR *directory = NULL;
    const struct dirent *entry;
    char path[PATH_MAX];
    int r = 0;

    snprintf(path, sizeof(path), "/sys/class/hwmon/%s", folder);
    directory = open_folder(root, path);
    while (directory && !r && sensors->count < SENSORS_MAX && (entry = readdir(directory))) {
        uint64_t number = input_number(entry->d_name);

        if (number > 0)
            r = add_sensor(sensors, root, folder, number);
    }
    return r;
}

static int compare_sensors(const void *a, const void *b)
{
    return strcmp(((const struct sensor *)a)->name, ((const struct sensor *)b)->name);
}

int sensors_open(struct sensors *sensors, const char *root)
{
    _cleanup_(cleanup_closedir) DIR *directory = open_folder(root, "/sys/class/hwmon");
    const struct dirent *entry;
    int r = 0;

    sensors_close(sensors);
    while (directory && !r && (entry = readdir(directory)))
        if (text_starts(entry->d_name, "hwmon"))
            r = add_chip(sensors, root, entry->d_name);
    if (sensors->count > 0) /* folders are read in no order */
        qsort(sensors->items, sensors->count, sizeof(*sensors->items), compare_sensors);
    return r;
}

void sensors_close(struct sensors *sensors)
{
    for (size_t i = 0; i < sensors->count; i++)
        tap_close(&sensors->items[i].tap);
    free(sensors->items);
    *sensors = (struct sensors){0};
}

static int read_sensor(struct sensor *sensor, struct buffer *content, double *celsius_out)
{
    uint64_t before = clock_monotonic_ns();
    struct span text;
    bool negative;
    uint64_t number;
    int r = tap_read(&sensor->tap, content, &text);

    sensor->slow = clock_monotonic_ns() - before > PATIENCE_NS ? sensor->slow + 1 : 0;
    if (sensor->slow == SLOW_AT_MOST)
        tap_close(&sensor->tap);
    *celsius_out = NAN;
    if (r)
        return r;
    text = span_strip(text);
    negative = span_starts(text, "-");
    number = span_number((struct span){text.at + negative, text.length - negative});
    if (number != SENSE_UNKNOWN && number < 1000000) /* thousandths of a degree */
        *celsius_out = (negative ? -1.0 : 1.0) * (double)number / 1000;
    return 0;
}

int sensors_read(struct sensors *sensors, struct buffer *content, struct slow_reading *slow)
{
    int r = 0;

    slow->sensor_count = 0;
    for (size_t i = 0; i < sensors->count && !r; i++) {
        struct slow_sensor *out;

        r = array_grow(&slow->sensors, &slow->sensor_room, slow->sensor_count, sizeof(*out));
        if (r)
            return r;
        out = &slow->sensors[slow->sensor_count++];
        memcpy(out->name, sensors->items[i].name, sizeof(out->name));
        r = read_sensor(&sensors->items[i], content, &out->celsius);
    }
    return r;
}
