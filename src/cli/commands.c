#include "cli/commands.h"

#include <stdlib.h>

#include "base/text.h"
#include "cli/nearest.h"
#include "fleet/home/language.h"

static const struct cli_command *const commands[] = {
#define X(name) &cli_##name,
    HUNE_COMMANDS(X)
#undef X
};

const struct cli_option common_options[] = {
    OPTION(struct common_options, json, FLAG, 0, "json", NULL,
           N_("print JSON Lines with stable names")),
    OPTION(struct common_options, yes, FLAG, 'y', "yes", NULL,
           N_("answer every question with yes")),
    OPTION(struct common_options, fleet, TEXT, 0, "fleet", N_("FILE"),
           N_("the fleet list; default ~/.config/hune/machines.csv")),
    OPTION(struct common_options, identity, TEXT, 'i', "identity", N_("FILE"),
           N_("the signing key; default ~/.config/hune/id_ed25519")),
    OPTION(struct common_options, help, FLAG, 'h', "help", NULL, N_("show this help")),
};
const size_t common_option_count = ELEMENTS_OF(common_options);

const struct cli_option target_option = OPTION(struct common_options, target, TEXT, 't', "target",
                                               N_("SEL"), N_("the machines, as a selector"));

const struct cli_command *cli_at(size_t index)
{
    return index < ELEMENTS_OF(commands) ? commands[index] : NULL;
}

const struct cli_command *cli_find(const char *name)
{
    for (size_t i = 0; i < ELEMENTS_OF(commands); i++) {
        if (text_equal(commands[i]->name, name))
            return commands[i];
    }
    return NULL;
}

const char *cli_nearest(const char *typed)
{
    struct nearest nearest = nearest_begin(typed);

    for (size_t i = 0; i < ELEMENTS_OF(commands); i++)
        nearest_offer(&nearest, commands[i]->name);
    return nearest.best;
}

int cli_execute(struct console *console, const struct cli_command *command,
                const char *const *arguments)
{
    _cleanup_free_ void *values = calloc(1, command->values_size + 1);
    _cleanup_words_ struct words words = {0};
    const struct option_set sets[] = {
        {.options = command->options, .count = command->option_count, .values = values},
        {.options = common_options, .count = common_option_count, .values = &console->common},
        {.options = &target_option, .count = command->selects, .values = &console->common},
    };
    struct fault fault = {0};
    int error, status;

    console->command = command->name;
    if (!values) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    error = options_parse(sets, ELEMENTS_OF(sets), command->dashes_are_words, arguments, &words,
                          &fault);
    if (!error && !command->takes_rest)
        words_join(&words);
    if (console->common.json)
        language_plain(); /* what scripts read is the same in every language */
    if (error < 0) {
        complain_no_memory(&console->error);
        status = STATUS_FAILED;
    } else if (error) {
        status = console_usage(console, fault.text, fault.hint);
    } else if (console->common.help && words.rest) {
        /* "run -h web1 -- uptime": whoever gives a command does not ask for help. */
        status = console_usage(console, _("-h is the help; it takes no machine."),
                               _("Machines stand as a selector: hune run web1 -- uptime"));
    } else if (console->common.help) {
        help_command(&console->out, command);
        status = STATUS_OK;
    } else {
        status = command->exec(console, values, &words);
    }
    options_release(sets, ELEMENTS_OF(sets));
    return status;
}
