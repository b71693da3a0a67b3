/* See signer.h. A private key is parsed into libcrypto's form once; ssh-agent's socket stays open
 * between signatures and is opened anew when it failed. */
#include "fleet/home/signer.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/home/agent-client.h"
#include "fleet/home/i18n.h"
#include "fleet/home/identity.h"
#include "proto/sshsig.h"

enum { ED25519_SIGNATURE_LENGTH = 64 };

struct signer {
    struct sshkey key;
    char comment[128];
    char fingerprint[FINGERPRINT_TEXT_SIZE];
    char *origin;
    bool is_new;
    EVP_PKEY *private; /* NULL: ssh-agent signs */
    char *agent_path;
    int agent; /* -1: not connected */
    struct fault fault;
};

struct signer *signer_free(struct signer *signer)
{
    if (!signer)
        return NULL;
    if (signer->agent >= 0)
        close(signer->agent);
    free(signer->agent_path);
    EVP_PKEY_free(signer->private);
    free(signer->origin);
    free(signer);
    return NULL;
}

void signer_cleanup(struct signer **signer)
{
    *signer = signer_free(*signer);
}

static struct signer *signer_new(void)
{
    struct signer *signer = calloc(1, sizeof(*signer));

    if (signer)
        signer->agent = -1;
    return signer;
}

/* ---- opening ---- */

static int use_private(struct signer *signer, struct sshkey_private *key, const char *path)
{
    signer->private = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed,
                                                   sizeof(key->seed));
    signer->key = key->key;
    snprintf(signer->comment, sizeof(signer->comment), "%s", key->comment);
    signer->origin = strdup(path);
    explicit_bzero(key, sizeof(*key));
    ERR_clear_error();
    return signer->private && signer->origin ? 0 : -ENOMEM;
}

static int agent_fault(int error, struct fault *fault)
{
    switch (error) {
    case AGENT_CLIENT_E_ABSENT:
        fault_set(fault, _("Start ssh-agent (eval \"$(ssh-agent)\"), then ssh-add your key."),
                  _("ssh-agent cannot be reached: SSH_AUTH_SOCK names no living agent."));
        return SIGNER_E_NO_AGENT;
    case AGENT_CLIENT_E_REFUSED:
        fault_set(fault,
                  _("Unlock the agent (ssh-add -X), confirm when it asks, touch the key when it "
                    "blinks; then try again."),
                  _("ssh-agent refused to sign."));
        return SIGNER_E_REFUSED;
    case AGENT_CLIENT_E_PROTOCOL:
        fault_set(fault, _("Try again; if it repeats, restart ssh-agent."),
                  _("ssh-agent did not answer in time, or not in its protocol."));
        return SIGNER_E_AGENT;
    default: return error;
    }
}

static int agent_connect(struct signer *signer, struct fault *fault)
{
    if (signer->agent >= 0)
        return 0;
    return agent_fault(agent_client_connect(signer->agent_path, &signer->agent), fault);
}

static void agent_close(struct signer *signer)
{
    if (signer->agent >= 0)
        close(signer->agent);
    signer->agent = -1;
}

/* The key of the public file `path`, if the agent holds it. */
static int use_agent(struct signer *signer, const char *path, struct fault *fault)
{
    const char *socket_path = getenv("SSH_AUTH_SOCK");
    char held_comment[128];
    bool held;
    int r = identity_read_public(path, &signer->key, signer->comment, fault);

    if (r)
        return r;
    signer->agent_path = strdup(socket_path ? socket_path : "");
    signer->origin = strdup("ssh-agent");
    if (!signer->agent_path || !signer->origin)
        return -ENOMEM;
    r = agent_connect(signer, fault);
    if (r)
        return r;
    r = agent_fault(agent_client_holds(signer->agent, &signer->key, &held, held_comment), fault);
    if (r)
        return r;
    if (!held) {
        fault_set(fault, _("Load the private key with ssh-add; ssh-add -L shows what is loaded."),
                  _("ssh-agent does not hold the key of %s."), path);
        return SIGNER_E_NOT_HELD;
    }
    if (!signer->comment[0])
        snprintf(signer->comment, sizeof(signer->comment), "%s", held_comment);
    return 0;
}

/* A private half that cannot be used here (a passphrase, a FIDO handle) may be in the agent. If
 * not, the first error says more than the agent's. */
static int use_agent_instead(struct signer *signer, const char *path, int error)
{
    _cleanup_free_ char *public_path = NULL;
    int r;

    if (error != SIGNER_E_ENCRYPTED && error != SIGNER_E_TYPE)
        return error;
    if (asprintf(&public_path, "%s.pub", path) < 0) {
        public_path = NULL;
        return -ENOMEM;
    }
    r = use_agent(signer, public_path, NULL);
    return r == 0 || r == -ENOMEM ? r : error;
}

static bool is_public(const char *path)
{
    size_t length = strlen(path);

    return length > 4 && strcmp(path + length - 4, ".pub") == 0;
}

static int open_named(struct signer *signer, const char *path, struct fault *fault)
{
    struct sshkey_private key = {0};
    int r;

    if (is_public(path))
        return use_agent(signer, path, fault);
    r = identity_read(path, &key, fault);
    return r ? use_agent_instead(signer, path, r) : use_private(signer, &key, path);
}

static int open_own(struct signer *signer, const char *path, struct fault *fault)
{
    struct sshkey_private key = {0};
    int r = identity_read(path, &key, fault);

    if (r == SIGNER_E_MISSING) {
        r = identity_make(path, &key, fault);
        signer->is_new = r == 0;
        /* Another console was quicker. */
        if (r == -EEXIST)
            r = identity_read(path, &key, fault);
    }
    return r ? use_agent_instead(signer, path, r) : use_private(signer, &key, path);
}

int signer_open(const char *identity, const char *own_path, struct signer **signer_out,
                struct fault *fault)
{
    _cleanup_signer_ struct signer *signer = signer_new();
    uint8_t fingerprint[FINGERPRINT_SIZE];
    int r;

    if (!signer)
        return -ENOMEM;
    r = identity ? open_named(signer, identity, fault) : open_own(signer, own_path, fault);
    if (!r)
        r = sshkey_fingerprint(&signer->key, fingerprint);
    if (r)
        return r;
    fingerprint_format(fingerprint, signer->fingerprint);
    *signer_out = steal_pointer(signer);
    return 0;
}

/* ---- signing ---- */

/* The raw signature in the form in which an agent gives it. */
static int sign_here(EVP_PKEY *private, const struct buffer *to_sign, struct buffer *raw_out)
{
    static const char type[] = "ssh-ed25519";
    uint8_t signature[ED25519_SIGNATURE_LENGTH];
    size_t length = sizeof(signature);
    struct writer writer = writer_init(raw_out);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestSignInit(context, NULL, NULL, NULL, private) == 1 &&
                EVP_DigestSign(context, signature, &length, buffer_bytes(to_sign),
                               buffer_length(to_sign)) == 1;

    EVP_MD_CTX_free(context);
    ERR_clear_error();
    if (!good)
        return -EIO;
    writer_slice32(&writer, type, sizeof(type) - 1);
    writer_slice32(&writer, signature, length);
    return writer.error;
}

static int sign_by_agent(struct signer *signer, const struct buffer *to_sign,
                         struct buffer *raw_out)
{
    bool reused = signer->agent >= 0;
    int r = agent_connect(signer, &signer->fault);

    if (r)
        return r;
    r = agent_client_sign(signer->agent, &signer->key, buffer_bytes(to_sign),
                          buffer_length(to_sign), raw_out);
    if (!r)
        return 0;
    /* What comes late would be taken for the next answer. */
    agent_close(signer);
    if (r == AGENT_CLIENT_E_ABSENT && reused)
        return sign_by_agent(signer, to_sign, raw_out);
    return agent_fault(r, &signer->fault);
}

int signer_sign(struct signer *signer, const void *bytes, size_t size,
                struct buffer *sshsig_blob_out)
{
    _cleanup_buffer_ struct buffer to_sign = BUFFER_INIT;
    _cleanup_buffer_ struct buffer raw = BUFFER_INIT;
    int r = sshsig_to_sign(bytes, size, &to_sign);

    signer->fault = (struct fault){0};
    if (!r)
        r = signer->private ? sign_here(signer->private, &to_sign, &raw)
                            : sign_by_agent(signer, &to_sign, &raw);
    if (!r)
        r = sshsig_wrap(&signer->key,
                        (struct slice){.bytes = buffer_bytes(&raw), .size = buffer_length(&raw)},
                        sshsig_blob_out);
    if (r < 0)
        fault_errno(&signer->fault, -r, NULL, _("The order could not be signed"));
    return r;
}

const struct fault *signer_fault(const struct signer *signer)
{
    return &signer->fault;
}

/* ---- what it is ---- */

const struct sshkey *signer_key(const struct signer *signer)
{
    return &signer->key;
}

const char *signer_fingerprint(const struct signer *signer)
{
    return signer->fingerprint;
}

const char *signer_comment(const struct signer *signer)
{
    return signer->comment;
}

const char *signer_origin(const struct signer *signer)
{
    return signer->origin;
}

bool signer_is_new(const struct signer *signer)
{
    return signer->is_new;
}

int signer_operators_line(const struct signer *signer, const char *may, const char *as,
                          struct buffer *out)
{
    int r = 0;

    if (may)
        r = buffer_printf(out, "may=\"%s\"", may);
    if (!r && as)
        r = buffer_printf(out, "%sas=\"%s\"", may ? "," : "", as);
    if (!r && (may || as))
        r = buffer_append(out, " ", 1);
    if (!r)
        r = sshkey_append_line(&signer->key, out);
    if (!r && signer->comment[0])
        r = buffer_append(out, " ", 1);
    /* A comment comes from a file or an agent: it must not begin a line of its own. */
    return r ? r : text_append_printable_line(out, signer->comment, strlen(signer->comment));
}
