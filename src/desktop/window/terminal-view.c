/* See terminal-view.h. */
#include "desktop/window/terminal-view.h"

#include "base/buffer.h"
#include "desktop/view/announce.h"
#include "desktop/view/terminal-tools.h"
#include "desktop/worker/shell.h"
#include "fleet/home/i18n.h"
#include "fleet/link/outcome.h"

/* VTE queues whatever it is fed and tells nobody when it was shown: so much is said to be shown in
 * each beat, about what VTE manages, and the machine is held back beyond that. */
enum { BEAT_MS = 20, BEAT_BYTES = 160 * 1024, SCROLLBACK = 10000, DESCRIBED_BYTES = 2000 };
enum {
    REGEX_FLAGS = 0x00000008u | 0x00000400u | 0x00080000u
}; /* PCRE2: caseless, multiline, utf */

struct _HuneTerminalView {
    AdwBin parent_instance;

    VteTerminal *terminal;
    GtkLabel *status;
    GtkButton *again;
    HuneUserButton *user;
    GtkBox *bar;
    GtkSearchBar *search_bar;
    GtkSearchEntry *search_entry;
    GtkLabel *search_fault;
    GtkWidget *menu;

    HuneFleet *fleet;
    HuneMachine *machine;
    gboolean runs; /* the worker holds a reference to us */
    gboolean was_begun;
    gboolean can_begin;
    gboolean wants_another; /* once the one that runs has ended */
    char *begun_as;         /* the user of the one that runs */
    struct terminal_size size;
    size_t unshown;
    guint beat;
    guint describing;
};

G_DEFINE_FINAL_TYPE(HuneTerminalView, hune_terminal_view, ADW_TYPE_BIN)

/* ---- what the terminal says, for those who cannot see it ---- */

static gboolean describe(gpointer data)
{
    HuneTerminalView *self = data;
    g_autofree char *text = vte_terminal_get_text(self->terminal, NULL, NULL, NULL);
    const char *end;
    size_t length;

    self->describing = 0;
    if (!text)
        return G_SOURCE_REMOVE;
    g_strchomp(text);
    length = strlen(text);
    end = text + (length > DESCRIBED_BYTES ? length - DESCRIBED_BYTES : 0);
    while ((*end & 0xc0) == 0x80)
        end++;
    hune_describe(GTK_WIDGET(self->terminal), end);
    return G_SOURCE_REMOVE;
}

static void on_contents(HuneTerminalView *self)
{
    if (!self->describing)
        self->describing = g_timeout_add(300, describe, self);
}

/* ---- the shell ---- */

static struct terminal_size size_now(HuneTerminalView *self)
{
    return (struct terminal_size){
        .rows = (uint16_t)vte_terminal_get_row_count(self->terminal),
        .columns = (uint16_t)vte_terminal_get_column_count(self->terminal),
    };
}

/* A shell stays whose it is: for another user there has to be another shell. */
static void show_again(HuneTerminalView *self)
{
    const char *user = hune_user_button_get(self->user);
    gboolean differs = self->runs && user && g_strcmp0(user, self->begun_as) != 0;

    gtk_button_set_label(self->again, self->runs ? _("Open a new shell") : _("Open a shell"));
    gtk_widget_set_visible(GTK_WIDGET(self->again), self->can_begin || differs);
    gtk_widget_set_sensitive(GTK_WIDGET(self->again), user && !self->wants_another);
}

static void set_status(HuneTerminalView *self, const char *text, gboolean can_begin)
{
    gtk_label_set_label(self->status, text);
    self->can_begin = can_begin;
    show_again(self);
}

static gboolean on_beat(gpointer data)
{
    HuneTerminalView *self = data;
    size_t shown = MIN(self->unshown, BEAT_BYTES);

    self->unshown -= shown;
    if (shown > 0 && self->runs)
        worker_send_shell_shown(hune_fleet_worker(self->fleet), self, shown);
    if (self->unshown > 0)
        return G_SOURCE_CONTINUE;
    self->beat = 0;
    return G_SOURCE_REMOVE;
}

static void feed(HuneTerminalView *self, const GByteArray *bytes)
{
    vte_terminal_feed(self->terminal, (const char *)bytes->data, (gssize)bytes->len);
    self->unshown += bytes->len;
    if (!self->beat)
        self->beat = g_timeout_add(BEAT_MS, on_beat, self);
}

static void show_end(HuneTerminalView *self, const struct shell_news *news)
{
    _cleanup_buffer_ struct buffer state = BUFFER_INIT;
    g_autofree char *text = NULL;

    if (news->sentence) {
        text = g_strdup_printf("%s\n%s", news->sentence, news->advice ? news->advice : "");
    } else if (outcome_describe(news->state, &state) == 0) {
        buffer_append(&state, "", 1);
        text = g_strdup_printf(_("The shell has ended: %s"), (const char *)buffer_bytes(&state));
    }
    set_status(self, text ? g_strchomp(text) : "", TRUE);
}

static void begin(HuneTerminalView *self);

static void on_told(const struct shell_news *news, void *owner)
{
    HuneTerminalView *self = owner;

    if (news->event == SHELL_ENDED)
        self->runs = FALSE;
    if (self->machine && news->event == SHELL_ENDED && self->wants_another) {
        begin(self);
    } else if (self->machine) {
        switch (news->event) {
        case SHELL_BEGUN: set_status(self, "", FALSE); break;
        case SHELL_OUTPUT: feed(self, news->bytes); break;
        case SHELL_BROKEN:
            set_status(self, _("The connection is lost; the shell goes on, trying again"), FALSE);
            break;
        case SHELL_BACK: set_status(self, "", FALSE); break;
        case SHELL_ENDED: show_end(self, news); break;
        }
    }
    if (news->event == SHELL_ENDED)
        g_object_unref(self);
}

static void begin(HuneTerminalView *self)
{
    struct shell_request request = {.slot = self->machine->slot,
                                    .size = size_now(self),
                                    .user = hune_user_button_get(self->user),
                                    .told = on_told};

    self->wants_another = FALSE;
    if (self->runs || !request.user)
        return;
    g_free(self->begun_as);
    self->begun_as = g_strdup(request.user);
    self->runs = self->was_begun = TRUE;
    self->size = request.size;
    request.owner = g_object_ref(self);
    set_status(self, _("Opening a shell"), FALSE);
    vte_terminal_reset(self->terminal, TRUE, TRUE);
    worker_send_shell(hune_fleet_worker(self->fleet), &request);
    gtk_widget_grab_focus(GTK_WIDGET(self->terminal));
}

static void on_again(HuneTerminalView *self)
{
    if (!self->runs) {
        begin(self);
        return;
    }
    self->wants_another = TRUE;
    worker_send_shell_end(hune_fleet_worker(self->fleet), self);
    show_again(self);
}

static void on_commit(HuneTerminalView *self, const char *text, guint size)
{
    if (self->runs)
        worker_send_shell_keys(hune_fleet_worker(self->fleet), self, text, size);
}

/* ---- finding ---- */

static void begin_search(GtkWidget *widget)
{
    HuneTerminalView *self = HUNE_TERMINAL_VIEW(widget);

    gtk_search_bar_set_search_mode(self->search_bar, TRUE);
    gtk_widget_grab_focus(GTK_WIDGET(self->search_entry));
}

static void show_found(HuneTerminalView *self, gboolean found)
{
    gtk_label_set_label(self->search_fault, found ? "" : _("Not found"));
}

/* Looks for what is in the field now: Return may come before the moment's pause after which
 * "search-changed" tells of it. */
static void search(HuneTerminalView *self, gboolean (*find)(VteTerminal *terminal))
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->search_entry));
    g_autofree char *escaped = g_regex_escape_string(text, -1);
    VteRegex *regex = *text ? vte_regex_new_for_search(escaped, -1, REGEX_FLAGS, NULL) : NULL;

    vte_terminal_search_set_regex(self->terminal, regex, 0);
    vte_terminal_search_set_wrap_around(self->terminal, TRUE);
    show_found(self, !regex || find(self->terminal));
    if (regex)
        vte_regex_unref(regex);
}

static void on_search_previous(HuneTerminalView *self)
{
    search(self, vte_terminal_search_find_previous);
}

static void on_search_next(HuneTerminalView *self)
{
    search(self, vte_terminal_search_find_next);
}

/* ---- looks ---- */

/* VTE's own blue cannot be read on black, and it does not follow the style. */
static void set_colours(HuneTerminalView *self)
{
    static const char *const names[16] = {
        "#241f31", "#c01c28", "#26a269", "#a2734c", "#3584e4", "#a347ba", "#2aa1b3", "#cfcfcf",
        "#5e5c64", "#f66151", "#33d17a", "#e9ad0c", "#62a0ea", "#c061cb", "#33c7de", "#ffffff"};
    gboolean dark = adw_style_manager_get_dark(adw_style_manager_get_default());
    GdkRGBA palette[16], foreground, background;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        gdk_rgba_parse(&palette[i], names[i]);
    gdk_rgba_parse(&foreground, dark ? "#ffffff" : "#1e1e1e");
    gdk_rgba_parse(&background, dark ? "#1e1e1e" : "#ffffff");
    vte_terminal_set_colors(self->terminal, &foreground, &background, palette,
                            G_N_ELEMENTS(palette));
}

/* ---- the type ---- */

static void measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *least,
                    int *natural, int *least_baseline, int *natural_baseline)
{
    gtk_widget_measure(adw_bin_get_child(ADW_BIN(widget)), orientation, for_size, least, natural,
                       least_baseline, natural_baseline);
}

/* The terminal has its lines and columns once it has its place. An AdwBin's size_allocate() is
 * never called: it leaves that to its layout. */
static void allocate(GtkWidget *widget, int width, int height, int baseline)
{
    HuneTerminalView *self = HUNE_TERMINAL_VIEW(widget);
    struct terminal_size size;

    gtk_widget_allocate(adw_bin_get_child(ADW_BIN(widget)), width, height, baseline, NULL);
    gtk_popover_present(GTK_POPOVER(self->menu));
    size = size_now(self);
    if (!self->runs || (size.rows == self->size.rows && size.columns == self->size.columns))
        return;
    self->size = size;
    worker_send_shell_resize(hune_fleet_worker(self->fleet), self, &size);
}

static void hune_terminal_view_map(GtkWidget *widget)
{
    HuneTerminalView *self = HUNE_TERMINAL_VIEW(widget);

    GTK_WIDGET_CLASS(hune_terminal_view_parent_class)->map(widget);
    if (!self->was_begun && self->machine->state == MACHINE_CONNECTED)
        begin(self);
    else if (!self->was_begun)
        set_status(self, _("The machine is not connected."), TRUE);
    gtk_widget_grab_focus(GTK_WIDGET(self->terminal));
}

static void hune_terminal_view_dispose(GObject *object)
{
    HuneTerminalView *self = HUNE_TERMINAL_VIEW(object);

    g_clear_handle_id(&self->beat, g_source_remove);
    g_clear_handle_id(&self->describing, g_source_remove);
    g_clear_pointer(&self->menu, gtk_widget_unparent);
    g_signal_handlers_disconnect_by_data(adw_style_manager_get_default(), self);
    if (self->machine && self->runs)
        worker_send_shell_end(hune_fleet_worker(self->fleet), self);
    if (self->terminal)
        g_signal_handlers_disconnect_by_data(self->terminal, self);
    self->terminal = NULL;
    g_clear_object(&self->machine);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_terminal_view_parent_class)->dispose(object);
}

static void hune_terminal_view_finalize(GObject *object)
{
    g_free(HUNE_TERMINAL_VIEW(object)->begun_as);
    G_OBJECT_CLASS(hune_terminal_view_parent_class)->finalize(object);
}

static void hune_terminal_view_class_init(HuneTerminalViewClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_terminal_view_dispose;
    G_OBJECT_CLASS(class)->finalize = hune_terminal_view_finalize;
    widget_class->map = hune_terminal_view_map;
}

static GtkWidget *make_search(HuneTerminalView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);

    self->search_bar = GTK_SEARCH_BAR(gtk_search_bar_new());
    self->search_fault = GTK_LABEL(gtk_label_new(""));
    self->search_entry = GTK_SEARCH_ENTRY(gtk_search_entry_new());
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->search_entry),
                                   GTK_ACCESSIBLE_PROPERTY_LABEL, _("Find in the terminal"), -1);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->search_entry));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->search_fault));
    gtk_search_bar_set_child(self->search_bar, box);
    gtk_search_bar_connect_entry(self->search_bar, GTK_EDITABLE(self->search_entry));
    gtk_search_bar_set_show_close_button(self->search_bar, TRUE);
    g_signal_connect_swapped(self->search_entry, "search-changed", G_CALLBACK(on_search_previous),
                             self);
    g_signal_connect_swapped(self->search_entry, "activate", G_CALLBACK(on_search_previous), self);
    g_signal_connect_swapped(self->search_entry, "next-match", G_CALLBACK(on_search_next), self);
    return GTK_WIDGET(self->search_bar);
}

static GtkWidget *make_bar(HuneTerminalView *self)
{
    self->bar = GTK_BOX(gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12));
    self->status = GTK_LABEL(gtk_label_new(""));
    self->again = GTK_BUTTON(gtk_button_new_with_label(_("Open a shell")));
    gtk_label_set_wrap(self->status, TRUE);
    gtk_label_set_xalign(self->status, 0);
    gtk_widget_set_hexpand(GTK_WIDGET(self->status), TRUE);
    gtk_widget_set_margin_start(GTK_WIDGET(self->bar), 12);
    gtk_widget_set_margin_end(GTK_WIDGET(self->bar), 12);
    gtk_widget_set_margin_bottom(GTK_WIDGET(self->bar), 3);
    gtk_widget_set_valign(GTK_WIDGET(self->again), GTK_ALIGN_CENTER);
    g_signal_connect_swapped(self->again, "clicked", G_CALLBACK(on_again), self);
    self->user = HUNE_USER_BUTTON(hune_user_button_new());
    gtk_widget_set_valign(GTK_WIDGET(self->user), GTK_ALIGN_CENTER);
    g_signal_connect_swapped(self->user, "notify::user", G_CALLBACK(show_again), self);
    gtk_box_append(self->bar, GTK_WIDGET(self->status));
    gtk_box_append(self->bar, GTK_WIDGET(self->again));
    gtk_box_append(self->bar, GTK_WIDGET(self->user));
    return GTK_WIDGET(self->bar);
}

static void hune_terminal_view_init(HuneTerminalView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *scrolled = gtk_scrolled_window_new();

    self->terminal = VTE_TERMINAL(vte_terminal_new());
    vte_terminal_set_scrollback_lines(self->terminal, SCROLLBACK);
    vte_terminal_set_allow_hyperlink(self->terminal, FALSE); /* a link's text may lie */
    vte_terminal_set_mouse_autohide(self->terminal, TRUE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->terminal), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Terminal"), -1);
    set_colours(self);
    g_signal_connect_swapped(self->terminal, "commit", G_CALLBACK(on_commit), self);
    g_signal_connect_swapped(self->terminal, "contents-changed", G_CALLBACK(on_contents), self);
    g_signal_connect_swapped(adw_style_manager_get_default(), "notify::dark",
                             G_CALLBACK(set_colours), self);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(self->terminal));
    gtk_widget_set_vexpand(scrolled, TRUE);
    self->menu = hune_terminal_tools_add(self->terminal, scrolled, GTK_WIDGET(self), begin_search);
    gtk_box_append(GTK_BOX(box), make_bar(self));
    gtk_box_append(GTK_BOX(box), make_search(self));
    gtk_box_append(GTK_BOX(box), scrolled);
    adw_bin_set_child(ADW_BIN(self), box);
    gtk_widget_set_layout_manager(GTK_WIDGET(self), gtk_custom_layout_new(NULL, measure, allocate));
    set_status(self, "", FALSE);
}

GtkWidget *hune_terminal_view_new(HuneFleet *fleet, HuneMachine *machine)
{
    HuneTerminalView *self = g_object_new(HUNE_TYPE_TERMINAL_VIEW, NULL);

    self->fleet = g_object_ref(fleet);
    self->machine = g_object_ref(machine);
    hune_user_button_set_machine(self->user, machine);
    return GTK_WIDGET(self);
}

HuneUserButton *hune_terminal_view_user(HuneTerminalView *self)
{
    return self->user;
}
