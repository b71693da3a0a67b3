/* What is remembered between sessions. Without the installed schema (a build that was not
 * installed) everything has its default and nothing is remembered: GSettings itself would abort. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Borrowed; NULL without the schema. */
GSettings *hune_settings(void);
/* Free with g_strfreev(); never NULL. */
char **hune_settings_get_strv(const char *key);
void hune_settings_set_strv(const char *key, const char *const *values);
/* Free with g_free(); never NULL. */
char *hune_settings_get_string(const char *key);
void hune_settings_set_string(const char *key, const char *value);
int hune_settings_get_int(const char *key, int otherwise);
void hune_settings_set_int(const char *key, int value);
gboolean hune_settings_get_boolean(const char *key, gboolean otherwise);
void hune_settings_set_boolean(const char *key, gboolean value);

G_END_DECLS
