/* See prompt-carry.h: the commands of the same name, with the words of the typed line. They have
 * connections of their own: behind so many bytes the kept ones would wait. */
#include "cli/prompt-carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"

struct typed {
    const char **words; /* NULL-terminated */
    size_t count;
    char *storage; /* of the words */
};

/* One word of the line as a shell reads it, but for what a shell would put in its place: quotes and
 * backslashes are taken off while it is copied to `*to`. Returns what follows it; NULL: a quote has
 * no end. */
static const char *take_word(const char *at, char **to)
{
    char quote = '\0';

    while (*at && (quote || !strchr(" \t", *at))) {
        if (quote ? *at == quote : *at == '\'' || *at == '"') {
            quote = quote ? '\0' : *at;
            at++;
            continue;
        }
        if (*at == '\\' && quote != '\'' && at[1])
            at++;
        *(*to)++ = *at++;
    }
    *(*to)++ = '\0';
    return quote ? NULL : at;
}

static void typed_deinit(struct typed *typed)
{
    free(typed->words);
    free(typed->storage);
}

/* Returns 0, 1 for a quote without end, or -ENOMEM. */
static int typed_read(struct typed *typed, const char *line, const char *selector)
{
    /* Every word is at least one byte long, and may have the selector before it. */
    size_t most = strlen(line) / 2 + 2;
    size_t before = selector ? strlen(selector) : 0;
    char *to;

    *typed = (struct typed){
        .words = calloc(most + 1, sizeof(*typed->words)),
        .storage = malloc(strlen(line) + 2 + most * (before + 1)),
    };
    if (!typed->words || !typed->storage)
        return -ENOMEM;
    to = typed->storage;
    for (line += strspn(line, " \t"); *line; line += strspn(line, " \t")) {
        typed->words[typed->count++] = to;
        if (*line == ':' && selector)
            to = stpcpy(to, selector);
        line = take_word(line, &to);
        if (!line)
            return 1;
    }
    return 0;
}

static int carry(struct prompt *prompt, const struct cli_command *command, const char *rest)
{
    struct console *console = prompt->session.console;
    const struct common_options common = console->common;
    struct typed typed;
    int r = typed_read(&typed, rest, prompt->selector);
    int status;

    if (r < 0) {
        complain_no_memory(&console->error);
        status = STATUS_FAILED;
    } else if (r) {
        complain_say(&console->error, NULL, "%s", _("A quotation mark has no end."));
        status = STATUS_USAGE;
    } else {
        status = cli_execute(console, command, typed.words);
    }
    console->common = common;
    console->command = NULL;
    typed_deinit(&typed);
    return status;
}

int prompt_get(struct prompt *prompt, const char *rest)
{
    return carry(prompt, &cli_get, rest);
}

int prompt_put(struct prompt *prompt, const char *rest)
{
    return carry(prompt, &cli_put, rest);
}
