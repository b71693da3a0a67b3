/* See addresses.h. */
#include "sense/addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <net/route.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "sense/object.h"
#include "sense/source.h"

enum { ADDRESSES_MAX = 1024 };

/* The kernel prints the bytes of an address as one number of its own byte order. */
static bool address_field(struct span *line, uint32_t *address_out)
{
    struct span field;
    uint64_t value;

    if (!scan_field(line, &field) || field.length != 8)
        return false;
    value = span_hex(field);
    *address_out = ntohl((uint32_t)value);
    return value != SENSE_UNKNOWN;
}

bool route_parse(struct span line, struct route *route_out)
{
    struct span field;
    uint64_t flags;
    uint64_t metric;

    /* interface, destination, gateway, flags, two counters, metric, mask */
    if (!scan_field(&line, &route_out->interface) ||
        !address_field(&line, &route_out->destination) ||
        !address_field(&line, &route_out->gateway) || !scan_field(&line, &field))
        return false;
    flags = span_hex(field);
    if (!scan_field(&line, &field) || !scan_field(&line, &field))
        return false;
    metric = scan_number(&line);
    if (flags == SENSE_UNKNOWN || metric > UINT32_MAX || !address_field(&line, &route_out->mask))
        return false;
    route_out->metric = (uint32_t)metric;
    return (flags & RTF_UP) && !(flags & RTF_REJECT);
}

bool network_of(struct span routes, uint32_t address, struct route *route_out)
{
    struct route best = {.mask = 0};
    bool shared = false;
    struct span line;

    while (scan_line(&routes, &line)) {
        struct route route;

        if (!route_parse(line, &route) || route.gateway || !route.mask ||
            (address & route.mask) != route.destination || route.mask < best.mask)
            continue;
        if (route.mask > best.mask)
            shared = false;
        else if (!span_same(route.interface, best.interface))
            shared = true;
        best = route;
    }
    *route_out = best;
    return best.mask != 0 && !shared;
}

bool default_route(struct span routes, struct route *route_out)
{
    bool found = false;
    struct span line;

    *route_out = (struct route){0};
    while (scan_line(&routes, &line)) {
        struct route route;

        if (!route_parse(line, &route) || route.mask || route.destination)
            continue;
        if (!found || route.metric < route_out->metric)
            *route_out = route;
        found = true;
    }
    return found;
}

size_t fib_trie_parse(struct span text, uint32_t *addresses_out, size_t max)
{
    struct in_addr node = {0};
    bool node_known = false;
    size_t count = 0;
    struct span line;

    /* A leaf's address, "|-- 192.0.2.2", precedes what it is for, "/32 host LOCAL". */
    while (count < max && scan_line(&text, &line)) {
        char dotted[INET_ADDRSTRLEN];
        uint32_t address;
        size_t known = 0;

        line = span_strip(line);
        if (span_starts(line, "|-- ")) {
            node_known = line.length - 4 < sizeof(dotted);
            if (node_known) {
                memcpy(dotted, line.at + 4, line.length - 4);
                dotted[line.length - 4] = '\0';
                node_known = inet_pton(AF_INET, dotted, &node) == 1;
            }
            continue;
        }
        if (!node_known || !span_equal(line, "/32 host LOCAL"))
            continue;
        address = ntohl(node.s_addr);
        while (known < count && addresses_out[known] != address)
            known++;
        if (known == count)
            addresses_out[count++] = address;
    }
    return count;
}

static bool is_loopback(uint32_t address)
{
    return address >> 24 == 127;
}

uint32_t primary_of(struct span routes, const uint32_t *addresses, size_t count)
{
    struct route way;
    uint32_t found[3] = {0}; /* beside the gateway; on its interface; on none that is known */
    size_t times[3] = {0};

    if (!default_route(routes, &way))
        return 0;
    for (size_t i = 0; i < count; i++) {
        struct route network;
        size_t kind;

        if (is_loopback(addresses[i]))
            continue;
        if (!network_of(routes, addresses[i], &network)) {
            kind = 2;
        } else if (span_same(network.interface, way.interface)) {
            kind = way.gateway && (way.gateway & network.mask) == network.destination ? 0 : 1;
        } else {
            continue;
        }
        found[kind] = addresses[i];
        times[kind]++;
    }
    for (size_t kind = 0; kind < ELEMENTS_OF(times); kind++)
        if (times[kind])
            return times[kind] == 1 ? found[kind] : 0;
    return 0;
}

static bool address6_field(struct span *line, uint8_t address_out[16])
{
    struct span field;

    if (!scan_field(line, &field) || field.length != 32)
        return false;
    for (size_t i = 0; i < 16; i++) {
        uint64_t byte = span_hex((struct span){field.at + 2 * i, 2});

        if (byte == SENSE_UNKNOWN)
            return false;
        address_out[i] = (uint8_t)byte;
    }
    return true;
}

bool address6_parse(struct span line, struct address6 *address_out)
{
    /* address, interface index, prefix, scope, flags, name */
    struct span fields[4];
    uint64_t prefix;
    uint64_t flags;

    if (!address6_field(&line, address_out->address))
        return false;
    for (size_t i = 0; i < ELEMENTS_OF(fields); i++)
        if (!scan_field(&line, &fields[i]))
            return false;
    prefix = span_hex(fields[1]);
    flags = span_hex(fields[3]);
    if (prefix > 128 || flags == SENSE_UNKNOWN || !scan_field(&line, &address_out->interface))
        return false;
    address_out->prefix = (uint8_t)prefix;
    if (span_equal(fields[2], "10"))
        address_out->scope = "host";
    else if (span_equal(fields[2], "20"))
        address_out->scope = "link";
    else
        address_out->scope = "global";
    address_out->lasting = !(flags & (IFA_F_TEMPORARY | IFA_F_DEPRECATED | IFA_F_TENTATIVE));
    return true;
}

bool default_interface6(struct span routes, struct span *interface_out)
{
    uint64_t lowest = SENSE_UNKNOWN;
    struct span line;

    while (scan_line(&routes, &line)) {
        /* destination, its prefix, source, its prefix, next hop, metric, two counters, flags, name
         */
        struct span fields[10];
        size_t count = 0;
        uint64_t metric;
        uint64_t flags;

        while (count < ELEMENTS_OF(fields) && scan_field(&line, &fields[count]))
            count++;
        if (count < ELEMENTS_OF(fields) || !span_equal(fields[1], "00"))
            continue;
        metric = span_hex(fields[5]);
        flags = span_hex(fields[8]);
        if (flags == SENSE_UNKNOWN || !(flags & RTF_UP) || (flags & RTF_REJECT) || metric >= lowest)
            continue;
        lowest = metric;
        *interface_out = fields[9];
    }
    return lowest != SENSE_UNKNOWN;
}

static void address4_format(uint32_t address, char text_out[INET_ADDRSTRLEN])
{
    struct in_addr in = {.s_addr = htonl(address)};

    inet_ntop(AF_INET, &in, text_out, INET_ADDRSTRLEN);
}

static int address4_append(json_t *array, struct span routes, uint32_t address)
{
    _cleanup_object_ struct object object = object_begin();
    char text[INET_ADDRSTRLEN];
    const char *scope = "global";
    uint64_t prefix = SENSE_UNKNOWN;
    struct route network;

    if (is_loopback(address)) {
        scope = "host";
    } else if (address >> 16 == 0xa9fe) { /* 169.254.0.0/16, RFC 3927 */
        scope = "link";
    }
    if (network_of(routes, address, &network)) {
        object_bytes(&object, "interface", network.interface.at, network.interface.length);
        prefix = (uint64_t)__builtin_popcount(network.mask);
    } else if (is_loopback(address)) { /* no routing table lists it */
        object_text(&object, "interface", "lo");
        prefix = 8;
    }
    address4_format(address, text);
    object_text(&object, "family", "inet");
    object_text(&object, "address", text);
    object_number(&object, "prefix", prefix);
    object_text(&object, "scope", scope);
    return array_append_object(array, &object);
}

static int address6_append(json_t *array, const struct address6 *address)
{
    _cleanup_object_ struct object object = object_begin();
    char text[INET6_ADDRSTRLEN];

    inet_ntop(AF_INET6, address->address, text, sizeof(text));
    object_bytes(&object, "interface", address->interface.at, address->interface.length);
    object_text(&object, "family", "inet6");
    object_text(&object, "address", text);
    object_number(&object, "prefix", address->prefix);
    object_text(&object, "scope", address->scope);
    return array_append_object(array, &object);
}

/* Appends the IPv4 addresses; `primary_out` becomes the primary one or stays as it is. */
static int collect4(const char *root, json_t *array, char primary_out[INET6_ADDRSTRLEN])
{
    _cleanup_buffer_ struct buffer trie_file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer route_file = BUFFER_INIT;
    _cleanup_free_ uint32_t *addresses = calloc(ADDRESSES_MAX, sizeof(*addresses));
    struct span trie;
    struct span routes;
    uint32_t primary;
    size_t count;
    int r;

    if (!addresses)
        return -ENOMEM;
    r = source_read(&trie_file, &trie, root, "/proc/net/fib_trie");
    if (!r)
        r = source_read(&route_file, &routes, root, "/proc/net/route");
    if (r)
        return r;
    count = fib_trie_parse(trie, addresses, ADDRESSES_MAX);
    for (size_t i = 0; i < count && !r; i++)
        r = address4_append(array, routes, addresses[i]);
    primary = primary_of(routes, addresses, count);
    if (primary)
        address4_format(primary, primary_out);
    return r;
}

/* The same for IPv6: an address is primary if it is the only lasting one of the default interface.
 */
static int collect6(const char *root, json_t *array, char primary_out[INET6_ADDRSTRLEN])
{
    _cleanup_buffer_ struct buffer address_file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer route_file = BUFFER_INIT;
    struct span way = {"", 0};
    struct span text;
    struct span routes;
    struct span line;
    struct address6 primary = {.scope = NULL};
    size_t candidates = 0;
    size_t count = 0;
    int r;

    r = source_read(&address_file, &text, root, "/proc/net/if_inet6");
    if (!r)
        r = source_read(&route_file, &routes, root, "/proc/net/ipv6_route");
    if (r)
        return r;
    default_interface6(routes, &way);
    while (!r && count < ADDRESSES_MAX && scan_line(&text, &line)) {
        struct address6 address;

        if (!address6_parse(line, &address))
            continue;
        count++;
        r = address6_append(array, &address);
        if (span_equal(span_of(address.scope), "global") && address.lasting &&
            span_same(address.interface, way)) {
            primary = address;
            candidates++;
        }
    }
    if (candidates == 1)
        inet_ntop(AF_INET6, primary.address, primary_out, INET6_ADDRSTRLEN);
    return r;
}

int addresses_collect(const char *root, json_t **json_out)
{
    _cleanup_object_ struct object object = object_begin();
    _cleanup_json_ json_t *array = json_array();
    char primary4[INET6_ADDRSTRLEN] = "";
    char primary6[INET6_ADDRSTRLEN] = "";
    int r;

    r = collect4(root, array, primary4);
    if (!r)
        r = collect6(root, array, primary6);
    if (r)
        return r;
    object_text(&object, "primary", primary4[0] ? primary4 : primary6);
    object_value(&object, "addresses", steal_pointer(array));
    return object_end(&object, json_out);
}
