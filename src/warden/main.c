/* huned: the agent and its few commands. See command.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "config.h"
#include "warden/command.h"

enum { EXIT_USAGE = 2, OPTION_CONFIG = 1, OPTION_STATE, OPTION_HELP, OPTION_VERSION };

static const struct huned_command *const commands[] = {
    &command_agent, &command_invite, &command_operators, &command_token, &command_check,
};

int complain(int status, const char *format, ...)
{
    va_list arguments;

    fputs("huned: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return status;
}

static void print_usage(const struct huned_command *command)
{
    printf("Usage: huned%s%s [OPTION]... %s\n%s\n\nOptions:\n%s", command->name ? " " : "",
           command->name ? command->name : "", command->arguments, command->summary,
           command->options);
    printf("  --config FILE    read this huned.conf\n"
           "  --state DIR      keep everything (configuration, operators, key, records) in DIR\n"
           "  --help, --version\n");
    if (command->name)
        return;
    printf("\nCommands:\n");
    for (size_t i = 1; i < ELEMENTS_OF(commands); i++)
        printf("  %-16s %s\n", commands[i]->name, commands[i]->summary);
    printf("\nhuned COMMAND --help tells more. See also huned(8), huned.conf(5).\n");
}

static const struct huned_command *find_command(const char *word)
{
    for (size_t i = 1; i < ELEMENTS_OF(commands); i++) {
        if (text_equal(commands[i]->name, word))
            return commands[i];
    }
    return NULL;
}

/* The command's own options behind the common ones, as getopt_long(3) wants them. */
static void options_join(const struct huned_command *command, struct option *all)
{
    static const struct option common[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"state", required_argument, NULL, OPTION_STATE},
        {"help", no_argument, NULL, OPTION_HELP},
        {"version", no_argument, NULL, OPTION_VERSION},
    };
    size_t count = ELEMENTS_OF(common);

    memcpy(all, common, sizeof(common));
    for (const struct option *own = command->accepted; own && own->name; own++)
        all[count++] = *own;
    all[count] = (struct option){0};
}

struct common_options {
    const char *config;
    const char *state;
    bool done; /* --help or --version was answered */
};

/* An option that is given again adds to a comma-separated list (--listen A:P --listen B:P). */
static void setting_add(char **setting, const char *value)
{
    _cleanup_free_ char *before = *setting;

    if (!before)
        *setting = strdup(value);
    else if (asprintf(setting, "%s,%s", before, value) < 0)
        *setting = NULL;
}

static int options_read(const struct huned_command *command, int argc, char **argv,
                        struct common_options *common, char **settings)
{
    struct option all[HUNED_OPTIONS_MAX + 8];
    int option;

    options_join(command, all);
    while ((option = getopt_long(argc, argv, "+", all, NULL)) != -1) {
        switch (option) {
        case OPTION_CONFIG: common->config = optarg; break;
        case OPTION_STATE: common->state = optarg; break;
        case OPTION_HELP:
            print_usage(command);
            common->done = true;
            return 0;
        case OPTION_VERSION:
            printf("huned %s\n", HUNE_VERSION);
            common->done = true;
            return 0;
        case '?':
            fprintf(stderr, "Try: huned%s%s --help\n", command->name ? " " : "",
                    command->name ? command->name : "");
            return EXIT_USAGE;
        default: setting_add(&settings[option - HUNED_OPTION_FIRST], optarg ? optarg : "");
        }
    }
    return 0;
}

/* Options may stand before the command's name as well (huned --state DIR invite). */
static int options_read_all(const struct huned_command **command, int *argc, char ***argv,
                            struct common_options *common, char **settings)
{
    int r = options_read(*command, *argc, *argv, common, settings);

    if (r || common->done || optind >= *argc)
        return r;
    *command = find_command((*argv)[optind]);
    if (!*command)
        return complain(EXIT_USAGE, "there is no command \"%s\"; huned --help lists them",
                        (*argv)[optind]);
    *argc -= optind;
    *argv += optind;
    optind = 0; /* GNU: scan anew */
    return options_read(*command, *argc, *argv, common, settings);
}

static int read_config(const struct place *place, struct config *config)
{
    struct config_error error;
    int r = config_read(config, place->config, &error);

    if (r < 0)
        return complain(EXIT_FAILURE, "%s: %s", place->config, strerror(-r));
    if (r > 0)
        return complain(EXIT_USAGE, "%s: line %d: %s", place->config, error.line, error.text);
    return 0;
}

int main(int argc, char **argv)
{
    const struct huned_command *command = &command_agent;
    char *settings[HUNED_OPTIONS_MAX] = {0};
    struct common_options common = {0};
    struct config config;
    struct place place;
    int r;

    log_open("huned", LOG_LEVEL_INFO);
    r = options_read_all(&command, &argc, &argv, &common, settings);
    if (r || common.done)
        return r;
    r = place_init(&place, common.state, common.config);
    if (r)
        return complain(EXIT_FAILURE, "%s", r == -ENOENT ? "HOME is not set" : strerror(-r));
    r = read_config(&place, &config);
    if (!r)
        r = command->run(&place, &config, (const char *const *)settings, argc - optind,
                         argv + optind);
    place_deinit(&place);
    for (size_t i = 0; i < ELEMENTS_OF(settings); i++)
        free(settings[i]);
    return r;
}
