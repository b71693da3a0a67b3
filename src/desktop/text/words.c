/* See words.h. */
#include "desktop/text/words.h"

#include <string.h>

static gboolean parse_facts(const char *text, gboolean facts[FACT_COUNT])
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    gboolean any = FALSE;

    for (char **word = words; *word; word++) {
        enum fact fact;

        if (!**word)
            continue;
        if (g_str_equal(*word, "all")) {
            for (int i = 0; i < FACT_COUNT; i++)
                facts[i] = TRUE;
        } else if (fact_parse(*word, &fact)) {
            facts[fact] = TRUE;
        } else {
            return FALSE;
        }
        any = TRUE;
    }
    return any;
}

struct hune_line hune_line_parse(const char *text)
{
    g_autofree char *line = g_strstrip(g_strdup(text));
    struct hune_line parsed = {.kind = HUNE_LINE_EMPTY};

    if (!*line)
        return parsed;
    if (*line == '!') {
        g_strchug(line + 1);
        parsed.kind = line[1] ? HUNE_LINE_SHELL : HUNE_LINE_EMPTY;
        parsed.shell = line[1] ? g_strdup(line + 1) : NULL;
        return parsed;
    }
    parsed.kind = HUNE_LINE_CONTROL;
    if (g_str_equal(line, "disconnect"))
        parsed.verb = VERB_DISCONNECT;
    else if (g_str_equal(line, "reset"))
        parsed.verb = VERB_RESET;
    else if (g_str_equal(line, "kill"))
        parsed.verb = VERB_KILL;
    else
        parsed.kind = parse_facts(line, parsed.facts) ? HUNE_LINE_FACTS : HUNE_LINE_SHELL;
    if (parsed.kind == HUNE_LINE_SHELL) {
        memset(parsed.facts, 0, sizeof(parsed.facts));
        parsed.shell = g_steal_pointer(&line);
    }
    return parsed;
}

gboolean hune_line_is_dangerous(const char *shell)
{
    static const char *const words[] = {
        "rm",       "dd",       "mkfs", "wipefs", "shred",     "fdisk",    "parted", "reboot",
        "shutdown", "poweroff", "halt", "init",   "userdel",   "truncate", "kill",   "pkill",
        "killall",  "iptables", "nft",  "umount", "systemctl", "chmod",    "chown",  "apt",
        "apt-get",  "dpkg",     "dnf",  "yum",    "zypper",
    };
    g_auto(GStrv) parts = g_strsplit_set(shell, " \t\n;|&(){}`$\"'", -1);

    for (char **part = parts; *part; part++) {
        const char *slash = strrchr(*part, '/');
        const char *name = slash ? slash + 1 : *part;

        for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
            if (g_str_equal(name, words[i]) || g_str_has_prefix(name, "mkfs."))
                return TRUE;
        }
    }
    return FALSE;
}
