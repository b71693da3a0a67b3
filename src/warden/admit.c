/* Who is there, and what may they do: connections that open, invitations, tokens. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "door/message.h"
#include "warden/answer.h"
#include "warden/invitation.h"
#include "warden/tell.h"
#include "warden/token.h"
#include "warden/warden.h"
#define LOG_TAG "admit"
#include "base/log.h"

void answer_admitted(const struct warden *warden, const struct operator_entry *who,
                     struct door_opened *opened_out)
{
    opened_out->rights = who->rights;
    memcpy(opened_out->fingerprint, who->fingerprint, sizeof(opened_out->fingerprint));
    text_copy(opened_out->operator_name, sizeof(opened_out->operator_name), who->name);
    text_copy(opened_out->run_as, sizeof(opened_out->run_as),
              warden->place.privileged ? who->as : warden->self);
}

/* `open` is bound to its channel: the exporter that was signed must be the one of the connection.
 */
static enum problem_code check_open(struct warden *warden, const struct door_order *request,
                                    struct checked *checked)
{
    const uint8_t *exporter;
    enum problem_code problem = answer_check(warden, request->parts, NULL, checked);

    if (problem)
        return problem;
    if (checked->order.verb != VERB_OPEN || order_open_decode(checked->order.payload, &exporter))
        return PROBLEM_MALFORMED;
    if (memcmp(exporter, request->exporter, EXPORTER_SIZE) != 0)
        return PROBLEM_SIGNATURE;
    return checked->seen ? PROBLEM_EXPIRED : PROBLEM_NONE;
}

int answer_open(struct warden *warden, const struct door_message *message)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_opened opened = {0};
    struct door_order request;
    struct checked checked = {0};

    if (door_order_decode(&request, message->body))
        return 1;
    opened.ticket = request.ticket;
    opened.problem = check_open(warden, &request, &checked);
    if (!opened.problem && answer_too_fast(warden, checked.who))
        opened.problem = PROBLEM_TOO_FAST;
    if (!opened.problem && replay_accept(&warden->replay, &checked.order))
        opened.problem = PROBLEM_INTERNAL;
    if (opened.problem != PROBLEM_TOO_FAST &&
        audit_order(&warden->audit, &checked, opened.problem) && !opened.problem)
        opened.problem = PROBLEM_INTERNAL;
    if (!opened.problem) {
        replay_finish(&warden->replay, checked.order.id, (struct job_state){.state = STATE_EXITED});
        answer_admitted(warden, checked.who, &opened);
    }
    if (door_opened_encode(&opened, &body))
        return 1;
    tell(warden, DOOR_OPENED, &body, NULL, 0);
    return 0;
}

/* Pairing proves that somebody knows the code, not that the key is theirs. So it only ever adds to
 * what a key may do already, or an invitation to observe could take an administrator's rights away.
 */
static void keep_grants(const struct operator_entry *known, struct operator_entry *who)
{
    char *added;
    char *rest;
    char copy[sizeof(who->as)];

    if (!known)
        return;
    who->rights |= known->rights;
    memcpy(copy, who->as, sizeof(copy));
    memcpy(who->as, known->as, sizeof(who->as));
    rest = copy;
    while ((added = strsep(&rest, ","))) {
        size_t length = strlen(who->as);

        if (*added && !operator_may_run_as(who, added) &&
            length + 1 + strlen(added) < sizeof(who->as))
            snprintf(who->as + length, sizeof(who->as) - length, "%s%s", length ? "," : "", added);
    }
}

static enum problem_code pair(struct warden *warden, const struct door_pair *request,
                              struct door_opened *opened)
{
    struct operator_entry who = {0};
    struct invitation invitation;
    struct pair_request pairing;
    int r;

    if (pair_request_decode(&pairing, request->request.bytes, request->request.size))
        return PROBLEM_MALFORMED;
    r = invitation_redeem(warden->place.run, &pairing, request->exporter, warden->machine.id,
                          &invitation);
    explicit_bzero(invitation.code, sizeof(invitation.code));
    if (r)
        return r > 0 ? PROBLEM_INVITE_WRONG : PROBLEM_INTERNAL;
    who.key = pairing.key;
    who.rights = invitation.rights;
    text_copy(who.as, sizeof(who.as), invitation.as);
    if (keyring_refresh(&warden->keyring))
        return PROBLEM_INTERNAL;
    keep_grants(keyring_find(&warden->keyring, &who.key), &who);
    text_copy(who.name, sizeof(who.name), pairing.label);
    if (sshkey_fingerprint(&who.key, who.fingerprint) || keyring_add(&warden->keyring, &who)) {
        log_error("%s cannot be written", warden->place.operators);
        return PROBLEM_INTERNAL;
    }
    answer_admitted(warden, &who, opened);
    return PROBLEM_NONE;
}

int answer_pair(struct warden *warden, const struct door_message *message)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_opened opened = {0};
    struct door_pair request;
    char fingerprint[FINGERPRINT_TEXT_SIZE];

    if (door_pair_decode(&request, message->body))
        return 1;
    opened.ticket = request.ticket;
    opened.problem = pair(warden, &request, &opened);
    if (opened.problem) {
        log_notice("an invitation was refused: %s", problem_info(opened.problem)->text);
        audit_stranger(&warden->audit, "pairing-refused", opened.problem);
    } else {
        fingerprint_format(opened.fingerprint, fingerprint);
        log_notice("%s was invited and is now an operator (%s)", opened.operator_name, fingerprint);
        audit_event(&warden->audit, "paired", fingerprint);
    }
    if (door_opened_encode(&opened, &body))
        return 1;
    tell(warden, DOOR_PAIRED, &body, NULL, 0);
    return 0;
}

int answer_token(struct warden *warden, const struct door_message *message)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_tokened answer = {0};
    struct door_token request;

    if (door_token_decode(&request, message->body))
        return 1;
    answer.ticket = request.ticket;
    answer.rights = token_rights(&warden->place, request.hash);
    if (door_tokened_encode(&answer, &body))
        return 1;
    tell(warden, DOOR_TOKENED, &body, NULL, 0);
    return 0;
}
