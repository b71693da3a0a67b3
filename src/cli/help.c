/* The help, made from the table of commands: it cannot drift from what is parsed. */
#include <string.h>

#include "cli/commands.h"
#include "cli/grid.h"
#include "config.h"

static void print_options(struct output *output, const struct cli_option *options, size_t count)
{
    enum { COLUMN = 26 };

    for (size_t i = 0; i < count; i++) {
        const struct cli_option *option = &options[i];
        const char *value = option->value ? _(option->value) : "";
        char left[96], letter[8] = "    ";

        if (option->kind == OPTION_ELSEWHERE)
            continue;
        if (option->letter)
            snprintf(letter, sizeof(letter), "-%c, ", option->letter);
        snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name, *value ? " " : "", value);
        output_print(output, "  ");
        print_column(output, left, COLUMN);
        output_print(output, "%s\n", _(option->help));
    }
}

static void print_indented(struct output *output, const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");

        output_print(output, "  %.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

void help_command(struct output *output, const struct cli_command *command)
{
    output_print(output, _("Usage: hune %s %s\n"), command->name,
                 *command->arguments ? _(command->arguments) : "");
    output_print(output, "%s.\n", _(command->summary));
    if (command->details)
        output_print(output, "\n%s\n", _(command->details));
    output_print(output, "\n");
    print_options(output, command->options, command->option_count);
    if (command->selects)
        print_options(output, &target_option, 1);
    print_options(output, common_options, common_option_count);
    if (command->examples) {
        output_print(output, "\n");
        output_coloured(output, COLOUR_BOLD, _("Examples"));
        output_print(output, "\n");
        print_indented(output, command->examples);
    }
}

void help_overview(struct output *output)
{
    const struct cli_command *command;

    output_print(output, _("Usage: hune [OPTIONS] COMMAND …\n"));
    output_print(output, _("       hune                      the interactive prompt\n"));
    output_print(output, "%s\n\n", _("See and command every machine in your care."));
    for (size_t i = 0; (command = cli_at(i)); i++)
        output_print(output, "  %-12s%s\n", command->name, _(command->summary));
    output_print(output, "\n");
    print_options(output, common_options, common_option_count);
    output_print(
        output, "\n%s\n",
        _("A selector SEL picks machines: names (web1), ranges (web[01-40]), patterns (web*),\n"
          "tags (@prod), all; a,b is both, a&b is what is in both, !a leaves a out.\n"
          "hune COMMAND --help tells more about one command; man hune about everything."));
}

static int exec_help(struct console *console, const void *values, const struct words *words)
{
    const struct cli_command *command;

    (void)values;
    if (words->count == 0) {
        help_overview(&console->out);
        return STATUS_OK;
    }
    command = cli_find(words->items[0]);
    if (!command) {
        complain_say(&console->error, _("`hune help` lists the commands."),
                     _("There is no command \"%s\"."), words->items[0]);
        return STATUS_USAGE;
    }
    help_command(&console->out, command);
    return STATUS_OK;
}

const struct cli_command cli_help = {
    .name = "help",
    .arguments = N_("[COMMAND]"),
    .summary = N_("Show what hune can do, or what one command does"),
    .exec = exec_help,
};

static int exec_version(struct console *console, const void *values, const struct words *words)
{
    (void)values;
    (void)words;
    output_print(&console->out, "hune %s\n", HUNE_VERSION);
    return STATUS_OK;
}

const struct cli_command cli_version = {
    .name = "version",
    .arguments = "",
    .summary = N_("Show the version"),
    .exec = exec_version,
};
