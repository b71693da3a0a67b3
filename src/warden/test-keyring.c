/* See keyring.h. */
#include "warden/test-support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/failing-malloc.h"
#include "base/text.h"
#include "proto/right.h"
#include "proto/test-keys.h"
#include "warden/keyring.h"

/* As in proto/test-keys.h, without the comment; "K" stands for it in the tables. */
#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC420NSle0Tf6fWtKE/veXzIhtyoPceN17rxX5TDmMr9"

struct good {
    const char *line;
    uint16_t rights;
    const char *as;
    const char *name;
};

static const struct good good_rows[] = {
    {KEY, RIGHT_OBSERVE, "", ""},
    {KEY " alice@laptop", RIGHT_OBSERVE, "", "alice@laptop"},
    {"  \t" KEY " with spaces \r", RIGHT_OBSERVE, "", "with spaces"},
    {"may=\"run\" " KEY " a", RIGHT_RUN, "", "a"},
    {"may=\"observe,run,shell,files,control\" " KEY, RIGHTS_ALL, "", ""},
    {"may=\"all\" " KEY, RIGHTS_ALL, "", ""},
    {"may=\"run\",as=\"root\" " KEY, RIGHT_RUN, "root", ""},
    {"as=\"root,www-data,*\",may=\"run\"\t" KEY, RIGHT_RUN, "root,www-data,*", ""},
    {"as=\"root\" " KEY, RIGHT_OBSERVE, "root", ""},
    {"may=\"run\",may=\"observe\" " KEY, RIGHT_OBSERVE, "", ""}, /* the last one counts */
    {"may=\"run\"    " KEY, RIGHT_RUN, "", ""},
};

static const char *const bad_lines[] = {
    "may=\"fly\" " KEY,
    "may=\"\" " KEY,
    "may=\"run,\" " KEY,
    "may=\"run, shell\" " KEY,
    "may=run " KEY,
    "may=\"run " KEY,
    "may \"run\" " KEY,
    "may " KEY,
    "may=\"run\"" KEY,
    "may=\"run\";as=\"root\" " KEY,
    "may=\"run\", " KEY,
    ",may=\"run\" " KEY,
    "=\"run\" " KEY,
    "MAY=\"run\" " KEY,
    "as=\"\" " KEY,
    "as=\"a b\" " KEY,
    "as=\"../root\" " KEY,
    "as=\"root:wheel\" " KEY,
    "as=\"a\tb\" " KEY,
    "as=\"a\\\"b\" " KEY,
    "as=\"123456789012345678901234567890123\" " KEY,
    "no-pty " KEY,
    "command=\"/bin/true\" " KEY,
    "may=\"run\"",
    "may=\"run\" ",
    "ssh-ed25519",
    "ssh-ed25519 AAAA",
    "ssh-ed25519 " KEY,
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 a",
    "hello",
    "\xff\xfe",
};

static void test_options(void **state)
{
    uint8_t fingerprint[FINGERPRINT_SIZE];

    (void)state;
    assert_true(fingerprint_parse(plain_fingerprint, fingerprint));
    for (size_t i = 0; i < ELEMENTS_OF(good_rows); i++) {
        const struct good *row = &good_rows[i];
        struct operator_entry who;
        const char *why = NULL;

        if (operator_parse(&who, row->line, &why) != 0)
            fail_msg("%s: %s", row->line, why);
        assert_int_equal(who.rights, row->rights);
        assert_string_equal(who.as, row->as);
        assert_string_equal(who.name, row->name);
        assert_memory_equal(who.fingerprint, fingerprint, sizeof(fingerprint));
    }
}

static void test_bad_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(bad_lines); i++) {
        struct operator_entry who;
        const char *why = NULL;

        if (operator_parse(&who, bad_lines[i], &why) != 2)
            fail_msg("taken: %s", bad_lines[i]);
        assert_non_null(why);
    }
}

static void test_empty_lines(void **state)
{
    static const char *const lines[] = {"", " ", "\t\r", "#", "# may=\"run\" " KEY, "  # x"};
    struct operator_entry who;
    const char *why = NULL;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(lines); i++)
        assert_int_equal(operator_parse(&who, lines[i], &why), 1);
    assert_null(why);
}

static void test_long_lines(void **state)
{
    char line[LIMIT_OPERATOR_LINE + 2];
    struct operator_entry who;
    const char *why = NULL;

    (void)state;
    memset(line, 'x', sizeof(line));
    memcpy(line, KEY " ", strlen(KEY " "));
    line[LIMIT_OPERATOR_LINE] = '\0';
    assert_int_equal(operator_parse(&who, line, &why), 0);
    assert_int_equal(strlen(who.name), INVITE_LABEL_MAX);
    line[LIMIT_OPERATOR_LINE] = 'x';
    line[LIMIT_OPERATOR_LINE + 1] = '\0';
    assert_int_equal(operator_parse(&who, line, &why), 2);
    assert_string_equal(why, "the line is too long");
}

/* A list of users as long as the field, and one character more. */
static void test_long_as(void **state)
{
    char as[OPERATOR_AS_MAX + 3];
    struct operator_entry who;

    (void)state;
    for (size_t i = 0; i < sizeof(as); i++)
        as[i] = i % 16 == 15 ? ',' : 'u';
    for (size_t extra = 0; extra < 2; extra++) {
        char line[LIMIT_OPERATOR_LINE];
        const char *why;

        snprintf(line, sizeof(line), "as=\"%.*s\" " KEY, (int)(OPERATOR_AS_MAX + extra), as);
        assert_int_equal(operator_parse(&who, line, &why), extra ? 2 : 0);
    }
}

static void test_format_and_parse(void **state)
{
    static const char *const lines[] = {
        "may=\"observe\" " KEY " \n",
        "may=\"run,shell\" " KEY " alice at home\n",
        "may=\"observe,run,shell,files,control\",as=\"root,*\" " KEY " bob\n",
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(lines); i++) {
        _cleanup_buffer_ struct buffer written = BUFFER_INIT;
        struct operator_entry who;
        const char *why = NULL;

        assert_int_equal(operator_parse(&who, lines[i], &why), 0);
        assert_int_equal(operator_format(&who, &written), 0);
        assert_string_equal(buffer_text(&written), lines[i]);
    }
}

static void test_may_run_as(void **state)
{
    struct operator_entry who = {.as = "root,www-data"};

    (void)state;
    assert_true(operator_may_run_as(&who, "root"));
    assert_true(operator_may_run_as(&who, "www-data"));
    assert_false(operator_may_run_as(&who, ""));
    assert_false(operator_may_run_as(&who, "www"));
    assert_false(operator_may_run_as(&who, "root,www-data"));
    text_copy(who.as, sizeof(who.as), "");
    assert_false(operator_may_run_as(&who, ""));
    assert_false(operator_may_run_as(&who, "root"));
    text_copy(who.as, sizeof(who.as), "a,*");
    assert_true(operator_may_run_as(&who, "root"));
    text_copy(who.as, sizeof(who.as), "*a");
    assert_false(operator_may_run_as(&who, "root"));
}

/* ---- the file ---- */

struct ground {
    struct folder folder;
    struct keyring keyring;
    struct sshkey_private keys[3];
};

static void ground_make(struct ground *ground)
{
    folder_make(&ground->folder);
    keyring_init(&ground->keyring, ground->folder.place.operators);
    for (size_t i = 0; i < ELEMENTS_OF(ground->keys); i++)
        assert_int_equal(sshkey_generate(&ground->keys[i], ""), 0);
}

static void ground_remove(struct ground *ground)
{
    keyring_deinit(&ground->keyring);
    folder_remove(&ground->folder);
}

/* Appends "OPTIONS KEY NAME". */
static void write_line(const struct ground *ground, const char *options, size_t key,
                       const char *name)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;

    assert_int_equal(buffer_append_text(&line, options), 0);
    assert_int_equal(sshkey_append_line(&ground->keys[key].key, &line), 0);
    assert_int_equal(buffer_printf(&line, " %s\n", name), 0);
    folder_append(&ground->folder, "operators", buffer_bytes(&line), buffer_length(&line));
}

static const struct operator_entry *find(struct ground *ground, size_t key)
{
    assert_int_equal(keyring_refresh(&ground->keyring), 0);
    return keyring_find(&ground->keyring, &ground->keys[key].key);
}

static void test_bad_lines_grant_nothing(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground);
    folder_append(&ground.folder, "operators", "# comment\n\n", 11);
    write_line(&ground, "may=\"fly\" ", 0, "bad");
    write_line(&ground, "may=\"run\" ", 1, "good");
    write_line(&ground, "nonsense ", 2, "bad");
    write_line(&ground, "may=\"shell\" ", 2, "good");
    assert_null(find(&ground, 0));
    assert_int_equal(find(&ground, 1)->rights, RIGHT_RUN);
    assert_int_equal(find(&ground, 1)->line, 4);
    assert_int_equal(find(&ground, 2)->rights, RIGHT_SHELL);
    assert_int_equal(find(&ground, 2)->line, 6);
    assert_int_equal(ground.keyring.count, 2);
    ground_remove(&ground);
}

/* A last line without its newline counts too. */
static void test_no_last_newline(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground);
    folder_write(&ground.folder, "operators", KEY, strlen(KEY));
    assert_int_equal(keyring_refresh(&ground.keyring), 0);
    assert_int_equal(ground.keyring.count, 1);
    ground_remove(&ground);
}

/* No key fits another one's line, also when only the FIDO application differs. */
static void test_find_is_exact(void **state)
{
    struct sshkey key;
    struct ground ground;

    (void)state;
    ground_make(&ground);
    write_line(&ground, "", 0, "");
    assert_non_null(find(&ground, 0));
    assert_null(find(&ground, 1));
    key = ground.keys[0].key;
    key.type = SSHKEY_SK_ED25519;
    text_copy(key.application, sizeof(key.application), "ssh:");
    assert_null(keyring_find(&ground.keyring, &key));
    ground_remove(&ground);
}

static void test_refresh(void **state)
{
    _cleanup_free_ char *path = NULL;
    struct operator_entry *before;
    struct ground ground;

    (void)state;
    ground_make(&ground);
    path = place_path(ground.folder.path, "operators");
    /* No file, nobody; and no error. */
    assert_null(find(&ground, 0));
    write_line(&ground, "", 0, "");
    assert_non_null(find(&ground, 0));
    /* The same file is not read again. */
    before = ground.keyring.operators;
    assert_non_null(find(&ground, 0));
    assert_ptr_equal(ground.keyring.operators, before);
    write_line(&ground, "", 1, "");
    assert_non_null(find(&ground, 1));
    folder_write(&ground.folder, "operators", "", 0);
    assert_null(find(&ground, 0));
    write_line(&ground, "", 0, "");
    assert_non_null(find(&ground, 0));
    assert_int_equal(unlink(path), 0);
    assert_null(find(&ground, 0));
    assert_int_equal(ground.keyring.count, 0);
    ground_remove(&ground);
}

static void test_writable_by_others(void **state)
{
    static const mode_t bad[] = {0620, 0602, 0666, 0664};
    _cleanup_free_ char *path = NULL;
    struct ground ground;

    (void)state;
    ground_make(&ground);
    write_line(&ground, "may=\"all\" ", 0, "");
    path = place_path(ground.folder.path, "operators");
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++) {
        assert_int_equal(chmod(path, 0644), 0);
        write_line(&ground, "", 1, ""); /* so that it is read again */
        assert_non_null(find(&ground, 0));
        assert_int_equal(chmod(path, bad[i]), 0);
        write_line(&ground, "", 1, "");
        assert_null(find(&ground, 0));
        assert_int_equal(ground.keyring.count, 0);
    }
    ground_remove(&ground);
}

/* A change of mode alone is a change, in both directions. */
static void test_mode_is_seen(void **state)
{
    _cleanup_free_ char *path = NULL;
    struct ground ground;

    (void)state;
    ground_make(&ground);
    write_line(&ground, "may=\"all\" ", 0, "");
    path = place_path(ground.folder.path, "operators");
    assert_non_null(find(&ground, 0));
    assert_int_equal(chmod(path, 0666), 0);
    assert_null(find(&ground, 0));
    assert_int_equal(chmod(path, 0600), 0);
    assert_non_null(find(&ground, 0));
    ground_remove(&ground);
}

static void test_unreadable(void **state)
{
    _cleanup_free_ char *big = calloc(1, LIMIT_OPERATORS_FILE + 1);
    struct ground ground;

    (void)state;
    ground_make(&ground);
    write_line(&ground, "may=\"all\" ", 0, "");
    assert_non_null(find(&ground, 0));
    /* On every error nobody is known, and the file is looked at again. */
    folder_append(&ground.folder, "operators", "\0", 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(keyring_refresh(&ground.keyring), -EBADMSG);
        assert_null(keyring_find(&ground.keyring, &ground.keys[0].key));
    }
    memset(big, '\n', LIMIT_OPERATORS_FILE + 1);
    folder_write(&ground.folder, "operators", big, LIMIT_OPERATORS_FILE + 1);
    assert_int_equal(keyring_refresh(&ground.keyring), -EFBIG);
    folder_write(&ground.folder, "operators", "", 0);
    write_line(&ground, "may=\"all\" ", 0, "");
    assert_non_null(find(&ground, 0));
    ground_remove(&ground);
}

/* ---- adding ---- */

static void add(struct ground *ground, size_t key, uint16_t rights, const char *name)
{
    struct operator_entry who = {.key = ground->keys[key].key, .rights = rights};

    text_copy(who.name, sizeof(who.name), name);
    assert_int_equal(keyring_add(&ground->keyring, &who), 0);
}

static void test_add(void **state)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct ground ground;

    (void)state;
    ground_make(&ground);
    add(&ground, 0, RIGHT_RUN, "alice"); /* makes the file */
    assert_int_equal(find(&ground, 0)->rights, RIGHT_RUN);
    folder_append(&ground.folder, "operators", "# keep me\nbroken line", 21);
    add(&ground, 1, RIGHT_SHELL, "bob");
    assert_int_equal(find(&ground, 0)->rights, RIGHT_RUN);
    assert_int_equal(find(&ground, 1)->rights, RIGHT_SHELL);
    assert_string_equal(find(&ground, 1)->name, "bob");
    assert_int_equal(find(&ground, 1)->line, 4);
    folder_read(&ground.folder, "operators", &content);
    assert_non_null(strstr(buffer_text(&content), "\n# keep me\nbroken line\n"));
    ground_remove(&ground);
}

static void test_add_replaces(void **state)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct ground ground;

    (void)state;
    ground_make(&ground);
    write_line(&ground, "may=\"all\" ", 0, "alice");
    write_line(&ground, "", 1, "bob");
    write_line(&ground, "may=\"shell\" ", 0, "alice again");
    add(&ground, 0, RIGHT_OBSERVE, "alice anew");
    assert_int_equal(ground.keyring.count, 2);
    assert_int_equal(find(&ground, 0)->rights, RIGHT_OBSERVE);
    assert_string_equal(find(&ground, 0)->name, "alice anew");
    assert_non_null(find(&ground, 1));
    folder_read(&ground.folder, "operators", &content);
    assert_null(strstr(buffer_text(&content), "alice again"));
    ground_remove(&ground);
}

/* The folder may not be there yet, at the first pairing of a user's own agent. */
static void test_add_makes_the_folder(void **state)
{
    struct ground ground;
    char path[128];

    (void)state;
    ground_make(&ground);
    snprintf(path, sizeof(path), "%s/new/folder/operators", ground.folder.path);
    keyring_init(&ground.keyring, path);
    add(&ground, 0, RIGHT_RUN, "alice");
    assert_non_null(find(&ground, 0));
    ground_remove(&ground);
}

/* An operators file that is not obeyed cannot take anybody in either. */
static void test_add_to_a_bad_file(void **state)
{
    struct operator_entry who = {.rights = RIGHT_RUN};
    _cleanup_free_ char *path = NULL;
    struct ground ground;

    (void)state;
    ground_make(&ground);
    write_line(&ground, "", 0, "");
    who.key = ground.keys[1].key;
    path = place_path(ground.folder.path, "operators");
    assert_int_equal(chmod(path, 0666), 0);
    assert_true(keyring_add(&ground.keyring, &who) < 0);
    ground_remove(&ground);
}

static int refresh_anew(void *argument)
{
    struct ground *ground = argument;
    int r;

    keyring_deinit(&ground->keyring);
    keyring_init(&ground->keyring, ground->folder.place.operators);
    r = keyring_refresh(&ground->keyring);
    /* Everybody or nobody, never some of them. */
    assert_int_equal(ground->keyring.count, r ? 0 : 2);
    return r;
}

static void test_no_memory(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground);
    write_line(&ground, "may=\"all\",as=\"root\" ", 0, "alice");
    write_line(&ground, "", 1, "bob");
    assert_true(failing_malloc_run(refresh_anew, &ground) > 2);
    ground_remove(&ground);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_empty_lines),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_long_as),
        cmocka_unit_test(test_format_and_parse),
        cmocka_unit_test(test_may_run_as),
        cmocka_unit_test(test_bad_lines_grant_nothing),
        cmocka_unit_test(test_no_last_newline),
        cmocka_unit_test(test_find_is_exact),
        cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_writable_by_others),
        cmocka_unit_test(test_mode_is_seen),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_add_replaces),
        cmocka_unit_test(test_add_makes_the_folder),
        cmocka_unit_test(test_add_to_a_bad_file),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
