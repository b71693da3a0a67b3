/* HuneWavesButton: how an order goes over many machines: canaries first, then in waves, and how
 * many may fail. As `hune run --canary --wave --max-fail --keep-going`.
 *
 * Signal "changed". */
#pragma once

#include <adwaita.h>

#include "fleet/run/wave.h"

G_BEGIN_DECLS

#define HUNE_TYPE_WAVES_BUTTON (hune_waves_button_get_type())
G_DECLARE_FINAL_TYPE(HuneWavesButton, hune_waves_button, HUNE, WAVES_BUTTON, AdwBin)

GtkWidget *hune_waves_button_new(void);
/* For so many machines; the plan is told in words. */
void hune_waves_button_set_machines(HuneWavesButton *self, guint machines);
/* False if what was typed is no plan. */
gboolean hune_waves_button_get(HuneWavesButton *self, struct wave_settings *waves_out);

/* The plan for so many machines in words; free it. */
char *hune_waves_text(const struct wave_settings *waves, guint machines);

G_END_DECLS
