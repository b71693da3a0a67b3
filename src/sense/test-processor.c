/* cpuinfo of several architectures, lists of processors, loads, times, quotas. */
#include "sense/test-fixture.h"

#include "sense/processor.h"

static const char two_threads[] = "processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC\n"
                                  "cpu MHz\t\t: 2445.424\nflags\t\t: fpu vme\n\n"
                                  "processor\t: 1\nmodel name\t: AMD EPYC\ncpu MHz\t\t: 3000.6\n";

static void cpuinfo_of_several_kinds(void **state)
{
    struct cpuinfo info;

    (void)state;
    cpuinfo_parse(span_of(two_threads), &info);
    assert_span_equal(info.model, "AMD EPYC");
    assert_int_equal(info.threads, 2);
    assert_true(info.mhz == 3000.6);
    /* Arm in 64 bits names no model; Power calls it "cpu"; s390 writes "processor 0:". */
    cpuinfo_parse(span_of("processor\t: 0\nBogoMIPS\t: 50.00\nCPU part\t: 0xd0c\n"), &info);
    assert_true(span_is_empty(info.model));
    assert_int_equal(info.threads, 1);
    assert_true(info.mhz == 0);
    cpuinfo_parse(span_of("processor\t: 0\ncpu\t\t: POWER9, altivec supported\n"), &info);
    assert_span_equal(info.model, "POWER9, altivec supported");
    cpuinfo_parse(span_of("cpu\t: second\nmodel name\t: first\ncpu model\t: third\n"), &info);
    assert_span_equal(info.model, "first");
    cpuinfo_parse(span_of("processor: x\nmodel name:\ncpu MHz: fast\n:\n::\n"), &info);
    assert_int_equal(info.threads, 0);
    assert_true(span_is_empty(info.model));
    assert_true(info.mhz == 0);
}

static int count_visit(void *data, unsigned cpu)
{
    uint64_t *bits = data;

    *bits |= 1ull << (cpu & 63);
    return 0;
}

static void lists_of_processors(void **state)
{
    static const struct {
        const char *list;
        uint64_t bits;
    } cases[] = {
        {"0", 1},
        {"0-3", 15},
        {"0-1,4", 19},
        {"", 0},
        {"3-1", 0},
        {"x", 0},
        {"0,x,1", 1},
        {"-", 0},
        {"0-", 0},
        {"0-99999999", 0},
        {"18446744073709551615", 0},
        {"0-18446744073709551614", 0},
        {",", 0},
        {"0-8192", 0},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        uint64_t bits = 0;

        assert_int_equal(cpulist_for_each(span_of(cases[i].list), count_visit, &bits), 0);
        assert_true(bits == cases[i].bits);
    }
}

static void loads_and_times(void **state)
{
    double load[3];
    struct cpu_times times;

    (void)state;
    assert_true(loadavg_parse(span_of("0.15 1.5 22.01 1/80 4242"), load));
    assert_true(load[0] == 0.15 && load[1] == 1.5 && load[2] == 22.01);
    assert_false(loadavg_parse(span_of("0.15 1.5"), load));
    assert_false(loadavg_parse(span_of("0.15 a 22.01"), load));
    assert_false(loadavg_parse(span_of(""), load));
    cpu_times_parse(span_of("cpu  10 2 30 400 5 6 7 8 9 10\ncpu0 1 1 1 1\n"), &times);
    assert_int_equal(times.user, 12);
    assert_int_equal(times.system, 43);
    assert_int_equal(times.idle, 400);
    assert_int_equal(times.iowait, 5);
    assert_int_equal(times.steal, 8);
    cpu_times_parse(span_of("cpu  10 2 30 400"), &times); /* as kernel 2.4 wrote it */
    assert_int_equal(times.user, 12);
    assert_true(times.system == SENSE_UNKNOWN);
    assert_true(times.steal == SENSE_UNKNOWN);
    cpu_times_parse(span_of("cpu 18446744073709551614 2 1 1 1 1 1 1"), &times);
    assert_true(times.user == SENSE_UNKNOWN);
    cpu_times_parse(span_of("cpu0 1 1 1 1 1 1 1 1"), &times);
    assert_true(times.idle == SENSE_UNKNOWN);
    cpu_times_parse(span_of(""), &times);
    assert_true(times.idle == SENSE_UNKNOWN);
}

static void quotas(void **state)
{
    (void)state;
    assert_true(cpu_max_parse(span_of("150000 100000")) == 1.5);
    assert_true(cpu_max_parse(span_of("max 100000")) == 0);
    assert_true(cpu_max_parse(span_of("150000 0")) == 0);
    assert_true(cpu_max_parse(span_of("150000")) == 0);
    assert_true(cpu_max_parse(span_of("")) == 0);
}

static void use_beginning(struct span text)
{
    struct cpuinfo info;
    struct cpu_times times;
    double load[3];

    cpuinfo_parse(text, &info);
    cpu_times_parse(text, &times);
    (void)loadavg_parse(text, load);
    assert_true(info.threads <= 2);
}

static void cut_anywhere(void **state)
{
    (void)state;
    with_each_beginning(two_threads, sizeof(two_threads) - 1, use_beginning);
    with_each_beginning("cpu  10 2 30 400 5 6 7 8 9 10", 29, use_beginning);
}

/* Two sockets of one core with two threads each, as sysfs shows them. */
static void collected_from_a_machine(void **state)
{
    static const char *const siblings[] = {"0,2", "1,3", "0,2", "1,3"};
    char path[96];
    char root[32];
    json_t *json;

    (void)state;
    fixture_make(root);
    fixture_write(root, "/proc/cpuinfo", two_threads);
    fixture_write(root, "/proc/loadavg", "0.15 1.50 22.01 1/80 4242\n");
    fixture_write(root, "/proc/stat", "cpu  10 2 30 400 5 6 7 8 9 10\n");
    assert_int_equal(processor_collect(root, &json), 0);
    assert_number_in(json, "threads", 2);
    assert_absent(json, "cores");
    assert_absent(json, "limit");
    assert_number_in(json, "mhz", 3001);
    assert_int_equal(json_array_size(json_object_get(json, "load")), 3);
    json_decref(json);
    fixture_write(root, "/sys/devices/system/cpu/online", "0-3\n");
    for (size_t i = 0; i < ELEMENTS_OF(siblings); i++) {
        snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%zu/topology/thread_siblings_list",
                 i);
        fixture_write(root, path, siblings[i]);
        snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%zu/topology/core_siblings_list",
                 i);
        fixture_write(root, path, siblings[i]);
    }
    fixture_write(root, "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3500000\n");
    fixture_write(root, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
    fixture_write(root, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(processor_collect(root, &json), 0);
    assert_number_in(json, "threads", 4);
    assert_number_in(json, "cores", 2);
    assert_number_in(json, "sockets", 2);
    assert_number_in(json, "mhz", 3500);
    assert_true(json_real_value(json_object_get(json, "limit")) == 2.5);
    assert_number_in(json_object_get(json, "times"), "user", 120);
    json_decref(json);
    fixture_write(root, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(processor_collect(root, &json), 0);
    assert_absent(json, "limit");
    json_decref(json);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpuinfo_of_several_kinds),
        cmocka_unit_test(lists_of_processors),
        cmocka_unit_test(loads_and_times),
        cmocka_unit_test(quotas),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(collected_from_a_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
