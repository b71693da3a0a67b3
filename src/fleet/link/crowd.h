/* How many links may be on their way at once to agents that bear only so many.
 *
 * An agent lets the oldest go of more than LIMIT_UNOPENED_PER_ADDRESS connections that one address
 * has not opened; which agents see us as one address, and who else they see there, nobody tells us.
 * So there is no limit until links are dropped; then a narrow one, which grows with each link that
 * gets in. It does not end by itself after a time: all that still wait would begin at once and drop
 * each other again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/limits.h"

enum {
    /* Connecting and in their handshake together are less than an agent bears of one address, even
     * when two consoles do so. */
    CROWD_NARROW = LIMIT_UNOPENED_PER_ADDRESS / 5,
    /* So many links that get in make room for one more at once: wide again within a while where
     * there was no crowd, and few are dropped where there still is one. */
    CROWD_FOR_ONE_MORE = LIMIT_UNOPENED_PER_ADDRESS,
    /* So many links dropped are no accident. */
    CROWD_DROPS = 8,
};

struct crowd {
    uint32_t limit; /* 0: none */
    uint32_t opened;
    uint32_t drops;
};

/* A machine dropped a link before it was open. `is_sure`: it drops others of ours, too. */
void crowd_dropped(struct crowd *crowd, bool is_sure);
/* A link got in. */
void crowd_opened(struct crowd *crowd);
/* How many at once, where it would be `usual`. */
uint32_t crowd_at_once(const struct crowd *crowd, uint32_t usual);
