/* HuneApplication: one per user session; owns the fleet, which all its windows share. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define HUNE_TYPE_APPLICATION (hune_application_get_type())
G_DECLARE_FINAL_TYPE(HuneApplication, hune_application, HUNE, APPLICATION, AdwApplication)

HuneApplication *hune_application_new(void);

G_END_DECLS
