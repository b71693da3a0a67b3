/* See invite.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/failing-malloc.h"
#include "base/text.h"
#include "proto/invite.h"
#include "proto/test-keys.h"

static const uint8_t sample_code[INVITE_CODE_SIZE] = {0x00, 0x44, 0x32, 0x14, 0xc7,
                                                      0x42, 0x54, 0xb6, 0x35, 0xcf};
#define SAMPLE_CODE "0123-4567-89AB-CDEF"
#define SAMPLE_ID   "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void test_code_text(void **state)
{
    uint8_t ones[INVITE_CODE_SIZE];
    char text[INVITE_CODE_TEXT_SIZE];

    (void)state;
    invite_code_format(sample_code, text);
    assert_string_equal(text, SAMPLE_CODE);
    memset(ones, 0xff, sizeof(ones));
    invite_code_format(ones, text);
    assert_string_equal(text, "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
}

static void check_code(const char *text, const char *expected)
{
    uint8_t code[INVITE_CODE_SIZE];
    char again[INVITE_CODE_TEXT_SIZE];

    assert_true(invite_code_parse(text, code));
    invite_code_format(code, again);
    assert_string_equal(again, expected);
}

static void test_code_is_forgiving(void **state)
{
    (void)state;
    check_code(SAMPLE_CODE, SAMPLE_CODE);
    check_code("0123456789abcdef", SAMPLE_CODE);
    check_code("oI23-4567-89ab-cdef", SAMPLE_CODE);
    check_code("Ol23-4567-89AB-CDEF", SAMPLE_CODE);
    check_code("-0i23--4567-89AB-CDEF-", SAMPLE_CODE);
    check_code("oO0i-IlL1-ZzYy-GHJK", "0001-1111-ZZYY-GHJK");
    check_code("MNPQ-RSTV-WXYZ-0000", "MNPQ-RSTV-WXYZ-0000");
}

static void test_bad_codes(void **state)
{
    static const char *const bad[] = {
        "",
        "-",
        "0123-4567-89AB-CDE",
        "0123-4567-89AB-CDEF0",
        "0123-4567-89AB-CDEF-0123-4567-89AB-CDEF",
        "U123-4567-89AB-CDEF",
        "u123-4567-89AB-CDEF",
        "0123 4567 89AB CDEF",
        "0123_4567_89AB_CDEF",
        "0123-4567-89AB-CDE\xc3",
    };
    uint8_t code[INVITE_CODE_SIZE] = {7};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_false(invite_code_parse(bad[i], code));
    assert_int_equal(code[0], 7);
}

static void check_link(const char *host, uint16_t port, const char *expected)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct invite_link link = {.port = port};
    struct invite_link parsed;

    memcpy(link.host, host, strlen(host) + 1);
    memcpy(link.code, sample_code, sizeof(sample_code));
    assert_int_equal(invite_link_format(&link, &text), 0);
    assert_string_equal(buffer_text(&text), expected);
    assert_true(invite_link_parse(buffer_text(&text), &parsed));
    assert_string_equal(parsed.host, host);
    assert_int_equal(parsed.port, port);
    assert_memory_equal(parsed.machine, link.machine, MACHINE_ID_SIZE);
    assert_memory_equal(parsed.code, link.code, INVITE_CODE_SIZE);
}

#define QUERY "/?id=" SAMPLE_ID "&code=" SAMPLE_CODE

static void test_link(void **state)
{
    (void)state;
    check_link("web1.example", 10000, "hune://web1.example:10000" QUERY);
    check_link("192.0.2.7", 1, "hune://192.0.2.7:1" QUERY);
    check_link("2001:db8::1", 65535, "hune://[2001:db8::1]:65535" QUERY);
    check_link("fe80::1%eth0", 10000, "hune://[fe80::1%eth0]:10000" QUERY);
}

static void test_link_is_forgiving(void **state)
{
    static const char *const good[] = {
        "  hune://h:1" QUERY "\r\n",
        "\"hune://h:1" QUERY "\"",
        "'hune://h:1" QUERY "' ",
        "<hune://h:1" QUERY ">",
        "hune://h:1/?code=" SAMPLE_CODE "&id=" SAMPLE_ID,
        "hune://h:1/?id=" SAMPLE_ID "&code=o123456789abcdef",
    };
    struct invite_link link;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(good); i++) {
        memset(&link, 1, sizeof(link));
        assert_true(invite_link_parse(good[i], &link));
        assert_string_equal(link.host, "h");
        assert_int_equal(link.port, 1);
        assert_memory_equal(link.code, sample_code, INVITE_CODE_SIZE);
    }
}

static void test_bad_links(void **state)
{
    static const char *const bad[] = {
        "",
        "\"\"",
        "hune://",
        "http://h:1" QUERY,
        "Hune://h:1" QUERY,
        "hune://h" QUERY,
        "hune://:1" QUERY,
        "hune://h:" QUERY,
        "hune://h:0" QUERY,
        "hune://h:65536" QUERY,
        "hune://h:-1" QUERY,
        "hune://h:1x" QUERY,
        "hune://2001:db8::1:1" QUERY,
        "hune://[2001:db8::1]" QUERY,
        "hune://[2001:db8::1:1" QUERY,
        "hune://[h]:1" QUERY,
        "hune://[]:1" QUERY,
        "hune://-oProxyCommand:1" QUERY,
        "hune://user@h:1" QUERY,
        "hune://h h:1" QUERY,
        "hune://h\n:1" QUERY,
        "hune://h\xc3\xa4:1" QUERY,
        "hune://h:1?id=" SAMPLE_ID "&code=" SAMPLE_CODE,
        "hune://h:1/",
        "hune://h:1/?",
        "hune://h:1/x?id=" SAMPLE_ID "&code=" SAMPLE_CODE,
        "hune://h:1/?id=" SAMPLE_ID,
        "hune://h:1/?code=" SAMPLE_CODE,
        "hune://h:1/?id=&code=" SAMPLE_CODE,
        "hune://h:1/?id=" SAMPLE_ID "&code=",
        "hune://h:1/?id=" SAMPLE_ID "&code=" SAMPLE_CODE "&",
        "hune://h:1/?id=" SAMPLE_ID "&code=" SAMPLE_CODE "&x=1",
        "hune://h:1/?id=" SAMPLE_ID "&id=" SAMPLE_ID "&code=" SAMPLE_CODE,
        "hune://h:1/?id=" SAMPLE_ID "&code=" SAMPLE_CODE "&code=" SAMPLE_CODE,
        "hune://h:1/?id=" SAMPLE_ID "x&code=" SAMPLE_CODE,
        "hune://h:1" QUERY "#x",
        "see hune://h:1" QUERY,
    };
    struct invite_link link = {.port = 7};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_false(invite_link_parse(bad[i], &link));
    assert_int_equal(link.port, 7);
}

static void test_longest_host(void **state)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct invite_link link = {.port = 1};
    char host[INVITE_HOST_MAX + 2];

    (void)state;
    memset(host, 'h', sizeof(host));
    host[INVITE_HOST_MAX + 1] = '\0';
    assert_int_equal(buffer_printf(&text, "hune://%s:1%s", host, QUERY), 0);
    assert_false(invite_link_parse(buffer_text(&text), &link));
    host[INVITE_HOST_MAX] = '\0';
    buffer_clear(&text);
    assert_int_equal(buffer_printf(&text, "hune://%s:1%s", host, QUERY), 0);
    assert_true(invite_link_parse(buffer_text(&text), &link));
    assert_string_equal(link.host, host);
    for (int i = 0; i < 500; i++)
        assert_int_equal(buffer_append_text(&text, "x"), 0);
    assert_false(invite_link_parse(buffer_text(&text), &link));
}

static const uint8_t exporter[EXPORTER_SIZE] = {1, 2, 3};
static const uint8_t machine[MACHINE_ID_SIZE] = {4, 5, 6};

static struct pair_request sample_request(void)
{
    struct pair_request request = {.label = "alice@laptop"};

    assert_int_equal(sshkey_parse_line(&request.key, plain_public, NULL), 0);
    assert_int_equal(pair_prove(&request, sample_code, exporter, machine), 0);
    return request;
}

static bool is_right(const struct pair_request *request, const uint8_t *code,
                     const uint8_t *channel, const uint8_t *id)
{
    bool right = false;

    assert_int_equal(pair_check(request, code, channel, id, &right), 0);
    return right;
}

static void test_proof(void **state)
{
    struct pair_request request = sample_request();
    uint8_t other[32];

    (void)state;
    assert_true(is_right(&request, sample_code, exporter, machine));
    memcpy(other, sample_code, INVITE_CODE_SIZE);
    other[INVITE_CODE_SIZE - 1] ^= 1;
    assert_false(is_right(&request, other, exporter, machine));
    memcpy(other, exporter, sizeof(other));
    other[31] ^= 1;
    assert_false(is_right(&request, sample_code, other, machine));
    memcpy(other, machine, sizeof(other));
    other[31] ^= 1;
    assert_false(is_right(&request, sample_code, exporter, other));
    request.label[0] = 'A';
    assert_false(is_right(&request, sample_code, exporter, machine));
    request.label[0] = 'a';
    request.key.point[0] ^= 1;
    assert_false(is_right(&request, sample_code, exporter, machine));
    request.key.point[0] ^= 1;
    request.proof[31] ^= 1;
    assert_false(is_right(&request, sample_code, exporter, machine));
    request.proof[31] ^= 1;
    assert_true(is_right(&request, sample_code, exporter, machine));
}

/* The value as another implementation makes it: Python's hmac over the bytes that invite.h draws.
 */
static void test_proof_by_value(void **state)
{
    static const char expected[] =
        "1be590583287234256990e4f67c72bb6056b42a20b25da32c8901384b883c3ed";
    struct pair_request request = sample_request();
    char text[2 * INVITE_PROOF_SIZE + 1];

    (void)state;
    hex_encode(request.proof, INVITE_PROOF_SIZE, text);
    assert_string_equal(text, expected);
}

static void test_request(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct pair_request request = sample_request();
    struct pair_request decoded;
    size_t size;

    (void)state;
    assert_int_equal(pair_request_encode(&request, &bytes), 0);
    size = buffer_length(&bytes);
    assert_int_equal(size, 4 + 51 + 1 + 12 + 32);
    assert_int_equal(pair_request_decode(&decoded, buffer_bytes(&bytes), size), 0);
    assert_true(sshkey_equal(&decoded.key, &request.key));
    assert_string_equal(decoded.label, "alice@laptop");
    assert_memory_equal(decoded.proof, request.proof, INVITE_PROOF_SIZE);
    for (size_t cut = 0; cut < size; cut++) {
        _cleanup_free_ uint8_t *copy = malloc(cut ? cut : 1);

        assert_non_null(copy);
        memcpy(copy, buffer_bytes(&bytes), cut);
        assert_int_equal(pair_request_decode(&decoded, copy, cut), 1);
    }
    assert_int_equal(buffer_append(&bytes, "", 1), 0);
    assert_int_equal(pair_request_decode(&decoded, buffer_bytes(&bytes), size + 1), 1);
}

static int decode_label(const char *label, size_t length)
{
    static const uint8_t proof[INVITE_PROOF_SIZE];
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct pair_request request = sample_request();
    struct writer writer = writer_init(&bytes);

    assert_int_equal(sshkey_encode(&request.key, &blob), 0);
    writer_slice32(&writer, buffer_bytes(&blob), buffer_length(&blob));
    writer_slice8(&writer, label, length);
    writer_bytes(&writer, proof, sizeof(proof));
    assert_int_equal(writer.error, 0);
    return pair_request_decode(&request, buffer_bytes(&bytes), buffer_length(&bytes));
}

static void test_labels(void **state)
{
    char label[INVITE_LABEL_MAX + 1];

    (void)state;
    memset(label, 'l', sizeof(label));
    assert_int_equal(decode_label(label, INVITE_LABEL_MAX), 0);
    assert_int_equal(decode_label(label, INVITE_LABEL_MAX + 1), 1);
    assert_int_equal(decode_label("", 0), 0);
    assert_int_equal(decode_label("gr\xc3\xbc\xc3\x9f", 6), 0);
    assert_int_equal(decode_label("a\nb", 3), 1);
    assert_int_equal(decode_label("a\0b", 3), 1);
    assert_int_equal(decode_label("a\x7f", 2), 1);
    assert_int_equal(decode_label("\xc2\x85", 2), 1); /* NEL, a line end to some */
    assert_int_equal(decode_label("\xff", 1), 1);
}

static void test_request_refusals(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct pair_request request = sample_request();

    (void)state;
    assert_int_equal(pair_request_encode(&request, &bytes), 0);
    buffer_bytes(&bytes)[8] = 'x'; /* the key's type */
    assert_int_equal(pair_request_decode(&request, buffer_bytes(&bytes), buffer_length(&bytes)), 1);
    memset(request.label, 'l', sizeof(request.label));
    assert_int_equal(pair_request_encode(&request, &bytes), -EMSGSIZE);
    assert_int_equal(pair_prove(&request, sample_code, exporter, machine), -EMSGSIZE);
}

static int prove_and_check(void *argument)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct pair_request *request = argument;
    struct invite_link link = {.port = 1};
    bool right = true;
    int r = pair_prove(request, sample_code, exporter, machine);

    if (!r) {
        r = pair_check(request, sample_code, exporter, machine, &right);
        assert_true(right == (r == 0));
    }
    if (!r)
        r = pair_request_encode(request, &bytes);
    if (!r)
        r = invite_link_format(&link, &text);
    assert_true(r == 0 || r == -ENOMEM);
    return r;
}

/* What could not be checked is not right, not even by a proof of what the stack happens to hold. */
static void test_check_without_memory(void **state)
{
    struct pair_request request = sample_request();
    bool right = true;

    (void)state;
    memset(request.proof, 0, sizeof(request.proof));
    failing_malloc_arm(1);
    assert_int_equal(pair_check(&request, sample_code, exporter, machine, &right), -ENOMEM);
    assert_int_equal(failing_malloc_disarm(), 1);
    assert_false(right);
}

static void test_without_memory(void **state)
{
    struct pair_request request = sample_request();

    (void)state;
    assert_true(failing_malloc_run(prove_and_check, &request) >= 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_text),
        cmocka_unit_test(test_code_is_forgiving),
        cmocka_unit_test(test_bad_codes),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_link_is_forgiving),
        cmocka_unit_test(test_bad_links),
        cmocka_unit_test(test_longest_host),
        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_proof_by_value),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_request_refusals),
        cmocka_unit_test(test_check_without_memory),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
