/* See vitals-path.h. */
#include "fleet/watch/vitals-path.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* What stands in a path as it is: nothing of it is decoded on the other side. */
static int append_fields(const char *fields, struct buffer *path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._,-";
    int r;

    if (!fields)
        fields = "all";
    if (!*fields || fields[strspn(fields, allowed)])
        return -EINVAL;
    r = buffer_append_text(path, "/v1/vitals?fields=");
    return r ? r : buffer_append_text(path, fields);
}

static int end(struct buffer *path, int r)
{
    return !r && !buffer_text(path) ? -ENOMEM : r;
}

int vitals_path(const struct vitals_ask *ask, uint32_t every_ms, struct buffer *path_out)
{
    int r = append_fields(ask->fields, path_out);

    if (!r && ask->processes > 0)
        r = buffer_printf(path_out, "&processes=%" PRIu32, ask->processes);
    if (!r && every_ms > 0)
        r = buffer_printf(path_out, "&every=%" PRIu32 "ms", every_ms);
    return end(path_out, r);
}

/* Above 0 a moment, else so long ago. */
static int append_time(struct buffer *path, const char *name, int64_t ms)
{
    return ms > 0 ? buffer_printf(path, "&%s=%" PRId64, name, ms)
                  : buffer_printf(path, "&%s=%" PRIu64 "ms", name, -(uint64_t)ms);
}

int vitals_history_path(const struct vitals_history_ask *ask, struct buffer *path_out)
{
    int r = append_fields(ask->fields, path_out);

    if (!r)
        r = append_time(path_out, "since", ask->since_ms);
    if (!r && ask->until_ms != 0)
        r = append_time(path_out, "until", ask->until_ms);
    if (!r && ask->step_ms > 0)
        r = buffer_printf(path_out, "&step=%" PRIu64 "ms", ask->step_ms);
    return end(path_out, r);
}
