/* See folder-here.h. */
#include "desktop/view/folder-here.h"

#include <errno.h>
#include <stdlib.h>

#include "desktop/text/facts-text.h"
#include "desktop/worker/file.h"
#include "proto/limits.h"

static void folder_free(gpointer data)
{
    struct folder_here *folder = data;

    g_free(folder->asked);
    g_free(folder->path);
    g_clear_pointer(&folder->files, g_ptr_array_unref);
    g_free(folder);
}

static int add_file(const struct folder_entry *entry, void *user)
{
    struct folder_here *folder = user;

    if (folder->files->len == LIMIT_LISTING_ENTRIES) {
        folder->is_more = TRUE;
        return 1;
    }
    g_ptr_array_add(folder->files, hune_file_new(entry));
    return 0;
}

static void read_folder(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    struct folder_here *folder = data;
    char *found = realpath(folder->asked, NULL);
    int error = found ? 0 : -errno;

    (void)source;
    (void)cancellable;
    folder->files = g_ptr_array_new_with_free_func(g_object_unref);
    if (found) {
        folder->path = g_strdup(found);
        free(found);
        error = folder_read(folder->path, add_file, folder);
    }
    if (error < 0) {
        g_autofree char *shown = hune_printable(folder->asked);

        g_task_return_new_error(task, G_IO_ERROR, g_io_error_from_errno(-error), "%s: %s", shown,
                                g_strerror(-error));
    } else {
        g_task_return_boolean(task, TRUE);
    }
}

static char *expand_home(const char *path)
{
    if (path[0] == '~' && (path[1] == '\0' || path[1] == '/'))
        return g_strconcat(g_get_home_dir(), path + 1, NULL);
    if (path[0] != '/')
        return g_strconcat(g_get_home_dir(), "/", path, NULL);
    return g_strdup(path);
}

void hune_folder_here_read(GObject *source, const char *path, GAsyncReadyCallback done,
                           gpointer data)
{
    g_autoptr(GTask) task = g_task_new(source, NULL, done, data);
    struct folder_here *folder = g_new0(struct folder_here, 1);

    folder->asked = expand_home(path);
    g_task_set_task_data(task, folder, folder_free);
    g_task_run_in_thread(task, read_folder);
}

const struct folder_here *hune_folder_here_finish(GAsyncResult *result, GError **error)
{
    if (!g_task_propagate_boolean(G_TASK(result), error))
        return NULL;
    return g_task_get_task_data(G_TASK(result));
}
