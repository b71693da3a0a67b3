/* The custom BIO of tls.h: reads from the bytes that were fed, appends what it is given to the
 * outgoing buffer. No copy beside these two, no system call. */
#include "wire/tls-private.h"

#include <string.h>

static int tls_bio_read(BIO *bio, char *to, int size)
{
    struct tls *tls = BIO_get_data(bio);
    size_t take = (size_t)size < tls->fed.size ? (size_t)size : tls->fed.size;

    BIO_clear_retry_flags(bio);
    if (take == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(to, tls->fed.bytes, take);
    tls->fed.bytes += take;
    tls->fed.size -= take;
    return (int)take;
}

static int tls_bio_write(BIO *bio, const char *bytes, int size)
{
    struct tls *tls = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (buffer_append(&tls->outgoing, bytes, (size_t)size)) {
        tls->out_of_memory = true;
        return -1;
    }
    return size;
}

static long tls_bio_control(BIO *bio, int command, long number, void *pointer)
{
    const struct tls *tls = BIO_get_data(bio);

    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_PENDING: return (long)tls->fed.size;
    default: return 0;
    }
}

BIO_METHOD *tls_bio_method_new(void)
{
    /* No index of its own: there are only 127 of them in a process. */
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "hune");

    if (!method)
        return NULL;
    if (BIO_meth_set_read(method, tls_bio_read) != 1 ||
        BIO_meth_set_write(method, tls_bio_write) != 1 ||
        BIO_meth_set_ctrl(method, tls_bio_control) != 1) {
        BIO_meth_free(method);
        return NULL;
    }
    return method;
}
