/* What an import would change of one machine, for people: what stands there, and what would. */
#include <errno.h>

#include "base/cleanup.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"
#include "fleet/inventory/import.h"
#include "proto/sshkey.h"

static int begin_entry(struct buffer *out, size_t begun, const char *separator)
{
    return buffer_length(out) > begun ? buffer_append_text(out, separator) : 0;
}

static int append_address(const struct import_item *item, struct buffer *out)
{
    _cleanup_buffer_ struct buffer before = BUFFER_INIT;
    _cleanup_buffer_ struct buffer after = BUFFER_INIT;
    int r = address_append(&before, item->was.host, item->was.port);

    if (!r)
        r = address_append(&after, item->host, item->port ? item->port : item->was.port);
    if (r || !buffer_text(&before) || !buffer_text(&after))
        return -ENOMEM;
    return buffer_printf(out, _("address: %s → %s"), buffer_text(&before), buffer_text(&after));
}

/* Tags only come: what is there stays. */
static int append_tags(const struct import_item *item, struct buffer *out)
{
    _cleanup_buffer_ struct buffer after = BUFFER_INIT;
    int r = import_tags_after(item, &after);

    if (r || !buffer_text(&after))
        return -ENOMEM;
    return item->was.tags[0]
               ? buffer_printf(out, _("tags: %s → %s"), item->was.tags, buffer_text(&after))
               : buffer_printf(out, _("tags: none → %s"), buffer_text(&after));
}

int import_changes(const struct import_item *item, const char *separator, struct buffer *out)
{
    size_t begun = buffer_length(out);
    char id[FINGERPRINT_TEXT_SIZE];
    int r = 0;

    if (item->outcome != IMPORT_CHANGED)
        return 0;
    if (item->was.host)
        r = append_address(item, out);
    if (!r && item->was.user)
        r = begin_entry(out, begun, separator);
    if (!r && item->was.user)
        r = item->was.user[0] ? buffer_printf(out, _("user: %s → %s"), item->was.user, item->user)
                              : buffer_printf(out, _("user: none → %s"), item->user);
    if (!r && item->was.tags)
        r = begin_entry(out, begun, separator);
    if (!r && item->was.tags)
        r = append_tags(item, out);
    if (!r && item->was.lacked_id)
        r = begin_entry(out, begun, separator);
    if (!r && item->was.lacked_id) {
        fingerprint_format(item->id, id);
        r = buffer_printf(out, _("id: none → %s"), id);
    }
    return r;
}
