/* huned token: bearer tokens for programs that only observe (curl, Prometheus). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "warden/command.h"
#include "warden/token.h"

enum { OPTION_MAY = HUNED_OPTION_FIRST, OPTION_LABEL, OPTION_LIST, OPTION_REVOKE };

static const struct option accepted[] = {
    {"may", required_argument, NULL, OPTION_MAY},
    {"label", required_argument, NULL, OPTION_LABEL},
    {"list", no_argument, NULL, OPTION_LIST},
    {"revoke", required_argument, NULL, OPTION_REVOKE},
    {0},
};

static int tokens_list(const struct place *place)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    int r = token_list(place, &out);

    if (r)
        return complain(EXIT_FAILURE, "%s: %s", place->state, strerror(-r));
    fwrite(buffer_bytes(&out), 1, buffer_length(&out), stdout);
    return 0;
}

static int tokens_revoke(const struct place *place, const char *label)
{
    int r = token_revoke(place, label);

    if (r < 0)
        return complain(EXIT_FAILURE, "%s: %s", place->state, strerror(-r));
    if (r == 0)
        return complain(EXIT_FAILURE,
                        "there is no token called \"%s\"; huned token --list shows them", label);
    printf("%d revoked\n", r);
    return 0;
}

static int run(const struct place *place, struct config *config, const char *const *settings,
               int argc, char **argv)
{
    const char *may = settings[OPTION_MAY - HUNED_OPTION_FIRST];
    const char *label = settings[OPTION_LABEL - HUNED_OPTION_FIRST];
    char text[TOKEN_TEXT_SIZE];
    const char *failed;
    int r;

    (void)config;
    (void)argv;
    if (argc > 0)
        return complain(2, "unexpected words; huned token --help tells the usage");
    if (settings[OPTION_LIST - HUNED_OPTION_FIRST])
        return tokens_list(place);
    if (settings[OPTION_REVOKE - HUNED_OPTION_FIRST])
        return tokens_revoke(place, settings[OPTION_REVOKE - HUNED_OPTION_FIRST]);
    if (may && !text_equal(may, "observe"))
        return complain(2, "a token can only observe: what acts needs an operator's signature");
    if (label && strpbrk(label, "\n\r"))
        return complain(2, "--label: one line, please");
    r = place_make(place, &failed);
    if (!r)
        r = token_make(place, label && *label ? label : "unnamed", text);
    if (r)
        return complain(EXIT_FAILURE, "%s: %s", place->state, strerror(-r));
    printf("%s\n", text);
    explicit_bzero(text, sizeof(text));
    return 0;
}

const struct huned_command command_token = {
    .name = "token",
    .arguments = "",
    .summary = "make a token for a program that only observes",
    .options = "  --may observe    the only right that a token can have\n"
               "  --label TEXT     what it is for\n"
               "  --list           show the labels of the tokens there are\n"
               "  --revoke LABEL   make those tokens worthless\n",
    .accepted = accepted,
    .run = run,
};
