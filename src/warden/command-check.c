/* huned check: would the agent start, and would anybody be obeyed? Exit status 0 if so. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proto/sshkey.h"
#include "warden/command.h"
#include "warden/history.h"
#include "warden/keyring.h"
#include "warden/machine.h"

static void tell(bool good, const char *what, const char *detail)
{
    printf("%s  %-14s %s\n", good ? "ok  " : "BAD ", what, detail);
}

static bool check_machine(const struct place *place, const struct config *config)
{
    char text[FINGERPRINT_TEXT_SIZE];
    struct machine machine;
    int r = machine_load_existing(&machine, place, config);

    if (r == 0) {
        fingerprint_format(machine.id, text);
        tell(true, "machine id", text);
    } else if (r == -ENOENT && !*config->certificate) {
        tell(true, "machine id", "none yet; the first start makes it");
        r = 0;
    } else {
        tell(false, "machine id", strerror(-r));
    }
    machine_deinit(&machine);
    return r == 0;
}

static bool check_operators(const struct place *place)
{
    char text[64];
    struct keyring keyring;
    int r;

    keyring_init(&keyring, place->operators);
    r = keyring_refresh(&keyring); /* tells of bad lines by itself */
    snprintf(text, sizeof(text), keyring.bad ? "%zu known, %zu refused (see above)" : "%zu known",
             keyring.count, keyring.bad);
    if (r)
        tell(false, "operators", strerror(-r));
    else if (keyring.bad)
        tell(false, "operators", text);
    else
        tell(true, "operators", keyring.count ? text : "nobody yet; invite somebody: huned invite");
    r = r || keyring.bad;
    keyring_deinit(&keyring);
    return r == 0;
}

static bool check_folder(const char *what, const char *path)
{
    bool good = access(path, W_OK) == 0 || errno == ENOENT;

    tell(good, what, path);
    return good;
}

static bool check_history(const struct place *place, const struct config *config)
{
    char text[512] = "no memory";
    bool good = history_tell(place->state, config, text, sizeof(text));

    tell(good, "history", text);
    return good;
}

static int run(const struct place *place, struct config *config, const char *const *settings,
               int argc, char **argv)
{
    bool good = true;

    (void)settings;
    (void)argv;
    if (argc > 0)
        return complain(2, "unexpected words; huned check --help tells the usage");
    tell(true, "configuration",
         access(place->config, R_OK) == 0 ? place->config : "none; defaults");
    for (size_t i = 0; i < config->listen_count; i++)
        tell(true, "listens on", config->listen[i]);
    good = check_folder("state", place->state) && good;
    good = check_folder("run", place->run) && good;
    good = check_history(place, config) && good;
    good = check_machine(place, config) && good;
    good = check_operators(place) && good;
    if (place->privileged)
        tell(true, "gate runs as",
             getpwnam(config->gate_user) ? config->gate_user
                                         : "nobody (there is no such user as gate-user)");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct huned_command command_check = {
    .name = "check",
    .arguments = "",
    .summary = "say whether configuration, key and operators are in order",
    .options = "",
    .run = run,
};
