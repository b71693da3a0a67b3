/* See test-joined.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "wire/test-joined.h"

struct test_pair pair;

int joined_set_up(void **state)
{
    (void)state;
    test_pair_init(&pair);
    return 0;
}

int joined_tear_down(void **state)
{
    (void)state;
    test_pair_deinit(&pair);
    return 0;
}

int joined_free_contexts(void **state)
{
    (void)state;
    test_contexts_free();
    return 0;
}

struct wire_stream *get(const char *path)
{
    struct wire_stream *stream = NULL;

    assert_int_equal(wire_request(pair.client.wire, "GET", path, NULL, 0, NULL, NULL, &stream), 0);
    return stream;
}
