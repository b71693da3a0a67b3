/* HuneAnswerList: the machines of one order, each with how far it is as an icon and in words, for
 * the eye and for a screen reader. It shows what the order knows and changes nothing in it. */
#pragma once

#include <adwaita.h>

#include "desktop/model/order-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_ANSWER_LIST (hune_answer_list_get_type())
G_DECLARE_FINAL_TYPE(HuneAnswerList, hune_answer_list, HUNE, ANSWER_LIST, AdwBin)

GtkWidget *hune_answer_list_new(void);
/* Once. */
void hune_answer_list_set_order(HuneAnswerList *self, HuneOrder *order);
/* States are others than before. */
void hune_answer_list_update(HuneAnswerList *self);
/* Which one is chosen, by its position in the order; at first none. Borrowed. */
GtkSingleSelection *hune_answer_list_chosen(HuneAnswerList *self);

G_END_DECLS
