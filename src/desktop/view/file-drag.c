/* See file-drag.h. */
#include "desktop/view/file-drag.h"

GdkContentProvider *hune_file_drag_content(HuneFilePane *pane)
{
    GdkContentProvider *providers[2];
    g_auto(GStrv) paths = NULL;
    GSList *files = NULL;

    providers[0] = gdk_content_provider_new_typed(HUNE_TYPE_FILE_PANE, pane);
    if (!hune_file_pane_is_here(pane))
        return providers[0];
    paths = hune_file_pane_chosen(pane);
    for (char **path = paths; *path; path++)
        files = g_slist_append(files, g_file_new_for_path(*path));
    providers[1] = gdk_content_provider_new_typed(GDK_TYPE_FILE_LIST, files);
    g_slist_free_full(files, g_object_unref);
    return gdk_content_provider_new_union(providers, G_N_ELEMENTS(providers));
}

char **hune_file_drop_paths(HuneFilePane *pane, const GValue *value)
{
    g_autoptr(GStrvBuilder) builder = NULL;

    if (G_VALUE_HOLDS(value, HUNE_TYPE_FILE_PANE)) {
        HuneFilePane *other = g_value_get_object(value);

        /* The same side: nothing is moved about within it. */
        if (!other || other == pane ||
            hune_file_pane_is_here(other) == hune_file_pane_is_here(pane))
            return NULL;
        return hune_file_pane_chosen(other);
    }
    if (!G_VALUE_HOLDS(value, GDK_TYPE_FILE_LIST))
        return NULL;
    builder = g_strv_builder_new();
    for (GSList *at = g_value_get_boxed(value); at; at = at->next) {
        g_autofree char *path = g_file_get_path(at->data);

        if (path)
            g_strv_builder_add(builder, path);
    }
    return g_strv_builder_end(builder);
}
