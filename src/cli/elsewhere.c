/* See elsewhere.h. */
#include "cli/elsewhere.h"

#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "proto/command.h"

/* X(what to say, the words) */
#define ELSEWHERE(X)                                                                                  \
    X(N_("A command is `hune run SEL -- COMMAND`, a shell is `hune shell MACHINE`."), "ssh",          \
      "rsh", "exec", "pdsh", "clush", "dsh", "pssh", "parallel-ssh", "ansible", "cmd", "command",     \
      "sh", "sudo")                                                                                   \
    X(N_("`hune shell MACHINE` opens one."), "login", "connect", "bash", "console", "terminal")       \
    X(N_("`hune put FILE… SEL:PATH` takes files there, `hune get MACHINE:PATH… DIR` brings them " \
         "here."),                                                                                    \
      "cp", "copy", "scp", "sftp", "rsync", "pdcp", "pscp", "prsync")                                 \
    X(N_("`hune get MACHINE:PATH… DIR` brings files here."), "rpdcp", "pslurp", "fetch", "pull",      \
      "download")                                                                                     \
    X(N_("`hune put FILE… SEL:PATH` takes files there."), "push", "upload", "send")                   \
    X(N_("`hune list` shows the machines."), "ls", "hosts", "machines", "nodes", "inventory")         \
    X(N_("`hune remove SEL` takes machines off the list."), "rm", "del", "delete")                    \
    X(N_("`hune nodeset` folds, expands and counts names."), "cluset", "fold", "expand", "count")     \
    X(N_("`hune run SEL -b -- COMMAND` shows equal outputs once."), "dshbak", "gather")               \
    X(N_("`hune doctor MACHINE` looks at the way to it, step by step."), "ping", "check", "debug")    \
    X(N_("The machine itself: `hune run SEL -- reboot`. The agent alone: `hune reset SEL`."),         \
      "reboot", "restart", "reload")                                                                  \
    X(N_("The machine itself: `hune run SEL -- poweroff`. The agent alone: `hune kill SEL`."),        \
      "shutdown", "poweroff", "halt")                                                                 \
    X(N_("`hune ask FACT… SEL` asks machines, `hune top SEL` watches them."), "ps", "status",         \
      "facts", "setup", "info", "uptime", "monitor", "htop")                                          \
    X(N_("`hune audit MACHINE` shows the orders it got, `hune runs` what was run from here."),        \
      "log", "logs")                                                                                  \
    X(N_("`hune join LINK` makes a machine known, with a link from `huned invite` there."),           \
      "ssh-copy-id", "pair", "trust")

struct elsewhere {
    const char *said;
    const char *const *words; /* NULL-terminated */
};

#define X(text, ...) {text, (const char *const[]){__VA_ARGS__, NULL}},
static const struct elsewhere table[] = {ELSEWHERE(X)};
#undef X

const char *elsewhere_command(const char *typed)
{
    for (size_t i = 0; i < ELEMENTS_OF(table); i++)
        for (const char *const *word = table[i].words; *word; word++)
            if (text_equal(*word, typed))
                return _(table[i].said);
    return NULL;
}

static int append_word(struct buffer *out, const char *word)
{
    int error = buffer_append(out, " ", 1);

    return error ? error
                 : command_word_append(out, (struct slice){(const uint8_t *)word, strlen(word)},
                                       false);
}

int elsewhere_run_line(const char *const *before, const struct words *words, struct buffer *out)
{
    size_t selectors = before ? 0 : 1;
    int error;

    if (words->count <= selectors)
        return 1;
    error = buffer_append_text(out, "hune run");
    for (; before && *before && !error; before++)
        error = append_word(out, *before);
    for (size_t i = 0; i < words->count && !error; i++) {
        if (i == selectors)
            error = buffer_append_text(out, " --");
        if (!error)
            error = append_word(out, words->items[i]);
    }
    return error;
}
