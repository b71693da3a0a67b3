/* See place.h. */
#include "warden/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

char *place_path(const char *folder, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* $variable/hune, or $HOME/fallback/hune. */
static char *user_folder(const char *variable, const char *home, const char *fallback)
{
    const char *base = getenv(variable);
    char *path;

    if (base && base[0] == '/')
        return place_path(base, "hune");
    return asprintf(&path, "%s/%s/hune", home, fallback) < 0 ? NULL : path;
}

static int place_init_user(struct place *place)
{
    _cleanup_free_ char *config = NULL;
    const char *home = getenv("HOME");

    if (!home || home[0] != '/')
        return -ENOENT;
    config = user_folder("XDG_CONFIG_HOME", home, ".config");
    if (!config)
        return -ENOMEM;
    place->config = place_path(config, "huned.conf");
    place->operators = place_path(config, "operators");
    place->state = user_folder("XDG_DATA_HOME", home, ".local/share");
    place->run = user_folder("XDG_RUNTIME_DIR", home, ".cache");
    return 0;
}

int place_init(struct place *place, const char *state_dir, const char *config)
{
    int r = 0;

    *place = (struct place){.privileged = geteuid() == 0};
    if (state_dir) {
        _cleanup_free_ char *folder = NULL;

        folder = state_dir[0] == '/' ? place_path("", state_dir + 1) : NULL;
        if (!folder) {
            _cleanup_free_ char *here = getcwd(NULL, 0);

            folder = here ? place_path(here, state_dir) : NULL;
        }
        if (!folder)
            return -ENOMEM;
        place->config = place_path(folder, "huned.conf");
        place->operators = place_path(folder, "operators");
        place->state = place_path(folder, "state");
        place->run = place_path(folder, "run");
    } else if (place->privileged) {
        place->config = place_path("/etc/hune", "huned.conf");
        place->operators = place_path("/etc/hune", "operators");
        place->state = place_path("/var/lib", "hune");
        place->run = place_path("/run", "hune");
    } else {
        r = place_init_user(place);
    }
    if (config) {
        free(place->config);
        place->config = realpath(config, NULL);
        if (!place->config)
            place->config = place_path(".", config);
    }
    if (!r && (!place->config || !place->operators || !place->state || !place->run))
        r = -ENOMEM;
    if (r)
        place_deinit(place);
    return r;
}

void place_deinit(struct place *place)
{
    free(place->config);
    free(place->operators);
    free(place->state);
    free(place->run);
    *place = (struct place){0};
}

int place_make(const struct place *place, const char **failed_out)
{
    const char *const folders[] = {place->state, place->run};

    for (size_t i = 0; i < ELEMENTS_OF(folders); i++) {
        int r = directory_make(folders[i], 0755);

        if (!r && chmod(folders[i], 0700) < 0)
            r = -errno;
        *failed_out = folders[i];
        if (r)
            return r;
    }
    return 0;
}
