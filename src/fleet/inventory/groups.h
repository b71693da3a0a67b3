/* The groups of machines that other tools' files name, if they are there:
 *
 *   genders        /etc/genders: "web[1-3] www,rack=7"; @www and @rack=7
 *   ClusterShell   groups.d of ~/.config/clustershell (or $CLUSTERSHELL_CFGDIR) and
 *                  /etc/clustershell: local.cfg, "web: www[1-3],@db", and *.yaml, "source:" with
 *                  "web: ..." below it; @web, @source:web
 *
 * The files are read anew for each look-up: it happens once per command. */
#pragma once

#include <stddef.h>

#include "base/buffer.h"
#include "fleet/home/fault.h"

struct groups_places {
    const char *genders; /* NULL: /etc/genders */
    const char *config;  /* the XDG directory of clustershell's own; NULL: none */
};

/* Appends the machines of group `name`, each with a NUL. Returns 0, 1 if no file knows it, 2 with a
 * sentence in `fault` if what it says cannot be read (a bad range, groups in a circle), or -ENOMEM.
 */
int groups_find(const struct groups_places *places, const char *name, size_t length,
                struct buffer *names_out, struct fault *fault);
