/* Processors, memory, pressure, the system as such. See metrics.h. */
#include "sense/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "sense/identity.h"
#include "sense/metrics-private.h"
#include "sense/people.h"
#include "sense/reading.h"
#include "sense/source.h"

/* ---- /proc/stat ---- */

/* proc_stat(5): the columns of a processor's line, in clock ticks. */
static const char *const modes[] = {"user",   "nice", "system",  "idle",
                                    "iowait", "irq",  "softirq", "steal"};
static const char *const guest_modes[] = {"user", "nice"};

enum { TICK_DECIMALS = 2 }; /* of a second: the kernel's clock ticks at 100 Hz for everybody */

static bool is_core(struct span word, struct span *number_out)
{
    if (!span_starts(word, "cpu"))
        return false;
    *number_out = (struct span){word.at + 3, word.length - 3};
    return span_number(*number_out) != SENSE_UNKNOWN;
}

static void core_samples(struct page *page, struct span number, struct span line,
                         const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t ticks = scan_number(&line);

        if (ticks == SENSE_UNKNOWN)
            return;
        page_sample(page);
        page_label(page, "cpu", number);
        page_label(page, "mode", span_of(names[i]));
        page_number(page, ticks, TICK_DECIMALS);
    }
}

static void processors(struct page *page, struct span text, bool guests)
{
    struct span number;
    struct span line;
    struct span word;

    while (scan_line(&text, &line)) {
        if (!scan_field(&line, &word) || !is_core(word, &number))
            continue;
        for (size_t i = 0; guests && i < ELEMENTS_OF(modes); i++)
            (void)scan_number(&line);
        core_samples(page, number, line, guests ? guest_modes : modes,
                     guests ? ELEMENTS_OF(guest_modes) : ELEMENTS_OF(modes));
    }
}

static uint64_t stat_number(struct span text, const char *key)
{
    struct span line;
    struct span word;

    while (scan_line(&text, &line))
        if (scan_field(&line, &word) && span_equal(word, key))
            return scan_number(&line);
    return SENSE_UNKNOWN;
}

static int stat_families(struct page *page, const char *root, struct buffer *content)
{
    struct span text;
    int r = source_read(content, &text, root, "/proc/stat");

    if (r || span_is_empty(text) || sysconf(_SC_CLK_TCK) != 100)
        return r;
    page_family(page, "node_cpu_seconds", PAGE_COUNTER, "Seconds the CPUs spent in each mode.");
    processors(page, text, false);
    page_family(page, "node_cpu_guest_seconds", PAGE_COUNTER,
                "Seconds the CPUs spent in guests (VMs) for each mode.");
    processors(page, text, true);
    page_single(page, "node_boot_time_seconds", PAGE_GAUGE, "Node boot time, in unixtime.",
                stat_number(text, "btime"), 0);
    page_single(page, "node_context_switches", PAGE_COUNTER, "Total number of context switches.",
                stat_number(text, "ctxt"), 0);
    page_single(page, "node_forks", PAGE_COUNTER, "Total number of forks.",
                stat_number(text, "processes"), 0);
    page_single(page, "node_intr", PAGE_COUNTER, "Total number of interrupts serviced.",
                stat_number(text, "intr"), 0);
    page_single(page, "node_procs_running", PAGE_GAUGE, "Number of processes in runnable state.",
                stat_number(text, "procs_running"), 0);
    page_single(page, "node_procs_blocked", PAGE_GAUGE,
                "Number of processes blocked waiting for I/O to complete.",
                stat_number(text, "procs_blocked"), 0);
    return 0;
}

/* ---- /proc/loadavg, /proc/pressure ---- */

/* "12.34" as 1234. */
static uint64_t hundredths(struct span text)
{
    double value = span_decimal(text);

    return value < 0 ? SENSE_UNKNOWN : (uint64_t)(value * 100 + 0.5);
}

static int load_families(struct page *page, const char *root, struct buffer *content)
{
    static const char *const names[] = {"node_load1", "node_load5", "node_load15"};
    static const char *const helps[] = {"1m load average.", "5m load average.",
                                        "15m load average."};
    struct span field;
    struct span text;
    int r = source_read(content, &text, root, "/proc/loadavg");

    for (size_t i = 0; !r && i < ELEMENTS_OF(names) && scan_field(&text, &field); i++)
        page_single(page, names[i], PAGE_GAUGE, helps[i], hundredths(field), 2);
    return r;
}

enum { MICROSECOND_DECIMALS = 6 };

static int pressure_families(struct page *page, const char *root, struct buffer *content)
{
    static const struct {
        const char *file;
        const char *some, *some_help;
        const char *full, *full_help;
    } rows[] = {
        {"cpu", "node_pressure_cpu_waiting_seconds",
         "Total time in seconds that processes have waited for CPU time", NULL, NULL},
        {"io", "node_pressure_io_waiting_seconds",
         "Total time in seconds that processes have waited due to IO congestion",
         "node_pressure_io_stalled_seconds",
         "Total time in seconds no process could make progress due to IO congestion"},
        {"memory", "node_pressure_memory_waiting_seconds",
         "Total time in seconds that processes have waited for memory",
         "node_pressure_memory_stalled_seconds",
         "Total time in seconds no process could make progress due to memory congestion"},
    };

    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        struct span text;
        uint64_t some;
        uint64_t full;
        int r = source_read(content, &text, root, "/proc/pressure/%s", rows[i].file);

        if (r)
            return r;
        pressure_parse(text, &some, &full);
        page_single(page, rows[i].some, PAGE_COUNTER, rows[i].some_help, some,
                    MICROSECOND_DECIMALS);
        if (rows[i].full)
            page_single(page, rows[i].full, PAGE_COUNTER, rows[i].full_help, full,
                        MICROSECOND_DECIMALS);
    }
    return 0;
}

/* ---- /proc/meminfo, /proc/vmstat, /proc/sys/fs/file-nr ---- */

/* "Active(anon)" as node_memory_Active_anon_bytes. False for what makes no name. */
static bool memory_name(struct span key, bool in_bytes, char *name_out, size_t size)
{
    int used = snprintf(name_out, size, "node_memory_");

    for (size_t i = 0; i < key.length; i++) {
        char character = key.at[i];

        if (character == ')')
            continue;
        if (character == '(')
            character = '_';
        if (!((character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
              (character >= '0' && character <= '9') || character == '_') ||
            (size_t)used + 10 > size)
            return false;
        name_out[used++] = character;
    }
    snprintf(name_out + used, size - (size_t)used, "%s", in_bytes ? "_bytes" : "");
    return key.length > 0;
}

static int memory_families(struct page *page, const char *root, struct buffer *content)
{
    struct span text;
    struct span line;
    int r = source_read(content, &text, root, "/proc/meminfo");

    while (!r && scan_line(&text, &line)) {
        struct span key;
        struct span unit;
        uint64_t amount;
        char name[80];
        char help[120];
        bool in_bytes;

        if (!span_cut(line, ':', &key, &line))
            continue;
        amount = scan_number(&line);
        in_bytes = scan_field(&line, &unit) && span_equal(unit, "kB");
        if (!memory_name(key, in_bytes, name, sizeof(name)))
            continue;
        snprintf(help, sizeof(help), "Memory information field %s.", name + sizeof("node_memory"));
        page_single(page, name, PAGE_GAUGE, help, in_bytes ? known_product(amount, 1024) : amount,
                    0);
    }
    return r;
}

static int vm_families(struct page *page, const char *root, struct buffer *content)
{
    static const char *const keys[] = {"oom_kill", "pgfault", "pgmajfault", "pgpgin",
                                       "pgpgout",  "pswpin",  "pswpout"};
    struct span text;
    int r = source_read(content, &text, root, "/proc/vmstat");

    for (size_t i = 0; !r && i < ELEMENTS_OF(keys); i++) {
        char name[40];
        char help[60];

        snprintf(name, sizeof(name), "node_vmstat_%s", keys[i]);
        snprintf(help, sizeof(help), "/proc/vmstat information field %s.", keys[i]);
        page_single(page, name, PAGE_UNKNOWN, help, stat_number(text, keys[i]), 0);
    }
    return r;
}

static int descriptor_families(struct page *page, const char *root, struct buffer *content)
{
    struct span text;
    int r = source_read(content, &text, root, "/proc/sys/fs/file-nr");

    if (r)
        return r;
    page_single(page, "node_filefd_allocated", PAGE_GAUGE, "File descriptor statistics: allocated.",
                scan_number(&text), 0);
    (void)scan_number(&text);
    page_single(page, "node_filefd_maximum", PAGE_GAUGE, "File descriptor statistics: maximum.",
                scan_number(&text), 0);
    return 0;
}

/* ---- what the machine is ---- */

static void uname_family(struct page *page)
{
    struct utsname names;

    if (uname(&names) < 0)
        return;
    page_family(page, "node_uname_info", PAGE_GAUGE,
                "Labeled system information as provided by the uname system call.");
    page_sample(page);
    page_label(page, "domainname", span_of(names.domainname));
    page_label(page, "machine", span_of(names.machine));
    page_label(page, "nodename", span_of(names.nodename));
    page_label(page, "release", span_of(names.release));
    page_label(page, "sysname", span_of(names.sysname));
    page_label(page, "version", span_of(names.version));
    page_number(page, 1, 0);
}

static int os_family(struct page *page, const char *root, struct buffer *content)
{
    static const struct {
        const char *label, *key;
    } parts[] = {
        {"build_id", "BUILD_ID"},
        {"id", "ID"},
        {"id_like", "ID_LIKE"},
        {"image_id", "IMAGE_ID"},
        {"image_version", "IMAGE_VERSION"},
        {"name", "NAME"},
        {"pretty_name", "PRETTY_NAME"},
        {"variant", "VARIANT"},
        {"variant_id", "VARIANT_ID"},
        {"version", "VERSION"},
        {"version_codename", "VERSION_CODENAME"},
        {"version_id", "VERSION_ID"},
    };
    struct span text;
    int r = source_read(content, &text, root, "/etc/os-release");

    if (r || span_is_empty(text))
        return r;
    page_family(page, "node_os_info", PAGE_GAUGE, "The operating system, as os-release tells.");
    page_sample(page);
    for (size_t i = 0; i < ELEMENTS_OF(parts); i++) {
        _cleanup_buffer_ struct buffer value = BUFFER_INIT;

        r = os_release_value(text, parts[i].key, &value);
        if (r)
            return r;
        page_label(page, parts[i].label,
                   (struct span){(const char *)buffer_bytes(&value), buffer_length(&value)});
    }
    page_number(page, 1, 0);
    return 0;
}

static int own_families(struct page *page, const char *root, const char *name, const char *version)
{
    uint64_t users;
    int r = people_count(root, &users);

    if (r)
        return r;
    page_family(page, "hune_agent_info", PAGE_GAUGE, "The agent that tells this.");
    page_sample(page);
    page_label(page, "name", span_of(name));
    page_label(page, "version", span_of(version));
    page_number(page, 1, 0);
    page_single(page, "hune_users", PAGE_GAUGE, "Sessions of logged-in users.", users, 0);
    page_single(page, "node_time_seconds", PAGE_GAUGE, "System time in seconds since epoch (1970).",
                clock_wall_ms(), 3);
    return 0;
}

int metrics_append(const char *root, const char *name, const char *version, struct buffer *out)
{
    static int (*const parts[])(struct page * page, const char *root, struct buffer *content) = {
        stat_families,   load_families,       memory_families, pressure_families,
        vm_families,     descriptor_families, metrics_disks,   metrics_file_systems,
        metrics_network, metrics_sensors,     os_family,
    };
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct page page = {.out = out};
    int r = 0;

    for (size_t i = 0; i < ELEMENTS_OF(parts) && !r; i++)
        r = parts[i](&page, root, &content);
    if (r)
        return r;
    uname_family(&page);
    r = own_families(&page, root, name, version);
    return r ? r : page_end(&page);
}
