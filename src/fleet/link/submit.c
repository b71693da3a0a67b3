/* An order given to one machine. Each order logs its id at every stop of its way. */
#define LOG_TAG "submit"

#include "fleet/link/submit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "fleet/home/i18n.h"
#include "fleet/home/signer.h"
#include "fleet/link/link-carry.h"
#include "fleet/link/request.h"
#include "proto/order.h"

struct submit {
    struct link *link;
    struct request *request;
    struct errand errand;
    struct buffer payload;
    char user[LIMIT_USER_NAME + 1];
    uint8_t id[UUID_SIZE];
    uint8_t epoch[EPOCH_SIZE]; /* that it was signed for */
    bool is_signed;
    bool is_bound;     /* the bytes are good on the connection that they opened alone */
    unsigned sendings; /* of these bytes */
    unsigned renewals;
    const struct submit_events *events;
    void *events_user;
};

#define PATH_JOBS  "/v1/jobs/"
#define PATH_ENTER "/v1/enter/"

enum { RENEWALS = 2 };

/* What a payload may have, so that order, signature and framing are taken from a stranger. */
enum { OPENER_PAYLOAD_MAX = LIMIT_OPENING_BODY - LIMIT_SIGNATURE - 512 };

static int sign_bytes(struct link *link, struct slice order, struct buffer *signature_out,
                      struct trouble *trouble_out)
{
    struct signer *signer = link_factory_signer(link_factory_of(link));
    int error;

    if (!signer) {
        trouble_set(trouble_out, PROBLEM_NO_IDENTITY, link_where(link), NULL);
        return -1;
    }
    error = signer_sign(signer, order.bytes, order.size, signature_out);
    if (error == 0)
        return 0;
    trouble_set(trouble_out, PROBLEM_NO_IDENTITY, link_where(link), "%s",
                signer_fault(signer)->text);
    return -1;
}

int submit_sign(struct link *link, const struct errand *errand, const uint8_t id[UUID_SIZE],
                bool opens, struct buffer *parts_out, struct trouble *trouble_out)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT, signature = BUFFER_INIT;
    const struct link_info *info = link_info(link);
    uint8_t exporter[EXPORTER_SIZE];
    struct order order = {
        .issued = link_boot_ms(link),
        .verb = (uint16_t)errand->verb,
        .deadline = errand->deadline_s,
        .payload = errand->payload,
    };
    struct order_parts parts;
    int error;

    if (errand->user && strlen(errand->user) >= sizeof(order.user)) {
        trouble_set(trouble_out, PROBLEM_NO_SUCH_USER, link_where(link), NULL);
        return -1;
    }
    if (errand->user)
        memcpy(order.user, errand->user, strlen(errand->user));
    order.expires = order.issued + link_order_window_ms(link);
    memcpy(order.machine, info->id, MACHINE_ID_SIZE);
    memcpy(order.id, id, UUID_SIZE);
    memcpy(order.epoch, info->epoch, EPOCH_SIZE);
    error = opens ? link_exporter(link, exporter) : 0;
    if (opens) {
        order.flags = ORDER_OPENS;
        order.channel = (struct slice){exporter, sizeof(exporter)};
    }
    error = error ? error : order_encode(&order, &bytes);
    parts.order = buffer_slice(&bytes);
    if (!error && sign_bytes(link, parts.order, &signature, trouble_out) != 0)
        return -1;
    parts.signature = buffer_slice(&signature);
    error = error ? error : order_parts_encode(&parts, parts_out);
    if (error) {
        trouble_set_errno(trouble_out, link_where(link), error);
        if (error == -EMSGSIZE)
            trouble_out->code = PROBLEM_TOO_LARGE;
        return -1;
    }
    return 0;
}

/* ---- the end ---- */

static void submit_destroy(struct submit *submit)
{
    buffer_deinit(&submit->payload);
    free(submit);
}

static void submit_end(struct submit *submit, enum submit_fate fate,
                       const struct job_object *object, const struct trouble *trouble)
{
    submit->request = NULL;
    if (trouble)
        log_order(LOG_LEVEL_DEBUG, submit->id, "%s: %s", link_where(submit->link),
                  trouble_word(trouble));
    submit->events->on_done(submit, fate, object, trouble, submit->events_user);
    submit_destroy(submit);
}

/* What is known when no answer came. */
static enum submit_fate silent_fate(const struct submit *submit)
{
    return submit->sendings > 0 ? SUBMIT_UNKNOWN : SUBMIT_NOT_SENT;
}

/* ---- sending ---- */

static int set_path(const struct submit *submit, struct request *request, const char *folder)
{
    char path[16 + UUID_TEXT_SIZE];
    char id[UUID_TEXT_SIZE];

    uuid_format(submit->id, id);
    snprintf(path, sizeof(path), "%s%s", folder, id);
    return request_set_path(request, path);
}

static int renew(struct submit *submit, struct request *request, bool opens)
{
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct trouble trouble;
    int error = set_path(submit, request, opens ? PATH_ENTER : PATH_JOBS);

    if (error)
        trouble_set_errno(&trouble, link_where(submit->link), error);
    else
        error = submit_sign(submit->link, &submit->errand, submit->id, opens, &parts, &trouble);
    if (!error) {
        error = request_set_bytes(request, buffer_bytes(&parts), buffer_length(&parts));
        if (error)
            trouble_set_errno(&trouble, link_where(submit->link), error);
    }
    if (error && opens)
        request_cannot_open(request, &trouble);
    else if (error)
        request_fail(request, &trouble);
    if (error)
        return -1;
    memcpy(submit->epoch, link_info(submit->link)->epoch, EPOCH_SIZE);
    submit->is_signed = true;
    submit->is_bound = opens;
    return 0;
}

static bool can_open(const struct request *request, void *user)
{
    const struct submit *submit = user;

    (void)request;
    return verb_info((uint16_t)submit->errand.verb)->becomes_job &&
           submit->errand.payload.size <= OPENER_PAYLOAD_MAX;
}

static int on_send(struct request *request, void *user)
{
    struct submit *submit = user;
    const struct link_info *info = link_info(submit->link);
    bool same_epoch = memcmp(submit->epoch, info->epoch, EPOCH_SIZE) == 0;
    bool opens = request_opens(request);

    if (submit->is_signed && !same_epoch && submit->sendings > 0) {
        struct trouble trouble;

        trouble_set(&trouble, PROBLEM_OTHER_EPOCH, link_where(submit->link), NULL);
        request_fail(request, &trouble);
        return -1;
    }
    if ((!submit->is_signed || !same_epoch || opens || submit->is_bound) &&
        renew(submit, request, opens) != 0)
        return -1;
    return 0;
}

static void on_sent(struct request *request, void *user)
{
    struct submit *submit = user;

    (void)request;
    submit->sendings++;
    log_order(LOG_LEVEL_DEBUG, submit->id, "%s: sent", link_where(submit->link));
    if (submit->events->on_sent)
        submit->events->on_sent(submit, submit->events_user);
}

/* What was sent before this may still have been taken. */
static void on_turned_away(struct request *request, void *user)
{
    struct submit *submit = user;

    (void)request;
    submit->sendings--;
}

static int send_request(struct submit *submit);

/* The machine restarted between its hello and the order, and says that it did not take it: the
 * order is made anew, under its old id, for the new epoch. */
static bool try_again(struct submit *submit)
{
    if (submit->renewals++ >= RENEWALS || send_request(submit) != 0)
        return false;
    submit->is_signed = false;
    submit->sendings = 0;
    link_greet_again(submit->link);
    request_send(submit->request);
    return true;
}

static void on_refused(struct submit *submit, const struct trouble *trouble)
{
    bool was_repeated = submit->sendings > 1;

    if (!trouble_is_from_machine(trouble)) {
        submit_end(submit, silent_fate(submit), NULL, trouble);
        return;
    }
    if (trouble->code == PROBLEM_OTHER_EPOCH) {
        /* Sent before without an answer: the machine may have taken it and restarted since. */
        if (was_repeated || memcmp(submit->epoch, link_info(submit->link)->epoch, EPOCH_SIZE) != 0)
            submit_end(submit, SUBMIT_LOST, NULL, trouble);
        else if (!try_again(submit))
            submit_end(submit, SUBMIT_ANSWERED, NULL, trouble);
        return;
    }
    /* Too late for the window, but the first sending may have been in time. */
    submit_end(submit,
               trouble->code == PROBLEM_EXPIRED && was_repeated ? SUBMIT_UNKNOWN : SUBMIT_ANSWERED,
               NULL, trouble);
}

static void on_done(struct request *request, const struct trouble *trouble, void *user)
{
    struct submit *submit = user;
    struct job_object object;
    struct trouble bad;
    json_t *root;

    submit->request = NULL;
    if (trouble) {
        on_refused(submit, trouble);
        return;
    }
    root = request_json(request, NULL);
    if (job_object_decode(submit->is_bound ? json_object_get(root, "job") : root, &object)) {
        submit_end(submit, SUBMIT_ANSWERED, &object, NULL);
    } else {
        trouble_set(&bad, PROBLEM_NOT_HUNE, link_where(submit->link),
                    _("its answer to an order is no job object"));
        submit_end(submit, SUBMIT_UNKNOWN, NULL, &bad);
    }
    json_decref(root);
}

static int send_request(struct submit *submit)
{
    static const struct request_events events = {
        .on_send = on_send,
        .can_open = can_open,
        .on_sent = on_sent,
        .on_turned_away = on_turned_away,
        .on_done = on_done,
    };

    /* The path is set with each signature. */
    return request_new(&submit->request, submit->link, "PUT", "", &events, submit);
}

int submit_new(struct submit **submit_out, struct link *link, const struct errand *errand,
               const struct submit_events *events, void *user)
{
    struct submit *submit;
    int error;

    if (errand->user && strlen(errand->user) >= sizeof(submit->user))
        return -EMSGSIZE;
    submit = calloc(1, sizeof(*submit));
    if (!submit)
        return -ENOMEM;
    submit->link = link;
    submit->events = events;
    submit->events_user = user;
    submit->errand = *errand;
    if (errand->user)
        memcpy(submit->user, errand->user, strlen(errand->user));
    submit->errand.user = submit->user;
    error = buffer_append(&submit->payload, errand->payload.bytes, errand->payload.size);
    submit->errand.payload = buffer_slice(&submit->payload);
    error = error ? error : uuid_make(submit->id);
    error = error ? error : send_request(submit);
    if (error) {
        submit_destroy(submit);
        return error;
    }
    *submit_out = submit;
    return 0;
}

void submit_start(struct submit *submit)
{
    request_send(submit->request);
}

struct submit *submit_cancel(struct submit *submit)
{
    /* Without a request it is in its on_done and frees itself. */
    if (submit && submit->request) {
        request_cancel(submit->request);
        submit_destroy(submit);
    }
    return NULL;
}

bool submit_is_sent(const struct submit *submit)
{
    return submit->sendings > 0;
}

const uint8_t *submit_id(const struct submit *submit)
{
    return submit->id;
}
