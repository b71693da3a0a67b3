/* The answers of an order as a file: text, CSV or JSON Lines. */
#pragma once

#include "desktop/model/order-model.h"
#include "desktop/window/window.h"

G_BEGIN_DECLS

/* `format` is "text", "csv" or "json". Asks where to, then writes. */
void hune_save_results(HuneWindow *window, HuneOrder *order, const char *format);
/* The bytes themselves; free them. */
GBytes *hune_results_bytes(HuneOrder *order, const char *format);

G_END_DECLS
