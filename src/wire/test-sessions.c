/* See test-sessions.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/test-pair.h"
#include "wire/test-sessions.h"

struct tls *client;
struct tls *server;

int sessions_set_up(void **state)
{
    (void)state;
    assert_int_equal(tls_new(&client, test_client_context()), 0);
    assert_int_equal(tls_new(&server, test_server_context()), 0);
    return 0;
}

int sessions_tear_down(void **state)
{
    (void)state;
    client = tls_free(client);
    server = tls_free(server);
    return 0;
}

int carry(struct tls *from, struct tls *to, uint8_t *plain_out, size_t size,
          enum tls_error *error_out)
{
    struct buffer *bytes = tls_outgoing(from);
    int total = 0;
    int n;

    tls_feed(to, buffer_bytes(bytes), buffer_length(bytes));
    do {
        n = tls_read(to, plain_out + total, size - (size_t)total, error_out);
        assert_true(n >= 0);
        total += n;
    } while (n > 0 && (size_t)total < size);
    buffer_clear(bytes);
    return total;
}

enum tls_error handshake(void)
{
    enum tls_error error = 0;
    uint8_t plain[16];

    assert_int_equal(tls_read(client, plain, sizeof(plain), &error), 0);
    for (int i = 0; i < 3 && !error; i++) {
        carry(client, server, plain, sizeof(plain), &error);
        if (!error)
            carry(server, client, plain, sizeof(plain), &error);
    }
    return error;
}
