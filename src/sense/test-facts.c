/* All facts together: of this machine, and of one that tells nothing. */
#include "sense/test-fixture.h"

#include <sys/utsname.h>

#include "sense/collect.h"
#include "sense/facts.h"

static json_t *parse(struct buffer *text)
{
    json_t *json = json_loadb((const char *)buffer_bytes(text), buffer_length(text),
                              JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(json);
    return json;
}

static void this_machine_tells_every_fact(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct utsname system;
    const char *key;
    json_t *value;
    json_t *all;
    unsigned count = 0;

    (void)state;
    assert_int_equal(facts_append_json_all(&out), 0);
    assert_null(memchr(buffer_bytes(&out), '\n', buffer_length(&out)));
    all = parse(&out);
    json_object_foreach (all, key, value) {
        assert_string_equal(key, fact_name((enum fact)count++));
        assert_true(json_is_object(value));
    }
    assert_int_equal(count, FACT_COUNT);
    assert_int_equal(uname(&system), 0);
    assert_text_in(json_object_get(all, "os"), "release", system.release);
    assert_number_in(json_object_get(all, "cpu"), "threads", sysconf(_SC_NPROCESSORS_ONLN));
    assert_true(json_integer_value(json_object_get(json_object_get(all, "ram"), "total")) > 0);
    assert_true(json_array_size(json_object_get(json_object_get(all, "processes"), "processes")) >
                0);
    json_decref(all);
}

static void each_fact_is_appended_alone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        _cleanup_buffer_ struct buffer out = BUFFER_INIT;
        json_t *json;

        assert_int_equal(buffer_append_text(&out, "before"), 0);
        assert_int_equal(facts_append_json((enum fact)i, &out), 0);
        assert_memory_equal(buffer_bytes(&out), "before{", 7);
        buffer_consume(&out, 6);
        json = parse(&out);
        assert_true(json_is_object(json));
        json_decref(json);
    }
}

static void fractions_are_short(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    const char *load;

    (void)state;
    assert_int_equal(facts_append_json(FACT_CPU, &out), 0);
    load = strstr(buffer_text(&out), "\"load\":[");
    assert_non_null(load);
    assert_in_range(strcspn(load, "]"), 8, 40);
}

static void a_machine_without_proc_invents_nothing(void **state)
{
    char root[32];

    (void)state;
    fixture_make(root);
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        const char *key;
        json_t *value;
        json_t *json;

        assert_int_equal(facts_collect((enum fact)i, root, &json), 0);
        json_object_foreach (json, key, value) {
            /* The operating system is asked directly; lists are empty. */
            if (i != FACT_OS && (json_is_string(value) || json_is_number(value)))
                fail_msg("%s of %s came from nowhere", key, fact_name((enum fact)i));
            if (json_is_array(value))
                assert_int_equal(json_array_size(value), 0);
        }
        json_decref(json);
    }
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine_tells_every_fact),
        cmocka_unit_test(each_fact_is_appended_alone),
        cmocka_unit_test(fractions_are_short),
        cmocka_unit_test(a_machine_without_proc_invents_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
