/* See settings.h. */
#include "desktop/model/settings.h"

#define SCHEMA "org.hune.Hune"

static GSettings *make_settings(void)
{
    GSettingsSchemaSource *source = g_settings_schema_source_get_default();
    g_autoptr(GSettingsSchema)
        schema = source ? g_settings_schema_source_lookup(source, SCHEMA, TRUE) : NULL;

    return schema ? g_settings_new_full(schema, NULL, NULL) : NULL;
}

GSettings *hune_settings(void)
{
    static GSettings *settings;
    static gsize is_made;

    if (g_once_init_enter(&is_made)) {
        settings = make_settings();
        g_once_init_leave(&is_made, 1);
    }
    return settings;
}

char **hune_settings_get_strv(const char *key)
{
    return hune_settings() ? g_settings_get_strv(hune_settings(), key) : g_new0(char *, 1);
}

void hune_settings_set_strv(const char *key, const char *const *values)
{
    if (hune_settings())
        g_settings_set_strv(hune_settings(), key, values);
}

char *hune_settings_get_string(const char *key)
{
    return hune_settings() ? g_settings_get_string(hune_settings(), key) : g_strdup("");
}

void hune_settings_set_string(const char *key, const char *value)
{
    if (hune_settings())
        g_settings_set_string(hune_settings(), key, value);
}

int hune_settings_get_int(const char *key, int otherwise)
{
    return hune_settings() ? g_settings_get_int(hune_settings(), key) : otherwise;
}

void hune_settings_set_int(const char *key, int value)
{
    if (hune_settings())
        g_settings_set_int(hune_settings(), key, value);
}

gboolean hune_settings_get_boolean(const char *key, gboolean otherwise)
{
    return hune_settings() ? g_settings_get_boolean(hune_settings(), key) : otherwise;
}

void hune_settings_set_boolean(const char *key, gboolean value)
{
    if (hune_settings())
        g_settings_set_boolean(hune_settings(), key, value);
}
