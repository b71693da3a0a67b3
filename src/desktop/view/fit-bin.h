/* HuneFitBin: holds a scrolled window, and asks for all the height that its content needs at the
 * width that it gets, as long as there is room. The scrolled window itself asks for what its
 * content needs at its widest, so that wrapped lines would be scrolled out of sight. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define HUNE_TYPE_FIT_BIN (hune_fit_bin_get_type())
G_DECLARE_FINAL_TYPE(HuneFitBin, hune_fit_bin, HUNE, FIT_BIN, AdwBin)

G_END_DECLS
