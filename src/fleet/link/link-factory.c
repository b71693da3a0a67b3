/* What all links of a loop share: the TLS context, the settings, the line before the handshakes. */
#include <stdlib.h>

#include "base/text.h"
#include "fleet/link/link-private.h"
#include "proto/limits.h"
#include "wire/tls.h"

enum {
    CONNECT_TIMEOUT_MS = 5 * 1000,
    ANSWER_TIMEOUT_MS = 10 * 1000,
    ORDER_WINDOW_MS = 5 * 60 * 1000,
    HANDSHAKES = 128,
    PLACES = 512,
    FIRST_PAUSE_MS = 250,
};

static void use_defaults(struct link_settings *settings)
{
    if (settings->connect_timeout_ms == 0)
        settings->connect_timeout_ms = CONNECT_TIMEOUT_MS;
    if (settings->answer_timeout_ms == 0)
        settings->answer_timeout_ms = ANSWER_TIMEOUT_MS;
    if (settings->order_window_ms == 0)
        settings->order_window_ms = ORDER_WINDOW_MS;
    if (settings->order_window_ms > LIMIT_ORDER_WINDOW_MS)
        settings->order_window_ms = LIMIT_ORDER_WINDOW_MS;
    if (settings->first_pause_ms == 0)
        settings->first_pause_ms = FIRST_PAUSE_MS;
    if (settings->handshakes == 0)
        settings->handshakes = HANDSHAKES;
    if (settings->places == 0)
        settings->places = settings->handshakes > PLACES ? settings->handshakes : PLACES;
}

int link_factory_new(struct link_factory **factory_out, const struct link_settings *settings)
{
    struct link_factory *factory = calloc(1, sizeof(*factory));
    int error;

    if (!factory)
        return -ENOMEM;
    factory->settings = *settings;
    use_defaults(&factory->settings);
    list_init(&factory->links);
    list_init(&factory->line);
    list_init(&factory->connected);
    factory->holders = 1;
    factory->narrow = UINT32_MAX;
    error = tls_context_new_client(&factory->context);
    if (!error && settings->tickets) {
        error = tls_context_use_tickets(factory->context);
        if (error)
            tls_context_free(factory->context);
    }
    if (error) {
        free(factory);
        return error < 0 ? error : -EIO;
    }
    conn_factory_init(&factory->conns, settings->loop, TLS_CLIENT, factory->context,
                      &link_wire_events, link_on_closed);
    factory->conns.on_connected = link_on_connected;
    *factory_out = factory;
    return 0;
}

void link_factory_hold(struct link_factory *factory)
{
    factory->holders++;
}

void link_factory_release(struct link_factory *factory)
{
    if (--factory->holders > 0)
        return;
    conn_factory_deinit(&factory->conns);
    tls_context_free(factory->context);
    free(factory);
}

struct link_factory *link_factory_free(struct link_factory *factory)
{
    if (!factory)
        return NULL;
    while (!list_is_empty(&factory->links))
        link_free(container_of(factory->links.next, struct link, at));
    link_factory_release(factory);
    return NULL;
}

uv_loop_t *link_factory_loop(const struct link_factory *factory)
{
    return factory->settings.loop;
}

struct signer *link_factory_signer(const struct link_factory *factory)
{
    return factory->settings.signer;
}

uint32_t link_factory_handshakes(const struct link_factory *factory)
{
    return factory->handshakes;
}

uint32_t link_factory_places_max(const struct link_factory *factory)
{
    return factory->settings.places;
}

static bool goes_to_same_address(const struct link *a, const struct link *b)
{
    const struct sockaddr_storage *one = &a->addresses[a->address],
                                  *two = &b->addresses[b->address];

    if (a->port != b->port)
        return false;
    if (a->address_count == 0 || b->address_count == 0)
        return text_equal(a->host, b->host);
    if (one->ss_family != two->ss_family)
        return false;
    if (one->ss_family == AF_INET)
        return ((const struct sockaddr_in *)one)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)two)->sin_addr.s_addr;
    return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)one)->sin6_addr,
                              &((const struct sockaddr_in6 *)two)->sin6_addr);
}

bool link_has_company(const struct link *link)
{
    struct link *other;

    list_for_each (&link->factory->links, struct link, at, other)
        if (other != link && goes_to_same_address(link, other))
            return true;
    return false;
}

bool link_is_alone(const struct link *link)
{
    return link->factory->links.next == &link->at && link->factory->links.previous == &link->at;
}

/* The first of a line, taken out of it; NULL if it is empty. */
static struct link *next_in_line(struct list *line)
{
    struct link *next;

    if (list_is_empty(line))
        return NULL;
    next = container_of(line->next, struct link, in_line);
    list_remove(&next->in_line);
    return next;
}

bool link_take_place(struct link *link)
{
    struct link_factory *factory = link->factory;

    if (link->has_place)
        return true;
    if (factory->places >= crowd_at_once(&factory->crowd, factory->settings.places)) {
        list_remove(&link->in_line);
        list_append(&factory->line, &link->in_line);
        return false;
    }
    factory->places++;
    link->has_place = true;
    return true;
}

void link_give_place(struct link *link)
{
    struct link_factory *factory = link->factory;
    struct link *next;

    if (!link->has_place)
        return;
    link->has_place = false;
    factory->places--;
    while (factory->places < crowd_at_once(&factory->crowd, factory->settings.places) &&
           (next = next_in_line(&factory->line))) {
        next->has_place = true;
        factory->places++;
        link_start_timer(next, 0);
    }
}

static bool may_shake_hands(const struct link_factory *factory)
{
    return factory->handshakes < factory->narrow &&
           factory->handshakes < crowd_at_once(&factory->crowd, factory->settings.handshakes);
}

void link_factory_let_one(struct link_factory *factory)
{
    struct link *next = next_in_line(&factory->connected);

    if (!next)
        return;
    next->has_slot = true;
    factory->handshakes++;
    link_start_timer(next, 0);
}

static void shake_hands(struct link_factory *factory)
{
    while (may_shake_hands(factory) && !list_is_empty(&factory->connected))
        link_factory_let_one(factory);
}

void link_factory_narrow(struct link_factory *factory, uint32_t handshakes)
{
    factory->narrow = handshakes;
    shake_hands(factory);
}

bool link_take_slot(struct link *link)
{
    struct link_factory *factory = link->factory;

    if (link->has_slot)
        return true;
    if (!may_shake_hands(factory)) {
        list_remove(&link->in_line);
        list_append(&factory->connected, &link->in_line);
        return false;
    }
    factory->handshakes++;
    link->has_slot = true;
    return true;
}

void link_give_slot(struct link *link)
{
    struct link_factory *factory = link->factory;

    list_remove(&link->in_line);
    link_give_place(link);
    if (!link->has_slot)
        return;
    link->has_slot = false;
    factory->handshakes--;
    shake_hands(factory);
}
