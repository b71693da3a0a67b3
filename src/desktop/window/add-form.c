/* The form of HuneAddDialog: what is wrong with a field is said beside it while it is typed. See
 * add-dialog-private.h. Nothing is asked of any machine here. */
#include "desktop/window/add-dialog-private.h"

#include <string.h>

#include "desktop/view/announce.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"

const char *hune_add_form_text(HuneEntryRow *row)
{
    return gtk_editable_get_text(GTK_EDITABLE(row));
}

/* "What is wrong. What to write." */
static gboolean judge(HuneEntryRow *row, GtkLabel *label, const char *sentence, gboolean show);

static gboolean judge_fault(HuneEntryRow *row, GtkLabel *label, const struct fault *fault)
{
    g_autofree char *sentence = g_strdup_printf("%s %s", fault->text, fault->hint);

    return judge(row, label, sentence, TRUE);
}

/* `sentence` NULL: the field is right. */
static gboolean judge(HuneEntryRow *row, GtkLabel *label, const char *sentence, gboolean show)
{
    if (sentence && show && g_strcmp0(sentence, gtk_label_get_label(label)) != 0)
        hune_announce(GTK_WIDGET(row), sentence);
    gtk_label_set_label(label, sentence ? sentence : "");
    gtk_widget_set_visible(GTK_WIDGET(label), sentence != NULL && show);
    if (sentence && show)
        gtk_widget_add_css_class(GTK_WIDGET(row), "error");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(row), "error");
    return sentence == NULL;
}

static gboolean judge_link(HuneAddDialog *self)
{
    const char *text = hune_add_form_text(self->link_row);

    self->has_link = text[strspn(text, " \t\n")] != '\0';
    gtk_widget_set_sensitive(GTK_WIDGET(self->host_row), !self->has_link);
    gtk_widget_set_sensitive(GTK_WIDGET(self->port_row), !self->has_link);
    if (!self->has_link || invite_link_parse(text, &self->invite))
        return judge(self->link_row, self->link_error, NULL, TRUE);
    return judge(self->link_row, self->link_error,
                 _("This is not an invitation link. It looks like "
                   "hune://HOST:PORT/?id=SHA256:…&code=XXXX-XXXX-XXXX-XXXX"),
                 TRUE);
}

static gboolean judge_port(HuneAddDialog *self)
{
    const char *text = hune_add_form_text(self->port_row);
    struct fault fault = {0};
    uint16_t port;

    if (!*text)
        return judge(self->port_row, self->port_error, _("A port is needed; Hune's own is 10000."),
                     TRUE);
    if (address_parse_port(text, &port, &fault) != 0)
        return judge_fault(self->port_row, self->port_error, &fault);
    self->port = port;
    return judge(self->port_row, self->port_error, NULL, TRUE);
}

static gboolean judge_host(HuneAddDialog *self)
{
    const char *text = hune_add_form_text(self->host_row);
    struct address address;
    struct fault fault = {0};

    if (!*text)
        return judge(self->host_row, self->host_error, _("A host name or an address is needed."),
                     self->was_touched);
    if (address_parse(text, DEFAULT_PORT, &address, &fault) != 0)
        return judge_fault(self->host_row, self->host_error, &fault);
    g_free(self->host);
    self->host = g_strdup(address.host);
    /* "web1:2222" in one field says both. */
    if (address.has_port)
        self->port = address.port;
    return judge(self->host_row, self->host_error, NULL, TRUE);
}

static gboolean judge_name(HuneAddDialog *self)
{
    const char *name = hune_add_form_text(self->name_row);
    g_auto(GStrv) tags = g_strsplit_set(hune_add_form_text(self->tags_row), ", ", -1);

    if (*name && !machine_name_valid(name))
        return judge(self->name_row, self->name_error,
                     _("A name has letters, digits and . _ - : only, a letter or digit first."),
                     TRUE);
    if (*name && hune_fleet_find(self->fleet, name))
        return judge(self->name_row, self->name_error, _("Another machine has this name already."),
                     TRUE);
    for (char **tag = tags; *tag; tag++) {
        if (**tag && !machine_tag_valid(*tag, strlen(*tag)))
            return judge(self->tags_row, self->name_error,
                         _("Tags have letters, digits and . _ - : = / only."), TRUE);
    }
    gtk_widget_remove_css_class(GTK_WIDGET(self->tags_row), "error");
    return judge(self->name_row, self->name_error, NULL, TRUE);
}

gboolean hune_add_form_judge(HuneAddDialog *self)
{
    gboolean named = judge_name(self);
    gboolean linked = judge_link(self);
    gboolean has_port, has_host;

    if (self->has_link) {
        judge(self->host_row, self->host_error, NULL, FALSE);
        judge(self->port_row, self->port_error, NULL, FALSE);
        return named && linked;
    }
    has_port = judge_port(self);
    has_host = judge_host(self);
    return named && has_host && has_port;
}
