/* Equal answers in one card: same end, and the same to the last byte, which the fleet's harvest
 * found out while they came (order.h: order_groups). */
#pragma once

#include "desktop/model/order-model.h"

G_BEGIN_DECLS

struct hune_fold_group {
    GArray *positions; /* guint, ascending by arrival */
    gboolean is_ok;
    char *end;     /* "exited(0)" */
    char *problem; /* sentence and advice, or NULL */
};

struct hune_fold {
    GPtrArray *groups; /* struct hune_fold_group *, in order of their first answer */
    GHashTable *by_key;
    guint8 *folded; /* by position */
    guint ok, failed, unreachable, unasked, running, waiting;
    guint broken; /* of those that run: who is out of reach */
};

void hune_fold_init(struct hune_fold *fold, guint count);
void hune_fold_clear(struct hune_fold *fold);
/* Takes in answers that ended since the last time, and counts. True if a group changed. */
gboolean hune_fold_update(struct hune_fold *fold, HuneOrder *order);
/* "web[1-3],db1"; free it. */
char *hune_fold_group_names(const struct hune_fold_group *group, HuneOrder *order);
/* The group with most machines, or NULL. */
const struct hune_fold_group *hune_fold_majority(const struct hune_fold *fold);

G_END_DECLS
