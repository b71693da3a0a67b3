/* hune-desktop: Hune in a window. */
#include <locale.h>
#include <signal.h>

#include "desktop/application.h"
#include "fleet/language.h"

int main(int argc, char **argv)
{
    g_autoptr(HuneApplication) application = NULL;

    setlocale(LC_ALL, "");
    language_bind();
    signal(SIGPIPE, SIG_IGN);
    g_set_application_name("Hune");
    application = hune_application_new();
    return g_application_run(G_APPLICATION(application), argc, argv);
}
