/* See check.h: what cannot be believed. Orders are signed as a console does it, then damaged in one
 * place each. */
#include "warden/test-checker.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void test_malformed_parts(void **state)
{
    struct checker *checker = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct checked checked;

    sign_order(&checker->key, &checker->order, &parts);
    for (size_t size = 0; size < buffer_length(&parts); size++) {
        _cleanup_free_ uint8_t *exact = malloc(size ? size : 1);

        assert_non_null(exact);
        if (size > 0)
            memcpy(exact, buffer_bytes(&parts), size);
        assert_int_equal(check_order(&checker->context, (struct slice){exact, size}, &checked),
                         PROBLEM_MALFORMED);
        assert_null(checked.who);
    }
    assert_int_equal(buffer_append(&parts, "", 1), 0);
    assert_int_equal(check_order(&checker->context, buffer_slice(&parts), &checked),
                     PROBLEM_MALFORMED);
    assert_null(checked.who);
}

/* Properly signed, but no order. */
static void test_other_documents(void **state)
{
    static const char *const documents[] = {"", "HUNE-O1", "HUNE-O2", "hello world"};
    struct checker *checker = *state;
    struct checked checked;

    for (size_t i = 0; i < ELEMENTS_OF(documents); i++) {
        _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
        struct slice bytes = {(const uint8_t *)documents[i], strlen(documents[i])};

        sign_bytes(&checker->key, bytes, &parts);
        assert_int_equal(check_order(&checker->context, buffer_slice(&parts), &checked),
                         PROBLEM_MALFORMED);
        assert_null(checked.who);
    }
}

/* The magic and nothing right behind it: the signature holds, the layout does not. */
static void test_bad_layout(void **state)
{
    struct checker *checker = *state;
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct checked checked;

    assert_int_equal(order_encode(&checker->order, &bytes), 0);
    assert_int_equal(buffer_append(&bytes, "", 1), 0);
    sign_bytes(&checker->key, buffer_slice(&bytes), &parts);
    assert_int_equal(check_order(&checker->context, buffer_slice(&parts), &checked),
                     PROBLEM_MALFORMED);
    assert_non_null(checked.who); /* so the audit trail can tell whose it was */
}

static void test_key_unknown(void **state)
{
    struct checker *checker = *state;
    struct checked checked;

    assert_int_equal(sshkey_generate(&checker->key, "mallory"), 0);
    assert_int_equal(checker_ask(checker, &checked), PROBLEM_KEY_UNKNOWN);
    assert_null(checked.who);
    assert_int_equal(checked.order.verb, 0);
}

/* Every single byte of order and signature counts. */
static void test_signature_wrong(void **state)
{
    struct checker *checker = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct checked checked;

    sign_order(&checker->key, &checker->order, &parts);
    for (size_t at = 0; at < buffer_length(&parts); at++) {
        enum problem_code problem;

        buffer_bytes(&parts)[at] ^= 1;
        problem = check_order(&checker->context, buffer_slice(&parts), &checked);
        if (problem != PROBLEM_SIGNATURE && problem != PROBLEM_MALFORMED &&
            problem != PROBLEM_KEY_UNKNOWN)
            fail_msg("with a changed byte %zu: %s", at, problem_info(problem)->name);
        assert_null(checked.who);
        buffer_bytes(&parts)[at] ^= 1;
    }
    assert_int_equal(check_order(&checker->context, buffer_slice(&parts), &checked), PROBLEM_NONE);
}

/* The key of one operator, the signature of another one's. */
static void test_signature_of_another_order(void **state)
{
    struct checker *checker = *state;
    _cleanup_buffer_ struct buffer first = BUFFER_INIT;
    _cleanup_buffer_ struct buffer second = BUFFER_INIT;
    _cleanup_buffer_ struct buffer mixed = BUFFER_INIT;
    struct order_parts one;
    struct order_parts other;
    struct checked checked;

    sign_order(&checker->key, &checker->order, &first);
    assert_int_equal(uuid_make(checker->order.id), 0);
    sign_order(&checker->key, &checker->order, &second);
    assert_int_equal(order_parts_decode(&one, buffer_bytes(&first), buffer_length(&first)), 0);
    assert_int_equal(order_parts_decode(&other, buffer_bytes(&second), buffer_length(&second)), 0);
    one.signature = other.signature;
    assert_int_equal(order_parts_encode(&one, &mixed), 0);
    assert_int_equal(check_order(&checker->context, buffer_slice(&mixed), &checked),
                     PROBLEM_SIGNATURE);
    assert_null(checked.who);
}

static void test_no_signature_blob(void **state)
{
    struct checker *checker = *state;
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct order_parts both;
    struct checked checked;

    assert_int_equal(order_encode(&checker->order, &bytes), 0);
    both = (struct order_parts){.order = buffer_slice(&bytes), .signature = {NULL, 0}};
    assert_int_equal(order_parts_encode(&both, &parts), 0);
    assert_int_equal(check_order(&checker->context, buffer_slice(&parts), &checked),
                     PROBLEM_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        checker_test(test_malformed_parts, MAY_RUN),
        checker_test(test_other_documents, MAY_RUN),
        checker_test(test_bad_layout, MAY_RUN),
        checker_test(test_key_unknown, MAY_ALL),
        checker_test(test_signature_wrong, MAY_RUN),
        checker_test(test_signature_of_another_order, MAY_RUN),
        checker_test(test_no_signature_blob, MAY_RUN),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
