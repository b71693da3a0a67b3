/* Orders that no console would make: every field can be chosen, and the bytes can be damaged before
 * or after they are signed. For the tests of what an agent refuses. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "proto/order.h"
#include "proto/sshkey.h"

enum raw_window { WINDOW_GOOD, WINDOW_EXPIRED, WINDOW_NOT_YET, WINDOW_TOO_LONG };

/* One way of damaging a run of bytes; -1 or 0 where it stays as it is. */
struct raw_damage {
    int64_t flip_bit; /* counted from the first bit; negative: none */
    int64_t keep;     /* cut down to so many bytes; negative: all are kept */
    uint64_t append;  /* so many zero bytes more */
};

#define RAW_DAMAGE_NONE ((struct raw_damage){.flip_bit = -1, .keep = -1})

struct raw_order {
    struct order order; /* machine, epoch, id, verb, flags, deadline, user, payload */
    enum raw_window window;
    struct raw_damage unsigned_damage; /* before signing: the signature fits what is damaged */
    struct raw_damage signed_damage;   /* to the whole body */
};

/* Sets issued and expires as the window says. `boot_ms` is the machine's boot clock. */
void raw_order_date(struct raw_order *raw, uint64_t boot_ms);
/* Appends the request's body. Returns 0 or -errno. */
int raw_order_sign(const struct raw_order *raw, const struct sshkey_private *key,
                   struct buffer *body);
