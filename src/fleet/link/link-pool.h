/* Links by machine index: made when first asked for, and kept warm for the next command if so told.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fleet/link/link.h"

struct link_pool;

/* Tells where machine `index` is. `target_out` is zeroed before; its texts and id need to stay
 * valid only until the call of the pool that asked returns. */
typedef void (*link_pool_target)(uint32_t index, struct link_target *target_out, void *user);

/* `warm`: links stay connected after link_pool_release(). The factory is borrowed. Returns 0 or
 * -ENOMEM. */
int link_pool_new(struct link_pool **pool_out, struct link_factory *factory, bool warm,
                  link_pool_target target, void *user);
struct link_pool *link_pool_free(struct link_pool *pool);
/* Lends the machine's link and starts it if it is idle or closed. Returns 0 or -ENOMEM. */
int link_pool_take(struct link_pool *pool, uint32_t index, struct link **link_out);
/* Gives one take back; the last one frees a link that is not kept warm. */
void link_pool_give(struct link_pool *pool, struct link *link);
/* The same by index, if link_pool_forget() was not called in between. */
void link_pool_release(struct link_pool *pool, uint32_t index);
/* The link if there is one, else NULL: no take. */
struct link *link_pool_peek(const struct link_pool *pool, uint32_t index);
/* The fleet list changed: indices mean other machines now. Frees every link that nobody has taken;
 * the others when they are given back. */
void link_pool_forget(struct link_pool *pool);
struct link_factory *link_pool_factory(const struct link_pool *pool);
