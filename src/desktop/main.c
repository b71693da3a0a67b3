/* hune-desktop: Hune in a window. */
#include <locale.h>
#include <signal.h>

#include "desktop/window/application.h"
#include "fleet/home/language.h"

/* What the processor draws needs no OpenGL. GDK loads it all the same, and without a graphics card
 * that is LLVM: 55 MiB that nobody uses. */
static void leave_out_opengl(void)
{
    if (g_strcmp0(g_getenv("GSK_RENDERER"), "cairo") == 0 && !g_getenv("GDK_DEBUG"))
        g_setenv("GDK_DEBUG", "gl-disable", TRUE);
}

int main(int argc, char **argv)
{
    g_autoptr(HuneApplication) application = NULL;

    setlocale(LC_ALL, "");
    language_bind();
    signal(SIGPIPE, SIG_IGN);
    leave_out_opengl();
    g_set_application_name("Hune");
    application = hune_application_new();
    return g_application_run(G_APPLICATION(application), argc, argv);
}
