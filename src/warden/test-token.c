/* See token.h. */
#include "warden/test-support.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "proto/crypto.h"
#include "proto/right.h"
#include "warden/token.h"

static uint16_t rights_of(const struct folder *folder, const char *text)
{
    uint8_t hash[TOKEN_HASH_SIZE];

    assert_int_equal(crypto_sha256(text, strlen(text), hash), 0);
    return token_rights(&folder->place, hash);
}

static void make(const struct folder *folder, const char *label, char text_out[TOKEN_TEXT_SIZE])
{
    assert_int_equal(token_make(&folder->place, label, text_out), 0);
}

static void test_make(void **state)
{
    struct folder *folder = *state;
    char first[TOKEN_TEXT_SIZE];
    char second[TOKEN_TEXT_SIZE];

    make(folder, "grafana", first);
    make(folder, "grafana", second);
    assert_int_equal(strlen(first), TOKEN_TEXT_SIZE - 1);
    assert_memory_equal(first, "hune_", 5);
    assert_int_equal(strspn(first + 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_"),
                     43);
    assert_string_not_equal(first, second);
    assert_int_equal(rights_of(folder, first), RIGHT_OBSERVE);
    assert_int_equal(rights_of(folder, second), RIGHT_OBSERVE);
}

static void test_wrong_token(void **state)
{
    struct folder *folder = *state;
    char text[TOKEN_TEXT_SIZE];

    assert_int_equal(rights_of(folder, "hune_"), RIGHTS_NONE); /* no file */
    make(folder, "a", text);
    assert_int_equal(rights_of(folder, ""), RIGHTS_NONE);
    for (size_t i = 0; i < strlen(text); i++) {
        text[i] ^= 1;
        assert_int_equal(rights_of(folder, text), RIGHTS_NONE);
        text[i] ^= 1;
    }
}

/* The file must not hold what opens the door. */
static void test_only_the_hash_is_kept(void **state)
{
    struct folder *folder = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    _cleanup_free_ char *path = NULL;
    char text[TOKEN_TEXT_SIZE];
    struct stat info;

    make(folder, "a", text);
    folder_read(folder, "state/tokens", &content);
    assert_null(strstr(buffer_text(&content), text + 5));
    path = place_path(folder->path, "state/tokens");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_revoke(void **state)
{
    struct folder *folder = *state;
    char texts[4][TOKEN_TEXT_SIZE];

    assert_int_equal(token_revoke(&folder->place, "x"), 0);
    make(folder, "x", texts[0]);
    make(folder, "y with spaces", texts[1]);
    make(folder, "x", texts[2]);
    make(folder, "xx", texts[3]);
    assert_int_equal(token_revoke(&folder->place, "z"), 0);
    assert_int_equal(token_revoke(&folder->place, ""), 0);
    assert_int_equal(token_revoke(&folder->place, "x"), 2);
    assert_int_equal(rights_of(folder, texts[0]), RIGHTS_NONE);
    assert_int_equal(rights_of(folder, texts[1]), RIGHT_OBSERVE);
    assert_int_equal(rights_of(folder, texts[2]), RIGHTS_NONE);
    assert_int_equal(rights_of(folder, texts[3]), RIGHT_OBSERVE);
    assert_int_equal(token_revoke(&folder->place, "y with spaces"), 1);
    assert_int_equal(token_revoke(&folder->place, "xx"), 1);
    assert_int_equal(token_revoke(&folder->place, "xx"), 0);
}

static void test_list(void **state)
{
    struct folder *folder = *state;
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    char text[TOKEN_TEXT_SIZE];

    assert_int_equal(token_list(&folder->place, &out), 0);
    assert_int_equal(buffer_length(&out), 0);
    make(folder, "first one", text);
    make(folder, "second", text);
    assert_int_equal(token_list(&folder->place, &out), 0);
    assert_non_null(strstr(buffer_text(&out), "  first one\n"));
    assert_non_null(strstr(buffer_text(&out), "  second\n"));
}

/* Bad lines open nothing and do not get in the way of the others. */
static void test_damaged_file(void **state)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const uint8_t zero_hash[TOKEN_HASH_SIZE];
    struct folder *folder = *state;
    _cleanup_buffer_ struct buffer lines = BUFFER_INIT;
    char text[TOKEN_TEXT_SIZE];

    assert_int_equal(
        buffer_printf(&lines, "\n\n%.63s 1 short\n%s\n%s x y\nrubbish\n", zeros, zeros, zeros), 0);
    folder_write(folder, "state/tokens", buffer_bytes(&lines), buffer_length(&lines));
    make(folder, "good", text);
    assert_int_equal(rights_of(folder, text), RIGHT_OBSERVE);
    assert_int_equal(token_rights(&folder->place, zero_hash), RIGHTS_NONE);
    assert_int_equal(token_revoke(&folder->place, "good"), 1);
}

/* What is longer than a label is cut, so that it can be revoked by what is shown. */
static void test_long_label(void **state)
{
    struct folder *folder = *state;
    char text[TOKEN_TEXT_SIZE];
    char label[101];

    memset(label, 'l', 100);
    label[100] = '\0';
    make(folder, label, text);
    assert_int_equal(rights_of(folder, text), RIGHT_OBSERVE);
    label[64] = '\0';
    assert_int_equal(token_revoke(&folder->place, label), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(test_make),       folder_test(test_wrong_token),
        folder_test(test_revoke),     folder_test(test_only_the_hash_is_kept),
        folder_test(test_list),       folder_test(test_damaged_file),
        folder_test(test_long_label),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
