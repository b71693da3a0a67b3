/* Who this machine is: its name, its operating system, since when it is up. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "sense/scan.h"

/* {"name","fqdn"}; {"name","version","id","pretty","kernel","release","arch","virtual"};
 * {"seconds","booted"}. Each returns 0 or -ENOMEM. */
int identity_collect_name(const char *root, json_t **json_out);
int identity_collect_os(const char *root, json_t **json_out);
int identity_collect_uptime(const char *root, json_t **json_out);

/* The parts of host name and qualified name; parts that are not known are empty. `kernel` is the
 * name that is set, `configured` is the text of /etc/hostname. No name service is asked. */
struct host_name {
    struct span name; /* up to the first dot */
    struct span qualified;
};
void host_name_parse(struct span kernel, struct span configured, struct host_name *name_out);

/* Appends the value of `key` in a file of os-release(5), unquoted; nothing if there is none.
 * Returns 0 or -ENOMEM. */
int os_release_value(struct span text, const char *key, struct buffer *value_out);

/* What tells whether the machine is real. */
struct virtual_hints {
    bool other_pid_namespace; /* not in the kernel's first one: a container */
    bool cpuid_known;         /* the processor was asked for a hypervisor: */
    char signature[13];       /* its 12 letters; empty for none */
    struct span vendor;       /* of the DMI system table, or empty */
    struct span product;
};
/* "none", "container", "kvm", "vmware" and so on, "unknown" for a hypervisor without a known name;
 * NULL if nothing tells. */
const char *virtual_name(const struct virtual_hints *hints);

/* The boot time in seconds since the epoch from /proc/stat, or SENSE_UNKNOWN. */
uint64_t boot_time_parse(struct span stat);
