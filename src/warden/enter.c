/* An order that opens the connection which brings it: what `open` and the order would do one after
 * the other, for one signature. It must never let in what `open` would not. */
#include <string.h>

#include "base/cleanup.h"
#include "door/message.h"
#include "proto/verb.h"
#include "warden/answer.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "enter"
#include "base/log.h"

static void enter(struct warden *warden, const struct door_order *request,
                  struct door_entered *entered)
{
    struct checked checked = {0};
    enum problem_code problem = answer_check(warden, request->parts, request->exporter, &checked);
    struct door_opened *opened = &entered->opened;

    if (!checked.is_genuine) {
        opened->problem = problem;
        audit_order(&warden->audit, &checked, problem);
        return;
    }
    if (!(checked.who->rights & verb_info(VERB_OPEN)->right))
        opened->problem = problem = PROBLEM_RIGHT_MISSING;
    if (!problem && answer_too_fast(warden, checked.who)) {
        opened->problem = PROBLEM_TOO_FAST;
        return;
    }
    if (!opened->problem)
        answer_admitted(warden, checked.who, opened);
    answer_obey(warden, request, &checked, problem, &entered->ordered);
}

int answer_enter(struct warden *warden, const struct door_message *message)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_entered entered = {0};
    struct door_order request;

    if (door_order_decode(&request, message->body))
        return 1;
    entered.opened.ticket = request.ticket;
    if (warden->stopping)
        entered.opened.problem = PROBLEM_SHUTTING_DOWN;
    else
        enter(warden, &request, &entered);
    if (door_entered_encode(&entered, &body))
        return 1;
    tell(warden, DOOR_ENTERED, &body, NULL, 0);
    return 0;
}
