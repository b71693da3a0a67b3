/* HuneSparkline: the last minute of a measure in a cell. Only cells that can be seen are drawn. */
#pragma once

#include <gtk/gtk.h>

#include "desktop/model/machine.h"
#include "desktop/view/text-cell.h"

G_BEGIN_DECLS

#define HUNE_TYPE_SPARKLINE (hune_sparkline_get_type())
G_DECLARE_FINAL_TYPE(HuneSparkline, hune_sparkline, HUNE, SPARKLINE, GtkWidget)

enum hune_measure { HUNE_MEASURE_CPU, HUNE_MEASURE_MEMORY };

GtkWidget *hune_sparkline_new(enum hune_measure measure, struct hune_cell_width *width);
/* NULL: nothing to draw. */
void hune_sparkline_set_machine(HuneSparkline *self, HuneMachine *machine);

G_END_DECLS
