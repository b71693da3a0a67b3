/* huned's commands: one file each, one const entry in the table of main.c. */
#pragma once

#include <getopt.h>

#include "warden/configuration.h"
#include "warden/place.h"

struct huned_command {
    const char *name; /* NULL: the agent itself */
    const char *arguments;
    const char *summary;
    const char *options;           /* help text, a line each */
    const struct option *accepted; /* besides --config, --state, --help; values from 256 on */
    /* `settings` holds the values of the accepted options, by value - 256; NULL where not given. */
    int (*run)(const struct place *place, struct config *config, const char *const *settings,
               int argc, char **argv);
};

enum { HUNED_OPTION_FIRST = 256, HUNED_OPTIONS_MAX = 8 };

extern const struct huned_command command_agent;
extern const struct huned_command command_invite;
extern const struct huned_command command_operators;
extern const struct huned_command command_token;
extern const struct huned_command command_check;

/* "huned: <sentence>" on stderr; returns `status` for the caller to exit with. */
int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
