/* See fold.h. */
#include "desktop/window/fold.h"

#include "desktop/window/window.h"

static void group_free(gpointer data)
{
    struct hune_fold_group *group = data;

    g_array_unref(group->positions);
    g_free(group->end);
    g_free(group->problem);
    g_free(group);
}

void hune_fold_init(struct hune_fold *fold, guint count)
{
    *fold = (struct hune_fold){0};
    fold->groups = g_ptr_array_new_with_free_func(group_free);
    fold->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    fold->folded = g_new0(guint8, count + 1);
}

void hune_fold_clear(struct hune_fold *fold)
{
    g_clear_pointer(&fold->groups, g_ptr_array_unref);
    g_clear_pointer(&fold->by_key, g_hash_table_unref);
    g_clear_pointer(&fold->folded, g_free);
}

static char *key_of(const struct hune_answer *answer)
{
    return g_strdup_printf("%u %u %u %u %u", answer->groups.out, answer->groups.err,
                           answer->groups.failure, answer->end.state, answer->end.detail);
}

static char *problem_of(const struct hune_answer *answer)
{
    if (!answer->sentence)
        return NULL;
    return answer->advice ? g_strdup_printf("%s\n%s", answer->sentence, answer->advice)
                          : g_strdup(answer->sentence);
}

static void add(struct hune_fold *fold, const struct hune_answer *answer, guint position)
{
    g_autofree char *key = key_of(answer);
    struct hune_fold_group *group = g_hash_table_lookup(fold->by_key, key);

    if (!group) {
        group = g_new0(struct hune_fold_group, 1);
        group->positions = g_array_new(FALSE, FALSE, sizeof(guint));
        group->is_ok = hune_answer_is_ok(answer);
        group->end = hune_answer_kind_text(answer);
        group->problem = problem_of(answer);
        g_ptr_array_add(fold->groups, group);
        g_hash_table_insert(fold->by_key, g_steal_pointer(&key), group);
    }
    g_array_append_val(group->positions, position);
}

static void count(struct hune_fold *fold, const struct hune_answer *answer)
{
    switch (hune_answer_kind(answer)) {
    case HUNE_ANSWER_IS_WAITING: fold->waiting++; break;
    case HUNE_ANSWER_IS_RUNNING:
        fold->running++;
        fold->broken += answer->is_broken ? 1 : 0;
        break;
    case HUNE_ANSWER_IS_OK: fold->ok++; break;
    case HUNE_ANSWER_IS_UNASKED: fold->unasked++; break;
    case HUNE_ANSWER_IS_UNREACHABLE: fold->unreachable++; break;
    case HUNE_ANSWER_IS_FAILED:
    default: fold->failed++; break;
    }
}

gboolean hune_fold_update(struct hune_fold *fold, HuneOrder *order)
{
    gboolean changed = FALSE;

    fold->ok = fold->failed = fold->unreachable = fold->unasked = 0;
    fold->running = fold->waiting = fold->broken = 0;
    for (guint i = 0; i < hune_order_count(order); i++) {
        const struct hune_answer *answer = hune_order_answer(order, i);

        count(fold, answer);
        if (answer->state != HUNE_ANSWER_ENDED || fold->folded[i])
            continue;
        fold->folded[i] = 1;
        add(fold, answer, i);
        changed = TRUE;
    }
    return changed;
}

char *hune_fold_group_names(const struct hune_fold_group *group, HuneOrder *order)
{
    g_autoptr(GPtrArray) machines = g_ptr_array_new();

    for (guint i = 0; i < group->positions->len; i++)
        g_ptr_array_add(
            machines, hune_order_answer(order, g_array_index(group->positions, guint, i))->machine);
    return hune_fold_names(machines);
}

const struct hune_fold_group *hune_fold_majority(const struct hune_fold *fold)
{
    const struct hune_fold_group *best = NULL;

    for (guint i = 0; i < fold->groups->len; i++) {
        const struct hune_fold_group *group = g_ptr_array_index(fold->groups, i);

        if (!best || group->positions->len > best->positions->len)
            best = group;
    }
    return best;
}
