/* See tls-library.h. It is a provider that passes on what the default provider offers, less what is
 * not wanted. */
#include "wire/tls-library.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "base/cleanup.h"

enum { KEPT_MAX = 64 };

struct tls_library {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *provider;
};

/* OpenSSL gives a provider's functions no place for data of ours, since theirs is that of the
 * default provider: so this stands here, is filled once, and is the same for all. */
static struct {
    pthread_once_t once;
    OSSL_PROVIDER *whole;
    OSSL_ALGORITHM keys[KEPT_MAX], decoders[KEPT_MAX]; /* the last one empty */
} few = {.once = PTHREAD_ONCE_INIT};

/* `names` is "NAME:OTHER NAME:1.2.3". */
static bool is_wanted_key(const OSSL_ALGORITHM *algorithm)
{
    /* The second half are no keys to us, but what TLS derives its keys with is kept in that form.
     */
    static const char *const wanted[] = {"RSA",    "RSA-PSS", "EC",   "ED25519", "ED448",
                                         "X25519", "HMAC",    "HKDF", "TLS1-PRF"};
    size_t length = strcspn(algorithm->algorithm_names, ":");

    for (size_t i = 0; i < ELEMENTS_OF(wanted); i++) {
        if (strlen(wanted[i]) == length &&
            strncasecmp(algorithm->algorithm_names, wanted[i], length) == 0)
            return true;
    }
    return false;
}

/* A certificate holds its key in one form alone. */
static bool is_wanted_decoder(const OSSL_ALGORITHM *algorithm)
{
    return is_wanted_key(algorithm) && strstr(algorithm->property_definition, "input=der") &&
           strstr(algorithm->property_definition, "structure=SubjectPublicKeyInfo");
}

static bool keep(int operation, bool (*is_wanted)(const OSSL_ALGORITHM *algorithm),
                 OSSL_ALGORITHM kept[KEPT_MAX])
{
    int no_cache = 0;
    const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(few.whole, operation, &no_cache);
    size_t count = 0;

    for (; all && all->algorithm_names; all++) {
        if (!is_wanted(all))
            continue;
        if (count == KEPT_MAX - 1)
            return false;
        kept[count++] = *all;
    }
    return count > 0 && no_cache == 0;
}

static void fill(void)
{
    few.whole = OSSL_PROVIDER_load(NULL, "default");
    if (few.whole && (!keep(OSSL_OP_KEYMGMT, is_wanted_key, few.keys) ||
                      !keep(OSSL_OP_DECODER, is_wanted_decoder, few.decoders))) {
        OSSL_PROVIDER_unload(few.whole);
        few.whole = NULL;
    }
}

static const OSSL_ALGORITHM *few_query(void *unused, int operation, int *no_cache_out)
{
    (void)unused;
    *no_cache_out = 0;
    switch (operation) {
    case OSSL_OP_KEYMGMT: return few.keys;
    case OSSL_OP_DECODER: return few.decoders;
    case OSSL_OP_ENCODER:
    case OSSL_OP_STORE: return NULL; /* a client writes no keys and opens no files */
    default: return OSSL_PROVIDER_query_operation(few.whole, operation, no_cache_out);
    }
}

/* Which groups there are in TLS. */
static int few_capabilities(void *unused, const char *capability, OSSL_CALLBACK *tell, void *user)
{
    (void)unused;
    return OSSL_PROVIDER_get_capabilities(few.whole, capability, tell, user);
}

static const OSSL_PARAM *few_parameters(void *unused)
{
    static const OSSL_PARAM parameters[] = {
        OSSL_PARAM_DEFN(OSSL_PROV_PARAM_STATUS, OSSL_PARAM_INTEGER, NULL, 0), OSSL_PARAM_END};

    (void)unused;
    return parameters;
}

static int few_parameter(void *unused, OSSL_PARAM *parameters)
{
    OSSL_PARAM *status = OSSL_PARAM_locate(parameters, OSSL_PROV_PARAM_STATUS);

    (void)unused;
    return !status || OSSL_PARAM_set_int(status, 1);
}

static int few_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *theirs,
                    const OSSL_DISPATCH **ours_out, void **data_out)
{
    static const OSSL_DISPATCH ours[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))few_query},
        {OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (void (*)(void))few_parameters},
        {OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))few_parameter},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))few_capabilities},
        {0, NULL},
    };

    (void)handle;
    (void)theirs;
    *ours_out = ours;
    *data_out = OSSL_PROVIDER_get0_provider_ctx(few.whole);
    return 1;
}

struct tls_library *tls_library_new(void)
{
    struct tls_library *library;

    if (pthread_once(&few.once, fill) || !few.whole)
        return NULL;
    library = calloc(1, sizeof(*library));
    if (!library)
        return NULL;
    library->context = OSSL_LIB_CTX_new();
    if (library->context && OSSL_PROVIDER_add_builtin(library->context, "few", few_init) == 1)
        library->provider = OSSL_PROVIDER_load(library->context, "few");
    ERR_clear_error();
    return library->provider ? library : tls_library_free(library);
}

struct tls_library *tls_library_free(struct tls_library *library)
{
    if (!library)
        return NULL;
    if (library->provider)
        OSSL_PROVIDER_unload(library->provider);
    OSSL_LIB_CTX_free(library->context);
    free(library);
    return NULL;
}

OSSL_LIB_CTX *tls_library_context(const struct tls_library *library)
{
    return library ? library->context : NULL;
}
