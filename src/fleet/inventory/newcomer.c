/* See newcomer.h. */
#include "fleet/inventory/newcomer.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static uint32_t find_by_id(const struct fleet *fleet, const uint8_t *id)
{
    for (uint32_t i = 0; id && i < fleet->count; i++) {
        if (fleet->machines[i].has_id && memcmp(fleet->machines[i].id, id, MACHINE_ID_SIZE) == 0)
            return i;
    }
    return FLEET_NONE;
}

/* "web1", or where that is taken "web1-2", "web1-3". The machine's own word is no order: what
 * cannot be a name becomes its address. */
static void choose_name(struct newcomer_entry *entry, const struct fleet *fleet)
{
    const struct newcomer *newcomer = entry->newcomer;
    const char *wish = newcomer->own_name;

    if (!wish || !machine_name_valid(wish))
        wish = newcomer->host;
    snprintf(entry->name, sizeof(entry->name), "%s", wish);
    for (unsigned number = 2; fleet_find(fleet, entry->name) != FLEET_NONE; number++)
        snprintf(entry->name, sizeof(entry->name), "%.240s-%u", wish, number);
}

static int update(struct fleet *fleet, uint32_t index, struct newcomer_entry *entry,
                  struct fault *fault)
{
    const struct newcomer *newcomer = entry->newcomer;
    int error = fleet_set_address(fleet, index, newcomer->host, newcomer->port, fault);

    if (!error && newcomer->name && !text_equal(newcomer->name, fleet->machines[index].name))
        error = fleet_rename(fleet, index, newcomer->name, fault);
    if (!error && newcomer->user)
        error = fleet_set_user(fleet, index, newcomer->user, fault);
    for (const char *at = newcomer->tags; !error && at && *at;) {
        char tag[256];
        size_t length = strcspn(at, ", ");

        snprintf(tag, sizeof(tag), "%.*s", (int)length, at);
        if (length > 0)
            error = fleet_tag(fleet, index, tag, fault);
        at += length + strspn(at + length, ", ");
    }
    snprintf(entry->name, sizeof(entry->name), "%s", fleet->machines[index].name);
    return error;
}

int newcomer_enter(struct fleet *fleet, void *context, struct fault *fault)
{
    struct newcomer_entry *entry = context;
    const struct newcomer *newcomer = entry->newcomer;
    uint32_t index = find_by_id(fleet, newcomer->id);
    struct machine_spec spec = {
        .host = newcomer->host,
        .port = newcomer->port,
        .tags = newcomer->tags,
        .user = newcomer->user,
        .id = newcomer->id,
    };

    if (index != FLEET_NONE)
        return update(fleet, index, entry, fault);
    if (newcomer->name)
        snprintf(entry->name, sizeof(entry->name), "%s", newcomer->name);
    else
        choose_name(entry, fleet);
    spec.name = entry->name;
    return fleet_add(fleet, &spec, &index, fault);
}
