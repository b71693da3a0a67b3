/* The connections that nobody has opened yet, by age and by address.
 *
 * A flood of handshakes must not keep others out, so a full table does not refuse the newcomer: it
 * names an older connection that has to go, the oldest one of whoever holds the most. The same
 * within one address: a good console behind the attacker's own address still gets its turn. An
 * "address" is an IPv4 address or the /64 of an IPv6 one: whoever has one of these has them all.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/list.h"

enum { UNOPENED_KEY_SIZE = 9, UNOPENED_BUCKETS = 64 };

struct unopened_address;

/* A member of whatever is counted. */
struct unopened_entry {
    struct list by_age;
    struct list by_address;
    struct unopened_address *address; /* NULL while it is in no table */
    uint64_t since_ms;
};

struct unopened {
    struct list by_age; /* oldest first */
    struct list buckets[UNOPENED_BUCKETS];
    size_t count;
    size_t count_max;
    size_t address_max;
};

void unopened_init(struct unopened *table, size_t count_max, size_t address_max);

/* Counts `entry` in. If the table is over a limit with it, *victim_out is another entry, already
 * taken out, whose connection is to be ended; else NULL. Returns 0 or -ENOMEM. */
int unopened_add(struct unopened *table, struct unopened_entry *entry,
                 const struct sockaddr_storage *address, uint64_t now_ms,
                 struct unopened_entry **victim_out);
/* Harmless for an entry that is in no table. */
void unopened_remove(struct unopened *table, struct unopened_entry *entry);
/* The one that has been there longest, or NULL. */
struct unopened_entry *unopened_oldest(const struct unopened *table);
/* The oldest one of the address that holds the most, taken out; NULL if the table is empty. */
struct unopened_entry *unopened_evict(struct unopened *table);
