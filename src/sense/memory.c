/* See memory.h. */
#include "sense/memory.h"

#include <stddef.h>

#include "base/cleanup.h"
#include "sense/object.h"
#include "sense/source.h"

void meminfo_parse(struct span text, struct meminfo *info_out)
{
    static const struct {
        const char *key;
        size_t offset;
    } keys[] = {
        {"MemTotal", offsetof(struct meminfo, total)},
        {"MemAvailable", offsetof(struct meminfo, available)},
        {"MemFree", offsetof(struct meminfo, free)},
        {"Buffers", offsetof(struct meminfo, buffers)},
        {"Cached", offsetof(struct meminfo, cached)},
        {"SReclaimable", offsetof(struct meminfo, reclaimable)},
        {"SwapTotal", offsetof(struct meminfo, swap_total)},
        {"SwapFree", offsetof(struct meminfo, swap_free)},
    };
    struct span line;

    for (size_t i = 0; i < ELEMENTS_OF(keys); i++)
        *(uint64_t *)(void *)((char *)info_out + keys[i].offset) = SENSE_UNKNOWN;
    while (scan_line(&text, &line)) {
        struct span key;
        struct span unit;
        uint64_t amount;

        if (!span_cut(line, ':', &key, &line))
            continue;
        amount = scan_number(&line);
        if (!scan_field(&line, &unit) || !span_equal(unit, "kB"))
            continue;
        for (size_t i = 0; i < ELEMENTS_OF(keys); i++)
            if (span_equal(key, keys[i].key))
                *(uint64_t *)(void *)((char *)info_out + keys[i].offset) = known_product(amount,
                                                                                         1024);
    }
}

/* The limit of the whole visible tree, as containers have one; the machine's own root has none.
 * Either kind of cgroup may be mounted, at one of three places. */
static int limit_read(const char *root, uint64_t *limit_out)
{
    static const char *const paths[] = {"memory.max", "unified/memory.max",
                                        "memory/memory.limit_in_bytes"};

    for (size_t i = 0; i < ELEMENTS_OF(paths); i++) {
        int r = source_read_number(limit_out, root, "/sys/fs/cgroup/%s", paths[i]);

        if (r || *limit_out != SENSE_UNKNOWN)
            return r;
    }
    return 0;
}

int memory_collect(const char *root, json_t **json_out)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    _cleanup_object_ struct object object = object_begin();
    struct meminfo info;
    struct span text;
    uint64_t limit;
    uint64_t cached;
    uint64_t used;
    int r;

    r = source_read(&content, &text, root, "/proc/meminfo");
    if (!r)
        r = limit_read(root, &limit);
    if (r)
        return r;
    meminfo_parse(text, &info);
    cached = info.reclaimable == SENSE_UNKNOWN ? info.cached
                                               : known_sum(info.cached, info.reclaimable);
    used = known_difference(info.total, info.available);
    if (used == SENSE_UNKNOWN) /* kernels before 3.14 do not tell what is available */
        used = known_difference(info.total, known_sum(info.free, known_sum(info.buffers, cached)));
    object_number(&object, "total", info.total);
    object_number(&object, "available", info.available);
    object_number(&object, "used", used);
    object_number(&object, "free", info.free);
    object_number(&object, "cached", cached);
    object_number(&object, "buffers", info.buffers);
    object_number(&object, "swap_total", info.swap_total);
    object_number(&object, "swap_free", info.swap_free);
    if (limit != SENSE_UNKNOWN && info.total != SENSE_UNKNOWN && limit < info.total)
        object_number(&object, "limit", limit);
    return object_end(&object, json_out);
}
