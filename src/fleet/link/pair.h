/* `hune join`: an invitation link makes a machine and this operator trust each other. The code
 * never travels; its proof is bound to this TLS channel and to the machine's id. */
#pragma once

#include <stdint.h>

#include "fleet/link/link.h"
#include "proto/invite.h"

struct pair;

struct pair_result {
    uint8_t id[MACHINE_ID_SIZE]; /* to pin */
    uint16_t rights;
    char run_as[256];
    char name[256]; /* the machine's own name; raw */
};

/* Exactly one of the two is NULL. The pair frees itself after it. */
typedef void (*pair_done)(const struct pair_result *result, const struct trouble *trouble,
                          void *user);

/* `invite` and `label` (becomes the comment in the operators file; NULL: the key's own) are copied.
 * Returns 0 or -errno. */
int pair_start(struct pair **pair_out, struct link_factory *factory,
               const struct invite_link *invite, const char *label, pair_done done, void *user);
/* To watch its progress; gone with the pair. */
struct link *pair_link(const struct pair *pair);
/* No callback comes after this. Takes NULL, returns NULL. */
struct pair *pair_cancel(struct pair *pair);
