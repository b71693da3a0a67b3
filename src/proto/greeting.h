/* What a machine says of itself already in the TLS handshake, encrypted, to a console that asks for
 * it: what `hello` would tell, one round trip earlier. docs/protocol.md draws the bytes. */
#pragma once

#include "proto/order.h"

/* Of the range for private use (RFC 8446, section 11). */
enum { GREETING_EXTENSION = 0xff48, GREETING_SIZE = 1 + EPOCH_SIZE + 8 };

struct greeting {
    uint8_t epoch[EPOCH_SIZE];
    uint64_t boot_ms;
};

void greeting_encode(const struct greeting *greeting, uint8_t bytes_out[GREETING_SIZE]);
/* False for anything but the form that is known here: then `hello` is to be asked. */
bool greeting_decode(struct greeting *greeting_out, struct slice bytes);
