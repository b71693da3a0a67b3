#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "gate/unopened.h"

enum { TOTAL = 6, EACH = 3 };

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *v4 = (void *)&storage;
    struct sockaddr_in6 *v6 = (void *)&storage;

    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
        v6->sin6_family = AF_INET6;
    }
    return storage;
}

/* Adds and returns the victim. */
static struct unopened_entry *add(struct unopened *table, struct unopened_entry *entry,
                                  const char *from, uint64_t now)
{
    struct sockaddr_storage storage = address(from);
    struct unopened_entry *victim;

    assert_int_equal(unopened_add(table, entry, &storage, now, &victim), 0);
    return victim;
}

static void empty(struct unopened *table)
{
    struct unopened_entry *entry;

    while ((entry = unopened_oldest(table)))
        unopened_remove(table, entry);
    assert_int_equal(table->count, 0);
}

static void test_one_address(void **state)
{
    struct unopened_entry entries[EACH + 2] = {0};
    struct unopened table;

    (void)state;
    unopened_init(&table, TOTAL, EACH);
    for (size_t i = 0; i < EACH; i++)
        assert_null(add(&table, &entries[i], "192.0.2.1", i));
    assert_ptr_equal(add(&table, &entries[EACH], "192.0.2.1", EACH), &entries[0]);
    assert_int_equal(table.count, EACH);
    assert_null(entries[0].address);
    assert_ptr_equal(unopened_oldest(&table), &entries[1]);
    /* One that opened makes room. */
    unopened_remove(&table, &entries[2]);
    unopened_remove(&table, &entries[2]);
    assert_null(add(&table, &entries[EACH + 1], "192.0.2.1", EACH + 1));
    empty(&table);
}

static void test_one_each(void **state)
{
    struct unopened_entry entries[3] = {0};
    struct unopened table;

    (void)state;
    unopened_init(&table, TOTAL, 1);
    assert_null(add(&table, &entries[0], "192.0.2.1", 0));
    assert_ptr_equal(add(&table, &entries[1], "192.0.2.1", 1), &entries[0]);
    assert_ptr_equal(add(&table, &entries[2], "192.0.2.1", 2), &entries[1]);
    empty(&table);
}

static void test_busiest_goes(void **state)
{
    struct unopened_entry quiet[3] = {0}, busy[EACH] = {0}, late = {0}, later = {0};
    static const char *const quiet_from[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3"};
    struct unopened table;

    (void)state;
    unopened_init(&table, TOTAL, EACH);
    for (size_t i = 0; i < ELEMENTS_OF(quiet); i++)
        assert_null(add(&table, &quiet[i], quiet_from[i], i));
    for (size_t i = 0; i < ELEMENTS_OF(busy); i++)
        assert_null(add(&table, &busy[i], "198.51.100.1", 10 + i));
    /* Full: the quiet ones are older, but the busy address pays. */
    assert_ptr_equal(add(&table, &late, "192.0.2.4", 20), &busy[0]);
    assert_int_equal(table.count, TOTAL);
    assert_ptr_equal(add(&table, &later, "192.0.2.5", 21), &busy[1]);
    assert_ptr_equal(unopened_evict(&table), &quiet[0]);
    empty(&table);
    assert_null(unopened_evict(&table));
}

/* As many addresses as places: the oldest of them goes, not the newcomer. */
static void test_all_different(void **state)
{
    struct unopened_entry entries[4] = {0};
    static const char *const from[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"};
    struct unopened table;

    (void)state;
    unopened_init(&table, 3, EACH);
    for (size_t i = 0; i < 3; i++)
        assert_null(add(&table, &entries[i], from[i], i));
    assert_ptr_equal(add(&table, &entries[3], from[3], 3), &entries[0]);
    assert_int_equal(table.count, 3);
    empty(&table);
}

static void test_what_an_address_is(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        int same;
    } cases[] = {
        {"192.0.2.1", "::ffff:192.0.2.1", 1},           {"192.0.2.1", "192.0.2.2", 0},
        {"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", 1}, {"2001:db8:0:1::1", "2001:db8:0:2::1", 0},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.2", 0},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        struct unopened_entry entries[2] = {0};
        struct unopened table;

        unopened_init(&table, TOTAL, 1);
        assert_null(add(&table, &entries[0], cases[i].a, 0));
        assert_int_equal(add(&table, &entries[1], cases[i].b, 1) != NULL, cases[i].same);
        empty(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_address),        cmocka_unit_test(test_one_each),
        cmocka_unit_test(test_busiest_goes),       cmocka_unit_test(test_all_different),
        cmocka_unit_test(test_what_an_address_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
