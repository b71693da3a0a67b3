/* See machine-take.h. */
#include "desktop/model/machine-take.h"

#include <string.h>

gboolean hune_set_text(char **text, const char *now)
{
    if (g_strcmp0(*text, now) == 0)
        return FALSE;
    g_free(*text);
    *text = g_strdup(now);
    return TRUE;
}

static void forget_connection(HuneMachine *self)
{
    self->state = self->has_id ? MACHINE_CONNECTING : MACHINE_NEW;
    self->problem = PROBLEM_NONE;
    self->is_kept_out = FALSE;
    self->retry_us = 0;
    g_clear_pointer(&self->sentence, g_free);
    g_clear_pointer(&self->advice, g_free);
    g_clear_pointer(&self->pinned, g_free);
    g_clear_pointer(&self->seen, g_free);
}

gboolean hune_machine_take_row(HuneMachine *self, const struct roster_row *row, gboolean is_new)
{
    gboolean changed = hune_set_text(&self->host, row->host);

    changed |= hune_set_text(&self->tags, row->tags);
    changed |= hune_set_text(&self->user, row->user);
    changed |= hune_set_text(&self->id, row->id);
    changed |= self->port != row->port;
    self->port = row->port;
    self->has_id = row->has_id;
    if (is_new || self->slot != row->slot) {
        self->slot = row->slot;
        forget_connection(self);
        changed = TRUE;
    }
    return changed;
}

void hune_machine_take_news(HuneMachine *self, struct news_item *item)
{
    forget_connection(self);
    self->state = item->state;
    self->problem = item->problem;
    self->is_kept_out = item->is_kept_out;
    self->retry_us = item->retry_us;
    self->sentence = g_steal_pointer(&item->sentence);
    self->advice = g_steal_pointer(&item->advice);
    self->pinned = g_steal_pointer(&item->pinned);
    self->seen = g_steal_pointer(&item->seen);
    memcpy(self->seen_id, item->seen_id, sizeof(self->seen_id));
    if (item->info) {
        g_free(self->info);
        self->info = g_steal_pointer(&item->info);
    }
    hune_machine_changed(self);
}

void hune_machine_take_brief(HuneMachine *self, struct brief *brief)
{
    g_free(self->os);
    self->os = g_steal_pointer(&brief->os);
    self->booted = brief->booted;
    self->ram = brief->ram;
    self->ram_used = brief->ram_used;
    if (brief->disk >= 0)
        self->disk = brief->disk;
    hune_machine_changed(self);
}

static void push(guint16 history[HUNE_SAMPLES], float value)
{
    memmove(history, history + 1, (HUNE_SAMPLES - 1) * sizeof(*history));
    history[HUNE_SAMPLES - 1] = hune_sample_of(value);
}

void hune_machine_take_sample(HuneMachine *self, const struct sample_item *item)
{
    push(self->cpu, item->cpu);
    push(self->memory, item->memory);
    self->samples = MIN(self->samples + 1, HUNE_SAMPLES);
    if (item->disk >= 0)
        self->disk = item->disk;
    g_signal_emit(self, hune_machine_sampled_signal(), 0);
}

gboolean hune_machine_take_alerts(HuneMachine *self, guint count, const char *name)
{
    gboolean changed = self->alerts != count;

    self->alerts = count;
    return hune_set_text(&self->alert, name) || changed;
}
