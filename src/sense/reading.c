/* See reading.h. */
#include "sense/reading.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sense/network.h"

enum { SECTOR = 512, CORES_MAX = 8192, THINGS_MAX = 4096 };

void reading_deinit(struct reading *reading)
{
    free(reading->cores);
    free(reading->devices);
    free(reading->interfaces);
    *reading = (struct reading){0};
}

static int array_copy(void *items_pointer, size_t *room, const void *from, size_t count,
                      size_t size)
{
    void **items = items_pointer;

    if (count > *room) {
        void *grown = reallocarray(*items, count, size);

        if (!grown)
            return -ENOMEM;
        *items = grown;
        *room = count;
    }
    if (count > 0)
        memcpy(*items, from, count * size);
    return 0;
}

int reading_copy(struct reading *to, const struct reading *from)
{
    struct reading copy = *from;
    int r = array_copy(&to->cores, &to->core_room, from->cores, from->core_count,
                       sizeof(*from->cores));

    if (!r)
        r = array_copy(&to->devices, &to->device_room, from->devices, from->device_count,
                       sizeof(*from->devices));
    if (!r)
        r = array_copy(&to->interfaces, &to->interface_room, from->interfaces,
                       from->interface_count, sizeof(*from->interfaces));
    if (r) {
        to->monotonic_ns = 0; /* half of it: no rates of that */
        return r;
    }
    copy.cores = to->cores;
    copy.core_room = to->core_room;
    copy.devices = to->devices;
    copy.device_room = to->device_room;
    copy.interfaces = to->interfaces;
    copy.interface_room = to->interface_room;
    *to = copy;
    return 0;
}

int array_grow(void *items_pointer, size_t *room, size_t count, size_t size)
{
    void **items = items_pointer;
    size_t wanted = *room ? 2 * *room : 8;
    void *grown;

    if (count < *room)
        return 0;
    grown = reallocarray(*items, wanted, size);
    if (!grown)
        return -ENOMEM;
    *items = grown;
    *room = wanted;
    return 0;
}

bool span_copy(struct span span, char *to, size_t size)
{
    size_t length = span.length < size ? span.length : size - 1;

    memcpy(to, span.at, length);
    to[length] = '\0';
    return length == span.length;
}

/* ---- /proc/stat ---- */

static void times_parse(struct span line, struct cpu_times *times_out)
{
    /* proc_stat(5): user nice system idle iowait irq softirq steal; user holds the guests' time */
    uint64_t ticks[8];

    for (size_t i = 0; i < ELEMENTS_OF(ticks); i++)
        ticks[i] = scan_number(&line);
    *times_out = (struct cpu_times){
        .user = known_sum(ticks[0], ticks[1]),
        .system = known_sum(ticks[2], known_sum(ticks[5], ticks[6])),
        .idle = ticks[3],
        .iowait = ticks[4],
        .steal = ticks[7],
    };
}

static int core_add(struct reading *reading, uint64_t number, struct span line)
{
    struct reading_core *core;

    if (number >= CORES_MAX || reading->core_count >= CORES_MAX)
        return 0;
    if (array_grow(&reading->cores, &reading->core_room, reading->core_count, sizeof(*core)))
        return -ENOMEM;
    core = &reading->cores[reading->core_count++];
    core->number = (uint32_t)number;
    times_parse(line, &core->times);
    return 0;
}

int reading_parse_stat(struct reading *reading, struct span text)
{
    struct span line;
    struct span word;

    memset(&reading->cpu, 0xff, sizeof(reading->cpu));
    reading->running = reading->blocked = SENSE_UNKNOWN;
    reading->core_count = 0;
    while (scan_line(&text, &line)) {
        if (!scan_field(&line, &word))
            continue;
        if (span_equal(word, "cpu")) {
            times_parse(line, &reading->cpu);
        } else if (span_starts(word, "cpu")) {
            uint64_t number = span_number((struct span){word.at + 3, word.length - 3});

            if (core_add(reading, number, line))
                return -ENOMEM;
        } else if (span_equal(word, "procs_running")) {
            reading->running = scan_number(&line);
        } else if (span_equal(word, "procs_blocked")) {
            reading->blocked = scan_number(&line);
        }
    }
    return 0;
}

/* ---- /proc/loadavg, /proc/pressure ---- */

void reading_parse_load(struct reading *reading, struct span text)
{
    struct span field;
    struct span before;

    reading->threads = SENSE_UNKNOWN;
    if (!loadavg_parse(text, reading->load))
        reading->load[0] = reading->load[1] = reading->load[2] = NAN;
    for (int i = 0; i < 3; i++)
        scan_field(&text, &field);
    if (scan_field(&text, &field) && span_cut(field, '/', &before, &field))
        reading->threads = span_number(field);
}

void pressure_parse(struct span text, uint64_t *some_out, uint64_t *full_out)
{
    static const char key[] = "total=";
    struct span line;
    struct span kind;
    struct span field;

    *some_out = *full_out = SENSE_UNKNOWN;
    while (scan_line(&text, &line)) {
        if (!scan_field(&line, &kind))
            continue;
        while (scan_field(&line, &field)) {
            uint64_t *out = span_equal(kind, "some")   ? some_out
                            : span_equal(kind, "full") ? full_out
                                                       : NULL;

            if (out && span_starts(field, key))
                *out = span_number(
                    (struct span){field.at + sizeof(key) - 1, field.length - (sizeof(key) - 1)});
        }
    }
}

/* ---- /proc/diskstats, /proc/net/dev ---- */

static bool device_parse(struct span line, struct reading_device *device_out)
{
    /* Documentation/admin-guide/iostats.rst, after major, minor and name: reads, merged, sectors,
     * ms; writes, merged, sectors, ms; in flight, ms busy. */
    uint64_t numbers[10];
    struct span field;

    if (!scan_field(&line, &field) || !scan_field(&line, &field) || !scan_field(&line, &field) ||
        !span_copy(field, device_out->name, sizeof(device_out->name)))
        return false;
    for (size_t i = 0; i < ELEMENTS_OF(numbers); i++)
        numbers[i] = scan_number(&line);
    device_out->reads = numbers[0];
    device_out->read_bytes = known_product(numbers[2], SECTOR);
    device_out->writes = numbers[4];
    device_out->write_bytes = known_product(numbers[6], SECTOR);
    device_out->busy_ms = numbers[9];
    return true;
}

int reading_parse_devices(struct reading *reading, struct span text,
                          bool (*is_whole)(void *user, const char *name, bool *physical_out),
                          void *user)
{
    struct reading_device device;
    struct span line;

    reading->device_count = 0;
    while (reading->device_count < THINGS_MAX && scan_line(&text, &line)) {
        if (!device_parse(line, &device) || !is_whole(user, device.name, &device.physical))
            continue;
        if (array_grow(&reading->devices, &reading->device_room, reading->device_count,
                       sizeof(device)))
            return -ENOMEM;
        reading->devices[reading->device_count++] = device;
    }
    return 0;
}

int reading_parse_interfaces(struct reading *reading, struct span text,
                             bool (*is_physical)(void *user, const char *name), void *user)
{
    struct interface parsed;
    struct span line;

    reading->interface_count = 0;
    while (reading->interface_count < THINGS_MAX && scan_line(&text, &line)) {
        struct reading_interface *interface;

        if (!interface_parse(line, &parsed))
            continue;
        if (array_grow(&reading->interfaces, &reading->interface_room, reading->interface_count,
                       sizeof(*interface)))
            return -ENOMEM;
        interface = &reading->interfaces[reading->interface_count];
        if (!span_copy(parsed.name, interface->name, sizeof(interface->name)))
            continue;
        reading->interface_count++;
        interface->loopback = span_equal(parsed.name, "lo");
        interface->physical = !interface->loopback && is_physical(user, interface->name);
        interface->rx_bytes = parsed.rx_bytes;
        interface->rx_packets = parsed.rx_packets;
        interface->tx_bytes = parsed.tx_bytes;
        interface->tx_packets = parsed.tx_packets;
        interface->errors = known_sum(parsed.rx_errors, parsed.tx_errors);
        interface->drops = known_sum(parsed.rx_drops, parsed.tx_drops);
    }
    return 0;
}
