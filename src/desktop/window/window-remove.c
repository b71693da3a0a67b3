/* Machines leave the list, and come back when a person says so: with their notes and whatever other
 * columns the list has. */
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"

struct removal {
    GPtrArray *names;
    GArray *specs; /* struct machine_spec, of what was removed; owns its texts and ids */
    char *header;  /* of the list when it was; its lines fit no other */
};

static void spec_clear(gpointer data)
{
    struct machine_spec *spec = data;

    g_free((char *)spec->name);
    g_free((char *)spec->host);
    g_free((char *)spec->tags);
    g_free((char *)spec->user);
    g_free((uint8_t *)spec->id);
    g_free((char *)spec->line);
}

static void removal_free(gpointer data)
{
    struct removal *removal = data;

    g_ptr_array_unref(removal->names);
    g_array_unref(removal->specs);
    g_free(removal->header);
    g_free(removal);
}

static struct removal *removal_new(void)
{
    struct removal *removal = g_new0(struct removal, 1);

    removal->names = g_ptr_array_new_with_free_func(g_free);
    removal->specs = g_array_new(FALSE, TRUE, sizeof(struct machine_spec));
    g_array_set_clear_func(removal->specs, spec_clear);
    return removal;
}

static char *header_of(const struct fleet *fleet)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (fleet_export_some(fleet, NULL, 0, &text) != 0)
        return NULL;
    return g_strndup((const char *)buffer_bytes(&text), buffer_length(&text));
}

/* With its notes, and whatever other columns there are. */
static char *line_of(const struct fleet *fleet, uint32_t index)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (fleet_line(fleet, index, &text) != 0)
        return NULL;
    return g_strndup((const char *)buffer_bytes(&text), buffer_length(&text));
}

static void keep_spec(struct removal *removal, const struct fleet *fleet, uint32_t index)
{
    const struct machine *machine = &fleet->machines[index];
    struct machine_spec spec = {
        .name = g_strdup(machine->name),
        .host = g_strdup(machine->host),
        .port = machine->port,
        .tags = g_strdup(machine->tags),
        .user = g_strdup(machine->user),
        .id = machine->has_id ? g_memdup2(machine->id, MACHINE_ID_SIZE) : NULL,
        .line = line_of(fleet, index),
    };

    g_array_append_val(removal->specs, spec);
}

/* In a thread of its own, maybe twice. */
static int remove_all(struct fleet *fleet, void *context, struct fault *fault)
{
    struct removal *removal = context;
    g_autoptr(GArray) indices = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    (void)fault;
    g_array_set_size(removal->specs, 0);
    g_free(removal->header);
    removal->header = header_of(fleet);
    for (guint i = 0; i < removal->names->len; i++) {
        uint32_t index = fleet_find(fleet, g_ptr_array_index(removal->names, i));

        if (index == FLEET_NONE)
            continue;
        keep_spec(removal, fleet, index);
        g_array_append_val(indices, index);
    }
    return fleet_remove(fleet, (const uint32_t *)(void *)indices->data, indices->len);
}

static int add_all(struct fleet *fleet, void *context, struct fault *fault)
{
    struct removal *removal = context;
    g_autofree char *header = header_of(fleet);
    gboolean fits = header && g_strcmp0(header, removal->header) == 0;

    for (guint i = 0; i < removal->specs->len; i++) {
        struct machine_spec spec = g_array_index(removal->specs, struct machine_spec, i);
        uint32_t index;
        int error;

        if (fleet_find(fleet, spec.name) != FLEET_NONE)
            continue;
        if (!fits)
            spec.line = NULL;
        error = fleet_add(fleet, &spec, &index, fault);
        if (error)
            return error;
    }
    return 0;
}

/* What "undo" brings back: the last removal, kept by the window. */
static void keep_removal(HuneWindow *self, struct removal *removal)
{
    g_object_set_data_full(G_OBJECT(self), "removal", removal, removal_free);
}

static void on_removed(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HuneWindow) self = data;
    g_autoptr(GError) error = NULL;
    struct removal *removal = g_task_get_task_data(G_TASK(result));
    struct removal *kept;
    g_autofree char *text = NULL;

    if (!hune_fleet_edit_finish(HUNE_FLEET(source), result, &error)) {
        if (hune_window_fleet(self))
            hune_window_fail(self, _("The machines could not be removed"), error->message);
        return;
    }
    if (!hune_window_fleet(self))
        return;
    text = g_strdup_printf(
        ngettext("%u machine was removed", "%u machines were removed", removal->specs->len),
        removal->specs->len);
    kept = removal_new();
    g_array_unref(kept->specs);
    kept->specs = g_array_ref(removal->specs);
    kept->header = g_steal_pointer(&removal->header);
    keep_removal(self, kept);
    hune_window_toast_action(self, text, _("Undo"), "win.undo-remove");
}

void hune_window_remove_machines(HuneWindow *self, GPtrArray *machines)
{
    struct removal *removal = removal_new();

    for (guint i = 0; i < machines->len; i++)
        g_ptr_array_add(removal->names,
                        g_strdup(((HuneMachine *)g_ptr_array_index(machines, i))->name));
    hune_fleet_edit(hune_window_fleet(self), remove_all, removal, removal_free, on_removed,
                    g_object_ref(self));
}

static void on_undone(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HuneWindow) self = data;
    g_autoptr(GError) error = NULL;
    gboolean ok = hune_fleet_edit_finish(HUNE_FLEET(source), result, &error);

    if (!hune_window_fleet(self))
        return;
    if (ok)
        hune_window_toast(self, _("The machines are back"));
    else
        hune_window_fail(self, _("The machines could not be brought back"), error->message);
}

void hune_window_undo_remove(HuneWindow *self)
{
    struct removal *removal = g_object_steal_data(G_OBJECT(self), "removal");

    if (removal)
        hune_fleet_edit(hune_window_fleet(self), add_all, removal, removal_free, on_undone,
                        g_object_ref(self));
}
