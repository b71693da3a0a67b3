/* See spoken-names.h. A hook as in plain-breaks.c, and for the same reason: most of these widgets
 * belong to GTK and libadwaita. */
#include "desktop/view/spoken-names.h"

#include <adwaita.h>

#include "desktop/view/announce.h"

static void set_name(gpointer accessible, const char *name)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(accessible), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                   -1);
}

/* A button with an icon counts as labelled by it. What it says instead is what its tooltip shows,
 * unless it was given a name. */
static void name_button(GtkButton *button)
{
    GtkWidget *child = gtk_button_get_child(button);
    const char *tooltip = gtk_widget_get_tooltip_text(GTK_WIDGET(button));

    if (!child || !GTK_IS_IMAGE(child))
        return;
    gtk_accessible_reset_relation(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
    if (tooltip &&
        !gtk_test_accessible_has_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL))
        set_name(button, tooltip);
}

/* The list of a group is told as the group's. */
static void name_list(GtkWidget *list)
{
    if (!gtk_test_accessible_has_property(GTK_ACCESSIBLE(list), GTK_ACCESSIBLE_PROPERTY_LABEL) &&
        !gtk_test_accessible_has_relation(GTK_ACCESSIBLE(list),
                                          GTK_ACCESSIBLE_RELATION_LABELLED_BY))
        set_name(list, "");
}

static void name_page(GtkStack *stack, GtkWidget *child)
{
    GtkStackPage *page = gtk_stack_get_page(stack, child);

    if (page && !gtk_stack_page_get_title(page))
        set_name(page, "");
}

/* Of a question only the title and the button with the focus would be said. Later: a dialog of
 * which anything is told before it is there is lost to readers. */
static gboolean tell_body(gpointer dialog)
{
    hune_announce(GTK_WIDGET(dialog), adw_message_dialog_get_body(ADW_MESSAGE_DIALOG(dialog)));
    return G_SOURCE_REMOVE;
}

static gboolean on_map(GSignalInvocationHint *hint, guint count, const GValue *values,
                       gpointer data)
{
    GtkWidget *widget = g_value_get_object(&values[0]);
    GtkWidget *parent = gtk_widget_get_parent(widget);

    (void)hint;
    (void)count;
    (void)data;
    if (GTK_IS_BUTTON(widget))
        name_button(GTK_BUTTON(widget));
    else if (GTK_IS_LIST_BOX(widget))
        name_list(widget);
    else if (GTK_IS_POPOVER_MENU(widget) ||
             (GTK_IS_LIST_VIEW(widget) && GTK_IS_COLUMN_VIEW(parent)) ||
             g_str_equal(G_OBJECT_TYPE_NAME(widget), "AdwGizmo"))
        set_name(widget, "");
    else if (ADW_IS_MESSAGE_DIALOG(widget))
        g_idle_add_full(G_PRIORITY_LOW, tell_body, g_object_ref(widget), g_object_unref);
    if (parent && GTK_IS_STACK(parent))
        name_page(GTK_STACK(parent), widget);
    return TRUE; /* the hook stays */
}

void hune_spoken_menu_button(GtkMenuButton *button, const char *name, const char *tells)
{
    GtkWidget *inner = gtk_widget_get_first_child(GTK_WIDGET(button));

    set_name(button, name);
    gtk_accessible_reset_relation(GTK_ACCESSIBLE(inner), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
    set_name(inner, name);
    hune_describe(inner, tells ? tells : "");
}

void hune_spoken_names_begin(void)
{
    g_type_class_unref(g_type_class_ref(GTK_TYPE_WIDGET)); /* its signals are made by then */
    g_signal_add_emission_hook(g_signal_lookup("map", GTK_TYPE_WIDGET), 0, on_map, NULL, NULL);
}
