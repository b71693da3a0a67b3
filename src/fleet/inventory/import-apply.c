/* What was read, beside the fleet: what each item would change there, and the change itself. */
#include <errno.h>
#include <string.h>

#include "fleet/home/i18n.h"
#include "fleet/inventory/import-private.h"

static bool has_all_tags(const struct machine *machine, const char *tags)
{
    for (; *tags; tags += tags[0] == ',') {
        size_t length = strcspn(tags, ",");

        if (!machine_has_tag(machine, tags, length))
            return false;
        tags += length;
    }
    return true;
}

static bool address_differs(const struct import_item *item, const struct machine *machine)
{
    return strcmp(item->host, machine->host) != 0 || (item->port && item->port != machine->port);
}

static bool user_differs(const struct import_item *item, const struct machine *machine)
{
    return item->user[0] && strcmp(item->user, machine->user) != 0;
}

/* The fleet may be another one by the time that somebody looks. */
static int note_changes(struct import *import, struct import_item *item,
                        const struct machine *machine)
{
    bool address = address_differs(item, machine);
    bool user = user_differs(item, machine);
    bool tags = !has_all_tags(machine, item->tags);
    bool id = item->has_id && !machine->has_id;

    item->outcome = address || user || tags || id ? IMPORT_CHANGED : IMPORT_UNCHANGED;
    item->was = (struct import_was){
        .host = address ? import_keep_text(import, machine->host) : NULL,
        .user = user ? import_keep_text(import, machine->user) : NULL,
        .tags = tags ? import_keep_text(import, machine->tags) : NULL,
        .port = machine->port,
        .lacked_id = id,
    };
    if ((address && !item->was.host) || (user && !item->was.user) || (tags && !item->was.tags))
        return -ENOMEM;
    return 0;
}

int import_tags_after(const struct import_item *item, struct buffer *out)
{
    const struct machine machine = {.tags = item->was.tags};
    int r = buffer_append_text(out, machine.tags);
    const char *separator = machine.tags[0] ? "," : "";

    for (const char *tag = item->tags; !r && *tag; tag += tag[0] == ',') {
        size_t length = strcspn(tag, ",");

        if (!machine_has_tag(&machine, tag, length)) {
            r = buffer_append_text(out, separator);
            if (!r)
                r = buffer_append(out, tag, length);
            separator = ",";
        }
        tag += length;
    }
    return r;
}

static int preview_item(struct import *import, struct import_item *item, const struct fleet *fleet)
{
    uint32_t index = fleet_find(fleet, item->name);
    const struct machine *machine;
    struct fault fault;

    item->why = NULL;
    item->hint = NULL;
    item->was = (struct import_was){0};
    item->outcome = IMPORT_ADDED;
    if (index == FLEET_NONE)
        return 0;
    machine = &fleet->machines[index];
    /* A pinned id is never replaced by a list: that would be the way around it. */
    if (item->has_id && machine->has_id && memcmp(item->id, machine->id, sizeof(item->id)) != 0) {
        fault_set(&fault, _("If it was reinstalled, remove it from the fleet list first."),
                  _("\"%s\" has another machine id in the fleet list."), item->name);
        return import_set_refused(import, item, &fault);
    }
    return note_changes(import, item, machine);
}

int import_preview(struct import *import, const struct fleet *fleet)
{
    int r = 0;

    memset(import->outcomes, 0, sizeof(import->outcomes));
    for (uint32_t i = 0; !r && i < import->count; i++) {
        struct import_item *item = &import->items[i];

        if (item->machine != FLEET_NONE)
            r = preview_item(import, item, fleet);
        import->outcomes[item->outcome]++;
    }
    return r;
}

static int apply_tags(struct fleet *fleet, uint32_t index, const char *tags)
{
    int r = 0;

    for (; !r && *tags; tags += tags[0] == ',') {
        size_t length = strcspn(tags, ",");
        char tag[MACHINE_NAME_MAX + 1];

        memcpy(tag, tags, length);
        tag[length] = '\0';
        r = fleet_tag(fleet, index, tag, NULL);
        tags += length;
    }
    return r;
}

static int apply_change(struct fleet *fleet, const struct import_item *item)
{
    uint32_t index = fleet_find(fleet, item->name);
    uint16_t port = item->port ? item->port : fleet->machines[index].port;
    int r = 0;

    if (address_differs(item, &fleet->machines[index]))
        r = fleet_set_address(fleet, index, item->host, port, NULL);
    if (!r && user_differs(item, &fleet->machines[index]))
        r = fleet_set_user(fleet, index, item->user, NULL);
    if (!r && item->has_id)
        r = fleet_set_id(fleet, index, item->id);
    return r ? r : apply_tags(fleet, index, item->tags);
}

static int apply_item(struct fleet *fleet, const struct import_item *item)
{
    struct machine_spec spec = {
        .name = item->name,
        .host = item->host,
        .port = item->port,
        .tags = item->tags,
        .user = item->user,
        .id = item->has_id ? item->id : NULL,
    };

    if (item->outcome == IMPORT_ADDED)
        return fleet_add(fleet, &spec, NULL, NULL);
    return item->outcome == IMPORT_CHANGED ? apply_change(fleet, item) : 0;
}

int import_apply(struct import *import, struct fleet *fleet)
{
    int r = import_preview(import, fleet);

    for (uint32_t i = 0; !r && i < import->count; i++)
        r = apply_item(fleet, &import->items[i]);
    /* Every text was judged when it was read, by the same rules. */
    return r > 0 ? -EINVAL : r;
}
