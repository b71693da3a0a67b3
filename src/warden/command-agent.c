/* huned: be the agent, in the foreground, until told to stop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"
#include "warden/command.h"
#include "warden/warden.h"

enum { OPTION_LISTEN = HUNED_OPTION_FIRST, OPTION_VERBOSE };

static const struct option accepted[] = {
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {0},
};

static int run(const struct place *place, struct config *config, const char *const *settings,
               int argc, char **argv)
{
    static struct warden warden; /* large, and one per process */
    struct config_error error;
    char *copies[] = {strdup(place->config), strdup(place->operators), strdup(place->state),
                      strdup(place->run)};
    int r;

    (void)argv;
    if (argc > 0)
        return complain(2, "unexpected words; huned --help tells the usage");
    warden.config = *config;
    warden.place = (struct place){.config = copies[0],
                                  .operators = copies[1],
                                  .state = copies[2],
                                  .run = copies[3],
                                  .privileged = place->privileged};
    warden.config_listen = settings[OPTION_LISTEN - HUNED_OPTION_FIRST];
    warden.signals.fd = -1;
    warden.lock = -1;
    warden.watch.fd = -1;
    if (warden.config_listen && config_set_listen(&warden.config, warden.config_listen, &error)) {
        place_deinit(&warden.place);
        return complain(2, "--listen: %s", error.text);
    }
    log_open("huned", settings[OPTION_VERBOSE - HUNED_OPTION_FIRST]
                          ? LOG_LEVEL_DEBUG
                          : (enum log_level)config->log_level);
    r = warden_start(&warden);
    if (!r)
        r = loop_run(&warden.loop);
    warden_finish(&warden);
    return r ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct huned_command command_agent = {
    .arguments = "[COMMAND]",
    .summary = "Runs Hune's agent: lets the operators that this machine knows see and command it.",
    .options =
        "  --listen A:P     listen there instead of where huned.conf says (comma-separated)\n"
        "  --verbose        log more\n",
    .accepted = accepted,
    .run = run,
};
