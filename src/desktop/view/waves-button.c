/* See waves-button.h. */
#include "desktop/view/waves-button.h"

#include <string.h>

#include "desktop/view/spoken-names.h"
#include "fleet/home/i18n.h"

enum { CANARIES_MAX = 10000 };

struct _HuneWavesButton {
    AdwBin parent_instance;

    GtkMenuButton *button;
    GtkSpinButton *canaries;
    GtkEntry *size;
    GtkEntry *failing;
    GtkCheckButton *keep_going;
    GtkLabel *plan;
    guint machines;
};

G_DEFINE_FINAL_TYPE(HuneWavesButton, hune_waves_button, ADW_TYPE_BIN)

enum { SIGNAL_CHANGED, SIGNALS };
static guint signals[SIGNALS];

/* ---- words ---- */

static void add_sentence(GString *text, char *sentence)
{
    g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", sentence);
    g_free(sentence);
}

char *hune_waves_text(const struct wave_settings *waves, guint machines)
{
    struct wave_settings settings = *waves;
    GString *text = g_string_new(NULL);
    struct wave wave;
    guint rest;

    settings.machines = machines;
    wave_init(&wave, &settings);
    rest = wave.count - (wave.settings.canaries > 0);
    if (wave.count < 2)
        add_sentence(text, g_strdup(_("On all machines at once.")));
    if (wave.count > 1 && wave.settings.canaries > 0)
        add_sentence(text, g_strdup_printf(ngettext("First on %u machine, as a canary.",
                                                    "First on %u machines, as canaries.",
                                                    wave.settings.canaries),
                                           wave.settings.canaries));
    if (wave.count > 1 && wave.settings.canaries > 0)
        add_sentence(
            text, g_strdup_printf(ngettext("Then in %u wave.", "Then in %u waves.", rest), rest));
    else if (wave.count > 1)
        add_sentence(text, g_strdup_printf(ngettext("In %u wave.", "In %u waves.", rest), rest));
    if (wave.failing == 0)
        add_sentence(text, g_strdup(_("No other begins once one has failed.")));
    else if (wave.failing != WAVE_ALL_MAY_FAIL)
        add_sentence(text,
                     g_strdup_printf(ngettext("No other begins when more than %u has failed.",
                                              "No other begins when more than %u have failed.",
                                              wave.failing),
                                     wave.failing));
    return g_string_free(text, FALSE);
}

/* ---- what was typed ---- */

static gboolean read_share(GtkEntry *entry, gboolean may_be_zero, struct wave_share *share_out)
{
    g_autofree char *text = g_strdup(gtk_editable_get_text(GTK_EDITABLE(entry)));
    gboolean good = TRUE;

    *share_out = (struct wave_share){0};
    g_strstrip(text);
    if (*text) {
        /* "25 %", as some languages write it. */
        char *space = g_strrstr(text, " %");

        if (space)
            g_strlcpy(space, "%", 2);
        good = wave_share_parse(text, share_out) && (may_be_zero || share_out->value > 0);
    }
    if (good)
        gtk_widget_remove_css_class(GTK_WIDGET(entry), "error");
    else
        gtk_widget_add_css_class(GTK_WIDGET(entry), "error");
    return good;
}

gboolean hune_waves_button_get(HuneWavesButton *self, struct wave_settings *waves_out)
{
    gboolean size_is_good, failing_is_good;
    const char *failing = gtk_editable_get_text(GTK_EDITABLE(self->failing));

    *waves_out = (struct wave_settings){
        .canaries = (uint32_t)gtk_spin_button_get_value_as_int(self->canaries),
        .keep_going = gtk_check_button_get_active(self->keep_going),
        .has_failing = failing[strspn(failing, " ")] != '\0',
    };
    size_is_good = read_share(self->size, FALSE, &waves_out->size);
    failing_is_good = read_share(self->failing, TRUE, &waves_out->failing);
    return size_is_good && failing_is_good;
}

static void show(HuneWavesButton *self)
{
    struct wave_settings waves;
    gboolean good = hune_waves_button_get(self, &waves);
    gboolean in_waves = waves.canaries > 0 || waves.size.value > 0;
    g_autofree char *text = good ? hune_waves_text(&waves, self->machines) : NULL;

    gtk_label_set_label(self->plan,
                        good ? text : _("Write a number of machines, or a part of them: 10, 25%."));
    gtk_menu_button_set_label(self->button, in_waves || !good ? _("In waves") : _("All at once"));
    hune_spoken_menu_button(self->button, _("Canaries and waves"), text);
    gtk_entry_set_placeholder_text(self->failing, in_waves ? "0" : _("any"));
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->button), text);
    if (good)
        gtk_widget_remove_css_class(GTK_WIDGET(self->plan), "error");
    else
        gtk_widget_add_css_class(GTK_WIDGET(self->plan), "error");
}

void hune_waves_button_set_machines(HuneWavesButton *self, guint machines)
{
    self->machines = machines;
    show(self);
}

static void on_changed(HuneWavesButton *self)
{
    show(self);
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

/* ---- the type ---- */

static void hune_waves_button_class_init(HuneWavesButtonClass *class)
{
    signals[SIGNAL_CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST,
                                           0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void add_line(GtkGrid *grid, int row, const char *title, GtkWidget *widget)
{
    GtkWidget *label = gtk_label_new(title);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                   -1);
    gtk_grid_attach(grid, label, 0, row, 1, 1);
    gtk_grid_attach(grid, widget, 1, row, 1, 1);
}

static GtkWidget *share_entry(HuneWavesButton *self, const char *hint)
{
    GtkWidget *entry = gtk_entry_new();

    gtk_entry_set_placeholder_text(GTK_ENTRY(entry), hint);
    gtk_editable_set_width_chars(GTK_EDITABLE(entry), 10);
    g_signal_connect_swapped(entry, "changed", G_CALLBACK(on_changed), self);
    return entry;
}

static GtkWidget *make_grid(HuneWavesButton *self)
{
    GtkWidget *grid = gtk_grid_new();

    self->canaries = GTK_SPIN_BUTTON(gtk_spin_button_new_with_range(0, CANARIES_MAX, 1));
    self->size = GTK_ENTRY(share_entry(self, _("all")));
    self->failing = GTK_ENTRY(share_entry(self, _("any")));
    self->keep_going = GTK_CHECK_BUTTON(gtk_check_button_new_with_label(_("Go on whatever fails")));
    self->plan = GTK_LABEL(gtk_label_new(""));
    g_signal_connect_swapped(self->canaries, "value-changed", G_CALLBACK(on_changed), self);
    g_signal_connect_swapped(self->keep_going, "toggled", G_CALLBACK(on_changed), self);
    add_line(GTK_GRID(grid), 0, _("Canaries"), GTK_WIDGET(self->canaries));
    add_line(GTK_GRID(grid), 1, _("Machines in a wave"), GTK_WIDGET(self->size));
    add_line(GTK_GRID(grid), 2, _("So many may fail"), GTK_WIDGET(self->failing));
    gtk_grid_attach(GTK_GRID(grid), GTK_WIDGET(self->keep_going), 0, 3, 2, 1);
    gtk_label_set_wrap(self->plan, TRUE);
    gtk_label_set_xalign(self->plan, 0);
    gtk_label_set_width_chars(self->plan, 32);
    gtk_label_set_max_width_chars(self->plan, 36);
    gtk_widget_add_css_class(GTK_WIDGET(self->plan), "caption");
    gtk_grid_attach(GTK_GRID(grid), GTK_WIDGET(self->plan), 0, 4, 2, 1);
    gtk_grid_set_row_spacing(GTK_GRID(grid), 6);
    gtk_grid_set_column_spacing(GTK_GRID(grid), 12);
    gtk_widget_set_margin_start(grid, 6);
    gtk_widget_set_margin_end(grid, 6);
    gtk_widget_set_margin_top(grid, 6);
    gtk_widget_set_margin_bottom(grid, 6);
    return grid;
}

static void hune_waves_button_init(HuneWavesButton *self)
{
    GtkWidget *popover = gtk_popover_new();

    self->button = GTK_MENU_BUTTON(gtk_menu_button_new());
    gtk_popover_set_child(GTK_POPOVER(popover), make_grid(self));
    gtk_menu_button_set_popover(self->button, popover);
    adw_bin_set_child(ADW_BIN(self), GTK_WIDGET(self->button));
    show(self);
}

GtkWidget *hune_waves_button_new(void)
{
    return g_object_new(HUNE_TYPE_WAVES_BUTTON, NULL);
}
