/* What a link carries: loads in line, on the wire, put back, given up. */
#include "base/error.h"
#include "fleet/link/link-private.h"

/* A stream that broke alone is repeated after so long. */
enum { STREAM_PAUSE_MS = 50 };

static bool link_can_carry(const struct link *link)
{
    if (link->freed || !link->conn || conn_is_closing(link->conn))
        return false;
    return link->state == LINK_READY || link->state == LINK_OPENING;
}

void link_carry_all(struct link *link)
{
    while (link_can_carry(link) && !list_is_empty(&link->waiting)) {
        struct link_load *load = container_of(link->waiting.next, struct link_load, at);

        list_remove(&load->at);
        list_append(&link->carried, &load->at);

        int result = load->events->carry(load, conn_wire(link->conn));

        if (result == 1)
            continue;
        if (result) {
            /* This connection takes no more; the next one may. */
            list_remove(&load->at);
            load->at.next = link->waiting.next;
            load->at.previous = &link->waiting;
            link->waiting.next->previous = &load->at;
            link->waiting.next = &load->at;
            break;
        }
    }
    link_flush(link);
}

void link_add_load(struct link *link, struct link_load *load)
{
    list_init(&load->at);
    if (link->freed || link->state == LINK_CLOSED) {
        struct trouble trouble = link->trouble;

        if (trouble.code == PROBLEM_NONE)
            trouble_set(&trouble, PROBLEM_CLOSED, link->where, NULL);
        load->events->fail(load, &trouble);
        return;
    }
    list_append(&link->waiting, &load->at);
    link_carry_all(link);
}

void link_wait_load(struct link *link, struct link_load *load)
{
    list_append(&link->waiting, &load->at);
    /* If it was its stream alone that broke, it is sent again in a moment. */
    if (link->state == LINK_READY)
        link_start_timer(link, STREAM_PAUSE_MS);
}

void link_flush(struct link *link)
{
    if (!link->freed && link->conn && !conn_is_closing(link->conn))
        conn_flush(link->conn);
}

bool link_is_open(const struct link *link)
{
    return link->state == LINK_READY;
}

int link_exporter(struct link *link, uint8_t exporter_out[EXPORTER_SIZE])
{
    if (!link->conn)
        return -ENOTCONN;
    return tls_exporter(wire_tls(conn_wire(link->conn)), exporter_out);
}

bool link_opens_with(const struct link *link, const struct link_load *load)
{
    return link->opener == load;
}

bool link_let_in(struct link *link, json_t *root)
{
    link->opener = NULL;
    if (link_read_opened(link, root))
        return true;
    link_give_up(link);
    return false;
}

void link_ready(struct link *link)
{
    if (!link->freed && link->state == LINK_OPENING && !link->has_verdict)
        link_became_ready(link);
}

void link_not_let_in(struct link *link, const struct trouble *trouble)
{
    link->opener = NULL;
    link_refused(link, trouble);
}

void link_opener_gone(struct link *link, const struct link_load *load)
{
    if (link->opener != load)
        return;
    link->opener = NULL;
    if (!link->freed)
        link_greet_again(link);
}

void link_fail_loads(struct link *link, const struct trouble *trouble)
{
    struct list *lists[] = {&link->carried, &link->waiting};

    for (size_t i = 0; i < ELEMENTS_OF(lists); i++) {
        while (!list_is_empty(lists[i])) {
            struct link_load *load = container_of(lists[i]->next, struct link_load, at);

            list_remove(&load->at);
            load->events->fail(load, trouble);
        }
    }
}
