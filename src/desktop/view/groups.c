/* See groups.h. */
#include "desktop/view/groups.h"

#include <string.h>

#include "desktop/view/ellipsis.h"
#include "fleet/home/i18n.h"

static const struct {
    const char *text;
    const char *icon;
} fixed[] = {
    [HUNE_GROUP_ALL] = {N_("All machines"), "view-list-symbolic"},
    [HUNE_GROUP_CONNECTED] = {N_("Connected"), "emblem-ok-symbolic"},
    [HUNE_GROUP_DOWN] = {N_("Down"), "network-offline-symbolic"},
    [HUNE_GROUP_ATTENTION] = {N_("Needs attention"), "dialog-warning-symbolic"},
    [HUNE_GROUP_TAG] = {NULL, "user-bookmarks-symbolic"},
};

void hune_group_clear(struct hune_group *group)
{
    g_clear_pointer(&group->tag, g_free);
    group->kind = HUNE_GROUP_ALL;
}

void hune_group_copy(struct hune_group *to, const struct hune_group *from)
{
    g_autofree char *tag = g_strdup(from->tag);

    to->kind = from->kind;
    g_free(to->tag);
    to->tag = g_steal_pointer(&tag);
}

gboolean hune_group_has(const struct hune_group *group, HuneMachine *machine)
{
    switch (group->kind) {
    case HUNE_GROUP_CONNECTED: return machine->state == MACHINE_CONNECTED;
    case HUNE_GROUP_DOWN: return hune_machine_is_down(machine);
    case HUNE_GROUP_ATTENTION: return hune_machine_needs_attention(machine);
    case HUNE_GROUP_TAG: return hune_machine_has_tag(machine, group->tag);
    default: return TRUE;
    }
}

gboolean hune_group_is_live(const struct hune_group *group)
{
    return group->kind != HUNE_GROUP_ALL && group->kind != HUNE_GROUP_TAG;
}

/* ---- rows ---- */

struct group_row {
    struct hune_group group;
    GtkLabel *count;
    guint shown;
};

static void group_row_free(gpointer data)
{
    struct group_row *row = data;

    hune_group_clear(&row->group);
    g_free(row);
}

static struct group_row *row_data(GtkListBoxRow *row)
{
    return g_object_get_data(G_OBJECT(row), "group");
}

const struct hune_group *hune_groups_of_row(GtkListBoxRow *row)
{
    return &row_data(row)->group;
}

static void show_count(GtkListBoxRow *row, guint count)
{
    struct group_row *data = row_data(row);
    g_autofree char *text = g_strdup_printf("%'u", count);
    g_autofree char *name = NULL;

    if (data->shown == count && *gtk_label_get_label(data->count))
        return;
    data->shown = count;
    gtk_label_set_label(data->count, text);
    name = g_strdup_printf(
        _("%s: %u"), data->group.tag ? data->group.tag : _(fixed[data->group.kind].text), count);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static GtkListBoxRow *row_new(enum hune_group_kind kind, const char *tag)
{
    GtkWidget *row = gtk_list_box_row_new();
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 9);
    GtkWidget *label = gtk_label_new(tag ? tag : _(fixed[kind].text));
    struct group_row *data = g_new0(struct group_row, 1);

    data->group.kind = kind;
    data->group.tag = g_strdup(tag);
    data->count = GTK_LABEL(gtk_label_new(""));
    gtk_widget_add_css_class(GTK_WIDGET(data->count), "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(data->count), "numeric");
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    if (tag) /* the others are as wide as they are */
        hune_label_ellipsize(GTK_LABEL(label));
    gtk_widget_set_hexpand(label, TRUE);
    gtk_box_append(GTK_BOX(box), gtk_image_new_from_icon_name(fixed[kind].icon));
    gtk_box_append(GTK_BOX(box), label);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(data->count));
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
    g_object_set_data_full(G_OBJECT(row), "group", data, group_row_free);
    return GTK_LIST_BOX_ROW(row);
}

/* ---- counting ---- */

static int compare_tags(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void count_tags(GHashTable *tags, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", ", ", -1);

    for (char **word = words; *word; word++) {
        gpointer count = g_hash_table_lookup(tags, *word);

        if (**word)
            g_hash_table_insert(tags, g_strdup(*word),
                                GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
    }
}

static void count_all(HuneFleet *fleet, guint counts[HUNE_GROUP_TAG], GHashTable *tags)
{
    GListModel *machines = hune_fleet_machines(fleet);
    guint count = g_list_model_get_n_items(machines);

    for (guint i = 0; i < count; i++) {
        g_autoptr(HuneMachine) machine = g_list_model_get_item(machines, i);

        for (guint kind = 0; kind < HUNE_GROUP_TAG; kind++)
            counts[kind] += hune_group_has(&(struct hune_group){.kind = (enum hune_group_kind)kind},
                                           machine);
        count_tags(tags, machine->tags);
    }
}

/* The row at `position` is made to be that group's: rows are sorted, so at most a few are added or
 * taken away. */
static GtkListBoxRow *row_for(GtkListBox *list, int position, enum hune_group_kind kind,
                              const char *tag)
{
    for (;;) {
        GtkListBoxRow *row = gtk_list_box_get_row_at_index(list, position);
        const struct hune_group *group = row ? &row_data(row)->group : NULL;

        if (group && group->kind == kind && g_strcmp0(group->tag, tag) == 0)
            return row;
        if (!group || kind < group->kind || !group->tag || g_strcmp0(tag, group->tag) < 0) {
            row = row_new(kind, tag);
            gtk_list_box_insert(list, GTK_WIDGET(row), position);
            return row;
        }
        if (row == gtk_list_box_get_selected_row(list))
            gtk_list_box_select_row(list, gtk_list_box_get_row_at_index(list, 0));
        gtk_list_box_remove(list, GTK_WIDGET(row)); /* a tag that nobody has any more */
    }
}

void hune_groups_update(GtkListBox *list, HuneFleet *fleet)
{
    guint counts[HUNE_GROUP_TAG] = {0};
    g_autoptr(GHashTable) tags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree const char **names = NULL;
    GtkListBoxRow *row;
    int position = 0;
    guint count;

    count_all(fleet, counts, tags);
    names = (const char **)g_hash_table_get_keys_as_array(tags, &count);
    qsort(names, count, sizeof(*names), compare_tags);
    for (guint kind = 0; kind < HUNE_GROUP_TAG; kind++)
        show_count(row_for(list, position++, (enum hune_group_kind)kind, NULL), counts[kind]);
    for (guint i = 0; i < count; i++)
        show_count(row_for(list, position++, HUNE_GROUP_TAG, names[i]),
                   GPOINTER_TO_UINT(g_hash_table_lookup(tags, names[i])));
    while ((row = gtk_list_box_get_row_at_index(list, position))) {
        if (row == gtk_list_box_get_selected_row(list))
            gtk_list_box_select_row(list, gtk_list_box_get_row_at_index(list, 0));
        gtk_list_box_remove(list, GTK_WIDGET(row));
    }
    if (!gtk_list_box_get_selected_row(list))
        gtk_list_box_select_row(list, gtk_list_box_get_row_at_index(list, 0));
}
