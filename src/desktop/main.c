/* hune-desktop: Hune in a window. */
#include <locale.h>
#include <signal.h>

#include "config.h"
#include "desktop/application.h"
#include "fleet/i18n.h"

int main(int argc, char **argv)
{
    const char *locale_dir = g_getenv("HUNE_LOCALE_DIR"); /* of a build that was not installed */
    g_autoptr(HuneApplication) application = NULL;

    setlocale(LC_ALL, "");
    bindtextdomain("hune", locale_dir ? locale_dir : HUNE_LOCALE_DIR);
    bind_textdomain_codeset("hune", "UTF-8");
    textdomain("hune");
    signal(SIGPIPE, SIG_IGN);
    g_set_application_name("Hune");
    application = hune_application_new();
    return g_application_run(G_APPLICATION(application), argc, argv);
}
