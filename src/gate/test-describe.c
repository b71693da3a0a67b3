#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gate/describe.h"
#include "proto/command.h"
#include "proto/transfer.h"

/* What a shell line is called in a list where there is room for `size`. */
static const char *label_of(const char *line, size_t size)
{
    static char label[128];
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    const char *const arguments[] = {line, NULL};
    struct command command = {.mode = COMMAND_SHELL, .arguments = arguments};
    struct order order = {.verb = VERB_RUN};

    assert_int_equal(command_encode(&command, &payload), 0);
    order.payload = buffer_slice(&payload);
    memset(label, 'x', sizeof(label));
    describe_order(&order, label, size);
    return label;
}

static void test_fits_or_is_cut(void **state)
{
    (void)state;
    assert_string_equal(label_of("uname -a", 128), "uname -a");
    assert_string_equal(label_of("1234567", 8), "1234567");
    assert_string_equal(label_of("12345678", 8), "1234\xe2\x80\xa6");
    /* Never through the middle of a character. */
    assert_string_equal(label_of("123\xc3\xa4\xc3\xa4\xc3\xa4", 8), "123\xe2\x80\xa6");
    assert_string_equal(label_of("12\xc3\xa4\xc3\xa4\xc3\xa4", 8), "12\xc3\xa4\xe2\x80\xa6");
}

static void test_is_one_printable_line(void **state)
{
    const char *label = label_of("a\nb\x1b[31m\xff", 128);

    (void)state;
    assert_null(strchr(label, '\n'));
    assert_null(strchr(label, '\x1b'));
    assert_null(strchr(label, '\xff'));
}

static void test_others_by_their_verb(void **state)
{
    struct order order = {.verb = VERB_SIGNAL};
    char label[128];

    (void)state;
    describe_order(&order, label, sizeof(label));
    assert_string_equal(label, "signal");
    order = (struct order){.verb = VERB_RUN, .payload = {(const uint8_t *)"bad", 3}};
    describe_order(&order, label, sizeof(label));
    assert_string_equal(label, "run");
    order.verb = 999;
    describe_order(&order, label, sizeof(label));
    assert_string_equal(label, "");
}

static void test_transfers_by_their_paths(void **state)
{
    static const char *const paths[] = {"/etc/hosts", "a\nb", NULL};
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    struct order order = {.verb = VERB_GET};
    const struct transfer transfer = {0};
    char label[128];

    (void)state;
    assert_int_equal(transfer_encode(&transfer, paths, &payload), 0);
    order.payload = buffer_slice(&payload);
    describe_order(&order, label, sizeof(label));
    assert_string_equal(label, "get /etc/hosts a\\x0ab");
    order.verb = VERB_PUT;
    describe_order(&order, label, 12);
    assert_string_equal(label, "put /etc\xe2\x80\xa6");
    order.payload.size--;
    describe_order(&order, label, sizeof(label));
    assert_string_equal(label, "put");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fits_or_is_cut),
        cmocka_unit_test(test_is_one_printable_line),
        cmocka_unit_test(test_others_by_their_verb),
        cmocka_unit_test(test_transfers_by_their_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
