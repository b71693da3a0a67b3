#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cli/nearest.h"

struct values {
    bool flag;
    const char *text;
    uint64_t number;
    uint64_t seconds;
    struct text_list list;
};

static const struct cli_option options[] = {
    {"flag", NULL, "", offsetof(struct values, flag), OPTION_FLAG, 'y'},
    {"text", "TEXT", "", offsetof(struct values, text), OPTION_TEXT, 't'},
    {"number", "N", "", offsetof(struct values, number), OPTION_NUMBER, 0},
    {"seconds", "TIME", "", offsetof(struct values, seconds), OPTION_SECONDS, 0},
    {"list", "ITEM", "", offsetof(struct values, list), OPTION_LIST, 'e'},
};

struct fixture {
    struct values values;
    struct words words;
    struct fault fault;
};

static int parse(struct fixture *fixture, bool dashes_are_words, const char *const *arguments)
{
    const struct option_set set = {
        .options = options, .count = ELEMENTS_OF(options), .values = &fixture->values};

    *fixture = (struct fixture){0};
    return options_parse(&set, 1, dashes_are_words, arguments, &fixture->words, &fixture->fault);
}

static void release(struct fixture *fixture)
{
    const struct option_set set = {
        .options = options, .count = ELEMENTS_OF(options), .values = &fixture->values};

    options_release(&set, 1);
    words_deinit(&fixture->words);
}

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_words_and_options_mix(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(parse(&f, false, ARGUMENTS("a", "--flag", "b", "--text", "x", "c")), 0);
    assert_true(f.values.flag);
    assert_string_equal(f.values.text, "x");
    assert_int_equal(f.words.count, 3);
    assert_string_equal(f.words.items[2], "c");
    assert_null(f.words.items[3]);
    assert_null(f.words.rest);
    release(&f);
}

static void test_no_arguments(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(parse(&f, false, (const char *const[]){NULL}), 0);
    assert_int_equal(f.words.count, 0);
    release(&f);
}

static void test_rest_is_left_alone(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(parse(&f, false, ARGUMENTS("a", "--", "--flag", "-y", "--", "z")), 0);
    assert_false(f.values.flag);
    assert_int_equal(f.words.count, 1);
    assert_int_equal(f.words.rest_count, 4);
    assert_string_equal(f.words.rest[0], "--flag");
    assert_string_equal(f.words.rest[2], "--");
    assert_null(f.words.rest[4]);
    release(&f);
    assert_int_equal(parse(&f, false, ARGUMENTS("--")), 0);
    assert_non_null(f.words.rest);
    assert_int_equal(f.words.rest_count, 0);
    release(&f);
}

static void test_rest_that_is_words(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(parse(&f, false, ARGUMENTS("a", "--", "--flag", "-y", "--", "z")), 0);
    words_join(&f.words);
    assert_int_equal(f.words.count, 5);
    assert_string_equal(f.words.items[0], "a");
    assert_string_equal(f.words.items[1], "--flag");
    assert_string_equal(f.words.items[4], "z");
    assert_null(f.words.items[5]);
    assert_null(f.words.rest);
    release(&f);
}

static void test_ways_to_write_a_value(void **state)
{
    static const char *const ways[][3] = {{"--text=v"}, {"--text", "v"}, {"-tv"},
                                          {"-t", "v"},  {"-ytv"},        {"-yt", "v"}};
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(ways); i++) {
        assert_int_equal(parse(&f, false, ways[i]), 0);
        assert_string_equal(f.values.text, "v");
        assert_int_equal(f.values.flag, i >= 4);
        assert_int_equal(f.words.count, 0);
        release(&f);
    }
    assert_int_equal(parse(&f, false, ARGUMENTS("--text=")), 0);
    assert_string_equal(f.values.text, "");
    release(&f);
    /* A value may look like an option. */
    assert_int_equal(parse(&f, false, ARGUMENTS("--text", "--flag")), 0);
    assert_string_equal(f.values.text, "--flag");
    assert_false(f.values.flag);
    release(&f);
}

static void test_lists_gather(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(parse(&f, false, ARGUMENTS("-e", "A=1", "--list=B=2", "-eC=3")), 0);
    assert_int_equal(f.values.list.count, 3);
    assert_string_equal(f.values.list.items[1], "B=2");
    assert_string_equal(f.values.list.items[2], "C=3");
    assert_null(f.values.list.items[3]);
    release(&f);
}

static void test_numbers(void **state)
{
    static const char *const bad[] = {"0", "-1", "1000001", "x", "", "1x", "18446744073709551616"};
    struct fixture f;

    (void)state;
    assert_int_equal(parse(&f, false, ARGUMENTS("--number", "1000000", "--seconds", "15m")), 0);
    assert_int_equal(f.values.number, 1000000);
    assert_int_equal(f.values.seconds, 900);
    release(&f);
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++) {
        assert_int_equal(parse(&f, false, ARGUMENTS("--number", bad[i])), OPTIONS_E_BAD);
        assert_non_null(strstr(f.fault.text, "--number"));
        release(&f);
    }
    assert_int_equal(parse(&f, false, ARGUMENTS("--seconds", "3q")), OPTIONS_E_BAD);
    release(&f);
}

static void test_unknown_suggests_the_nearest(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(parse(&f, false, ARGUMENTS("--numbre", "3")), OPTIONS_E_UNKNOWN);
    assert_non_null(strstr(f.fault.hint, "--number"));
    release(&f);
    assert_int_equal(parse(&f, false, ARGUMENTS("--txet=3")), OPTIONS_E_UNKNOWN);
    assert_non_null(strstr(f.fault.hint, "--text"));
    release(&f);
    assert_int_equal(parse(&f, false, ARGUMENTS("--frobnicate")), OPTIONS_E_UNKNOWN);
    assert_null(strstr(f.fault.hint, "mean"));
    release(&f);
    assert_int_equal(parse(&f, false, ARGUMENTS("-yz")), OPTIONS_E_UNKNOWN);
    release(&f);
}

static void test_value_missing_or_too_many(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(parse(&f, false, ARGUMENTS("--text")), OPTIONS_E_VALUE);
    release(&f);
    assert_int_equal(parse(&f, false, ARGUMENTS("-yt")), OPTIONS_E_VALUE);
    release(&f);
    assert_int_equal(parse(&f, false, ARGUMENTS("--flag=1")), OPTIONS_E_VALUE);
    release(&f);
}

static void test_dashes_can_be_words(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(parse(&f, true, ARGUMENTS("web", "-yes", "+t", "-t", "--flag")), 0);
    assert_int_equal(f.words.count, 4);
    assert_string_equal(f.words.items[1], "-yes");
    assert_true(f.values.flag);
    release(&f);
    /* A dash alone means standard input everywhere. */
    assert_int_equal(parse(&f, false, ARGUMENTS("-")), 0);
    assert_string_equal(f.words.items[0], "-");
    release(&f);
}

static void test_back_to_words(void **state)
{
    const struct option_set set = {
        .options = options, .count = ELEMENTS_OF(options), .values = &(struct values){0}};
    struct option_set given = set;
    _cleanup_buffer_ struct buffer words = BUFFER_INIT;
    struct fixture f;

    (void)state;
    assert_int_equal(options_spell(&set, 0, &words), 0);
    assert_int_equal(buffer_length(&words), 0);
    assert_int_equal(parse(&f, false,
                           ARGUMENTS("-y", "-t", "a b", "--number=7", "--seconds", "2m", "-ex",
                                     "--list", "it's")),
                     0);
    given.values = &f.values;
    assert_int_equal(options_spell(&given, 0, &words), 0);
    assert_string_equal(buffer_text(&words),
                        " --flag --text 'a b' --number 7 --seconds 120s --list x "
                        "--list 'it'\\''s'");
    buffer_clear(&words);
    assert_int_equal(options_spell(&given, offsetof(struct values, list), &words), 0);
    assert_string_equal(buffer_text(&words), " --list x --list 'it'\\''s'");
    release(&f);
}

static const char *nearest_of(const char *typed, const char *const *candidates)
{
    struct nearest nearest = nearest_begin(typed);

    for (; *candidates; candidates++)
        nearest_offer(&nearest, *candidates);
    return nearest.best;
}

static void test_nearest(void **state)
{
    const char *const *words = ARGUMENTS("list", "kill", "doctor", "disconnect", "id", "run");

    (void)state;
    assert_string_equal(nearest_of("lisst", words), "list");
    assert_string_equal(nearest_of("ilst", words), "list");
    assert_string_equal(nearest_of("docter", words), "doctor");
    assert_string_equal(nearest_of("disconect", words), "disconnect");
    assert_string_equal(nearest_of("rnu", words), "run");
    assert_null(nearest_of("", words));
    assert_null(nearest_of("frobnicate", words));
    assert_null(nearest_of("a-word-that-is-much-longer-than-every-word-there-is", words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_options_mix),
        cmocka_unit_test(test_no_arguments),
        cmocka_unit_test(test_rest_is_left_alone),
        cmocka_unit_test(test_rest_that_is_words),
        cmocka_unit_test(test_ways_to_write_a_value),
        cmocka_unit_test(test_lists_gather),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_unknown_suggests_the_nearest),
        cmocka_unit_test(test_value_missing_or_too_many),
        cmocka_unit_test(test_dashes_can_be_words),
        cmocka_unit_test(test_back_to_words),
        cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
