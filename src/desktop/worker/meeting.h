/* Meeting a machine that is not in the list yet: by its address (who is there?) or by an invitation
 * (pair). Window side: worker_send_meeting() asks, `told` hears of it until `is_over`. */
#pragma once

#include "desktop/worker/worker.h"
#include "fleet/link/link.h"
#include "proto/invite.h"

/* Everything is valid during the call only. */
struct meeting_news {
    struct letter letter;
    void (*told)(const struct meeting_news *news, void *owner);
    void *owner;
    bool is_over;
    enum link_state state; /* before it is over: how far it got */
    /* When it is over. */
    bool is_met;     /* the id is known: the machine may be saved */
    bool is_trusted; /* it let us in */
    uint8_t id[MACHINE_ID_SIZE];
    char *id_text;
    char *own_name; /* raw; NULL if not told */
    char *os;
    char *rights; /* "observe,run" */
    char *run_as;
    char *sentence; /* what went wrong, or NULL */
    char *advice;
};

struct meeting_request {
    const char *host; /* copied; not used with an invitation */
    uint16_t port;
    const struct invite_link *invite; /* copied; NULL: by address */
    void (*told)(const struct meeting_news *news, void *owner);
    void *owner;
};

/* Window. Exactly one piece of news that `is_over` comes, unless the worker ends first. */
void worker_send_meeting(struct worker *worker, const struct meeting_request *request);
/* Window: no more news with this owner... except those under way already, which are dropped by the
 * owner's own count. After it `is_over` still comes, with nothing in it. */
void worker_send_meeting_cancel(struct worker *worker, void *owner);
