/* hune complete: what may come next on a command line. The shells' own scripts (data/completions)
 * ask it, so that commands, options and machines are known in one place.
 *
 * Says nothing where a file may stand, or anything: the shell then goes on as it does by itself. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "fleet/home/language.h"

struct complete_options {
    bool describe;
};

struct completing {
    struct console *console;
    const struct cli_command *command; /* NULL: its name is what is being typed */
    const char *const *words;          /* all that stand on the line behind "hune" */
    size_t count;
    const char *begun; /* the last of them: how a candidate must begin; may be "" */
    bool describe;
};

/* `lead` is what stands before the candidate in the same word: "web1," or "". */
static void offer(const struct completing *completing, const char *lead, size_t lead_length,
                  const char *candidate, const char *end, const char *help)
{
    if (!text_starts(candidate, completing->begun + lead_length))
        return;
    output_print(&completing->console->out, "%.*s%s%s%s%s\n", (int)lead_length, lead, candidate,
                 end, completing->describe && help ? "\t" : "",
                 completing->describe && help ? _(help) : "");
}

static void offer_word(const struct completing *completing, const char *candidate, const char *help)
{
    offer(completing, "", 0, candidate, "", help);
}

/* ---- commands and options ---- */

static void offer_commands(const struct completing *completing)
{
    const struct cli_command *command;

    for (size_t i = 0; (command = cli_at(i)); i++)
        offer_word(completing, command->name, command->summary);
}

static void offer_options(const struct completing *completing, const struct cli_option *options,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[64];

        if (options[i].kind == OPTION_ELSEWHERE)
            continue;
        snprintf(name, sizeof(name), "--%s", options[i].name);
        offer_word(completing, name, options[i].help);
    }
}

/* The option whose value the word behind `word` is, or NULL. */
static const struct cli_option *valued_option(const struct completing *completing, const char *word)
{
    const struct cli_command *command = completing->command;
    const struct cli_option *option = NULL;

    if (word[0] != '-')
        return NULL;
    if (command)
        option = options_find(command->options, command->option_count, word);
    if (!option && command && command->selects)
        option = options_find(&target_option, 1, word);
    if (!option)
        option = options_find(common_options, common_option_count, word);
    return option && option->kind != OPTION_FLAG ? option : NULL;
}

/* ---- machines ---- */

/* Each tag once, though many machines have it. */
static void offer_tags(const struct completing *completing, const struct fleet *fleet,
                       size_t lead_length, const char *end)
{
    _cleanup_buffer_ struct buffer seen = BUFFER_INIT;

    for (uint32_t i = 0; i < fleet->count; i++) {
        for (const char *at = fleet->machines[i].tags; *at;) {
            size_t length = strcspn(at, ",");
            const char *known;
            char tag[MACHINE_NAME_MAX + 4];

            snprintf(tag, sizeof(tag), "\n@%.*s\n", (int)length, at);
            at += length + (at[length] == ',');
            known = buffer_text(&seen);
            if (!known)
                return;
            if (strstr(known, tag))
                continue;
            if (buffer_append(&seen, tag, strlen(tag)))
                return;
            tag[strlen(tag) - 1] = '\0';
            offer(completing, completing->begun, lead_length, tag + 1, end, NULL);
        }
    }
}

/* `end` is what must follow: ":" where a path comes next. */
static void offer_machines(const struct completing *completing, const char *end)
{
    const char *comma = strrchr(completing->begun, ',');
    size_t lead = comma ? (size_t)(comma + 1 - completing->begun) : 0;
    struct fleet *fleet;

    if (strchr(completing->begun + lead, ':') || console_fleet(completing->console, &fleet))
        return;
    for (uint32_t i = 0; i < fleet->count; i++)
        offer(completing, completing->begun, lead, fleet->machines[i].name, end,
              fleet->machines[i].host);
    offer_tags(completing, fleet, lead, end);
    offer(completing, completing->begun, lead, "all", end, N_("every machine"));
}

static void offer_facts(const struct completing *completing)
{
    for (size_t i = 0; i < FACT_COUNT; i++)
        offer_word(completing, fact_name((enum fact)i), NULL);
}

/* ---- the line ---- */

static void offer_values(const struct completing *completing, const struct cli_option *option)
{
    static const char *const of_machines[] = {"target", "exclude", "where"};

    for (size_t i = 0; i < ELEMENTS_OF(of_machines); i++) {
        if (text_equal(option->name, of_machines[i]))
            offer_machines(completing, "");
    }
}

static void offer_arguments(const struct completing *completing)
{
    const struct cli_command *command = completing->command;
    bool is_first = completing->count == 2 && !completing->begun[0];

    if (command == &cli_help)
        offer_commands(completing);
    else if (command == &cli_get ||
             (command == &cli_put && !is_first)) /* `put` begins with a file */
        offer_machines(completing, ":");
    else if ((command->selects && command != &cli_put) || command == &cli_tag ||
             command == &cli_nodeset)
        offer_machines(completing, "");
    if (command == &cli_ask)
        offer_facts(completing);
}

/* The command is the first word that is neither an option nor an option's value. False when all
 * that follows is the machine's: it stands behind `--`. */
static bool line_read(struct completing *completing)
{
    for (size_t i = 0; i + 1 < completing->count; i++) {
        const char *word = completing->words[i];

        if (text_equal(word, "--"))
            return false;
        if (valued_option(completing, word))
            i++;
        else if (!completing->command && word[0] != '-')
            completing->command = cli_find(word);
    }
    return true;
}

static void complete(struct completing *completing)
{
    const struct cli_command *command;
    const struct cli_option *option = NULL;

    if (!line_read(completing))
        return;
    command = completing->command;
    if (completing->count > 1)
        option = valued_option(completing, completing->words[completing->count - 2]);
    if (option) {
        offer_values(completing, option);
    } else if (completing->begun[0] == '-') {
        if (command)
            offer_options(completing, command->options, command->option_count);
        if (command && command->selects)
            offer_options(completing, &target_option, 1);
        offer_options(completing, common_options, common_option_count);
    } else if (command) {
        offer_arguments(completing);
    } else {
        offer_commands(completing);
    }
}

static int exec_complete(struct console *console, const void *values, const struct words *words)
{
    const struct complete_options *options = values;
    struct completing completing = {
        .console = console,
        .words = words->rest,
        .count = words->rest_count,
        .begun = words->rest_count > 0 ? words->rest[words->rest_count - 1] : "",
        .describe = options->describe,
    };

    /* A person reads it, though a shell is in between. */
    language_start(true);
    complete(&completing);
    return STATUS_OK;
}

static const struct cli_option options[] = {
    OPTION(struct complete_options, describe, FLAG, 'd', "describe", NULL,
           N_("behind each a tab and what it does")),
};

const struct cli_command cli_complete = {
    .name = "complete",
    .takes_rest = true,
    .arguments = N_("-- WORDS…"),
    .summary = N_("List what may come next on a command line, for shells"),
    .details = N_("The last of the words is the one being typed; it may be empty. The scripts for "
                  "bash, zsh and fish are installed with hune."),
    .examples = "hune complete -- run we",
    OPTIONS(options, struct complete_options),
    .exec = exec_complete,
};
