/* The sockets that the gate listens on. The warden opens them (it may use low ports, and they
 * outlive a gate), and never reads from them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "warden/configuration.h"
#include "warden/place.h"

struct listeners {
    int fds[LIMIT_LISTENERS];
    char names[LIMIT_LISTENERS][80]; /* as configured */
    size_t count;
    bool inherited; /* socket activation: not ours to choose */
};

/* Takes the sockets that systemd passed, or binds those of the configuration; ones that are open
 * already under the same name are kept. Logs what fails, with the setting to change. Returns 0, or
 * -errno: then `listeners` is as it was. */
int listeners_open(struct listeners *listeners, const struct config *config);
void listeners_close(struct listeners *listeners);
/* Writes the addresses to `run`/listen, for `huned invite`. Returns 0 or -errno. */
int listeners_publish(const struct listeners *listeners, const struct place *place);
/* Lets connections come. Called once the addresses are published, and again for each gate: one that
 * was taken over may have shut the sockets down. Logs what fails. Returns 0 or -errno. */
int listeners_listen(const struct listeners *listeners);
/* Takes that file away again. */
void listeners_retract(const struct place *place);
