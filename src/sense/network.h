/* The network interfaces and what went through them since they came up. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sense/scan.h"

/* {"interfaces":[{"name","mac","state","mtu","speed","rx_bytes","tx_bytes","rx_packets",
 * "tx_packets","rx_errors","tx_errors","rx_drops","tx_drops"}]}, speed in Mbit/s.
 * Returns 0 or -ENOMEM. */
int network_collect(const char *root, json_t **json_out);

/* One line of /proc/net/dev; SENSE_UNKNOWN for a number that is missing. */
struct interface {
    struct span name;
    uint64_t rx_bytes, rx_packets, rx_errors, rx_drops;
    uint64_t tx_bytes, tx_packets, tx_errors, tx_drops;
};
/* False for the two lines of headings and for what has no name. */
bool interface_parse(struct span line, struct interface *interface_out);
/* False for an address that says nothing: empty, or zeros as the loopback interface has. */
bool hardware_address_is_known(struct span address);
