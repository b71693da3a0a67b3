/* A folder of this computer, read in a thread of its own: a disk may be slow or away. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

struct folder_here {
    char *asked;
    char *path;       /* it led to this one */
    GPtrArray *files; /* HuneFile, at most LIMIT_LISTING_ENTRIES */
    gboolean is_more;
};

/* `path` may begin with "~"; what does not begin with "/" is in the home folder. */
void hune_folder_here_read(GObject *source, const char *path, GAsyncReadyCallback done,
                           gpointer data);
/* Borrowed from the result; NULL: the error's message is fit to be shown. */
const struct folder_here *hune_folder_here_finish(GAsyncResult *result, GError **error);

G_END_DECLS
