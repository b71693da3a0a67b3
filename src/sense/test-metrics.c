/* The page of metrics of made-up machines; tests/e2e/test_metrics.py holds a real one against
 * node_exporter. */
#include "sense/test-fixture.h"

#include "sense/metrics.h"
#include "sense/page.h"

static void test_page(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct page page = {.out = &out};

    (void)state;
    page_family(&page, "a_seconds", PAGE_COUNTER, "Help.");
    page_sample(&page);
    page_label(&page, "x", span_of("say \"hi\"\\\nyou \xff\xc3\xa4"));
    page_label(&page, "y", span_of(""));
    page_number(&page, 12050, 3);
    page_sample(&page);
    page_number(&page, SENSE_UNKNOWN, 0);
    page_single(&page, "b", PAGE_GAUGE, "Help.", 7, 2);
    page_single(&page, "c", PAGE_UNKNOWN, "Help.", 0, 6);
    page_single(&page, "d", PAGE_GAUGE, "Help.", SENSE_UNKNOWN, 0);
    page_single(&page, "e", PAGE_GAUGE, "Help.", UINT64_MAX - 1, 1);
    assert_int_equal(page_end(&page), 0);
    assert_string_equal(
        buffer_text(&out),
        "# HELP a_seconds Help.\n# TYPE a_seconds counter\n"
        "a_seconds_total{x=\"say \\\"hi\\\"\\\\\\nyou \xef\xbf\xbd\xc3\xa4\",y=\"\"} 12.05\n"
        "a_seconds_total NaN\n"
        "# HELP b Help.\n# TYPE b gauge\nb 0.07\n"
        "# HELP c Help.\n# TYPE c unknown\nc 0\n"
        "# HELP e Help.\n# TYPE e gauge\ne 1844674407370955161.4\n# EOF\n");
}

static const char *page_of(const char *root, struct buffer *out)
{
    assert_int_equal(metrics_append(root, "web \"1\"", "0.1", out), 0);
    return buffer_text(out);
}

#define assert_says(page, text)                    \
    do {                                           \
        if (!strstr(page, text))                   \
            fail_msg("no %s in:\n%s", text, page); \
    } while (0)

static void test_machine(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    char root[32];
    char path[96];
    const char *page;

    (void)state;
    fixture_make(root);
    fixture_write(root, "/proc/stat",
                  "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 100 2 3 4 5 6 7 8 9 10\nintr 5 1 2\nctxt 7\n"
                  "btime 1795669234\nprocesses 12\nprocs_running 1\nprocs_blocked 0\n");
    fixture_write(root, "/proc/loadavg", "0.07 1.50 2.00 1/2 3\n");
    fixture_write(root, "/proc/meminfo",
                  "Active(anon): 4 kB\nHugePages_Total: 3\nBad-Name: 1 kB\n");
    fixture_write(root, "/proc/diskstats",
                  " 8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n 8 1 sda1 1 1 1 1 1 1 1 1 1 1 1\n"
                  " 259 0 nvme0n1 1 1 1 1 1 1 1 1 1 1 1\n 259 1 nvme0n1p2 1 1 1 1 1 1 1 1 1 1 1\n"
                  " 253 0 dm-0 1 1 1 1 1 1 1 1 1 1 1\n 7 0 loop0 1 1 1 1 1 1 1 1 1 1 1\n");
    fixture_write(
        root, "/proc/net/dev",
        "    lo: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n  eth0: 10 2 3 4 5 6 7 8 20 9 8 7 6 5 4 3\n");
    fixture_write(root, "/sys/class/net/eth0/operstate", "up\n");
    fixture_write(root, "/sys/class/net/eth0/speed", "1000\n");
    fixture_write(root, "/sys/devices/platform/coretemp.0/hwmon0/temp1_input", "45500\n");
    fixture_write(root, "/sys/bus/platform/x", "");
    fixture_write(root, "/sys/class/hwmon/x", "");
    snprintf(path, sizeof(path), "%s/sys/class/hwmon/hwmon0", root);
    assert_int_equal(symlink("../../devices/platform/coretemp.0/hwmon0", path), 0);
    snprintf(path, sizeof(path), "%s/sys/devices/platform/coretemp.0/hwmon0/device", root);
    assert_int_equal(symlink("../../coretemp.0", path), 0);
    snprintf(path, sizeof(path), "%s/sys/devices/platform/coretemp.0/subsystem", root);
    assert_int_equal(symlink("../../../bus/platform", path), 0);
    page = page_of(root, &out);
    assert_says(page, "\nnode_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 1\n");
    assert_says(page, "\nnode_cpu_seconds_total{cpu=\"0\",mode=\"steal\"} 0.08\n");
    assert_says(page, "\nnode_cpu_guest_seconds_total{cpu=\"0\",mode=\"nice\"} 0.1\n");
    assert_says(page, "\nnode_intr_total 5\n");
    assert_says(page, "\nnode_load1 0.07\n");
    assert_says(page, "\nnode_memory_Active_anon_bytes 4096\n");
    assert_says(page, "\nnode_memory_HugePages_Total 3\n");
    assert_says(page, "\nnode_disk_read_bytes_total{device=\"sda\"} 1536\n");
    assert_says(page, "\nnode_disk_read_time_seconds_total{device=\"sda\"} 0.004\n");
    assert_says(page, "{device=\"nvme0n1\"}");
    assert_says(page, "{device=\"dm-0\"}");
    assert_says(page, "\nnode_network_receive_bytes_total{device=\"eth0\"} 10\n");
    assert_says(page, "\nnode_network_transmit_bytes_total{device=\"eth0\"} 20\n");
    assert_says(page, "\nnode_network_up{device=\"eth0\"} 1\n");
    assert_says(page, "\nnode_network_speed_bytes{device=\"eth0\"} 125000000\n");
    assert_says(page,
                "\nnode_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 45.5\n");
    assert_says(page, "\nhune_agent_info{name=\"web \\\"1\\\"\",version=\"0.1\"} 1\n");
    assert_null(strstr(page, "sda1"));
    assert_null(strstr(page, "nvme0n1p2"));
    assert_null(strstr(page, "loop0"));
    assert_null(strstr(page, "\"lo\""));
    assert_null(strstr(page, "Bad"));
    assert_null(strstr(page, "node_disk_flush")); /* an old kernel */
    assert_null(strstr(page, "node_network_mtu_bytes"));
    assert_null(strstr(page, "node_pressure"));
    fixture_remove(root);
}

static void test_empty_machine(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    char root[32];

    (void)state;
    fixture_make(root);
    assert_says(page_of(root, &out), "# EOF\n");
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_machine),
        cmocka_unit_test(test_empty_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
