/* See language.h. */
#include "fleet/home/language.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "config.h"

/* The catalogues of the build tree in which the program lies: BUILD/src/cli/hune, BUILD/po. */
static bool find_built(char *folder_out, size_t size)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *end;

    if (length < 0)
        return false;
    self[length] = '\0';
    for (int level = 0; level < 3; level++) {
        end = strrchr(self, '/');
        if (!end || (level == 2 && !text_equal(end, "/src")))
            return false;
        *end = '\0';
    }
    return snprintf(folder_out, size, "%s/po", self) < (int)size && access(folder_out, R_OK) == 0;
}

void language_bind(void)
{
    const char *folder = secure_getenv("HUNE_LOCALE_DIR");
    char built[4096];

    if (!folder || !*folder)
        folder = find_built(built, sizeof(built)) ? built : HUNE_LOCALE_DIR;
    bindtextdomain("hune", folder);
    /* All that Hune prints is UTF-8, whatever the locale. */
    bind_textdomain_codeset("hune", "UTF-8");
    textdomain("hune");
}

static bool is_english(const char *language)
{
    return text_equal(language, "C") || text_equal(language, "POSIX") ||
           text_starts(language, "C.") || text_starts(language, "en");
}

/* Whether messages stay as they are: the first of $LANGUAGE decides, which counts for nothing in
 * the C locale; else the locale does. */
static bool wants_english(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *language = getenv("LANGUAGE");
    const char *locale = NULL;

    for (size_t i = 0; i < ELEMENTS_OF(variables) && (!locale || !*locale); i++)
        locale = getenv(variables[i]);
    if (!locale || !*locale || text_equal(locale, "C") || text_equal(locale, "POSIX"))
        return true;
    return is_english(language && *language ? language : locale);
}

void language_start(bool for_people)
{
    bool english = wants_english();

    if (for_people || !english) {
        setlocale(LC_CTYPE, "");
        setlocale(LC_NUMERIC, "");
    }
    if (english)
        return;
    setlocale(LC_MESSAGES, "");
    language_bind();
}

void language_plain(void)
{
    setlocale(LC_MESSAGES, "C");
    setlocale(LC_NUMERIC, "C");
}
