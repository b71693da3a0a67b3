/* Pairing: a bare link (hello, no open), then one POST that proves the code on this very channel.
 */
#include "fleet/link/pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/home/i18n.h"
#include "fleet/home/signer.h"
#include "fleet/link/document.h"
#include "fleet/link/link-carry.h"
#include "fleet/link/request.h"

struct pair {
    struct link *link;
    struct link_watcher watcher;
    struct request *request;
    struct invite_link invite;
    struct pair_request proof;
    pair_done done;
    void *user;
};

static void pair_destroy(struct pair *pair)
{
    request_cancel(pair->request);
    link_free(pair->link);
    explicit_bzero(pair->invite.code, sizeof(pair->invite.code));
    free(pair);
}

static void pair_end(struct pair *pair, const struct pair_result *result,
                     const struct trouble *trouble)
{
    pair_done done = pair->done;
    void *user = pair->user;
    struct trouble copy;

    if (trouble)
        copy = *trouble; /* the link's own */
    pair_destroy(pair);
    done(result, trouble ? &copy : NULL, user);
}

static void on_answer(struct request *request, const struct trouble *trouble, void *user)
{
    struct pair *pair = user;
    struct slice body = request_body(request);
    struct pair_result result = {0};
    struct trouble bad;
    json_t *root;

    pair->request = NULL;
    if (trouble) {
        pair_end(pair, NULL, trouble);
        return;
    }
    root = json_loadb(body.bytes ? (const char *)body.bytes : "", body.size, 0, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        trouble_set(&bad, PROBLEM_NOT_HUNE, link_where(pair->link), _("its answer is no JSON"));
        pair_end(pair, NULL, &bad);
        return;
    }
    memcpy(result.id, link_info(pair->link)->id, MACHINE_ID_SIZE);
    result.rights = document_rights(root, "rights");
    document_words(root, "as", result.run_as, sizeof(result.run_as));
    document_text(root, "name", result.name, sizeof(result.name));
    json_decref(root);
    pair_end(pair, &result, NULL);
}

/* Returns 0 or -errno. */
static int send_proof(struct pair *pair)
{
    static const struct request_events events = {.on_done = on_answer};
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    uint8_t exporter[EXPORTER_SIZE];
    int error = link_exporter(pair->link, exporter);

    error = error ? error
                  : pair_prove(&pair->proof, pair->invite.code, exporter, pair->invite.machine);
    error = error ? error : pair_request_encode(&pair->proof, &body);
    error = error ? error
                  : request_new(&pair->request, pair->link, "POST", "/v1/pair", &events, pair);
    error = error ? error
                  : request_set_bytes(pair->request, buffer_bytes(&body), buffer_length(&body));
    if (error == 0)
        request_send(pair->request);
    return error;
}

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct pair *pair = user;
    struct trouble trouble;
    int error = send_proof(pair);

    (void)info;
    if (error) {
        trouble_set_errno(&trouble, link_where(link), error);
        pair_end(pair, NULL, &trouble);
    }
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    (void)link;
    (void)retry_ms;
    pair_end(user, NULL, trouble);
}

int pair_start(struct pair **pair_out, struct link_factory *factory,
               const struct invite_link *invite, const char *label, pair_done done, void *user)
{
    static const struct link_events events = {.on_ready = on_ready, .on_failed = on_failed};
    const struct signer *signer = link_factory_signer(factory);
    const struct link_target target = {
        .host = invite->host,
        .port = invite->port,
        .id = invite->machine,
        .bare = true,
    };
    struct pair *pair;
    int error;

    if (!signer)
        return -ENOKEY;
    pair = calloc(1, sizeof(*pair));
    if (!pair)
        return -ENOMEM;
    pair->invite = *invite;
    pair->done = done;
    pair->user = user;
    pair->proof.key = *signer_key(signer);
    snprintf(pair->proof.label, sizeof(pair->proof.label), "%s",
             label ? label : signer_comment(signer));
    pair->watcher = (struct link_watcher){.events = &events, .user = pair};
    error = link_new(&pair->link, factory, &target);
    if (error) {
        free(pair);
        return error;
    }
    link_watch(pair->link, &pair->watcher);
    link_connect(pair->link);
    if (pair_out)
        *pair_out = pair;
    return 0;
}

struct link *pair_link(const struct pair *pair)
{
    return pair->link;
}

struct pair *pair_cancel(struct pair *pair)
{
    if (pair)
        pair_destroy(pair);
    return NULL;
}
