/* The metrics of what there are several of: disks, file systems, interfaces, sensors. A family's
 * samples stand together in OpenMetrics, so a file is read into rows first. */
#include "sense/metrics-private.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sense/disks.h"
#include "sense/reading.h"
#include "sense/source.h"

enum { ROW_NUMBERS = 17, ROWS_MAX = 4096, MILLISECOND_DECIMALS = 3, SECTOR = 512 };

struct row {
    struct span name;
    uint64_t numbers[ROW_NUMBERS];
};

struct column {
    const char *name;
    const char *help;
    enum page_type type;
    uint8_t number;    /* which of the row's */
    uint8_t decimals;  /* the number counts parts of the unit */
    uint16_t multiple; /* the number counts multiples of the unit */
};

static void rows_page(struct page *page, const struct row *rows, size_t count,
                      const struct column *columns, size_t column_count)
{
    for (size_t c = 0; c < column_count; c++) {
        const struct column *column = &columns[c];
        bool begun = false;

        for (size_t i = 0; i < count; i++) {
            uint64_t number = rows[i].numbers[column->number];

            if (number == SENSE_UNKNOWN) /* an older kernel has fewer columns */
                continue;
            if (!begun)
                page_family(page, column->name, column->type, column->help);
            begun = true;
            page_sample(page);
            page_label(page, "device", rows[i].name);
            page_number(page, known_product(number, column->multiple), column->decimals);
        }
    }
}

/* ---- disks ---- */

/* node_exporter leaves these out by their names: parts, and what is no disk. */
static bool disk_is_shown(struct span name)
{
    static const char *const with_number[] = {"ram", "loop", "fd"};
    static const char *const with_letter[] = {"hd", "sd", "vd", "xvd"};
    size_t digits = name.length;

    while (digits > 0 && name.at[digits - 1] >= '0' && name.at[digits - 1] <= '9')
        digits--;
    if (digits == name.length)
        return true;
    for (size_t i = 0; i < ELEMENTS_OF(with_number); i++)
        if (digits == strlen(with_number[i]) && span_starts(name, with_number[i]))
            return false;
    for (size_t i = 0; i < ELEMENTS_OF(with_letter); i++)
        if (digits == strlen(with_letter[i]) + 1 && span_starts(name, with_letter[i]))
            return false;
    /* nvme0n1p2 */
    return !(span_starts(name, "nvme") && name.at[digits - 1] == 'p' &&
             memchr(name.at + 4, 'n', digits - 4));
}

int metrics_disks(struct page *page, const char *root, struct buffer *content)
{
    static const struct column columns[] = {
        {"node_disk_reads_completed", "The total number of reads completed successfully.",
         PAGE_COUNTER, 0, 0, 1},
        {"node_disk_reads_merged", "The total number of reads merged.", PAGE_COUNTER, 1, 0, 1},
        {"node_disk_read_bytes", "The total number of bytes read successfully.", PAGE_COUNTER, 2, 0,
         SECTOR},
        {"node_disk_read_time_seconds", "The total number of seconds spent by all reads.",
         PAGE_COUNTER, 3, MILLISECOND_DECIMALS, 1},
        {"node_disk_writes_completed", "The total number of writes completed successfully.",
         PAGE_COUNTER, 4, 0, 1},
        {"node_disk_writes_merged", "The number of writes merged.", PAGE_COUNTER, 5, 0, 1},
        {"node_disk_written_bytes", "The total number of bytes written successfully.", PAGE_COUNTER,
         6, 0, SECTOR},
        {"node_disk_write_time_seconds", "This is the total number of seconds spent by all writes.",
         PAGE_COUNTER, 7, MILLISECOND_DECIMALS, 1},
        {"node_disk_io_now", "The number of I/Os currently in progress.", PAGE_GAUGE, 8, 0, 1},
        {"node_disk_io_time_seconds", "Total seconds spent doing I/Os.", PAGE_COUNTER, 9,
         MILLISECOND_DECIMALS, 1},
        {"node_disk_io_time_weighted_seconds", "The weighted # of seconds spent doing I/Os.",
         PAGE_COUNTER, 10, MILLISECOND_DECIMALS, 1},
        {"node_disk_discards_completed", "The total number of discards completed successfully.",
         PAGE_COUNTER, 11, 0, 1},
        {"node_disk_discards_merged", "The total number of discards merged.", PAGE_COUNTER, 12, 0,
         1},
        {"node_disk_discarded_sectors", "The total number of sectors discarded successfully.",
         PAGE_COUNTER, 13, 0, 1},
        {"node_disk_discard_time_seconds",
         "This is the total number of seconds spent by all discards.", PAGE_COUNTER, 14,
         MILLISECOND_DECIMALS, 1},
        {"node_disk_flush_requests", "The total number of flush requests completed successfully",
         PAGE_COUNTER, 15, 0, 1},
        {"node_disk_flush_requests_time_seconds",
         "This is the total number of seconds spent by all flush requests.", PAGE_COUNTER, 16,
         MILLISECOND_DECIMALS, 1},
    };
    _cleanup_free_ struct row *rows = NULL;
    size_t count = 0;
    size_t room = 0;
    struct span text;
    struct span line;
    int r = source_read(content, &text, root, "/proc/diskstats");

    while (!r && count < ROWS_MAX && scan_line(&text, &line)) {
        struct span skipped;
        struct span name;

        if (!scan_field(&line, &skipped) || !scan_field(&line, &skipped) ||
            !scan_field(&line, &name) || !disk_is_shown(name))
            continue;
        r = array_grow(&rows, &room, count, sizeof(*rows));
        if (r)
            return r;
        rows[count].name = name;
        for (size_t i = 0; i < ROW_NUMBERS; i++)
            rows[count].numbers[i] = scan_number(&line);
        count++;
    }
    if (!r)
        rows_page(page, rows, count, columns, ELEMENTS_OF(columns));
    return r;
}

/* ---- interfaces ---- */

/* What sysfs says of them: up, carrier, mtu, speed. */
enum { SYSFS_UP, SYSFS_CARRIER, SYSFS_MTU, SYSFS_SPEED };

static int interface_properties(const char *root, struct row *row)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    int name = (int)row->name.length;
    struct span state;
    int r = source_read(&content, &state, root, "/sys/class/net/%.*s/operstate", name,
                        row->name.at);

    row->numbers[SYSFS_UP] = span_is_empty(state) ? SENSE_UNKNOWN : span_equal(state, "up");
    if (!r)
        r = source_read_number(&row->numbers[SYSFS_CARRIER], root, "/sys/class/net/%.*s/carrier",
                               name, row->name.at);
    if (!r)
        r = source_read_number(&row->numbers[SYSFS_MTU], root, "/sys/class/net/%.*s/mtu", name,
                               row->name.at);
    if (!r)
        r = source_read_number(&row->numbers[SYSFS_SPEED], root, "/sys/class/net/%.*s/speed", name,
                               row->name.at);
    return r;
}

static int interface_states(struct page *page, const char *root, struct row *rows, size_t count)
{
    static const struct column columns[] = {
        {"node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", PAGE_GAUGE, SYSFS_UP,
         0, 1},
        {"node_network_carrier", "Network device property: carrier", PAGE_GAUGE, SYSFS_CARRIER, 0,
         1},
        {"node_network_mtu_bytes", "Network device property: mtu_bytes", PAGE_GAUGE, SYSFS_MTU, 0,
         1},
        {"node_network_speed_bytes", "Network device property: speed_bytes", PAGE_GAUGE,
         SYSFS_SPEED, 0, 1},
    };

    for (size_t i = 0; i < count; i++) {
        int r = interface_properties(root, &rows[i]);

        if (r)
            return r;
        rows[i].numbers[SYSFS_SPEED] = known_product(rows[i].numbers[SYSFS_SPEED], 1000000 / 8);
    }
    rows_page(page, rows, count, columns, ELEMENTS_OF(columns));
    return 0;
}

int metrics_network(struct page *page, const char *root, struct buffer *content)
{
#define NETWORK(name, number, what)                                                            \
    {                                                                                          \
        "node_network_" name, "Network device statistic " what ".", PAGE_COUNTER, number, 0, 1 \
    }
    static const struct column columns[] = {
        NETWORK("receive_bytes", 0, "receive_bytes"),
        NETWORK("receive_packets", 1, "receive_packets"),
        NETWORK("receive_errs", 2, "receive_errs"),
        NETWORK("receive_drop", 3, "receive_drop"),
        NETWORK("receive_fifo", 4, "receive_fifo"),
        NETWORK("receive_frame", 5, "receive_frame"),
        NETWORK("receive_compressed", 6, "receive_compressed"),
        NETWORK("receive_multicast", 7, "receive_multicast"),
        NETWORK("transmit_bytes", 8, "transmit_bytes"),
        NETWORK("transmit_packets", 9, "transmit_packets"),
        NETWORK("transmit_errs", 10, "transmit_errs"),
        NETWORK("transmit_drop", 11, "transmit_drop"),
        NETWORK("transmit_fifo", 12, "transmit_fifo"),
        NETWORK("transmit_colls", 13, "transmit_colls"),
        NETWORK("transmit_carrier", 14, "transmit_carrier"),
        NETWORK("transmit_compressed", 15, "transmit_compressed"),
    };
#undef NETWORK
    _cleanup_free_ struct row *rows = NULL;
    size_t count = 0;
    size_t room = 0;
    struct span text;
    struct span line;
    int r = source_read(content, &text, root, "/proc/net/dev");

    while (!r && count < ROWS_MAX && scan_line(&text, &line)) {
        struct span name;

        if (!span_cut(line, ':', &name, &line) || span_equal(span_strip(name), "lo"))
            continue;
        r = array_grow(&rows, &room, count, sizeof(*rows));
        if (r)
            return r;
        rows[count].name = span_strip(name);
        for (size_t i = 0; i < ROW_NUMBERS; i++)
            rows[count].numbers[i] = scan_number(&line);
        count++;
    }
    if (r)
        return r;
    rows_page(page, rows, count, columns, ELEMENTS_OF(columns));
    return interface_states(page, root, rows, count);
}

/* ---- file systems ---- */

struct file_system {
    struct mount mount;
    struct buffer target;
    struct buffer source;
    struct statvfs stat;
};

enum { FILE_SYSTEMS_MAX = 256 };

static uint64_t size_of(const struct file_system *system)
{
    return known_product(system->stat.f_blocks, system->stat.f_frsize);
}

static uint64_t free_of(const struct file_system *system)
{
    return known_product(system->stat.f_bfree, system->stat.f_frsize);
}

static uint64_t available_of(const struct file_system *system)
{
    return known_product(system->stat.f_bavail, system->stat.f_frsize);
}

static uint64_t files_of(const struct file_system *system)
{
    return system->stat.f_files;
}

static uint64_t files_free_of(const struct file_system *system)
{
    return system->stat.f_ffree;
}

static uint64_t read_only_of(const struct file_system *system)
{
    return (system->stat.f_flag & ST_RDONLY) != 0;
}

static void file_system_families(struct page *page, const struct file_system *systems, size_t count)
{
    static const struct {
        const char *name, *help;
        uint64_t (*value)(const struct file_system *system);
    } families[] = {
        {"node_filesystem_size_bytes", "Filesystem size in bytes.", size_of},
        {"node_filesystem_free_bytes", "Filesystem free space in bytes.", free_of},
        {"node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes.",
         available_of},
        {"node_filesystem_files", "Filesystem total file nodes.", files_of},
        {"node_filesystem_files_free", "Filesystem total free file nodes.", files_free_of},
        {"node_filesystem_readonly", "Filesystem read-only status.", read_only_of},
    };

    for (size_t f = 0; f < ELEMENTS_OF(families) && count > 0; f++) {
        page_family(page, families[f].name, PAGE_GAUGE, families[f].help);
        for (size_t i = 0; i < count; i++) {
            const struct file_system *system = &systems[i];

            page_sample(page);
            page_label(page, "device",
                       (struct span){(const char *)buffer_bytes(&system->source),
                                     buffer_length(&system->source)});
            page_label(page, "fstype", system->mount.type);
            page_label(page, "mountpoint",
                       (struct span){(const char *)buffer_bytes(&system->target),
                                     buffer_length(&system->target)});
            page_number(page, families[f].value(system), 0);
        }
    }
}

/* Returns 0, 1 if it has no numbers, or -ENOMEM. */
static int file_system_look(const char *root, struct file_system *system)
{
    _cleanup_buffer_ struct buffer path = BUFFER_INIT;
    int r;

    if (mount_type_is_remote(system->mount.type)) /* could hang for ever */
        return 1;
    r = mount_unescape(system->mount.source, &system->source);
    if (!r)
        r = mount_unescape(system->mount.target, &system->target);
    if (!r)
        r = buffer_append_text(&path, root);
    if (!r)
        r = buffer_append(&path, buffer_bytes(&system->target), buffer_length(&system->target));
    if (!r && !buffer_text(&path))
        r = -ENOMEM;
    if (r)
        return r;
    return statvfs(buffer_text(&path), &system->stat) < 0;
}

int metrics_file_systems(struct page *page, const char *root, struct buffer *content)
{
    _cleanup_free_ struct mount *mounts = calloc(FILE_SYSTEMS_MAX, sizeof(*mounts));
    _cleanup_free_ struct file_system *systems = calloc(FILE_SYSTEMS_MAX, sizeof(*systems));
    size_t count = 0;
    size_t good = 0;
    struct span text;
    int r = mounts && systems ? source_read(content, &text, root, "/proc/self/mountinfo") : -ENOMEM;

    if (!r)
        count = mounts_parse(text, mounts, FILE_SYSTEMS_MAX);
    for (size_t i = 0; i < count && r >= 0; i++) {
        systems[good].mount = mounts[i];
        r = file_system_look(root, &systems[good]);
        if (r == 0) {
            good++;
        } else {
            buffer_deinit(&systems[good].source);
            buffer_deinit(&systems[good].target);
        }
    }
    if (r >= 0)
        file_system_families(page, systems, good);
    for (size_t i = 0; i < good; i++) {
        buffer_deinit(&systems[i].source);
        buffer_deinit(&systems[i].target);
    }
    return r < 0 ? r : 0;
}

/* ---- sensors ---- */

/* The last part of where a link leads. */
static bool link_name(const char *root, const char *chip, const char *link, char *name_out,
                      size_t size)
{
    char path[PATH_MAX];
    char target[PATH_MAX];
    const char *slash;
    ssize_t length;

    snprintf(path, sizeof(path), "%s/sys/class/hwmon/%s/%s", root, chip, link);
    length = readlink(path, target, sizeof(target) - 1);
    if (length <= 0)
        return false;
    target[length] = '\0';
    slash = strrchr(target, '/');
    text_copy(name_out, size, slash ? slash + 1 : target);
    return true;
}

/* As node_exporter does it: the kind and the name of the device, in lower case, other characters
 * than letters and digits as underscores. */
static void chip_label(const char *root, const char *chip, char *label_out, size_t size)
{
    char device[64];
    char kind[64];

    if (!link_name(root, chip, "device", device, sizeof(device)))
        text_copy(label_out, size, chip);
    else if (link_name(root, chip, "device/subsystem", kind, sizeof(kind)))
        snprintf(label_out, size, "%s_%s", kind, device);
    else
        text_copy(label_out, size, device);
    for (char *at = label_out; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
        else if (!((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9')))
            *at = '_';
    }
}

static int chip_samples(struct page *page, const char *root, const char *chip, bool *begun)
{
    enum { INPUTS_MAX = 64 };
    char label[160];

    chip_label(root, chip, label, sizeof(label));
    for (unsigned i = 1; i <= INPUTS_MAX; i++) {
        _cleanup_buffer_ struct buffer content = BUFFER_INIT;
        struct span text;
        char sensor[16];
        int r = source_read(&content, &text, root, "/sys/class/hwmon/%s/temp%u_input", chip, i);

        if (r)
            return r;
        if (span_number(text) == SENSE_UNKNOWN) /* below zero, too: rare enough */
            continue;
        if (!*begun)
            page_family(page, "node_hwmon_temp_celsius", PAGE_GAUGE,
                        "Hardware monitor for temperature (input)");
        *begun = true;
        snprintf(sensor, sizeof(sensor), "temp%u", i);
        page_sample(page);
        page_label(page, "chip", span_of(label));
        page_label(page, "sensor", span_of(sensor));
        page_number(page, span_number(text), MILLISECOND_DECIMALS);
    }
    return 0;
}

static void cleanup_closedir(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

int metrics_sensors(struct page *page, const char *root, struct buffer *content)
{
    _cleanup_(cleanup_closedir) DIR *directory = NULL;
    const struct dirent *entry;
    char path[PATH_MAX];
    bool begun = false;
    int r = 0;

    (void)content;
    snprintf(path, sizeof(path), "%s/sys/class/hwmon", root);
    directory = opendir(path);
    while (directory && !r && (entry = readdir(directory)))
        if (text_starts(entry->d_name, "hwmon"))
            r = chip_samples(page, root, entry->d_name, &begun);
    return r;
}
