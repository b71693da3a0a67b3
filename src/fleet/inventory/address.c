/* See address.h. */
#include "fleet/inventory/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"

enum { HOST_MAX = 253 }; /* RFC 1035: what a whole name can be, written as text */

static const char *way_to_write(void)
{
    return _("Write HOST or HOST:PORT, for example web1:10000 or [2001:db8::7]:10000.");
}

bool address_is_v6(const char *host)
{
    struct in6_addr parsed;
    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(host, "%");

    if (length >= sizeof(address) || !memchr(host, ':', length))
        return false;
    memcpy(address, host, length);
    address[length] = '\0';
    if (inet_pton(AF_INET6, address, &parsed) != 1)
        return false;
    if (host[length] == '\0')
        return true;
    /* The zone is an interface's name. */
    host += length + 1;
    return *host && strlen(host) < 16 && strcspn(host, "/: \t%[]") == strlen(host);
}

static int fail_at(struct fault *fault, enum address_error error, size_t offset)
{
    fault_at(fault, 0, (uint32_t)offset + 1);
    return error;
}

static int parse_port(const char *text, uint16_t *port_out, struct fault *fault)
{
    uint64_t port;

    if (!*text || text[strspn(text, "0123456789")]) {
        fault_set(fault, _("A port is a number from 1 to 65535; without one it is 10000."),
                  _("The port \"%s\" is not a number."), text);
        return ADDRESS_E_PORT_TEXT;
    }
    if (!text_to_u64(text, UINT16_MAX, &port) || port == 0) {
        fault_set(fault, _("A port is a number from 1 to 65535; without one it is 10000."),
                  _("The port %s is out of range."), text);
        return ADDRESS_E_PORT_RANGE;
    }
    *port_out = (uint16_t)port;
    return 0;
}

int address_parse_port(const char *text, uint16_t *port_out, struct fault *fault)
{
    int r = parse_port(text, port_out, fault);

    return r ? fail_at(fault, r, 0) : 0;
}

/* Names, IPv4 addresses, and what else resolvers take: no spaces, no signs that mean something to
 * selectors, URLs or shells, nothing that could be taken for an option. */
static int check_host(const char *host, size_t offset, struct fault *fault)
{
    if (host[0] == '-' || host[0] == '.') {
        fault_set(fault, way_to_write(), _("A host cannot begin with \"%c\"."), host[0]);
        return fail_at(fault, ADDRESS_E_HOST, offset);
    }
    for (size_t i = 0; host[i]; i++) {
        unsigned char c = (unsigned char)host[i];

        if (isalnum(c) || c == '-' || c == '.' || c == '_')
            continue;
        if (c >= 0x80)
            fault_set(fault, _("Write an international name in its xn-- form."),
                      _("\"%s\" has a character that no host name has."), host);
        else
            fault_set(fault, way_to_write(), _("\"%s\" has a character that no host name has."),
                      host);
        return fail_at(fault, ADDRESS_E_HOST, offset + i);
    }
    return 0;
}

static int set_host(struct address *address, const char *host, size_t length, size_t offset,
                    struct fault *fault)
{
    if (length == 0) {
        fault_set(fault, way_to_write(), _("There is no host in the address."));
        return fail_at(fault, ADDRESS_E_EMPTY, offset);
    }
    if (length > HOST_MAX) {
        fault_set(fault, way_to_write(), _("The host is longer than %d characters."), HOST_MAX);
        return fail_at(fault, ADDRESS_E_LONG, offset);
    }
    memcpy(address->host, host, length);
    address->host[length] = '\0';
    return 0;
}

static int parse_bracketed(const char *text, struct address *address, struct fault *fault)
{
    const char *end = strchr(text, ']');
    int r;

    if (!end) {
        fault_set(fault, way_to_write(), _("The bracket in \"%s\" is not closed."), text);
        return fail_at(fault, ADDRESS_E_BRACKET, 0);
    }
    r = set_host(address, text + 1, (size_t)(end - text - 1), 1, fault);
    if (r)
        return r;
    if (!address_is_v6(address->host)) {
        fault_set(fault, way_to_write(), _("\"%s\" is not an IPv6 address."), address->host);
        return fail_at(fault, ADDRESS_E_BRACKET, 1);
    }
    if (end[1] == '\0')
        return 0;
    if (end[1] != ':') {
        fault_set(fault, way_to_write(), _("After the bracket in \"%s\" comes no port."), text);
        return fail_at(fault, ADDRESS_E_BRACKET, (size_t)(end - text) + 1);
    }
    r = parse_port(end + 2, &address->port, fault);
    if (r)
        return fail_at(fault, r, (size_t)(end - text) + 2);
    address->has_port = true;
    return 0;
}

int address_parse(const char *text, uint16_t default_port, struct address *address_out,
                  struct fault *fault)
{
    struct address address = {.port = default_port};
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    int r;

    if (text[0] == '[') {
        r = parse_bracketed(text, &address, fault);
    } else if (address_is_v6(text)) {
        r = set_host(&address, text, strlen(text), 0, fault);
    } else {
        r = set_host(&address, text, length, 0, fault);
        if (!r)
            r = check_host(address.host, 0, fault);
        if (!r && colon) {
            r = parse_port(colon + 1, &address.port, fault);
            if (r)
                return fail_at(fault, r, length + 1);
            address.has_port = true;
        }
    }
    if (!r)
        *address_out = address;
    return r;
}

int address_append(struct buffer *out, const char *host, uint16_t port)
{
    return buffer_printf(out, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}
