/* See enter.h. What is looked at here decides nothing: the warden says whether the order is good,
 * and whether it is for this connection. */
#define LOG_TAG "enter"
#include "gate/enter.h"

#include "base/log.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/intake.h"
#include "gate/open.h"
#include "gate/reply.h"
#include "gate/session.h"

static void enter_begin(struct request *request)
{
    (void)open_try(request);
}

/* The request was answered: whoever waits for the connection or for the job goes on. */
static void enter_settle(struct request *request)
{
    open_give_up(request);
    session_order_settled(request->session, request->match.id);
}

static void enter_data(struct request *request, const uint8_t *bytes, size_t size)
{
    if (!intake_collect(request, bytes, size, LIMIT_OPENING_BODY))
        enter_settle(request);
}

static void enter_end(struct request *request)
{
    intake_forward(request, DOOR_ENTER, DOOR_ENTERED);
    if (request->stage == REQUEST_ANSWERED)
        enter_settle(request);
}

static void enter_close(struct request *request)
{
    open_give_up(request);
    if (request->stage != REQUEST_ANSWERED)
        session_order_settled(request->session, request->match.id);
}

void enter_entered(struct request *request, const struct door_entered *entered)
{
    const struct door_opened *opened = &entered->opened;
    const struct door_ordered *ordered = &entered->ordered;

    request->ticket = TICKET_NONE;
    if (opened->problem) {
        log_info("connection %u from %s not opened: %s", request->session->number,
                 conn_peer(request->session->conn), problem_info(opened->problem)->name);
        reply_problem(request, opened->problem, NULL);
        enter_settle(request);
        return;
    }
    if (!request->work) /* answered while the warden thought */
        return;
    request->work = NULL;
    if (ordered->problem)
        reply_problem_with(request, ordered->problem, "open", open_to_json(request, opened));
    else
        reply_json(request, ordered->known ? 200 : 201,
                   json_pack("{s:o, s:o}", "open", open_to_json(request, opened), "job",
                             intake_to_json(request, ordered)));
    session_opened(request->session, opened);
    session_order_settled(request->session, request->match.id);
}

const struct request_handler handler_ENTER = {
    .begin = enter_begin,
    .data = enter_data,
    .end = enter_end,
    .close = enter_close,
};
