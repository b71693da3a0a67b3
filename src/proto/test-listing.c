/* See listing.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/failing-malloc.h"
#include "proto/listing.h"

static struct slice slice_of(const char *text)
{
    return (struct slice){(const uint8_t *)text, strlen(text)};
}

static int put_sample(struct buffer *out, const char *name)
{
    const struct listing_entry entry = {.flags = LISTING_FOLDER,
                                        .mode = 0120777,
                                        .size = 1ull << 40,
                                        .modified_s = -5,
                                        .name = slice_of(name),
                                        .target = slice_of("/x")};

    return listing_put_head(out, slice_of("/srv")) || listing_put_entry(out, &entry) ||
           listing_put_end(out, true);
}

static void test_round_trip(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct listing_entry entry;
    struct listing listing;

    (void)state;
    assert_int_equal(put_sample(&bytes, "a\nb\x1b\xff"), 0);
    assert_int_equal(listing_begin(&listing, buffer_slice(&bytes)), 0);
    assert_true(slice_is_text(listing.path, "/srv"));
    assert_int_equal(listing_next(&listing, &entry), LISTING_ENTRY);
    assert_int_equal(entry.flags, LISTING_FOLDER);
    assert_int_equal(entry.mode, 0120777);
    assert_int_equal(entry.size, 1ull << 40);
    assert_int_equal(entry.modified_s, -5);
    assert_true(slice_is_text(entry.name, "a\nb\x1b\xff"));
    assert_true(slice_is_text(entry.target, "/x"));
    assert_int_equal(listing_next(&listing, &entry), LISTING_END);
    assert_true(listing.has_more);
}

/* Whether all of it is read, to its end. */
static int read_all(struct slice bytes)
{
    struct listing listing;
    struct listing_entry entry;
    enum listing_step step = LISTING_ENTRY;

    if (listing_begin(&listing, bytes))
        return 0;
    while (step == LISTING_ENTRY)
        step = listing_next(&listing, &entry);
    return step == LISTING_END;
}

static void test_every_cut_is_malformed(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

    (void)state;
    assert_int_equal(put_sample(&bytes, "name"), 0);
    assert_true(read_all(buffer_slice(&bytes)));
    for (size_t size = 0; size < buffer_length(&bytes); size++)
        assert_false(read_all((struct slice){buffer_bytes(&bytes), size}));
    assert_int_equal(buffer_append(&bytes, "x", 1), 0);
    assert_false(read_all(buffer_slice(&bytes)));
}

/* A name is joined to a folder's path: none may lead elsewhere. */
static void test_names_that_lead_elsewhere(void **state)
{
    static const char *const bad[] = {"", ".", "..", "a/b", "/etc"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

        assert_int_equal(put_sample(&bytes, bad[i]), 0);
        assert_false(read_all(buffer_slice(&bytes)));
    }
}

static void test_relative_path(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

    (void)state;
    assert_int_equal(listing_put_head(&bytes, slice_of("srv")), 0);
    assert_int_equal(listing_put_end(&bytes, false), 0);
    assert_false(read_all(buffer_slice(&bytes)));
}

static int put(void *name)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

    return put_sample(&bytes, name);
}

static void test_without_memory(void **state)
{
    char name[] = "name";

    (void)state;
    assert_true(failing_malloc_run(put, name) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_cut_is_malformed),
        cmocka_unit_test(test_names_that_lead_elsewhere),
        cmocka_unit_test(test_relative_path),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
