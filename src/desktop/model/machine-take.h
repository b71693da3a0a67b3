/* What the worker told of one machine, written into its HuneMachine. For HuneFleet alone: it knows
 * which machine is meant, and tells the others. */
#pragma once

#include "desktop/model/machine.h"
#include "desktop/worker/worker.h"

G_BEGIN_DECLS

/* True if it is another text now. */
gboolean hune_set_text(char **text, const char *now);

/* Its line of the list. True if something in it changed; nothing is emitted. */
gboolean hune_machine_take_row(HuneMachine *self, const struct roster_row *row, gboolean is_new);
/* Its connection; takes the texts out of the item. Emits "changed", as the next one. */
void hune_machine_take_news(HuneMachine *self, struct news_item *item);
void hune_machine_take_brief(HuneMachine *self, struct brief *brief);
/* Emits "sampled". */
void hune_machine_take_sample(HuneMachine *self, const struct sample_item *item);
/* How many alerts stand, and the name of the first. True if that is new; nothing is emitted. */
gboolean hune_machine_take_alerts(HuneMachine *self, guint count, const char *name);

G_END_DECLS
