/* HOST, HOST:PORT, [V6]:PORT or a bare V6: how a person writes where a machine is. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fleet/home/fault.h"

enum { DEFAULT_PORT = 10000, HOST_TEXT_SIZE = 256 };

struct address {
    char host[HOST_TEXT_SIZE]; /* no brackets */
    uint16_t port;
    bool has_port; /* the text named one */
};

enum address_error {
    ADDRESS_E_EMPTY = 1,  /* no host */
    ADDRESS_E_PORT_TEXT,  /* the port is not a number */
    ADDRESS_E_PORT_RANGE, /* not 1 to 65535 */
    ADDRESS_E_HOST,       /* a character that no host name has */
    ADDRESS_E_BRACKET,    /* [ without ], or what they hold is no IPv6 address */
    ADDRESS_E_LONG,       /* a host of more than 253 characters */
};

/* Without a port in `text`, `default_port` holds. Returns 0 or an enum address_error, with the
 * sentence and the column in `fault` (may be NULL). */
int address_parse(const char *text, uint16_t default_port, struct address *address_out,
                  struct fault *fault);
/* The port alone, 1 to 65535. Returns 0, ADDRESS_E_PORT_TEXT or ADDRESS_E_PORT_RANGE. */
int address_parse_port(const char *text, uint16_t *port_out, struct fault *fault);
/* Whether `host` is an IPv6 address, with or without a zone ("fe80::1%eth0"). */
bool address_is_v6(const char *host);
/* Appends "host:port" or "[v6]:port". Returns 0 or -ENOMEM. */
int address_append(struct buffer *out, const char *host, uint16_t port);
