/* See row.h. */
#include "desktop/model/row.h"

G_DEFINE_FINAL_TYPE(HuneRow, hune_row, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, SIGNAL_SAMPLED, SIGNALS };
static guint signals[SIGNALS];

static void on_changed(HuneRow *self)
{
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

static void on_sampled(HuneRow *self)
{
    g_signal_emit(self, signals[SIGNAL_SAMPLED], 0);
}

static void follow(HuneRow *self)
{
    if (!self->machine || self->seen == 0)
        return;
    self->changed = g_signal_connect_swapped(self->machine, "changed", G_CALLBACK(on_changed),
                                             self);
    self->sampled = g_signal_connect_swapped(self->machine, "sampled", G_CALLBACK(on_sampled),
                                             self);
}

static void unfollow(HuneRow *self)
{
    g_clear_signal_handler(&self->changed, self->machine);
    g_clear_signal_handler(&self->sampled, self->machine);
}

void hune_row_set_machine(HuneRow *self, HuneMachine *machine)
{
    if (self->machine == machine && self->height == 0)
        return;
    unfollow(self);
    g_set_object(&self->machine, machine);
    self->height = 0;
    follow(self);
    if (self->seen > 0)
        on_changed(self);
}

void hune_row_set_empty(HuneRow *self, int height)
{
    unfollow(self);
    g_clear_object(&self->machine);
    self->height = height;
    if (self->seen > 0)
        on_changed(self);
}

void hune_row_show(HuneRow *self)
{
    if (self->seen++ == 0)
        follow(self);
}

void hune_row_hide(HuneRow *self)
{
    if (--self->seen == 0)
        unfollow(self);
}

/* ---- the type ---- */

static void hune_row_dispose(GObject *object)
{
    HuneRow *self = HUNE_ROW(object);

    unfollow(self);
    g_clear_object(&self->machine);
    G_OBJECT_CLASS(hune_row_parent_class)->dispose(object);
}

static void hune_row_class_init(HuneRowClass *class)
{
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_row_dispose;
    signals[SIGNAL_CHANGED] = g_signal_new("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
    signals[SIGNAL_SAMPLED] = g_signal_new("sampled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
}

static void hune_row_init(HuneRow *self)
{
    (void)self;
}

HuneRow *hune_row_new(HuneMachine *machine)
{
    HuneRow *self = g_object_new(HUNE_TYPE_ROW, NULL);

    g_set_object(&self->machine, machine);
    return self;
}
