/* See machine.h. */
#include "desktop/model/machine.h"

#include <string.h>

#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"

G_DEFINE_FINAL_TYPE(HuneMachine, hune_machine, G_TYPE_OBJECT)

static guint signal_changed, signal_sampled;

static void hune_machine_finalize(GObject *object)
{
    HuneMachine *self = HUNE_MACHINE(object);

    g_free(self->name);
    g_free(self->host);
    g_free(self->tags);
    g_free(self->user);
    g_free(self->id);
    g_free(self->sentence);
    g_free(self->advice);
    g_free(self->pinned);
    g_free(self->seen);
    g_free(self->info);
    g_free(self->os);
    g_free(self->alert);
    G_OBJECT_CLASS(hune_machine_parent_class)->finalize(object);
}

static void hune_machine_class_init(HuneMachineClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hune_machine_finalize;
    signal_changed = g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
    signal_sampled = g_signal_new("sampled", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
}

static void hune_machine_init(HuneMachine *self)
{
    self->is_listed = TRUE;
    self->state = MACHINE_CONNECTING;
    self->disk = -1;
}

HuneMachine *hune_machine_new(const char *name)
{
    HuneMachine *self = g_object_new(HUNE_TYPE_MACHINE, NULL);

    self->name = g_strdup(name);
    return self;
}

void hune_machine_changed(HuneMachine *self)
{
    g_signal_emit(self, signal_changed, 0);
}

guint hune_machine_sampled_signal(void)
{
    return signal_sampled;
}

char *hune_machine_address(const HuneMachine *self)
{
    return g_strdup_printf(address_is_v6(self->host) ? "[%s]:%u" : "%s:%u", self->host, self->port);
}

/* Rows of the table of states. */
static const struct {
    const char *text;
    const char *icon;
    gboolean attention;
} states[] = {
#define X(name, word, text, icon, attention) {text, icon, attention},
    HUNE_MACHINE_STATES(X)
#undef X
};

static const char *state_words(const HuneMachine *self)
{
    return self->is_kept_out ? _("Id changed, refused") : _(states[self->state].text);
}

char *hune_machine_state_text(const HuneMachine *self)
{
    gint64 left = (self->retry_us - g_get_monotonic_time() + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;

    if (self->state == MACHINE_RECONNECTING && left > 0)
        return g_strdup_printf(_("Reconnecting in %d s"), (int)left);
    if (self->state == MACHINE_UNREACHABLE && left > 0)
        return g_strdup_printf(_("Unreachable, next attempt in %d s"), (int)left);
    return g_strdup(state_words(self));
}

char *hune_machine_state_word(const HuneMachine *self)
{
    if (self->alert)
        return g_strdup_printf("%s, %s", self->alert, state_words(self));
    return g_strdup(state_words(self));
}

const char *hune_machine_state_icon(const HuneMachine *self)
{
    return self->alerts ? "dialog-warning-symbolic" : states[self->state].icon;
}

gboolean hune_machine_needs_attention(const HuneMachine *self)
{
    return states[self->state].attention || self->alerts || self->disk >= 0.9f;
}

gboolean hune_machine_is_down(const HuneMachine *self)
{
    return self->state == MACHINE_RECONNECTING || self->state == MACHINE_UNREACHABLE;
}

gboolean hune_machine_has_tag(const HuneMachine *self, const char *tag)
{
    size_t length = strlen(tag);

    for (const char *at = self->tags; at && *at;) {
        size_t here = strcspn(at, ", ");

        if (here == length && strncmp(at, tag, length) == 0)
            return TRUE;
        at += here + strspn(at + here, ", ");
    }
    return FALSE;
}

static gboolean text_contains(const char *text, const char *folded)
{
    g_autofree char *own = NULL;

    if (!text)
        return FALSE;
    if (strcasestr(text, folded))
        return TRUE;
    if (g_str_is_ascii(text))
        return FALSE;
    own = g_utf8_casefold(text, -1);
    return strstr(own, folded) != NULL;
}

gboolean hune_machine_contains(const HuneMachine *self, const char *folded)
{
    return text_contains(self->name, folded) || text_contains(self->host, folded) ||
           text_contains(self->tags, folded) || text_contains(self->os, folded);
}

float hune_machine_cpu(const HuneMachine *self)
{
    return self->samples ? hune_sample_part(self->cpu[HUNE_SAMPLES - 1]) : -1;
}

float hune_machine_memory(const HuneMachine *self)
{
    if (self->samples)
        return hune_sample_part(self->memory[HUNE_SAMPLES - 1]);
    return self->ram ? (float)self->ram_used / (float)self->ram : -1;
}
