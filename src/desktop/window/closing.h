/* What is asked before a tab or a window closes: files that are on their way stop with their tab.
 * Jobs and shells of machines are not asked about: they go on, or end as the machine says. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Files on their way in this tab. */
guint hune_closing_count_page(AdwTabPage *page);
/* In all tabs. */
guint hune_closing_count(AdwTabView *tabs);
/* Stops them; they end soon. */
void hune_closing_stop(AdwTabView *tabs);
/* Asks; `answered` is called once, with `user`, which is unreferenced then. */
typedef void (*HuneClosingAnswered)(GObject *user, gboolean closes);
void hune_closing_ask(GtkWindow *parent, guint transfers, HuneClosingAnswered answered,
                      GObject *user);

G_END_DECLS
