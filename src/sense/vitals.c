/* From readings to vital signs. See vitals.h. */
#include "sense/vitals.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sense/disks.h"

enum {
    NS_PER_MS = 1000000,
    SHORTEST_MS = 50, /* less than that is a few ticks of the kernel's clock: no rate */
    ASLEEP_MS = 500,  /* by which the two clocks of the kernel may differ without a suspend */
};

/* The interval and its rates. */
struct interval {
    const struct reading *now;
    const struct reading *before; /* NULL: no rates */
    double seconds;
};

static double known(uint64_t number)
{
    return number == SENSE_UNKNOWN ? NAN : (double)number;
}

/* What a counter grew by; NAN also for one that went backwards: it was set anew, or has wrapped,
 * and nobody knows what happened in between. */
static double growth(uint64_t now, uint64_t before)
{
    if (now == SENSE_UNKNOWN || before == SENSE_UNKNOWN || now < before)
        return NAN;
    return (double)(now - before);
}

static double rate(const struct interval *interval, uint64_t now, uint64_t before)
{
    return interval->before ? growth(now, before) / interval->seconds : NAN;
}

static double at_most_100(double percent)
{
    return percent > 100 ? 100 : percent;
}

void slow_reading_deinit(struct slow_reading *slow)
{
    free(slow->mounts);
    free(slow->sensors);
    *slow = (struct slow_reading){0};
}

void vitals_deinit(struct vitals *vitals)
{
    for (size_t i = 0; i < VITAL_LABEL_COUNT; i++) {
        free(vitals->things[i].names);
        free(vitals->things[i].values);
    }
    *vitals = (struct vitals){0};
}

/* ---- things ---- */

/* Adds a thing whose values are not known yet; `values_out` is valid until the next one. */
static int thing_add(struct vitals *vitals, enum vital_label label, const char *name,
                     double **values_out)
{
    struct vitals_things *things = &vitals->things[label];
    size_t width = vital_label_width(label);
    int r = array_grow(&things->names, &things->name_room, things->count, sizeof(*things->names));

    if (!r && (things->count + 1) * width > things->value_room) {
        size_t room = 2 * (things->count + 1) * width;
        double *grown = reallocarray(things->values, room, sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        things->values = grown;
        things->value_room = room;
    }
    if (r)
        return r;
    text_copy(things->names[things->count], VITAL_THING_MAX, name);
    *values_out = things->values + things->count * width;
    for (size_t i = 0; i < width; i++)
        (*values_out)[i] = NAN;
    things->count++;
    return 0;
}

#define PLACE(vital) (vital_label_place(VITAL_##vital))

/* A total begins with the first part that is known. */
static void total_add(double *total, double part)
{
    if (!isnan(part))
        *total = isnan(*total) ? part : *total + part;
}

static void total_raise(double *total, double part)
{
    if (!isnan(part) && !(*total >= part))
        *total = part;
}

/* ---- processors ---- */

/* The kernel's account of an idle processor may step back a little (proc(5) on iowait). */
static double ticks(uint64_t now, uint64_t before)
{
    return now == SENSE_UNKNOWN || before == SENSE_UNKNOWN ? 0
           : now < before                                  ? 0
                                                           : (double)(now - before);
}

struct shares {
    double busy, user, system, iowait, steal;
};

static bool shares_of(const struct cpu_times *now, const struct cpu_times *before,
                      struct shares *shares_out)
{
    double user = ticks(now->user, before->user);
    double system = ticks(now->system, before->system);
    double iowait = ticks(now->iowait, before->iowait);
    double steal = ticks(now->steal, before->steal);
    double all = user + system + iowait + steal + ticks(now->idle, before->idle);

    if (now->user == SENSE_UNKNOWN || now->idle == SENSE_UNKNOWN || all <= 0)
        return false;
    *shares_out = (struct shares){
        .busy = 100 * (user + system + steal) / all,
        .user = 100 * user / all,
        .system = 100 * system / all,
        .iowait = 100 * iowait / all,
        .steal = 100 * steal / all,
    };
    return true;
}

static int compute_processors(struct vitals *vitals, const struct interval *interval)
{
    const struct reading *now = interval->now;
    const struct reading *before = interval->before;
    struct shares shares;

    if (before && shares_of(&now->cpu, &before->cpu, &shares)) {
        vitals->value[VITAL_CPU_BUSY] = shares.busy;
        vitals->value[VITAL_CPU_USER] = shares.user;
        vitals->value[VITAL_CPU_SYSTEM] = shares.system;
        vitals->value[VITAL_CPU_IOWAIT] = shares.iowait;
        vitals->value[VITAL_CPU_STEAL] = shares.steal;
    }
    vitals->value[VITAL_CPU_COUNT] = now->core_count ? (double)now->core_count : NAN;
    for (size_t i = 0; i < now->core_count; i++) {
        const struct reading_core *core = &now->cores[i];
        char name[16];
        double *values;

        snprintf(name, sizeof(name), "%u", core->number);
        if (thing_add(vitals, VITAL_LABEL_CORE, name, &values))
            return -ENOMEM;
        if (!before || i >= before->core_count || before->cores[i].number != core->number ||
            !shares_of(&core->times, &before->cores[i].times, &shares))
            continue;
        values[PLACE(CPU_BUSY)] = shares.busy;
        values[PLACE(CPU_USER)] = shares.user;
        values[PLACE(CPU_SYSTEM)] = shares.system;
        values[PLACE(CPU_IOWAIT)] = shares.iowait;
        values[PLACE(CPU_STEAL)] = shares.steal;
    }
    return 0;
}

/* ---- memory, load, pressure ---- */

static void compute_memory(struct vitals *vitals, const struct reading *now,
                           const struct slow_reading *slow)
{
    const struct meminfo *memory = &now->memory;
    uint64_t cache = memory->reclaimable == SENSE_UNKNOWN
                         ? memory->cached
                         : known_sum(memory->cached, memory->reclaimable);
    uint64_t used = known_difference(memory->total, memory->available);

    if (used == SENSE_UNKNOWN) /* kernels before 3.14 do not tell what is available */
        used = known_difference(memory->total,
                                known_sum(memory->free, known_sum(memory->buffers, cache)));
    vitals->value[VITAL_MEM_TOTAL] = known(memory->total);
    vitals->value[VITAL_MEM_USED] = known(used);
    vitals->value[VITAL_MEM_AVAILABLE] = known(memory->available);
    vitals->value[VITAL_MEM_CACHE] = known(cache);
    vitals->value[VITAL_SWAP_TOTAL] = known(memory->swap_total);
    vitals->value[VITAL_SWAP_USED] = known(known_difference(memory->swap_total, memory->swap_free));
    if (slow->memory_limit != SENSE_UNKNOWN && memory->total != SENSE_UNKNOWN &&
        slow->memory_limit < memory->total) {
        vitals->value[VITAL_MEM_LIMIT] = known(slow->memory_limit);
        vitals->value[VITAL_MEM_LIMIT_USED] = known(now->memory_limit_used);
    }
}

static void compute_pressure(struct vitals *vitals, const struct interval *interval)
{
    static const enum vital where[PRESSURE_COUNT] = {
        [PRESSURE_CPU_SOME] = VITAL_PRESSURE_CPU,
        [PRESSURE_IO_SOME] = VITAL_PRESSURE_IO,
        [PRESSURE_IO_FULL] = VITAL_PRESSURE_IO_FULL,
        [PRESSURE_MEMORY_SOME] = VITAL_PRESSURE_MEMORY,
        [PRESSURE_MEMORY_FULL] = VITAL_PRESSURE_MEMORY_FULL,
    };

    for (size_t i = 0; i < PRESSURE_COUNT && interval->before; i++)
        vitals->value[where[i]] = at_most_100(
            rate(interval, interval->now->pressure_us[i], interval->before->pressure_us[i]) / 1e4);
}

static void compute_rest(struct vitals *vitals, const struct reading *now,
                         const struct slow_reading *slow)
{
    vitals->value[VITAL_LOAD_1] = now->load[0];
    vitals->value[VITAL_LOAD_5] = now->load[1];
    vitals->value[VITAL_LOAD_15] = now->load[2];
    vitals->value[VITAL_PROC_THREADS] = known(now->threads);
    vitals->value[VITAL_PROC_RUNNING] = known(now->running);
    vitals->value[VITAL_PROC_BLOCKED] = known(now->blocked);
    vitals->value[VITAL_PROC_COUNT] = known(slow->processes);
    vitals->value[VITAL_USERS] = known(slow->users);
    vitals->value[VITAL_UPTIME] = (double)(now->boot_ms / 1000);
    if (slow->cpu_limit > 0)
        vitals->value[VITAL_CPU_LIMIT] = slow->cpu_limit;
}

/* ---- disks ---- */

/* Things come and go at the end, so the place is nearly always the same. */
static const struct reading_device *device_before(const struct interval *interval, size_t index)
{
    const struct reading *before = interval->before;

    for (size_t step = 0; before && step < before->device_count; step++) {
        const struct reading_device *device =
            &before->devices[(index + step) % before->device_count];

        if (strcmp(device->name, interval->now->devices[index].name) == 0)
            return device;
    }
    return NULL;
}

static const struct reading_interface *interface_before(const struct interval *interval,
                                                        size_t index)
{
    const struct reading *before = interval->before;

    for (size_t step = 0; before && step < before->interface_count; step++) {
        const struct reading_interface *interface =
            &before->interfaces[(index + step) % before->interface_count];

        if (strcmp(interface->name, interval->now->interfaces[index].name) == 0)
            return interface;
    }
    return NULL;
}

static int compute_devices(struct vitals *vitals, const struct interval *interval)
{
    const struct reading *now = interval->now;
    bool any_physical = false;

    for (size_t i = 0; i < now->device_count; i++)
        any_physical |= now->devices[i].physical;
    for (size_t i = 0; i < now->device_count; i++) {
        const struct reading_device *device = &now->devices[i];
        const struct reading_device *before = device_before(interval, i);
        double *values;

        if (thing_add(vitals, VITAL_LABEL_DEVICE, device->name, &values))
            return -ENOMEM;
        if (!before)
            continue;
        values[PLACE(DISK_READ)] = rate(interval, device->read_bytes, before->read_bytes);
        values[PLACE(DISK_WRITE)] = rate(interval, device->write_bytes, before->write_bytes);
        values[PLACE(DISK_READ_OPS)] = rate(interval, device->reads, before->reads);
        values[PLACE(DISK_WRITE_OPS)] = rate(interval, device->writes, before->writes);
        values[PLACE(DISK_BUSY)] = at_most_100(rate(interval, device->busy_ms, before->busy_ms) /
                                               10);
        if (any_physical && !device->physical)
            continue;
        total_add(&vitals->value[VITAL_DISK_READ], values[PLACE(DISK_READ)]);
        total_add(&vitals->value[VITAL_DISK_WRITE], values[PLACE(DISK_WRITE)]);
        total_add(&vitals->value[VITAL_DISK_READ_OPS], values[PLACE(DISK_READ_OPS)]);
        total_add(&vitals->value[VITAL_DISK_WRITE_OPS], values[PLACE(DISK_WRITE_OPS)]);
        total_raise(&vitals->value[VITAL_DISK_BUSY], values[PLACE(DISK_BUSY)]);
    }
    return 0;
}

static int compute_mounts(struct vitals *vitals, const struct slow_reading *slow)
{
    for (size_t i = 0; i < slow->mount_count; i++) {
        const struct slow_mount *mount = &slow->mounts[i];
        double *values;

        if (thing_add(vitals, VITAL_LABEL_MOUNT, mount->target, &values))
            return -ENOMEM;
        values[PLACE(DISK_SIZE)] = known(mount->size);
        values[PLACE(DISK_USED)] = known(mount->used);
        values[PLACE(DISK_FREE)] = known(mount->available);
        values[PLACE(DISK_FULL)] = known(disk_full(mount->used, mount->available));
        if (mount->inodes != SENSE_UNKNOWN && mount->inodes > 0)
            values[PLACE(INODE_FULL)] = 100 -
                                        100 * known(mount->inodes_free) / (double)mount->inodes;
        total_add(&vitals->value[VITAL_DISK_SIZE], values[PLACE(DISK_SIZE)]);
        total_add(&vitals->value[VITAL_DISK_USED], values[PLACE(DISK_USED)]);
        total_add(&vitals->value[VITAL_DISK_FREE], values[PLACE(DISK_FREE)]);
        total_raise(&vitals->value[VITAL_DISK_FULL], values[PLACE(DISK_FULL)]);
        total_raise(&vitals->value[VITAL_INODE_FULL], values[PLACE(INODE_FULL)]);
    }
    return 0;
}

/* ---- network, sensors ---- */

static const enum vital network_vitals[] = {
    VITAL_NET_RX,         VITAL_NET_TX,     VITAL_NET_RX_PACKETS,
    VITAL_NET_TX_PACKETS, VITAL_NET_ERRORS, VITAL_NET_DROPS,
};

static int compute_interfaces(struct vitals *vitals, const struct interval *interval)
{
    const struct reading *now = interval->now;
    bool any_physical = false;

    for (size_t i = 0; i < now->interface_count; i++)
        any_physical |= now->interfaces[i].physical;
    for (size_t i = 0; i < now->interface_count; i++) {
        const struct reading_interface *interface = &now->interfaces[i];
        const struct reading_interface *before = interface_before(interval, i);
        double *values;

        if (thing_add(vitals, VITAL_LABEL_INTERFACE, interface->name, &values))
            return -ENOMEM;
        if (!before)
            continue;
        values[PLACE(NET_RX)] = rate(interval, interface->rx_bytes, before->rx_bytes);
        values[PLACE(NET_TX)] = rate(interval, interface->tx_bytes, before->tx_bytes);
        values[PLACE(NET_RX_PACKETS)] = rate(interval, interface->rx_packets, before->rx_packets);
        values[PLACE(NET_TX_PACKETS)] = rate(interval, interface->tx_packets, before->tx_packets);
        values[PLACE(NET_ERRORS)] = rate(interval, interface->errors, before->errors);
        values[PLACE(NET_DROPS)] = rate(interval, interface->drops, before->drops);
        /* What goes through a bridge has gone through a card. */
        if (any_physical ? !interface->physical : interface->loopback)
            continue;
        for (size_t v = 0; v < ELEMENTS_OF(network_vitals); v++)
            total_add(&vitals->value[network_vitals[v]],
                      values[vital_label_place(network_vitals[v])]);
    }
    return 0;
}

static int compute_sensors(struct vitals *vitals, const struct slow_reading *slow)
{
    for (size_t i = 0; i < slow->sensor_count; i++) {
        double *values;

        if (thing_add(vitals, VITAL_LABEL_SENSOR, slow->sensors[i].name, &values))
            return -ENOMEM;
        values[PLACE(TEMP)] = slow->sensors[i].celsius;
        total_raise(&vitals->value[VITAL_TEMP], slow->sensors[i].celsius);
    }
    return 0;
}

/* ---- all of it ---- */

/* Whether the two readings have an interval between them that rates may be made of. */
static bool interval_is_good(const struct reading *now, const struct reading *before)
{
    uint64_t awake_ms;
    uint64_t passed_ms;

    if (!before || before->monotonic_ns == 0 || before->monotonic_ns >= now->monotonic_ns)
        return false;
    awake_ms = (now->monotonic_ns - before->monotonic_ns) / NS_PER_MS;
    passed_ms = now->boot_ms - before->boot_ms;
    return awake_ms >= SHORTEST_MS && passed_ms < awake_ms + ASLEEP_MS;
}

int vitals_compute(struct vitals *vitals, const struct reading *now, const struct reading *before,
                   const struct slow_reading *slow)
{
    struct interval interval = {.now = now};
    int r;

    vitals->wall_ms = now->wall_ms;
    vitals->interval_ms = 0;
    for (size_t i = 0; i < VITAL_COUNT; i++)
        vitals->value[i] = NAN;
    for (size_t i = 0; i < VITAL_LABEL_COUNT; i++)
        vitals->things[i].count = 0;
    if (interval_is_good(now, before)) {
        uint64_t ns = now->monotonic_ns - before->monotonic_ns;

        interval.before = before;
        interval.seconds = (double)ns / 1e9;
        vitals->interval_ms = ns / NS_PER_MS < UINT32_MAX ? (uint32_t)(ns / NS_PER_MS) : UINT32_MAX;
    }
    compute_memory(vitals, now, slow);
    compute_pressure(vitals, &interval);
    compute_rest(vitals, now, slow);
    r = compute_processors(vitals, &interval);
    if (!r)
        r = compute_devices(vitals, &interval);
    if (!r)
        r = compute_mounts(vitals, slow);
    if (!r)
        r = compute_interfaces(vitals, &interval);
    return r ? r : compute_sensors(vitals, slow);
}
