/* The words of the facts: each leads to its number and back, nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "proto/fact.h"

static void every_word_leads_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        enum fact fact = FACT_COUNT;

        assert_non_null(fact_name((enum fact)i));
        assert_true(fact_parse(fact_name((enum fact)i), &fact));
        assert_int_equal(fact, i);
    }
    assert_string_equal(fact_name(FACT_NAME), "name");
    assert_string_equal(fact_name(FACT_SERVICES), "services");
}

static void other_words_are_refused(void **state)
{
    static const char *const words[] = {"", "all", "Os", "os ", " os", "o", "oss", "services2"};
    enum fact fact = FACT_COUNT;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(words); i++)
        assert_false(fact_parse(words[i], &fact));
    assert_false(fact_parse(NULL, &fact));
    assert_int_equal(fact, FACT_COUNT);
    assert_null(fact_name(FACT_COUNT));
    assert_null(fact_name((enum fact)UINT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_leads_back),
        cmocka_unit_test(other_words_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
