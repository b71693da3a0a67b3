#include "sense/test-fixture.h"

#include "sense/busiest.h"

static void process_write(const char *root, unsigned pid, const char *name, unsigned ticks,
                          unsigned pages, unsigned started)
{
    char path[64];
    char text[256];

    snprintf(path, sizeof(path), "/proc/%u/stat", pid);
    snprintf(text, sizeof(text), "%u (%s) S 1 1 1 0 -1 0 0 0 0 0 %u 0 0 0 20 0 1 0 %u 0 %u 0\n",
             pid, name, ticks, started, pages);
    fixture_write(root, path, text);
    snprintf(path, sizeof(path), "/proc/%u/status", pid);
    snprintf(text, sizeof(text), "Uid:\t1000\t1000\nVmRSS:\t%u kB\n", pages * 4);
    fixture_write(root, path, text);
}

static json_t *told(struct busiest *busiest, size_t count)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    json_t *json;

    assert_int_equal(busiest_append(busiest, count, &out), 0);
    json = json_loads(buffer_text(&out), 0, NULL);
    assert_non_null(json);
    return json;
}

static json_t *row(json_t *list, unsigned pid)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *found = json_array_get(list, i);

        if (json_integer_value(json_array_get(found, 0)) == pid)
            return found;
    }
    return NULL;
}

static void test_busiest(void **state)
{
    char root[32];
    struct busiest *busiest;
    json_t *list;

    (void)state;
    fixture_make(root);
    fixture_write(root, "/etc/passwd", "me:x:1000:1000::/:/bin/sh\n");
    process_write(root, 10, "old", 5000, 100, 1);
    process_write(root, 20, "busy) R 1", 100, 10, 2);
    process_write(root, 30, "large", 0, 9000, 3);
    process_write(root, 40, "reused", 10, 20, 4);
    fixture_write(root, "/proc/meminfo", "");
    fixture_write(root, "/proc/50/stat", "50 (half");
    assert_int_equal(busiest_new(&busiest, root), 0);
    assert_int_equal(busiest_look(busiest, 1000000000, 500), 0);
    list = told(busiest, 5);
    assert_int_equal(json_array_size(list), 4); /* each once */
    assert_true(json_is_null(json_array_get(row(list, 10), 3)));
    assert_string_equal(json_string_value(json_array_get(row(list, 10), 1)), "me");
    json_decref(list);

    process_write(root, 20, "busy) R 1", 250, 10, 2);
    process_write(root, 40, "reused", 9999, 20, 5);
    process_write(root, 45, "new", 9999, 30, 6);
    assert_int_equal(busiest_look(busiest, 1100000000, 500), 0); /* too soon: as before */
    assert_int_equal(busiest_look(busiest, 3000000000, 500), 0);
    list = told(busiest, 1);
    assert_int_equal(json_array_size(list), 2);
    assert_true(json_number_value(json_array_get(row(list, 20), 3)) == 75);
    assert_string_equal(json_string_value(json_array_get(row(list, 20), 5)), "[busy) R 1]");
    assert_int_equal(json_integer_value(json_array_get(row(list, 30), 4)), 9000 * 4 * 1024);
    json_decref(list);
    list = told(busiest, 10);
    assert_true(json_is_null(json_array_get(row(list, 40), 3))); /* another of that number */
    assert_true(json_is_null(json_array_get(row(list, 45), 3)));
    json_decref(list);
    list = told(busiest, 0);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    busiest_free(busiest);
    fixture_remove(root);
}

static void test_choice(void **state)
{
    char root[32];
    struct busiest *busiest;
    json_t *list;

    (void)state;
    fixture_make(root);
    for (unsigned i = 1; i <= 60; i++)
        process_write(root, i, "p", 0, i * 7919 % 61, 1);
    assert_int_equal(busiest_new(&busiest, root), 0);
    assert_int_equal(busiest_look(busiest, 1000000000, 0), 0);
    for (unsigned i = 1; i <= 60; i++)
        process_write(root, i, "p", i * 31 % 61, i * 7919 % 61, 1);
    assert_int_equal(busiest_look(busiest, 2000000000, 0), 0);
    list = told(busiest, 20);
    for (unsigned i = 1; i <= 60; i++)
        assert_int_equal(row(list, i) != NULL, i * 31 % 61 > 40 || i * 7919 % 61 > 40);
    json_decref(list);
    busiest_free(busiest);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_busiest),
        cmocka_unit_test(test_choice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
