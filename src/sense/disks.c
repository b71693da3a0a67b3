/* See disks.h. */
#include "sense/disks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "sense/object.h"
#include "sense/source.h"

/* More than a person reads; a machine with more of them is a host of containers. */
enum { MOUNTS_MAX = 1024 };

/* What holds no files of its own. `below` limits the rule to a part of the tree. */
static const struct {
    const char *type;
    const char *below;
} hidden_types[] = {
    {"autofs", NULL},
    {"binfmt_misc", NULL},
    {"bpf", NULL},
    {"cgroup", NULL},
    {"cgroup2", NULL},
    {"configfs", NULL},
    {"debugfs", NULL},
    {"devpts", NULL},
    {"devtmpfs", NULL},
    {"efivarfs", NULL},
    {"fuse.gvfsd-fuse", NULL},
    {"fuse.lxcfs", NULL},
    {"fuse.portal", NULL},
    {"fusectl", NULL},
    {"hugetlbfs", NULL},
    {"mqueue", NULL},
    {"nsfs", NULL},
    {"proc", NULL},
    {"pstore", NULL},
    {"ramfs", NULL},
    {"rpc_pipefs", NULL},
    {"securityfs", NULL},
    {"selinuxfs", NULL},
    {"smackfs", NULL},
    {"squashfs", "/snap"},
    {"sysfs", NULL},
    {"tmpfs", "/dev"},
    {"tmpfs", "/proc"},
    {"tmpfs", "/run"},
    {"tmpfs", "/sys"},
    {"tracefs", NULL},
};

bool mount_parse(struct span line, struct mount *mount_out)
{
    struct span skipped;
    struct span field;

    /* id, parent, device, subtree, target, options, any number of tags, "-", type, source */
    if (!scan_field(&line, &skipped) || !scan_field(&line, &skipped) ||
        !scan_field(&line, &mount_out->device) || !scan_field(&line, &mount_out->subtree) ||
        !scan_field(&line, &mount_out->target) || !scan_field(&line, &skipped))
        return false;
    do {
        if (!scan_field(&line, &field))
            return false;
    } while (!span_equal(field, "-"));
    return scan_field(&line, &mount_out->type) && scan_field(&line, &mount_out->source);
}

static bool path_is_below(struct span path, const char *directory)
{
    size_t length = strlen(directory);

    return span_starts(path, directory) && (path.length == length || path.at[length] == '/');
}

static bool mount_is_hidden(const struct mount *mount)
{
    for (size_t i = 0; i < ELEMENTS_OF(hidden_types); i++)
        if (span_equal(mount->type, hidden_types[i].type) &&
            (!hidden_types[i].below || path_is_below(mount->target, hidden_types[i].below)))
            return true;
    /* Layers over other filesystems that are shown already, but for a container's own root. */
    return span_equal(mount->type, "overlay") && !span_equal(mount->target, "/");
}

static bool mount_is_better(const struct mount *mount, const struct mount *than)
{
    bool whole = span_equal(mount->subtree, "/");

    if (whole != span_equal(than->subtree, "/"))
        return whole;
    return mount->target.length < than->target.length;
}

size_t mounts_parse(struct span text, struct mount *mounts_out, size_t max)
{
    struct span line;
    size_t count = 0;

    while (scan_line(&text, &line)) {
        struct mount mount;
        size_t same = 0;

        if (!mount_parse(line, &mount))
            continue;
        /* A later mount at the same place covers the earlier one. */
        for (size_t i = 0; i < count; i++) {
            if (span_same(mounts_out[i].target, mount.target)) {
                memmove(&mounts_out[i], &mounts_out[i + 1], (count - i - 1) * sizeof(*mounts_out));
                count--;
                break;
            }
        }
        if (mount_is_hidden(&mount))
            continue;
        while (same < count && !span_same(mounts_out[same].device, mount.device))
            same++;
        if (same < count && mount_is_better(&mount, &mounts_out[same]))
            mounts_out[same] = mount;
        else if (same == count && count < max)
            mounts_out[count++] = mount;
    }
    return count;
}

static bool is_octal(char character)
{
    return character >= '0' && character <= '7';
}

int mount_unescape(struct span escaped, struct buffer *out)
{
    for (size_t i = 0; i < escaped.length; i++) {
        const char *at = escaped.at + i;
        char character = *at;
        int r;

        if (character == '\\' && escaped.length - i >= 4 && at[1] <= '3' && is_octal(at[1]) &&
            is_octal(at[2]) && is_octal(at[3])) {
            character = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
            i += 3;
        }
        r = buffer_append(out, &character, 1);
        if (r)
            return r;
    }
    return 0;
}

bool mount_type_is_remote(struct span type)
{
    static const char *const types[] = {"9p",   "afs",   "ceph",   "cifs",  "fuse",
                                        "gfs2", "coda",  "lustre", "ncpfs", "nfs",
                                        "nfs4", "ocfs2", "smb3",   "smbfs"};

    for (size_t i = 0; i < ELEMENTS_OF(types); i++)
        if (span_equal(type, types[i]))
            return true;
    return span_starts(type, "fuse.");
}

uint64_t disk_full(uint64_t used, uint64_t available)
{
    uint64_t reachable = known_sum(used, available);
    uint64_t hundredfold = known_product(used, 100);

    if (reachable == SENSE_UNKNOWN || reachable == 0)
        return SENSE_UNKNOWN;
    if (hundredfold == SENSE_UNKNOWN) /* so large that the last bytes make no difference */
        return (uint64_t)ceil(100 * (double)used / (double)reachable);
    return hundredfold / reachable + (hundredfold % reachable != 0);
}

static void sizes_to_object(const char *path, struct object *object)
{
    struct statvfs stat;
    uint64_t unit, used, available;

    /* What may not be entered, or is gone by now, simply has no numbers. */
    if (statvfs(path, &stat) < 0)
        return;
    unit = stat.f_frsize;
    object_number(object, "size", known_product(stat.f_blocks, unit));
    used = known_product(known_difference(stat.f_blocks, stat.f_bfree), unit);
    available = known_product(stat.f_bavail, unit);
    object_number(object, "used", used);
    object_number(object, "available", available);
    object_number(object, "full", disk_full(used, available));
    if (stat.f_files > 0) { /* some kinds have no fixed number of inodes */
        object_number(object, "inodes", stat.f_files);
        object_number(object, "inodes_free", stat.f_ffree);
    }
}

static int mount_append(json_t *array, const char *root, const struct mount *mount)
{
    _cleanup_object_ struct object object = object_begin();
    _cleanup_buffer_ struct buffer source = BUFFER_INIT;
    _cleanup_buffer_ struct buffer path = BUFFER_INIT;
    size_t skipped = strlen(root);
    const char *text;
    int r;

    r = mount_unescape(mount->source, &source);
    if (!r)
        r = buffer_append_text(&path, root);
    if (!r)
        r = mount_unescape(mount->target, &path);
    if (r)
        return r;
    text = buffer_text(&path);
    if (!text)
        return -ENOMEM;
    object_bytes(&object, "source", buffer_bytes(&source), buffer_length(&source));
    object_bytes(&object, "target", text + skipped, buffer_length(&path) - skipped);
    object_bytes(&object, "type", mount->type.at, mount->type.length);
    if (!mount_type_is_remote(mount->type))
        sizes_to_object(text, &object);
    return array_append_object(array, &object);
}

int disks_collect(const char *root, json_t **json_out)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    _cleanup_object_ struct object object = object_begin();
    _cleanup_free_ struct mount *mounts = calloc(MOUNTS_MAX, sizeof(*mounts));
    _cleanup_json_ json_t *array = json_array();
    struct span text;
    size_t count;
    int r;

    if (!mounts)
        return -ENOMEM;
    r = source_read(&content, &text, root, "/proc/self/mountinfo");
    if (r)
        return r;
    count = mounts_parse(text, mounts, MOUNTS_MAX);
    for (size_t i = 0; i < count; i++) {
        r = mount_append(array, root, &mounts[i]);
        if (r)
            return r;
    }
    object_value(&object, "mounts", steal_pointer(array));
    return object_end(&object, json_out);
}
