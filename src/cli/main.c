/* hune: see and command every machine in your care. Finds the command in the table and runs it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/elsewhere.h"
#include "fleet/home/language.h"

/* Names are resolved by threads, and a slow name service would let thousands of machines stand in
 * line before libuv's four. They are made only when the first name is looked up. */
static void allow_many_lookups(void)
{
    setenv("UV_THREADPOOL_SIZE", "64", 0);
}

/* "hune -w web1 uptime": an option of `run` where none can be. */
static bool is_of_run(const char *const *arguments, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!options_find(common_options, common_option_count, arguments[i]) &&
            (options_find(cli_run.options, cli_run.option_count, arguments[i]) ||
             options_find(&target_option, 1, arguments[i])))
            return true;
    return false;
}

/* The options before the command's name. Sets `*rest_out` to the name. */
static int global_options(struct console *console, const char *const *arguments,
                          const char *const **rest_out)
{
    const struct option_set set = {
        .options = common_options, .count = common_option_count, .values = &console->common};
    const char *before[16] = {0};
    _cleanup_words_ struct words words = {0};
    struct fault fault = {0};
    size_t count = 0;
    int error;

    /* An option that takes its value from the next argument swallows one more. */
    while (arguments[count] && arguments[count][0] == '-' && count + 2 < ELEMENTS_OF(before)) {
        const char *option = arguments[count];
        bool takes = text_equal(option, "-i") || text_equal(option, "--identity") ||
                     text_equal(option, "--fleet");

        before[count] = option;
        count++;
        if (takes && arguments[count]) {
            before[count] = arguments[count];
            count++;
        }
    }
    *rest_out = arguments + count;
    error = options_parse(&set, 1, false, before, &words, &fault);
    if (error < 0) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    if (!error)
        return STATUS_OK;
    return console_usage(console, fault.text,
                         is_of_run(before, count)
                             ? _("It stands behind a command: hune run SEL [OPTIONS] -- COMMAND")
                             : fault.hint);
}

static bool is_machine(struct console *console, const char *name)
{
    struct fleet *fleet;

    return console_fleet(console, &fleet) == 0 && fleet_find(fleet, name) != FLEET_NONE;
}

static int unknown_command(struct console *console, const char *name)
{
    const char *nearest = cli_nearest(name);
    const char *here = elsewhere_command(name);
    char hint[320];

    if (here)
        snprintf(hint, sizeof(hint), "%s", here);
    else if (is_machine(console, name))
        snprintf(hint, sizeof(hint),
                 _("It is a machine: `hune run %s -- COMMAND` or `hune shell %s`."), name, name);
    else if (nearest)
        snprintf(hint, sizeof(hint), _("Did you mean `hune %s`?"), nearest);
    else
        snprintf(hint, sizeof(hint), "%s", _("`hune help` lists the commands."));
    complain_say(&console->error, hint, _("There is no command \"%s\"."), name);
    return STATUS_USAGE;
}

static int run(struct console *console, const char *const *arguments)
{
    const struct cli_command *command;
    int status;

    if (text_equal(arguments[0], "--version"))
        return cli_execute(console, &cli_version, arguments + 1);
    status = global_options(console, arguments, &arguments);
    if (status)
        return status;
    if (console->common.json)
        language_plain();
    if (!arguments[0]) {
        if (!console->common.help)
            return prompt_run(console);
        help_overview(&console->out);
        return STATUS_OK;
    }
    command = cli_find(arguments[0]);
    if (!command)
        return unknown_command(console, arguments[0]);
    return cli_execute(console, command, arguments + 1);
}

int main(int argc, char **argv)
{
    struct console console;
    int status;

    (void)argc;
    language_start(isatty(STDOUT_FILENO) == 1 || isatty(STDERR_FILENO) == 1);
    allow_many_lookups();
    log_open("hune", LOG_LEVEL_WARNING);
    /* A reader that goes away must not kill us before the job on the machine was told to stop. */
    signal(SIGPIPE, SIG_IGN);
    console_init(&console);
    status = run(&console, (const char *const *)argv + (argc > 0));
    console_deinit(&console);
    return status;
}
