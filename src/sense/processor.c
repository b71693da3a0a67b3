/* See processor.h. */
#include "sense/processor.h"

#include <errno.h>
#include <string.h>

#include "sense/object.h"
#include "sense/source.h"

void cpuinfo_parse(struct span text, struct cpuinfo *info_out)
{
    /* The first is x86's and Arm's in 32 bits, then MIPS, Power and RISC-V. */
    static const char *const model_keys[] = {"model name", "cpu model", "cpu", "uarch"};
    size_t best = ELEMENTS_OF(model_keys);
    struct span line;

    *info_out = (struct cpuinfo){.model = {"", 0}};
    while (scan_line(&text, &line)) {
        struct span key;
        struct span value;

        if (!span_cut(line, ':', &key, &value))
            continue;
        key = span_strip(key);
        value = span_strip(value);
        if (span_equal(key, "processor") && span_number(value) != SENSE_UNKNOWN)
            info_out->threads++;
        if (span_equal(key, "cpu MHz") && span_decimal(value) > info_out->mhz)
            info_out->mhz = span_decimal(value);
        for (size_t i = 0; i < best; i++) {
            if (span_equal(key, model_keys[i]) && !span_is_empty(value)) {
                info_out->model = value;
                best = i;
            }
        }
    }
}

int cpulist_for_each(struct span list, int (*visit)(void *data, unsigned cpu), void *data)
{
    while (!span_is_empty(list)) {
        struct span range;
        struct span first;
        struct span last;
        uint64_t from;
        uint64_t to;

        span_cut(list, ',', &range, &list);
        to = span_cut(range, '-', &first, &last) ? span_number(last) : span_number(first);
        from = span_number(first);
        if (to >= CPULIST_MAX || from > to)
            return 0;
        for (; from <= to; from++) {
            int r = visit(data, (unsigned)from);

            if (r)
                return r;
        }
    }
    return 0;
}

struct topology {
    const char *root;
    uint64_t threads;
    uint64_t cores;
    uint64_t sockets;
};

static int first_of_list(void *data, unsigned cpu)
{
    *(unsigned *)data = cpu;
    return 1;
}

/* A core (or socket) is counted at the first of the processors that share it. */
static int topology_count(const struct topology *topology, unsigned cpu, const char *shared,
                          uint64_t *count)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct span list;
    unsigned first;
    int r = source_read(&content, &list, topology->root,
                        "/sys/devices/system/cpu/cpu%u/topology/%s", cpu, shared);

    if (!r && cpulist_for_each(list, first_of_list, &first) && first == cpu)
        ++*count;
    return r;
}

static int topology_visit(void *data, unsigned cpu)
{
    struct topology *topology = data;
    int r;

    topology->threads++;
    r = topology_count(topology, cpu, "thread_siblings_list", &topology->cores);
    return r ? r : topology_count(topology, cpu, "core_siblings_list", &topology->sockets);
}

static int topology_to_object(const char *root, const struct cpuinfo *info, struct object *object)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct topology topology = {.root = root};
    struct span online;
    uint64_t threads;
    int r = source_read(&content, &online, root, "/sys/devices/system/cpu/online");

    if (!r)
        r = cpulist_for_each(online, topology_visit, &topology);
    if (r)
        return r;
    threads = topology.threads ? topology.threads : info->threads;
    object_number(object, "sockets", topology.sockets ? topology.sockets : SENSE_UNKNOWN);
    object_number(object, "cores", topology.cores ? topology.cores : SENSE_UNKNOWN);
    object_number(object, "threads", threads ? threads : SENSE_UNKNOWN);
    return 0;
}

bool loadavg_parse(struct span text, double load_out[3])
{
    for (size_t i = 0; i < 3; i++) {
        struct span field;

        if (!scan_field(&text, &field))
            return false;
        load_out[i] = span_decimal(field);
        if (load_out[i] < 0)
            return false;
    }
    return true;
}

void cpu_times_parse(struct span stat, struct cpu_times *times_out)
{
    /* proc_stat(5): user nice system idle iowait irq softirq steal */
    uint64_t ticks[8];
    struct span word;
    struct span line;

    memset(times_out, 0xff, sizeof(*times_out));
    if (!scan_line(&stat, &line) || !scan_field(&line, &word) || !span_equal(word, "cpu"))
        return;
    for (size_t i = 0; i < ELEMENTS_OF(ticks); i++)
        ticks[i] = scan_number(&line);
    times_out->user = known_sum(ticks[0], ticks[1]);
    times_out->system = known_sum(ticks[2], known_sum(ticks[5], ticks[6]));
    times_out->idle = ticks[3];
    times_out->iowait = ticks[4];
    times_out->steal = ticks[7];
}

static void times_to_object(struct span stat, struct object *object)
{
    _cleanup_object_ struct object inner = object_begin();
    struct cpu_times times;
    json_t *json;

    cpu_times_parse(stat, &times);
    object_number(&inner, "user", known_ticks_to_ms(times.user));
    object_number(&inner, "system", known_ticks_to_ms(times.system));
    object_number(&inner, "idle", known_ticks_to_ms(times.idle));
    object_number(&inner, "iowait", known_ticks_to_ms(times.iowait));
    object_number(&inner, "steal", known_ticks_to_ms(times.steal));
    if (object_end(&inner, &json))
        object->failed = true;
    else
        object_value(object, "times", json);
}

static void load_to_object(struct span text, struct object *object)
{
    double load[3];

    if (loadavg_parse(text, load))
        object_value(object, "load", json_pack("[f,f,f]", load[0], load[1], load[2]));
}

double cpu_max_parse(struct span text)
{
    uint64_t quota = scan_number(&text);
    uint64_t period = scan_number(&text);

    if (quota == SENSE_UNKNOWN || period == SENSE_UNKNOWN || period == 0)
        return 0;
    return (double)quota / (double)period;
}

/* As with memory: the quota of the whole visible tree, in any of the three places. */
static int limit_to_object(const char *root, struct object *object)
{
    static const char *const paths[] = {"cpu.max", "unified/cpu.max"};
    uint64_t quota;
    uint64_t period;
    double limit = 0;
    int r;

    for (size_t i = 0; i < ELEMENTS_OF(paths) && limit == 0; i++) {
        _cleanup_buffer_ struct buffer content = BUFFER_INIT;
        struct span text;

        r = source_read(&content, &text, root, "/sys/fs/cgroup/%s", paths[i]);
        if (r)
            return r;
        limit = cpu_max_parse(text);
    }
    if (limit == 0) {
        r = source_read_number(&quota, root, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
        if (!r)
            r = source_read_number(&period, root, "/sys/fs/cgroup/cpu/cpu.cfs_period_us");
        if (r)
            return r;
        if (quota != SENSE_UNKNOWN && period != SENSE_UNKNOWN && period > 0)
            limit = (double)quota / (double)period;
    }
    if (limit > 0)
        object_real(object, "limit", limit);
    return 0;
}

/* The highest speed that the hardware allows if it says so, else the fastest thread's speed now. */
static int mhz_to_object(const char *root, const struct cpuinfo *info, struct object *object)
{
    uint64_t khz;
    int r = source_read_number(&khz, root, "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");

    if (r)
        return r;
    if (khz != SENSE_UNKNOWN)
        object_number(object, "mhz", khz / 1000);
    else if (info->mhz > 0 && info->mhz < 1e9)
        object_number(object, "mhz", (uint64_t)(info->mhz + 0.5));
    return 0;
}

int processor_collect(const char *root, json_t **json_out)
{
    _cleanup_buffer_ struct buffer info_file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer load_file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer stat_file = BUFFER_INIT;
    _cleanup_object_ struct object object = object_begin();
    struct cpuinfo info;
    struct span text;
    struct span load;
    struct span stat;
    int r;

    r = source_read(&info_file, &text, root, "/proc/cpuinfo");
    if (!r)
        r = source_read(&load_file, &load, root, "/proc/loadavg");
    if (!r)
        r = source_read(&stat_file, &stat, root, "/proc/stat");
    if (r)
        return r;
    cpuinfo_parse(text, &info);
    object_bytes(&object, "model", info.model.at, info.model.length);
    r = topology_to_object(root, &info, &object);
    if (!r)
        r = mhz_to_object(root, &info, &object);
    if (r)
        return r;
    load_to_object(load, &object);
    times_to_object(stat, &object);
    r = limit_to_object(root, &object);
    return r ? r : object_end(&object, json_out);
}
