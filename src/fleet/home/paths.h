/* Where the console keeps its files: the XDG base directories, under the name "hune". Nothing is
 * made on disk here. */
#pragma once

#include "fleet/home/fault.h"

struct paths {
    char *config;   /* $XDG_CONFIG_HOME/hune, default ~/.config/hune */
    char *data;     /* $XDG_DATA_HOME/hune, default ~/.local/share/hune */
    char *runtime;  /* $XDG_RUNTIME_DIR/hune, default <data>/run */
    char *machines; /* <config>/machines.csv */
    char *identity; /* <config>/id_ed25519 */
    char *store;    /* <data>/hune.db */
    char *settings; /* <config>/hune.conf */
    char *groups;   /* ClusterShell's own: <config>/../clustershell */
};

/* Reads the environment; a relative XDG variable is ignored, as its specification says, and without
 * HOME the passwd entry counts. Returns 0, -ENOMEM, or -ENOENT if there is no home (and `fault`
 * says so). */
int paths_init(struct paths *paths_out, struct fault *fault);
void paths_deinit(struct paths *paths);
