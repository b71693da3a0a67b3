/* See file.h. */
#include "desktop/worker/file.h"

#include <string.h>
#include <sys/stat.h>

#include "desktop/text/facts-text.h"
#include "fleet/home/i18n.h"

G_DEFINE_FINAL_TYPE(HuneFile, hune_file, G_TYPE_OBJECT)

static void hune_file_finalize(GObject *object)
{
    HuneFile *self = HUNE_FILE(object);

    g_free(self->name);
    g_free(self->shown);
    g_free(self->key);
    g_free(self->target);
    G_OBJECT_CLASS(hune_file_parent_class)->finalize(object);
}

static void hune_file_class_init(HuneFileClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hune_file_finalize;
}

static void hune_file_init(HuneFile *self)
{
    (void)self;
}

static HuneFile *file_new(char *name, const char *target)
{
    HuneFile *self = g_object_new(HUNE_TYPE_FILE, NULL);

    self->name = name;
    self->shown = hune_printable(name);
    self->key = g_utf8_collate_key_for_filename(self->shown, -1);
    self->target = target ? hune_printable(target) : NULL;
    self->is_hidden = name[0] == '.';
    return self;
}

HuneFile *hune_file_new(const struct folder_entry *entry)
{
    HuneFile *self = file_new(g_strdup(entry->name), entry->target);

    self->mode = entry->mode;
    self->size = entry->size;
    self->modified_s = entry->modified_s;
    self->is_known = entry->is_known;
    self->is_folder = entry->is_folder;
    return self;
}

HuneFile *hune_file_new_listed(const struct listing_entry *entry)
{
    g_autofree char *target = entry->target.size > 0
                                  ? g_strndup((const char *)entry->target.bytes, entry->target.size)
                                  : NULL;
    HuneFile *self = file_new(g_strndup((const char *)entry->name.bytes, entry->name.size), target);

    self->mode = entry->mode;
    self->size = entry->size;
    self->modified_s = entry->modified_s;
    self->is_known = !(entry->flags & LISTING_UNKNOWN);
    self->is_folder = entry->flags & LISTING_FOLDER ? TRUE : FALSE;
    return self;
}

char *hune_file_size_text(const HuneFile *self)
{
    if (self->is_folder)
        return g_strdup(_("folder"));
    if (S_ISLNK(self->mode))
        return g_strdup(_("link"));
    if (!self->is_known)
        return g_strdup("");
    if (!S_ISREG(self->mode))
        return g_strdup(_("special"));
    return hune_size_text((double)self->size);
}

char *hune_file_time_text(const HuneFile *self)
{
    g_autoptr(GDateTime) time = self->is_known ? g_date_time_new_from_unix_local(self->modified_s)
                                               : NULL;

    return time ? g_date_time_format(time, "%x %H:%M") : g_strdup("");
}

char *hune_file_mode_text(const HuneFile *self)
{
    static const char letters[] = "rwxrwxrwx";
    char text[sizeof(letters)];

    if (!self->is_known)
        return g_strdup("");
    for (int i = 0; i < 9; i++)
        text[i] = self->mode & (0400u >> i) ? letters[i] : '-';
    text[9] = '\0';
    return g_strdup(text);
}

const char *hune_file_icon(const HuneFile *self)
{
    if (self->is_folder)
        return "folder-symbolic";
    if (S_ISLNK(self->mode))
        return "emblem-symbolic-link-symbolic";
    return "text-x-generic-symbolic";
}

char *hune_path_join(const char *folder, const char *name)
{
    return g_strconcat(folder, g_str_has_suffix(folder, "/") ? "" : "/", name, NULL);
}

char *hune_path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');

    return !slash || slash == path ? g_strdup("/") : g_strndup(path, (gsize)(slash - path));
}
