/* The preferences, and who you are to the machines. */
#pragma once

#include "desktop/window/window.h"

G_BEGIN_DECLS

void hune_preferences_show(HuneWindow *window);
/* Takes the colour scheme from the settings. */
void hune_preferences_apply(void);
/* Tells the worker how much of the disk answers may take. */
void hune_preferences_apply_to(HuneFleet *fleet);

G_END_DECLS
