/* From the kernel's text to readings, from two readings to vitals, from vitals to lines. */
#include "sense/test-fixture.h"

#include <math.h>

#include "sense/sampler.h"
#include "sense/vitals.h"

static bool every_device(void *user, const char *name, bool *physical_out)
{
    (void)user;
    *physical_out = strcmp(name, "dm-0") != 0;
    return strncmp(name, "loop", 4) != 0;
}

static bool is_physical(void *user, const char *name)
{
    (void)user;
    return strcmp(name, "eth0") == 0;
}

static const struct slow_reading no_slow = {
    .processes = SENSE_UNKNOWN, .users = SENSE_UNKNOWN, .memory_limit = SENSE_UNKNOWN};

struct moment {
    const char *stat, *devices, *interfaces;
    uint64_t monotonic_ms, boot_ms;
};

static void reading_make(struct reading *reading, const struct moment *moment)
{
    *reading = (struct reading){.monotonic_ns = moment->monotonic_ms * 1000000,
                                .boot_ms = moment->boot_ms,
                                .wall_ms = 1764133563123};
    reading_parse_load(reading, span_of("0.50 0.25 1.00 3/456 789\n"));
    meminfo_parse(span_of("MemTotal: 1000 kB\nMemAvailable: 400 kB\nCached: 100 kB\n"
                          "SReclaimable: 50 kB\nSwapTotal: 10 kB\nSwapFree: 4 kB\n"),
                  &reading->memory);
    for (int i = 0; i < PRESSURE_COUNT; i++)
        reading->pressure_us[i] = SENSE_UNKNOWN;
    reading->memory_limit_used = SENSE_UNKNOWN;
    assert_int_equal(reading_parse_stat(reading, span_of(moment->stat)), 0);
    assert_int_equal(reading_parse_devices(reading, span_of(moment->devices), every_device, NULL),
                     0);
    assert_int_equal(
        reading_parse_interfaces(reading, span_of(moment->interfaces), is_physical, NULL), 0);
}

static const struct moment first = {
    .stat = "cpu  100 10 50 800 20 5 5 10 0 0\ncpu0 50 5 25 400 10 5 5 5 0 0\n"
            "cpu1 50 5 25 400 10 0 0 5 0 0\nintr 5\nprocs_running 2\nprocs_blocked 1\n",
    .devices = " 8 0 sda 100 0 2000 0 50 0 1000 0 0 500 0\n 7 0 loop0 1 1 1 1 1 1 1 1 1 1 1\n"
               " 253 0 dm-0 100 0 2000 0 50 0 1000 0 0 500 0\n",
    .interfaces = "Inter-|\n face |\n    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0\n"
                  "  eth0: 5000 50 1 2 0 0 0 0 7000 70 3 4 0 0 0 0\n"
                  "  br0: 5000 50 0 0 0 0 0 0 7000 70 0 0 0 0 0 0\n",
    .monotonic_ms = 10000,
    .boot_ms = 20000,
};

/* Two seconds later: 200 ticks of each of two processors. */
static const struct moment second = {
    .stat = "cpu  200 10 100 1000 40 5 5 40 0 0\ncpu0 150 5 25 500 10 5 5 5 0 0\n"
            "cpu1 50 5 75 500 30 0 0 35 0 0\nprocs_running 3\nprocs_blocked 0\n",
    .devices = " 8 0 sda 110 0 2200 0 60 0 1100 0 0 1500 0\n"
               " 253 0 dm-0 110 0 2200 0 60 0 1100 0 0 1500 0\n"
               " 8 16 sdb 5 0 5 0 5 0 5 0 0 5 0\n",
    .interfaces = "    lo: 9000 90 0 0 0 0 0 0 9000 90 0 0 0 0 0 0\n"
                  "  br0: 7000 70 0 0 0 0 0 0 7000 70 0 0 0 0 0 0\n"
                  "  eth0: 7000 70 3 2 0 0 0 0 8000 80 3 8 0 0 0 0\n",
    .monotonic_ms = 12000,
    .boot_ms = 22000,
};

static void compute(struct vitals *vitals, const struct moment *before, const struct moment *now)
{
    struct reading a;
    struct reading b;

    reading_make(&a, before);
    reading_make(&b, now);
    assert_int_equal(vitals_compute(vitals, &b, &a, &no_slow), 0);
    reading_deinit(&a);
    reading_deinit(&b);
}

static double of_thing(const struct vitals *vitals, enum vital vital, const char *name)
{
    enum vital_label label = vital_info(vital)->label;
    const struct vitals_things *things = &vitals->things[label];

    for (size_t i = 0; i < things->count; i++)
        if (strcmp(things->names[i], name) == 0)
            return things->values[i * vital_label_width(label) + vital_label_place(vital)];
    fail_msg("there is no %s", name);
    return NAN;
}

#define assert_near(actual, expected) assert_true(fabs((actual) - (expected)) < 1e-9)

static void test_rates(void **state)
{
    struct vitals vitals = {0};

    (void)state;
    compute(&vitals, &first, &second);
    assert_int_equal(vitals.interval_ms, 2000);
    assert_near(vitals.value[VITAL_CPU_USER], 25);
    assert_near(vitals.value[VITAL_CPU_SYSTEM], 12.5);
    assert_near(vitals.value[VITAL_CPU_IOWAIT], 5);
    assert_near(vitals.value[VITAL_CPU_STEAL], 7.5);
    assert_near(vitals.value[VITAL_CPU_BUSY], 45);
    assert_near(vitals.value[VITAL_CPU_COUNT], 2);
    assert_near(of_thing(&vitals, VITAL_CPU_USER, "0"), 50);
    assert_near(of_thing(&vitals, VITAL_CPU_BUSY, "1"), 40);
    assert_near(of_thing(&vitals, VITAL_DISK_READ, "sda"), 51200);
    assert_near(of_thing(&vitals, VITAL_DISK_WRITE_OPS, "sda"), 5);
    assert_near(of_thing(&vitals, VITAL_DISK_BUSY, "sda"), 50);
    assert_near(of_thing(&vitals, VITAL_DISK_READ, "dm-0"), 51200);
    assert_true(isnan(of_thing(&vitals, VITAL_DISK_READ, "sdb"))); /* it came just now */
    assert_near(vitals.value[VITAL_DISK_READ], 51200);             /* and not twice that */
    assert_near(vitals.value[VITAL_DISK_BUSY], 50);
    /* The card counts; the bridge upon it and the loop do not. */
    assert_near(vitals.value[VITAL_NET_RX], 1000);
    assert_near(vitals.value[VITAL_NET_TX], 500);
    assert_near(vitals.value[VITAL_NET_ERRORS], 1);
    assert_near(vitals.value[VITAL_NET_DROPS], 2);
    assert_near(of_thing(&vitals, VITAL_NET_RX, "lo"), 4000);
    assert_near(vitals.value[VITAL_PROC_RUNNING], 3);
    assert_near(vitals.value[VITAL_PROC_BLOCKED], 0);
    assert_near(vitals.value[VITAL_PROC_THREADS], 456);
    assert_near(vitals.value[VITAL_LOAD_15], 1);
    assert_near(vitals.value[VITAL_MEM_USED], 600 * 1024);
    assert_near(vitals.value[VITAL_MEM_CACHE], 150 * 1024);
    assert_near(vitals.value[VITAL_SWAP_USED], 6 * 1024);
    assert_near(vitals.value[VITAL_UPTIME], 22);
    assert_true(isnan(vitals.value[VITAL_PRESSURE_IO]));
    assert_true(isnan(vitals.value[VITAL_MEM_LIMIT]));
    assert_true(isnan(vitals.value[VITAL_PROC_COUNT]));
    vitals_deinit(&vitals);
}

static void test_first_reading(void **state)
{
    struct reading reading;
    struct vitals vitals = {0};

    (void)state;
    reading_make(&reading, &second);
    assert_int_equal(vitals_compute(&vitals, &reading, NULL, &no_slow), 0);
    assert_int_equal(vitals.interval_ms, 0);
    for (unsigned i = 0; i < VITAL_COUNT; i++)
        if (vital_info((enum vital)i)->kind == VITAL_RATE)
            assert_true(isnan(vitals.value[i]));
    assert_near(vitals.value[VITAL_MEM_TOTAL], 1024000);
    assert_true(isnan(of_thing(&vitals, VITAL_CPU_BUSY, "1")));
    reading_deinit(&reading);
    vitals_deinit(&vitals);
}

/* A driver that was loaded anew counts from 0: that is no burst of 2^64 bytes. */
static void test_backwards(void **state)
{
    struct moment reset = second;
    struct vitals vitals = {0};

    (void)state;
    reset.interfaces = "  eth0: 10 1 0 0 0 0 0 0 8000 80 3 8 0 0 0 0\n";
    reset.devices = " 8 0 sda 110 0 10 0 60 0 1100 0 0 400 0\n";
    /* Idle time steps back a little on some kernels: nothing passed. */
    reset.stat = "cpu  100 10 50 790 20 5 5 10 0 0\n";
    compute(&vitals, &first, &reset);
    assert_true(isnan(vitals.value[VITAL_NET_RX]));
    assert_near(vitals.value[VITAL_NET_TX], 500);
    assert_true(isnan(vitals.value[VITAL_DISK_READ]));
    assert_true(isnan(vitals.value[VITAL_DISK_BUSY]));
    assert_near(vitals.value[VITAL_DISK_WRITE], 25600);
    assert_true(isnan(vitals.value[VITAL_CPU_BUSY]));
    vitals_deinit(&vitals);
}

static void test_asleep(void **state)
{
    struct moment woken = second;
    struct vitals vitals = {0};

    (void)state;
    woken.boot_ms += 3600 * 1000; /* the lid was closed */
    compute(&vitals, &first, &woken);
    assert_int_equal(vitals.interval_ms, 0);
    assert_true(isnan(vitals.value[VITAL_CPU_BUSY]));
    assert_true(isnan(vitals.value[VITAL_NET_RX]));
    assert_near(vitals.value[VITAL_MEM_TOTAL], 1024000);
    vitals_deinit(&vitals);
}

static void test_too_soon(void **state)
{
    struct moment soon = second;
    struct vitals vitals = {0};

    (void)state;
    soon.monotonic_ms = first.monotonic_ms + 1;
    soon.boot_ms = first.boot_ms + 1;
    compute(&vitals, &first, &soon);
    assert_int_equal(vitals.interval_ms, 0);
    soon.monotonic_ms = first.monotonic_ms;
    compute(&vitals, &first, &soon);
    assert_int_equal(vitals.interval_ms, 0);
    vitals_deinit(&vitals);
}

static void test_pressure(void **state)
{
    uint64_t some;
    uint64_t full;

    (void)state;
    pressure_parse(span_of("some avg10=0.12 avg60=0.04 avg300=0.29 total=11643416\n"
                           "full avg10=0.00 avg60=0.01 avg300=0.07 total=5543752\n"),
                   &some, &full);
    assert_int_equal(some, 11643416);
    assert_int_equal(full, 5543752);
    pressure_parse(span_of(""), &some, &full);
    assert_true(some == SENSE_UNKNOWN && full == SENSE_UNKNOWN);
    pressure_parse(span_of("some total=\nfull total=x\nmany total=5"), &some, &full);
    assert_true(some == SENSE_UNKNOWN && full == SENSE_UNKNOWN);
}

static void use_beginning(struct span text)
{
    struct reading reading = {0};
    uint64_t some;
    uint64_t full;

    assert_int_equal(reading_parse_stat(&reading, text), 0);
    reading_parse_load(&reading, text);
    pressure_parse(text, &some, &full);
    assert_int_equal(reading_parse_devices(&reading, text, every_device, NULL), 0);
    assert_int_equal(reading_parse_interfaces(&reading, text, is_physical, NULL), 0);
    reading_deinit(&reading);
}

static void test_every_beginning(void **state)
{
    (void)state;
    with_each_beginning(second.stat, strlen(second.stat), use_beginning);
    with_each_beginning(second.devices, strlen(second.devices), use_beginning);
    with_each_beginning(second.interfaces, strlen(second.interfaces), use_beginning);
    with_each_beginning("0.1 0.2 0.3 1/2 3", 17, use_beginning);
}

/* ---- lines ---- */

static void test_lines(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct vital_fields fields;
    struct vitals vitals = {0};

    (void)state;
    compute(&vitals, &first, &second);
    assert_int_equal(vital_fields_parse("temp,mem.used,cpu.busy,load.1m,disk.read_ops", &fields,
                                        &(const char *){0}, &(size_t){0}),
                     0);
    assert_int_equal(vitals_append_head(&vitals, &fields, 2000, &out), 0);
    assert_int_equal(vitals_append_sample(&vitals, &fields, NULL, &out), 0);
    assert_string_equal(
        buffer_text(&out),
        "{\"columns\":[\"cpu.busy\",\"load.1m\",\"mem.used\",\"disk.read_ops\",\"temp\"],"
        "\"every_ms\":2000}\n"
        "{\"t\":1764133563123,\"i\":2000,\"v\":[45,0.5,614400,5,null]}\n");
    buffer_clear(&out);
    assert_int_equal(vitals_append_document(&vitals, &fields, NULL, &out), 0);
    assert_string_equal(buffer_text(&out),
                        "{\"time_ms\":1764133563123,\"interval_ms\":2000,\"cpu.busy\":45,"
                        "\"load.1m\":0.5,\"mem.used\":614400,\"disk.read_ops\":5}");
    vitals_deinit(&vitals);
}

static void test_shape(void **state)
{
    struct vital_fields some = {.labels = 1u << VITAL_LABEL_INTERFACE};
    struct vital_fields none = {.vitals = 1};
    struct vitals a = {0};
    struct vitals b = {0};

    (void)state;
    compute(&a, &first, &first);
    compute(&b, &second, &second); /* the same interfaces, in another order; a disk more */
    assert_int_equal(vitals_shape(&a, &none), vitals_shape(&b, &none));
    assert_int_not_equal(vitals_shape(&a, &some), vitals_shape(&b, &some));
    vitals_deinit(&a);
    vitals_deinit(&b);
}

static void test_values(void **state)
{
    static const struct {
        enum vital vital;
        double value;
        const char *text;
    } rows[] = {
        {VITAL_CPU_BUSY, 0, "0"},        {VITAL_CPU_BUSY, 99.96, "100"},
        {VITAL_CPU_BUSY, 0.04, "0"},     {VITAL_CPU_BUSY, 0.05, "0.1"},
        {VITAL_CPU_BUSY, 12.34, "12.3"}, {VITAL_LOAD_1, 0.07, "0.07"},
        {VITAL_LOAD_1, 1.1, "1.1"},      {VITAL_LOAD_1, 10, "10"},
        {VITAL_TEMP, -12.5, "-12.5"},    {VITAL_MEM_USED, 8243503104.4, "8243503104"},
        {VITAL_NET_RX, NAN, "null"},     {VITAL_NET_RX, INFINITY, "null"},
        {VITAL_NET_RX, 1e17, "null"},    {VITAL_NET_RX, 9007199254740991, "9007199254740991"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        _cleanup_buffer_ struct buffer out = BUFFER_INIT;

        assert_int_equal(vitals_append_value(rows[i].vital, rows[i].value, &out), 0);
        assert_string_equal(buffer_text(&out), rows[i].text);
    }
}

/* ---- a whole machine ---- */

static void test_sampler(void **state)
{
    char root[32];
    struct sampler *sampler;
    struct reading reading = {0};
    struct vitals vitals = {0};

    (void)state;
    fixture_make(root);
    fixture_write(root, "/proc/stat", first.stat);
    fixture_write(root, "/proc/loadavg", "0.50 0.25 1.00 3/456 789\n");
    fixture_write(root, "/proc/diskstats", first.devices);
    fixture_write(root, "/proc/net/dev", first.interfaces);
    fixture_write(root, "/proc/1/stat", "1 (init) S");
    fixture_write(root, "/proc/22/stat", "22 (x) S");
    fixture_write(root, "/proc/pressure/io", "some total=7\nfull total=5\n");
    fixture_write(root, "/proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n");
    fixture_write(root, "/sys/block/sda/device/x", "");
    fixture_write(root, "/sys/block/dm-0/x", "");
    fixture_write(root, "/sys/class/net/eth0/device/x", "");
    fixture_write(root, "/sys/fs/cgroup/memory.max", "512000\n");
    fixture_write(root, "/sys/fs/cgroup/memory.current", "1234\n");
    fixture_write(root, "/sys/fs/cgroup/cpu.max", "150000 100000\n");
    fixture_write(root, "/sys/class/hwmon/hwmon0/name", "coretemp\n");
    fixture_write(root, "/sys/class/hwmon/hwmon0/temp1_label", "Package id 0\n");
    fixture_write(root, "/sys/class/hwmon/hwmon0/temp1_input", "45500\n");
    fixture_write(root, "/sys/class/hwmon/hwmon1/name", "nvme\n");
    fixture_write(root, "/sys/class/hwmon/hwmon1/temp1_input", "-1500\n");
    fixture_write(root, "/sys/class/hwmon/hwmon2/name", "nvme\n");
    fixture_write(root, "/sys/class/hwmon/hwmon2/temp1_input", "dead\n");
    assert_int_equal(sampler_new(&sampler, root), 0);
    assert_int_equal(sampler_read(sampler, &reading), 0);
    assert_int_equal(reading.core_count, 2);
    assert_int_equal(reading.device_count, 2); /* no loop0 */
    assert_true(reading.devices[0].physical);
    assert_false(reading.devices[1].physical);
    assert_int_equal(reading.pressure_us[PRESSURE_IO_FULL], 5);
    assert_true(reading.pressure_us[PRESSURE_CPU_SOME] == SENSE_UNKNOWN);
    assert_int_equal(vitals_compute(&vitals, &reading, NULL, sampler_slow(sampler)), 0);
    assert_near(vitals.value[VITAL_PROC_COUNT], 2);
    assert_near(vitals.value[VITAL_MEM_LIMIT], 512000);
    assert_near(vitals.value[VITAL_MEM_LIMIT_USED], 1234);
    assert_near(vitals.value[VITAL_CPU_LIMIT], 1.5);
    assert_near(vitals.value[VITAL_TEMP], 45.5);
    assert_near(of_thing(&vitals, VITAL_TEMP, "coretemp Package id 0"), 45.5);
    assert_int_equal(vitals.things[VITAL_LABEL_SENSOR].count, 3);

    /* The files are read again, not opened again: through the old name even a new file is unseen.
     */
    fixture_write(root, "/proc/stat", second.stat);
    assert_int_equal(sampler_read(sampler, &reading), 0);
    assert_int_equal(reading.cpu.user, 210);
    sampler_rest(sampler);
    assert_int_equal(sampler_read(sampler, &reading), 0);
    assert_int_equal(reading.core_count, 2);
    sampler_free(sampler);
    reading_deinit(&reading);
    vitals_deinit(&vitals);
    fixture_remove(root);
}

/* A kernel that tells nothing at all. */
static void test_empty_machine(void **state)
{
    char root[32];
    struct sampler *sampler;
    struct reading reading = {0};
    struct vitals vitals = {0};

    (void)state;
    fixture_make(root);
    assert_int_equal(sampler_new(&sampler, root), 0);
    assert_int_equal(sampler_read(sampler, &reading), 0);
    assert_int_equal(vitals_compute(&vitals, &reading, NULL, sampler_slow(sampler)), 0);
    for (unsigned i = 0; i < VITAL_COUNT; i++)
        if (i != VITAL_UPTIME)
            assert_true(isnan(vitals.value[i]));
    for (unsigned i = 0; i < VITAL_LABEL_COUNT; i++)
        assert_int_equal(vitals.things[i].count, 0);
    sampler_free(sampler);
    reading_deinit(&reading);
    vitals_deinit(&vitals);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),           cmocka_unit_test(test_first_reading),
        cmocka_unit_test(test_backwards),       cmocka_unit_test(test_asleep),
        cmocka_unit_test(test_too_soon),        cmocka_unit_test(test_pressure),
        cmocka_unit_test(test_every_beginning), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_shape),           cmocka_unit_test(test_values),
        cmocka_unit_test(test_sampler),         cmocka_unit_test(test_empty_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
