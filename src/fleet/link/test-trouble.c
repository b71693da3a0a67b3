/* A trouble in words, and one made of what the machine says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "fleet/link/document.h"
#include "fleet/link/trouble.h"

static void test_trouble_words(void **state)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct trouble trouble;

    (void)state;
    trouble_set(&trouble, PROBLEM_CONNECTION_REFUSED, "web1:10000", "Connection %s", "refused");
    memcpy(trouble.machine, "bad\033[2Jwords", 13);
    assert_int_equal(trouble_describe(&trouble, &text), 0);
    assert_string_equal(buffer_text(&text), "web1:10000: Nobody listens there. (Connection refused)"
                                            " The machine says: bad\\x1b[2Jwords");
    assert_string_equal(trouble_word(&trouble), "connection-refused");
    assert_false(trouble_is_from_machine(&trouble));
}

static void test_problem_documents(void **state)
{
    struct trouble trouble;
    const char *known = "{\"type\":\"urn:hune:problem:right-missing\",\"title\":\"no\"}";
    const char *unknown = "{\"type\":\"urn:hune:problem:brand-new\",\"detail\":\"what to do\"}";

    (void)state;
    document_problem(known, strlen(known), 403, "web1:10000", &trouble);
    assert_int_equal(trouble.code, PROBLEM_RIGHT_MISSING);
    assert_string_equal(trouble.machine, "no");
    document_problem(unknown, strlen(unknown), 403, "web1:10000", &trouble);
    assert_int_equal(trouble.code, PROBLEM_INTERNAL);
    assert_string_equal(trouble.detail, "brand-new");
    assert_string_equal(trouble.machine, "what to do");
    document_problem("<html>", 6, 502, "web1:10000", &trouble);
    assert_int_equal(trouble.code, PROBLEM_NOT_HUNE);
    assert_string_equal(trouble.detail, "HTTP status 502");
    document_problem(NULL, 0, 500, "web1:10000", &trouble);
    assert_int_equal(trouble.code, PROBLEM_NOT_HUNE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trouble_words),
        cmocka_unit_test(test_problem_documents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
