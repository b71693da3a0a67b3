/* See identity.h. */
#include "sense/identity.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#    include <cpuid.h>
#endif

#include "base/text.h"
#include "sense/object.h"
#include "sense/source.h"

void host_name_parse(struct span kernel, struct span configured, struct host_name *name_out)
{
    struct span domain;
    struct span first;
    struct span line = {"", 0};

    *name_out = (struct host_name){.name = {"", 0}, .qualified = {"", 0}};
    if (span_cut(kernel, '.', &name_out->name, &domain)) {
        name_out->qualified = kernel;
        return;
    }
    /* Some systems set the short name and keep the long one in the file. */
    while (scan_line(&configured, &line)) {
        line = span_strip(line);
        if (!span_is_empty(line) && line.at[0] != '#')
            break;
        line.length = 0;
    }
    if (span_cut(line, '.', &first, &domain) && first.length == kernel.length &&
        memcmp(first.at, kernel.at, first.length) == 0)
        name_out->qualified = line;
}

int identity_collect_name(const char *root, json_t **json_out)
{
    _cleanup_buffer_ struct buffer kernel_file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer configured_file = BUFFER_INIT;
    _cleanup_object_ struct object object = object_begin();
    struct host_name name;
    struct span kernel;
    struct span configured;
    int r;

    r = source_read(&kernel_file, &kernel, root, "/proc/sys/kernel/hostname");
    if (!r)
        r = source_read(&configured_file, &configured, root, "/etc/hostname");
    if (r)
        return r;
    host_name_parse(kernel, configured, &name);
    object_bytes(&object, "name", name.name.at, name.name.length);
    object_bytes(&object, "fqdn", name.qualified.at, name.qualified.length);
    return object_end(&object, json_out);
}

/* A value as the shell would read it: quotes of either kind, a backslash before any character. */
static int value_unquote(struct span value, struct buffer *value_out)
{
    char quote = '\0';

    for (size_t i = 0; i < value.length; i++) {
        char character = value.at[i];
        int r;

        if (quote == '\0' && (character == '"' || character == '\'')) {
            quote = character;
            continue;
        }
        if (quote != '\0' && character == quote) {
            quote = '\0';
            continue;
        }
        if (character == '\\' && quote != '\'' && i + 1 < value.length)
            character = value.at[++i];
        r = buffer_append(value_out, &character, 1);
        if (r)
            return r;
    }
    return 0;
}

int os_release_value(struct span text, const char *key, struct buffer *value_out)
{
    struct span line;

    while (scan_line(&text, &line)) {
        struct span name;
        struct span value;

        if (span_cut(span_strip(line), '=', &name, &value) && span_equal(name, key))
            return value_unquote(value, value_out);
    }
    return 0;
}

static int os_release_to_object(struct span text, struct object *object)
{
    static const struct {
        const char *key;
        const char *variable;
    } keys[] = {
        {"name", "NAME"}, {"version", "VERSION_ID"}, {"id", "ID"}, {"pretty", "PRETTY_NAME"}};

    for (size_t i = 0; i < ELEMENTS_OF(keys); i++) {
        _cleanup_buffer_ struct buffer value = BUFFER_INIT;
        int r = os_release_value(text, keys[i].variable, &value);

        if (r)
            return r;
        object_bytes(object, keys[i].key, buffer_bytes(&value), buffer_length(&value));
    }
    return 0;
}

static const char *signature_name(const char *signature)
{
    static const struct {
        const char *signature;
        const char *name;
    } names[] = {{"KVMKVMKVM", "kvm"},          {"Linux KVM Hv", "kvm"},
                 {"TCGTCGTCGTCG", "qemu"},      {"VMwareVMware", "vmware"},
                 {"Microsoft Hv", "microsoft"}, {"XenVMMXenVMM", "xen"},
                 {"VBoxVBoxVBox", "oracle"},    {"bhyve bhyve ", "bhyve"},
                 {"ACRNACRNACRN", "acrn"},      {" lrpepyh  vr", "parallels"}};

    for (size_t i = 0; i < ELEMENTS_OF(names); i++)
        if (text_equal(signature, names[i].signature))
            return names[i].name;
    return "unknown";
}

static const char *vendor_name(struct span vendor, struct span product)
{
    static const struct {
        const char *beginning;
        const char *name;
    } names[] = {{"QEMU", "qemu"},
                 {"KVM", "kvm"},
                 {"Amazon EC2", "amazon"},
                 {"Google Compute Engine", "google"},
                 {"VMware", "vmware"},
                 {"innotek GmbH", "oracle"},
                 {"Xen", "xen"},
                 {"Virtual Machine", "microsoft"},
                 {"Parallels", "parallels"},
                 {"OpenStack", "kvm"},
                 {"BHYVE", "bhyve"},
                 {"Apple Virtualization", "apple"}};

    for (size_t i = 0; i < ELEMENTS_OF(names); i++)
        if (span_starts(product, names[i].beginning) || span_starts(vendor, names[i].beginning))
            return names[i].name;
    return NULL;
}

const char *virtual_name(const struct virtual_hints *hints)
{
    if (hints->other_pid_namespace)
        return "container";
    if (hints->cpuid_known)
        return hints->signature[0] ? signature_name(hints->signature) : "none";
    return vendor_name(hints->vendor, hints->product);
}

/* The link /proc/self/ns/pid names the namespace; the kernel's first one has a fixed number. */
static bool pid_namespace_is_other(const char *root)
{
    char path[PATH_MAX];
    char target[64];
    ssize_t length;

    snprintf(path, sizeof(path), "%s/proc/self/ns/pid", root);
    length = readlink(path, target, sizeof(target));
    if (length <= 0 || (size_t)length >= sizeof(target))
        return false;
    return !span_equal((struct span){target, (size_t)length}, "pid:[4026531836]");
}

/* The processor itself says whether it is virtual (leaf 1, ecx bit 31) and whose it is. */
static void hypervisor_ask(struct virtual_hints *hints)
{
#if defined(__x86_64__) || defined(__i386__)
    unsigned int a, b, c, d;

    if (!__get_cpuid(1, &a, &b, &c, &d))
        return;
    hints->cpuid_known = true;
    if (!(c & 1u << 31))
        return;
    __cpuid(0x40000000, a, b, c, d);
    memcpy(hints->signature, &b, 4);
    memcpy(hints->signature + 4, &c, 4);
    memcpy(hints->signature + 8, &d, 4);
    if (!hints->signature[0])
        memcpy(hints->signature, "?", 2);
#else
    (void)hints;
#endif
}

int identity_collect_os(const char *root, json_t **json_out)
{
    _cleanup_buffer_ struct buffer release_file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer vendor_file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer product_file = BUFFER_INIT;
    _cleanup_object_ struct object object = object_begin();
    struct virtual_hints hints = {.other_pid_namespace = pid_namespace_is_other(root)};
    struct utsname system;
    struct span release;
    int r;

    r = source_read(&release_file, &release, root, "/etc/os-release");
    if (!r && span_is_empty(release))
        r = source_read(&release_file, &release, root, "/usr/lib/os-release");
    if (!r)
        r = source_read(&vendor_file, &hints.vendor, root, "/sys/class/dmi/id/sys_vendor");
    if (!r)
        r = source_read(&product_file, &hints.product, root, "/sys/class/dmi/id/product_name");
    if (!r)
        r = os_release_to_object(release, &object);
    if (r)
        return r;
    if (uname(&system) == 0) {
        object_text(&object, "kernel", system.sysname);
        object_text(&object, "release", system.release);
        object_text(&object, "arch", system.machine);
    }
    hypervisor_ask(&hints);
    object_text(&object, "virtual", virtual_name(&hints));
    return object_end(&object, json_out);
}

uint64_t boot_time_parse(struct span stat)
{
    struct span line;

    while (scan_line(&stat, &line)) {
        struct span word;

        if (scan_field(&line, &word) && span_equal(word, "btime"))
            return scan_number(&line);
    }
    return SENSE_UNKNOWN;
}

int identity_collect_uptime(const char *root, json_t **json_out)
{
    _cleanup_buffer_ struct buffer uptime_file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer stat_file = BUFFER_INIT;
    _cleanup_object_ struct object object = object_begin();
    struct span uptime;
    struct span stat;
    struct span seconds;
    struct span rest;
    int r;

    r = source_read(&uptime_file, &uptime, root, "/proc/uptime");
    if (!r)
        r = source_read(&stat_file, &stat, root, "/proc/stat");
    if (r)
        return r;
    span_cut(uptime, '.', &seconds, &rest);
    object_number(&object, "seconds", span_number(seconds));
    object_number(&object, "booted", known_product(boot_time_parse(stat), 1000));
    return object_end(&object, json_out);
}
