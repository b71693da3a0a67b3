/* See preferences.h. */
#include "desktop/window/preferences.h"

#include "desktop/model/settings.h"
#include "desktop/worker/order.h"
#include "fleet/home/i18n.h"

void hune_preferences_apply(void)
{
    static const AdwColorScheme schemes[] = {ADW_COLOR_SCHEME_DEFAULT, ADW_COLOR_SCHEME_FORCE_LIGHT,
                                             ADW_COLOR_SCHEME_FORCE_DARK};
    int chosen = hune_settings_get_int("colours", 0);

    if (chosen >= 0 && chosen < (int)G_N_ELEMENTS(schemes))
        adw_style_manager_set_color_scheme(adw_style_manager_get_default(), schemes[chosen]);
}

static void on_colours(AdwComboRow *row)
{
    hune_settings_set_int("colours", (int)adw_combo_row_get_selected(row));
    hune_preferences_apply();
}

static GtkWidget *looks(void)
{
    GtkWidget *group = adw_preferences_group_new();
    GtkWidget *row = adw_combo_row_new();
    const char *names[] = {_("As the system"), _("Light"), _("Dark"), NULL};
    g_autoptr(GtkStringList) list = gtk_string_list_new(names);

    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("Looks"));
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("Colours"));
    adw_combo_row_set_model(ADW_COMBO_ROW(row), G_LIST_MODEL(list));
    adw_combo_row_set_selected(ADW_COMBO_ROW(row), (guint)hune_settings_get_int("colours", 0));
    g_signal_connect(row, "notify::selected", G_CALLBACK(on_colours), NULL);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row);
    return group;
}

/* ---- how much of the disk ---- */

void hune_preferences_apply_to(HuneFleet *fleet)
{
    int mib = hune_settings_get_int("kept-mib", 0);

    worker_send_quota(hune_fleet_worker(fleet), mib > 0 ? (uint32_t)mib : 0);
}

static void on_kept(GtkSpinButton *spin, HuneFleet *fleet)
{
    hune_settings_set_int("kept-mib", gtk_spin_button_get_value_as_int(spin));
    hune_preferences_apply_to(fleet);
}

static GtkWidget *answers(HuneFleet *fleet)
{
    GtkWidget *group = adw_preferences_group_new();
    GtkWidget *row = adw_action_row_new();
    GtkWidget *spin = gtk_spin_button_new_with_range(64, 1 << 20, 64);
    int mib = hune_settings_get_int("kept-mib", 0);

    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("Answers"));
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("Room for long answers"));
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row),
                                _("In MiB, on this computer’s disk, for all answers together. The "
                                  "oldest are let go first, and read again from the machines."));
    gtk_spin_button_set_value(GTK_SPIN_BUTTON(spin), mib > 0 ? mib : ORDER_QUOTA_MIB);
    gtk_widget_set_valign(spin, GTK_ALIGN_CENTER);
    gtk_accessible_update_property(GTK_ACCESSIBLE(spin), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Room for long answers"), -1);
    g_signal_connect_object(spin, "value-changed", G_CALLBACK(on_kept), fleet, 0);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), spin);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row);
    return group;
}

/* ---- who you are ---- */

static void add_fact(GtkWidget *group, const char *title, const char *text)
{
    GtkWidget *row = adw_action_row_new();
    g_autofree char *escaped = g_markup_escape_text(text ? text : "-", -1);

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), escaped);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row);
}

static GtkWidget *you(HuneFleet *fleet)
{
    GtkWidget *group = adw_preferences_group_new();

    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("You"));
    adw_preferences_group_set_description(
        ADW_PREFERENCES_GROUP(group), _("The command line uses the same list and the same key."));
    add_fact(group, _("Your key"), hune_fleet_key_fingerprint(fleet));
    add_fact(group, _("Where it is"), hune_fleet_key_origin(fleet));
    add_fact(group, _("The list of machines"), hune_fleet_path(fleet));
    return group;
}

void hune_preferences_show(HuneWindow *window)
{
    GtkWidget *dialog = g_object_new(ADW_TYPE_PREFERENCES_WINDOW, "accessible-role",
                                     GTK_ACCESSIBLE_ROLE_DIALOG, NULL);
    GtkWidget *page = adw_preferences_page_new();

    adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), ADW_PREFERENCES_GROUP(looks()));
    adw_preferences_page_add(ADW_PREFERENCES_PAGE(page),
                             ADW_PREFERENCES_GROUP(answers(hune_window_fleet(window))));
    adw_preferences_page_add(ADW_PREFERENCES_PAGE(page),
                             ADW_PREFERENCES_GROUP(you(hune_window_fleet(window))));
    adw_preferences_window_add(ADW_PREFERENCES_WINDOW(dialog), ADW_PREFERENCES_PAGE(page));
    adw_preferences_window_set_search_enabled(ADW_PREFERENCES_WINDOW(dialog), FALSE);
    gtk_window_set_transient_for(GTK_WINDOW(dialog), GTK_WINDOW(window));
    gtk_window_set_modal(GTK_WINDOW(dialog), TRUE);
    gtk_window_set_default_size(GTK_WINDOW(dialog), 560, 600);
    gtk_window_present(GTK_WINDOW(dialog));
}
