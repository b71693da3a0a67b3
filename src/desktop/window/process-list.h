/* HuneProcessList: the busiest and the largest processes of a machine; one of them can be stopped.
 */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"
#include "desktop/worker/sight.h"

G_BEGIN_DECLS

#define HUNE_TYPE_PROCESS_LIST (hune_process_list_get_type())
G_DECLARE_FINAL_TYPE(HuneProcessList, hune_process_list, HUNE, PROCESS_LIST, AdwBin)

GtkWidget *hune_process_list_new(void);
void hune_process_list_set_machine(HuneProcessList *self, HuneFleet *fleet, HuneMachine *machine);
void hune_process_list_take(HuneProcessList *self, const struct sight_process *processes,
                            size_t count);

G_END_DECLS
