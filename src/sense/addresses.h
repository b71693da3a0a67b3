/* The network addresses of this machine, from what the kernel prints in /proc/net.
 *
 * No socket is opened (the gate may not). For IPv6 the kernel prints everything. For IPv4 it prints
 * its own addresses in fib_trie, without interface; the interface and prefix are those of the most
 * specific connected network in the routing table that holds the address. Where two interfaces
 * share that network, or none has it, both are left out.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sense/scan.h"

/* {"primary","addresses":[{"interface","family","address","prefix","scope"}]}. `primary` is the
 * source address of the default route; left out where several could be it.
 * Returns 0 or -ENOMEM. */
int addresses_collect(const char *root, json_t **json_out);

/* A line of /proc/net/route; IPv4 addresses are in the host's byte order. */
struct route {
    struct span interface;
    uint32_t destination;
    uint32_t mask;
    uint32_t gateway; /* 0 for a connected network */
    uint32_t metric;
};
/* False for a heading and for routes that are down or refuse. */
bool route_parse(struct span line, struct route *route_out);

/* The machine's own IPv4 addresses in the text of /proc/net/fib_trie, each once, without those of
 * whole local networks. Fills at most `max` and returns how many. */
size_t fib_trie_parse(struct span text, uint32_t *addresses_out, size_t max);

/* A line of /proc/net/if_inet6. */
struct address6 {
    uint8_t address[16];
    uint8_t prefix;
    const char *scope;
    bool lasting; /* neither temporary nor on its way in or out */
    struct span interface;
};
bool address6_parse(struct span line, struct address6 *address_out);

/* The connected network that an IPv4 address belongs to, in the text of /proc/net/route; false if
 * there is none or it cannot be told. */
bool network_of(struct span routes, uint32_t address, struct route *route_out);
/* The default route in use: the one with the lowest metric. */
bool default_route(struct span routes, struct route *route_out);
/* The interface of the IPv6 default route in the text of /proc/net/ipv6_route, or false. */
bool default_interface6(struct span routes, struct span *interface_out);

/* The source address of the IPv4 default route; 0 if it cannot be told. */
uint32_t primary_of(struct span routes, const uint32_t *addresses, size_t count);
