/* /proc/meminfo whole, with holes, absurd; cgroup limits. */
#include "sense/test-fixture.h"

#include "sense/memory.h"
#include "sense/source.h"

static const char usual[] = "MemTotal:       16000 kB\n"
                            "MemFree:         1000 kB\n"
                            "MemAvailable:    9000 kB\n"
                            "Buffers:          200 kB\n"
                            "Cached:          6000 kB\n"
                            "SwapCached:       111 kB\n"
                            "SwapTotal:       4000 kB\n"
                            "SwapFree:        3000 kB\n"
                            "SReclaimable:     500 kB\n"
                            "HugePages_Total:    7\n";

static void every_amount_is_found(void **state)
{
    struct meminfo info;

    (void)state;
    meminfo_parse(span_of(usual), &info);
    assert_int_equal(info.total, 16000 * 1024);
    assert_int_equal(info.available, 9000 * 1024);
    assert_int_equal(info.free, 1000 * 1024);
    assert_int_equal(info.buffers, 200 * 1024);
    assert_int_equal(info.cached, 6000 * 1024);
    assert_int_equal(info.reclaimable, 500 * 1024);
    assert_int_equal(info.swap_total, 4000 * 1024);
    assert_int_equal(info.swap_free, 3000 * 1024);
}

static void odd_lines_say_nothing(void **state)
{
    static const char *const texts[] = {"",
                                        "MemTotal\n",
                                        "MemTotal:\n",
                                        "MemTotal: 5\n",
                                        "MemTotal: kB\n",
                                        "MemTotal: 5 MB\n",
                                        "MemTotal: -5 kB\n",
                                        "MemTotal: 18446744073709551615 kB\n",
                                        "MemTotal: 36028797018963968 kB\n",
                                        " MemTotal: 5 kB\n",
                                        "memtotal: 5 kB\n"};
    struct meminfo info;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(texts); i++) {
        meminfo_parse(span_of(texts[i]), &info);
        assert_true(info.total == SENSE_UNKNOWN);
    }
    meminfo_parse(span_of("MemTotal: 18014398509481983 kB"), &info);
    assert_true(info.total == UINT64_MAX - 1023);
}

static void use_beginning(struct span text)
{
    struct meminfo info;

    meminfo_parse(text, &info);
    assert_true(info.total == SENSE_UNKNOWN || info.total == 16000 * 1024);
}

static void cut_anywhere(void **state)
{
    (void)state;
    with_each_beginning(usual, sizeof(usual) - 1, use_beginning);
}

static void collected_from_a_machine(void **state)
{
    char root[32];
    json_t *json;

    (void)state;
    fixture_make(root);
    assert_int_equal(memory_collect(root, &json), 0);
    assert_int_equal(json_object_size(json), 0);
    json_decref(json);
    fixture_write(root, "/proc/meminfo", usual);
    fixture_write(root, "/sys/fs/cgroup/memory.max", "max\n");
    assert_int_equal(memory_collect(root, &json), 0);
    assert_number_in(json, "total", 16000 * 1024);
    assert_number_in(json, "used", 7000 * 1024);
    assert_number_in(json, "cached", 6500 * 1024);
    assert_absent(json, "limit");
    json_decref(json);
    fixture_write(root, "/sys/fs/cgroup/memory.max", "1048576\n");
    assert_int_equal(memory_collect(root, &json), 0);
    assert_number_in(json, "limit", 1048576);
    json_decref(json);
    /* Version 1 writes a huge number where there is no limit. */
    fixture_write(root, "/sys/fs/cgroup/memory.max", "max\n");
    fixture_write(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(memory_collect(root, &json), 0);
    assert_absent(json, "limit");
    json_decref(json);
    fixture_write(root, "/proc/meminfo",
                  "MemTotal: 16000 kB\nMemFree: 1000 kB\nBuffers: 200 kB\nCached: 6000 kB\n");
    assert_int_equal(memory_collect(root, &json), 0);
    assert_absent(json, "available");
    assert_number_in(json, "used", 8800 * 1024);
    json_decref(json);
    fixture_remove(root);
}

static void an_endless_file_is_unknown(void **state)
{
    char *endless = malloc(SOURCE_MAX + 1);
    char root[32];
    json_t *json;

    (void)state;
    assert_non_null(endless);
    memset(endless, '\n', SOURCE_MAX + 1);
    memcpy(endless, usual, sizeof(usual) - 1);
    fixture_make(root);
    fixture_write_bytes(root, "/proc/meminfo", endless, SOURCE_MAX);
    assert_int_equal(memory_collect(root, &json), 0);
    assert_number_in(json, "total", 16000 * 1024);
    json_decref(json);
    fixture_write_bytes(root, "/proc/meminfo", endless, SOURCE_MAX + 1);
    assert_int_equal(memory_collect(root, &json), 0);
    assert_int_equal(json_object_size(json), 0);
    json_decref(json);
    free(endless);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_amount_is_found),
        cmocka_unit_test(odd_lines_say_nothing),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(collected_from_a_machine),
        cmocka_unit_test(an_endless_file_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
