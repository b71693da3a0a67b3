/* HuneFile: one file of a folder, here or on a machine, as the Files tab shows it. It is made by
 * whoever read the folder, in any thread, and never changes. */
#pragma once

#include <glib-object.h>

#include "base/folder.h"
#include "proto/listing.h"

G_BEGIN_DECLS

#define HUNE_TYPE_FILE (hune_file_get_type())
G_DECLARE_FINAL_TYPE(HuneFile, hune_file, HUNE, FILE, GObject)

struct _HuneFile {
    GObject parent_instance;

    char *name;   /* the bytes of it */
    char *shown;  /* printable */
    char *key;    /* for the order by name: strcmp() */
    char *target; /* of a link, printable; NULL else */
    guint32 mode;
    guint64 size;
    gint64 modified_s;
    gboolean is_known; /* mode, size and time are */
    gboolean is_folder;
    gboolean is_hidden;
};

HuneFile *hune_file_new(const struct folder_entry *entry);
HuneFile *hune_file_new_listed(const struct listing_entry *entry);

/* "folder", "12.3 MiB", "link"; free it. */
char *hune_file_size_text(const HuneFile *self);
char *hune_file_time_text(const HuneFile *self);
/* "rwxr-x---"; free it. */
char *hune_file_mode_text(const HuneFile *self);
const char *hune_file_icon(const HuneFile *self);

/* "/srv" and "x" are "/srv/x"; free it. */
char *hune_path_join(const char *folder, const char *name);
/* The folder that it is in; free it. */
char *hune_path_parent(const char *path);

G_END_DECLS
