/* See unopened.h. */
#include "gate/unopened.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct unopened_address {
    struct list link; /* in its bucket */
    struct list entries;
    size_t count;
    uint8_t key[UNOPENED_KEY_SIZE];
};

void unopened_init(struct unopened *table, size_t count_max, size_t address_max)
{
    *table = (struct unopened){.count_max = count_max, .address_max = address_max};
    list_init(&table->by_age);
    for (size_t i = 0; i < UNOPENED_BUCKETS; i++)
        list_init(&table->buckets[i]);
}

/* A family's number, then the part of the address that tells its holders apart. */
static void address_key(const struct sockaddr_storage *address, uint8_t key_out[UNOPENED_KEY_SIZE])
{
    memset(key_out, 0, UNOPENED_KEY_SIZE);
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;

        key_out[0] = 4;
        memcpy(key_out + 1, &v4->sin_addr, 4);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;

        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
            key_out[0] = 4;
            memcpy(key_out + 1, v6->sin6_addr.s6_addr + 12, 4);
        } else {
            key_out[0] = 6;
            memcpy(key_out + 1, v6->sin6_addr.s6_addr, 8);
        }
    }
}

static struct list *address_bucket(struct unopened *table, const uint8_t key[UNOPENED_KEY_SIZE])
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < UNOPENED_KEY_SIZE; i++)
        hash = (hash ^ key[i]) * 16777619u;
    return &table->buckets[hash % UNOPENED_BUCKETS];
}

/* Finds or makes it. */
static struct unopened_address *address_get(struct unopened *table,
                                            const struct sockaddr_storage *address)
{
    uint8_t key[UNOPENED_KEY_SIZE];
    struct unopened_address *found;
    struct list *bucket;

    address_key(address, key);
    bucket = address_bucket(table, key);
    list_for_each (bucket, struct unopened_address, link, found)
        if (memcmp(found->key, key, sizeof(key)) == 0)
            return found;
    found = calloc(1, sizeof(*found));
    if (!found)
        return NULL;
    memcpy(found->key, key, sizeof(key));
    list_init(&found->entries);
    list_append(bucket, &found->link);
    return found;
}

static struct unopened_entry *address_oldest(struct unopened_address *address)
{
    return container_of(address->entries.next, struct unopened_entry, by_address);
}

void unopened_remove(struct unopened *table, struct unopened_entry *entry)
{
    struct unopened_address *address = entry->address;

    if (!address)
        return;
    list_remove(&entry->by_age);
    list_remove(&entry->by_address);
    entry->address = NULL;
    table->count--;
    if (--address->count == 0) {
        list_remove(&address->link);
        free(address);
    }
}

/* Whether `a` is to give up a place rather than `b`: it holds more, or as many for longer. */
static bool address_is_busier(struct unopened_address *a, struct unopened_address *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    return address_oldest(a)->since_ms < address_oldest(b)->since_ms;
}

struct unopened_entry *unopened_evict(struct unopened *table)
{
    struct unopened_address *busiest = NULL;
    struct unopened_address *address;
    struct unopened_entry *victim;

    for (size_t i = 0; i < UNOPENED_BUCKETS; i++)
        list_for_each (&table->buckets[i], struct unopened_address, link, address)
            if (!list_is_empty(&address->entries) &&
                (!busiest || address_is_busier(address, busiest)))
                busiest = address;
    if (!busiest)
        return NULL;
    victim = address_oldest(busiest);
    unopened_remove(table, victim);
    return victim;
}

int unopened_add(struct unopened *table, struct unopened_entry *entry,
                 const struct sockaddr_storage *address, uint64_t now_ms,
                 struct unopened_entry **victim_out)
{
    struct unopened_address *from = address_get(table, address);

    *victim_out = NULL;
    if (!from)
        return -ENOMEM;
    if (from->count >= table->address_max && from->count > 0) {
        *victim_out = address_oldest(from);
        from->count++; /* the newcomer counts already, so `from` cannot go with the victim */
        unopened_remove(table, *victim_out);
        from->count--;
    } else if (table->count >= table->count_max) {
        from->count++;
        *victim_out = unopened_evict(table);
        from->count--;
    }
    entry->address = from;
    entry->since_ms = now_ms;
    list_append(&table->by_age, &entry->by_age);
    list_append(&from->entries, &entry->by_address);
    from->count++;
    table->count++;
    return 0;
}

struct unopened_entry *unopened_oldest(const struct unopened *table)
{
    if (list_is_empty(&table->by_age))
        return NULL;
    return container_of(table->by_age.next, struct unopened_entry, by_age);
}
