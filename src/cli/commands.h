/* The commands of `hune`: one command, one file, one const entry. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "cli/console.h"
#include "cli/options.h"

struct cli_command {
    const char *name;
    const char *arguments; /* as the usage line shows them */
    const char *summary;   /* one line, begins with a verb */
    const char *details;   /* a few sentences, or NULL */
    const char *examples;  /* whole lines, or NULL */
    const struct cli_option *options;
    size_t option_count;
    size_t values_size;    /* of the structure that the options fill */
    bool selects;          /* takes -t SELECTOR */
    bool dashes_are_words; /* "-tag" is a word */
    bool takes_rest;       /* what stands behind `--` is something else, such as a command */
    /* `values` points to a structure of values_size. Returns what to exit with. */
    int (*exec)(struct console *console, const void *values, const struct words *words);
};

/* X(name), in the order of the help */
#define HUNE_COMMANDS(X) \
    X(join)              \
    X(add)               \
    X(remove)            \
    X(list)              \
    X(tag)               \
    X(import)            \
    X(export)            \
    X(ask)               \
    X(run)               \
    X(shell)             \
    X(runs)              \
    X(get)               \
    X(put)               \
    X(jobs)              \
    X(attach)            \
    X(stop)              \
    X(forget)            \
    X(audit)             \
    X(top)               \
    X(history)           \
    X(watch)             \
    X(disconnect)        \
    X(reset)             \
    X(kill)              \
    X(nodeset)           \
    X(id)                \
    X(doctor)            \
    X(complete)          \
    X(version)           \
    X(help)

#define X(name) extern const struct cli_command cli_##name;
HUNE_COMMANDS(X)
#undef X

/* For the option tables: OPTION(struct run_options, live, FLAG, 0, "live", NULL, N_("...")). */
#define OPTION(type, member, kind_word, letter_, name_, value_, help_)                         \
    {                                                                                          \
        .name = (name_), .value = (value_), .help = (help_), .offset = offsetof(type, member), \
        .kind = OPTION_##kind_word, .letter = (letter_)                                        \
    }
/* An option of other tools: ELSEWHERE('a', "all", N_("what does that here")). */
#define ELSEWHERE(letter_, name_, here_)                                                \
    {                                                                                   \
        .name = (name_), .help = (here_), .kind = OPTION_ELSEWHERE, .letter = (letter_) \
    }
#define OPTIONS(table, type) \
    .options = (table), .option_count = ELEMENTS_OF(table), .values_size = sizeof(type)

/* In the order of the help; NULL behind the last. */
const struct cli_command *cli_at(size_t index);
/* NULL if there is none of that name. */
const struct cli_command *cli_find(const char *name);
/* The name of the command nearest to what was typed, or NULL. */
const char *cli_nearest(const char *typed);
/* Parses `arguments` (NULL-terminated, without the command's name) and runs it. */
int cli_execute(struct console *console, const struct cli_command *command,
                const char *const *arguments);

/* The help of everything, and of one command. */
void help_overview(struct output *output);
void help_command(struct output *output, const struct cli_command *command);

/* The interactive prompt; returns what to exit with. */
int prompt_run(struct console *console);

extern const struct cli_option common_options[];
extern const size_t common_option_count;
extern const struct cli_option target_option;
