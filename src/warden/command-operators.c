/* huned operators: who may do what on this machine, as the agent reads it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "warden/command.h"
#include "warden/keyring.h"

static int run(const struct place *place, struct config *config, const char *const *settings,
               int argc, char **argv)
{
    struct keyring keyring;
    int r;

    (void)config;
    (void)settings;
    (void)argv;
    if (argc > 0)
        return complain(2, "unexpected words; huned operators --help tells the usage");
    keyring_init(&keyring, place->operators);
    r = keyring_refresh(&keyring);
    if (r)
        return complain(EXIT_FAILURE, "%s: %s", place->operators, strerror(-r));
    for (size_t i = 0; i < keyring.count; i++) {
        const struct operator_entry *who = &keyring.operators[i];
        _cleanup_buffer_ struct buffer rights = BUFFER_INIT;
        char fingerprint[FINGERPRINT_TEXT_SIZE];

        fingerprint_format(who->fingerprint, fingerprint);
        if (rights_append(&rights, who->rights) || !buffer_text(&rights))
            break;
        printf("%s  %s\n    may %s%s%s\n", fingerprint, *who->name ? who->name : "(no name)",
               buffer_text(&rights), *who->as ? ", as " : "", who->as);
    }
    if (keyring.count == 0)
        printf("Nobody may do anything here yet. Invite somebody:  huned invite\n");
    keyring_deinit(&keyring);
    return 0;
}

const struct huned_command command_operators = {
    .name = "operators",
    .arguments = "",
    .summary = "list who may do what on this machine",
    .options = "",
    .run = run,
};
