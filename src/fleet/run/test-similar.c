/* See similar.h. */
#include "fleet/run/similar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void fixed(const char *text, const struct similar_speaker *speaker, struct buffer *out)
{
    assert_int_equal(similar_fixed((const uint8_t *)text, strlen(text), speaker, out), 0);
}

static bool alike(const char *a, const char *b)
{
    const struct similar_speaker one = {"web1.example", "192.0.2.1"};
    const struct similar_speaker two = {"db-7", "192.0.2.77"};
    _cleanup_buffer_ struct buffer x = BUFFER_INIT, y = BUFFER_INIT;

    fixed(a, &one, &x);
    fixed(b, &two, &y);
    return strcmp(buffer_text(&x), buffer_text(&y)) == 0;
}

static void test_alike(void **state)
{
    (void)state;
    assert_true(alike("", ""));
    assert_true(alike("load 0.15\n", "load 12.50\n"));
    assert_true(alike("web1.example is up\n", "db-7 is up\n"));
    assert_true(alike("web1 is up\n", "db-7 is up\n"));
    assert_true(alike("at 192.0.2.1:80\n", "at 192.0.2.77:8080\n"));
    assert_true(alike("/dev/sda1  20G  3.5G  17% /\n", "/dev/sda1 931G 88M 2% /\n"));
    assert_true(alike("Thu Nov 26 05:06:03 UTC 2026\n", "Fri Jan 1 17:16:13 UTC 2027\n"));
    assert_true(alike("2026-11-26T05:06:03+00:00 ok", "2027-01-01T15:16:13+01:00 ok"));
    assert_true(alike("5f2a0c9be1 deadbeef01 x", "0123456789 cafebabe22 x"));
    assert_true(alike("link fe80::1ff:fe23:4567:890a up", "link fe80::2aa:bb3:4567:1 up"));
}

static void test_not_alike(void **state)
{
    (void)state;
    assert_false(alike("nginx is active\n", "nginx is inactive\n"));
    assert_false(alike("ok 1\n", "ok 1 2\n"));
    assert_false(alike("ok 1\n", "ok one\n"));
    assert_false(alike("1\n2\n", "1\n"));
    assert_false(alike("x", ""));
    /* The name of another machine, or a word that only begins with one's own, is no name. */
    assert_false(alike("db-7 is up\n", "web1 is up\n"));
    assert_false(alike("web1x\n", "db-7x\n"));
    /* Words with a digit in them are words. */
    assert_false(alike("eth0 up\n", "wlan0 up\n"));
    assert_false(alike("facade\n", "decade\n"));
    assert_false(alike("dad: 1\n", "bad: 2\n"));
}

static int put(const uint8_t *bytes, size_t size, bool varies, void *user)
{
    (void)varies;
    return buffer_append(user, bytes, size);
}

static void shows(const char *const *texts, size_t count, const char *expected)
{
    static const char *const names[] = {"a1", "b2", "c3"};
    struct similar similar = {0};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    for (size_t i = 0; i < count; i++) {
        const struct similar_speaker speaker = {.name = names[i]};

        assert_int_equal(
            similar_add(&similar, (const uint8_t *)texts[i], strlen(texts[i]), &speaker), 0);
    }
    assert_int_equal(similar_show(&similar, put, &out), 0);
    assert_string_equal(buffer_text(&out), expected);
    similar_deinit(&similar);
}

static void test_shown(void **state)
{
    const char *const numbers[] = {"used  7 of 20\n", "used 95 of 20\n", "used 12 of 20\n"};
    const char *const mixed[] = {"a1: id 12ab34cd v1\n", "b2: id 00ff00ff v1\n"};
    const char *const same[] = {"same 5\n", "same 5\n"};
    const char *const fractions[] = {"load 0.5", "load 10.25", "load 0.07"};

    (void)state;
    shows(numbers, 3, "used  ‹7…95› of 20\n");
    shows(mixed, 2, "‹name›: id ‹…› v1\n");
    shows(same, 2, "same 5\n");
    shows(fractions, 3, "load ‹0.07…10.25›");
    shows(numbers, 1, "used  7 of 20\n");
}

static void test_other_shape(void **state)
{
    struct similar similar = {0};

    (void)state;
    assert_int_equal(similar_add(&similar, (const uint8_t *)"1 2", 3, NULL), 0);
    assert_int_equal(similar_add(&similar, (const uint8_t *)"1", 1, NULL), 1);
    assert_int_equal(similar_add(&similar, (const uint8_t *)"1 2 3", 5, NULL), 1);
    similar_deinit(&similar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alike),
        cmocka_unit_test(test_not_alike),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_other_shape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
