/* HuneSaveBar: saves the answers of an order into a file that a person chooses, and shows how far
 * it is; one file at a time. It can be seen only while it saves. */
#pragma once

#include <adwaita.h>

#include "desktop/model/order-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_SAVE_BAR (hune_save_bar_get_type())
G_DECLARE_FINAL_TYPE(HuneSaveBar, hune_save_bar, HUNE, SAVE_BAR, AdwBin)

GtkWidget *hune_save_bar_new(void);
/* `format` is "text", "csv" or "json". Asks where to, then saves. */
void hune_save_bar_ask(HuneSaveBar *self, HuneOrder *order, const char *format);

G_END_DECLS
