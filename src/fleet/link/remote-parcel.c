/* See remote-parcel.h. */
#include "fleet/link/remote-parcel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/link/request.h"

struct remote_parcel {
    struct link *link;
    struct request *request;
    uint8_t id[UUID_SIZE];
    uint64_t received;
    size_t kept; /* of the present sending, not given back */
    bool paused;
    bool is_whole; /* that is to be told */
    const struct remote_parcel_events *events;
    void *user;
};

static void ask(struct remote_parcel *parcel);

/* Asking for what follows says that everything before is here. */
static int on_send(struct request *request, void *user)
{
    struct remote_parcel *parcel = user;
    char id[UUID_TEXT_SIZE], path[128];
    struct trouble trouble;
    int r;

    uuid_format(parcel->id, id);
    snprintf(path, sizeof(path), "/v1/jobs/%s/parcel?from=%" PRIu64, id, parcel->received);
    parcel->kept = 0;
    r = request_set_path(request, path);
    if (!r)
        return 0;
    trouble_set_errno(&trouble, link_where(parcel->link), r);
    request_fail(request, &trouble);
    return -1;
}

static void on_response(struct request *request, unsigned status, void *user)
{
    const struct remote_parcel *parcel = user;
    const struct wire_place place = {.room = parcel->events->room, .user = parcel->user};

    (void)status;
    if (!parcel->is_whole)
        request_set_place(request, &place);
}

static void on_data(struct request *request, const uint8_t *bytes, size_t size, void *user)
{
    struct remote_parcel *parcel = user;

    /* Behind its end nothing can come. */
    if (parcel->is_whole) {
        request_consume(request, size);
        return;
    }
    parcel->received += size;
    parcel->kept += size;
    link_note_gain(parcel->link);
    parcel->events->on_bytes(parcel->user, bytes, size);
}

static void on_interrupted(struct request *request, void *user)
{
    struct remote_parcel *parcel = user;

    (void)request;
    parcel->kept = 0;
    if (!parcel->is_whole)
        parcel->events->on_interrupted(parcel->user);
}

static void on_done(struct request *request, const struct trouble *trouble, void *user)
{
    struct remote_parcel *parcel = user;

    (void)request;
    parcel->request = NULL;
    /* Whether the machine heard that all came is its business: how its job ended tells. */
    if (parcel->is_whole)
        return;
    if (!trouble) {
        parcel->is_whole = true;
        ask(parcel);
    }
    parcel->events->on_end(parcel->user, trouble);
}

static const struct request_events request_events = {
    .on_send = on_send,
    .on_response = on_response,
    .on_data = on_data,
    .on_interrupted = on_interrupted,
    .on_done = on_done,
};

/* Without memory it is asked for at the next resume. */
static void ask(struct remote_parcel *parcel)
{
    if (parcel->request ||
        request_new(&parcel->request, parcel->link, "GET", "/", &request_events, parcel) != 0)
        return;
    request_send(parcel->request);
}

int remote_parcel_start(struct remote_parcel **parcel_out, struct link *link,
                        const uint8_t id[UUID_SIZE], const struct remote_parcel_events *events,
                        void *user)
{
    struct remote_parcel *parcel = calloc(1, sizeof(*parcel));

    if (!parcel)
        return -ENOMEM;
    parcel->link = link;
    parcel->events = events;
    parcel->user = user;
    memcpy(parcel->id, id, UUID_SIZE);
    *parcel_out = parcel;
    ask(parcel);
    if (parcel->request)
        return 0;
    *parcel_out = remote_parcel_free(parcel);
    return -ENOMEM;
}

struct remote_parcel *remote_parcel_free(struct remote_parcel *parcel)
{
    if (!parcel)
        return NULL;
    request_cancel(parcel->request);
    free(parcel);
    return NULL;
}

void remote_parcel_give_back(struct remote_parcel *parcel, size_t size)
{
    if (size > parcel->kept)
        size = parcel->kept;
    parcel->kept -= size;
    if (parcel->request && size > 0)
        request_consume(parcel->request, size);
}

void remote_parcel_pause(struct remote_parcel *parcel)
{
    parcel->paused = true;
    parcel->request = request_cancel(parcel->request);
}

void remote_parcel_resume(struct remote_parcel *parcel)
{
    if (!parcel->paused)
        return;
    parcel->paused = false;
    ask(parcel);
}
