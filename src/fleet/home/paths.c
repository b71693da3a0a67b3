/* See paths.h. */
#include "fleet/home/paths.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fleet/home/i18n.h"

static const char *home_directory(void)
{
    const char *home = getenv("HOME");
    const struct passwd *entry;

    if (home && home[0] == '/')
        return home;
    entry = getpwuid(geteuid());
    return entry && entry->pw_dir && entry->pw_dir[0] == '/' ? entry->pw_dir : NULL;
}

/* "<$variable>/hune", or "<base>/<otherwise>"; NULL for no memory. */
static char *directory_for(const char *variable, const char *base, const char *otherwise)
{
    const char *value = getenv(variable);
    char *path;
    int length;

    if (value && value[0] == '/')
        length = asprintf(&path, "%s/hune", value);
    else
        length = asprintf(&path, "%s/%s", base, otherwise);
    return length < 0 ? NULL : path;
}

static char *file_in(const char *directory, const char *name)
{
    char *path;

    return directory && asprintf(&path, "%s/%s", directory, name) >= 0 ? path : NULL;
}

int paths_init(struct paths *paths_out, struct fault *fault)
{
    const char *home = home_directory();
    struct paths paths = {0};

    if (!home) {
        fault_set(fault, _("Set the variable HOME to your home directory."),
                  _("There is no home directory for Hune's files."));
        return -ENOENT;
    }
    paths.config = directory_for("XDG_CONFIG_HOME", home, ".config/hune");
    paths.data = directory_for("XDG_DATA_HOME", home, ".local/share/hune");
    if (paths.data)
        paths.runtime = directory_for("XDG_RUNTIME_DIR", paths.data, "run");
    paths.machines = file_in(paths.config, "machines.csv");
    paths.identity = file_in(paths.config, "id_ed25519");
    paths.store = file_in(paths.data, "hune.db");
    paths.groups = file_in(paths.config, "../clustershell");
    paths.settings = file_in(paths.config, "hune.conf");
    if (!paths.config || !paths.data || !paths.runtime || !paths.machines || !paths.identity ||
        !paths.store || !paths.settings || !paths.groups) {
        paths_deinit(&paths);
        return -ENOMEM;
    }
    *paths_out = paths;
    return 0;
}

void paths_deinit(struct paths *paths)
{
    free(paths->config);
    free(paths->data);
    free(paths->runtime);
    free(paths->machines);
    free(paths->identity);
    free(paths->store);
    free(paths->settings);
    free(paths->groups);
    *paths = (struct paths){0};
}
