/* See keyring.h: the file of operators, read and added to. */
#include "warden/test-support.h"

#include <errno.h>
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

struct ground {
    struct folder folder;
    struct keyring keyring;
    struct sshkey_private keys[3];
};

static int set_up(void **state)
{
    static struct ground ground;

    folder_make(&ground.folder);
    keyring_init(&ground.keyring, ground.folder.place.operators);
    for (size_t i = 0; i < ELEMENTS_OF(ground.keys); i++)
        assert_int_equal(sshkey_generate(&ground.keys[i], ""), 0);
    *state = &ground;
    return 0;
}

static int tear_down(void **state)
{
    struct ground *ground = *state;

    keyring_deinit(&ground->keyring);
    folder_remove(&ground->folder);
    return 0;
}

#define ground_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
    struct ground *ground = *state;

    folder_append(&ground->folder, "operators", "# comment\n\n", 11);
    write_line(ground, "may=\"fly\" ", 0, "bad");
    write_line(ground, "may=\"run\" ", 1, "good");
    write_line(ground, "nonsense ", 2, "bad");
    write_line(ground, "may=\"shell\" ", 2, "good");
    assert_null(find(ground, 0));
    assert_int_equal(find(ground, 1)->rights, RIGHT_RUN);
    assert_int_equal(find(ground, 1)->line, 4);
    assert_int_equal(find(ground, 2)->rights, RIGHT_SHELL);
    assert_int_equal(find(ground, 2)->line, 6);
    assert_int_equal(ground->keyring.count, 2);
}

/* A last line without its newline counts too. */
static void test_no_last_newline(void **state)
{
    struct ground *ground = *state;

    folder_write(&ground->folder, "operators", plain_public, strlen(plain_public));
    assert_int_equal(keyring_refresh(&ground->keyring), 0);
    assert_int_equal(ground->keyring.count, 1);
}

/* No key fits another one's line, also when only the FIDO application differs. */
static void test_find_is_exact(void **state)
{
    struct ground *ground = *state;
    struct sshkey key;

    write_line(ground, "", 0, "");
    assert_non_null(find(ground, 0));
    assert_null(find(ground, 1));
    key = ground->keys[0].key;
    key.type = SSHKEY_SK_ED25519;
    text_copy(key.application, sizeof(key.application), "ssh:");
    assert_null(keyring_find(&ground->keyring, &key));
}

static void test_refresh(void **state)
{
    struct ground *ground = *state;
    _cleanup_free_ char *path = NULL;
    struct operator_entry *before;

    path = place_path(ground->folder.path, "operators");
    /* No file, nobody; and no error. */
    assert_null(find(ground, 0));
    write_line(ground, "", 0, "");
    assert_non_null(find(ground, 0));
    /* The same file is not read again. */
    before = ground->keyring.operators;
    assert_non_null(find(ground, 0));
    assert_ptr_equal(ground->keyring.operators, before);
    write_line(ground, "", 1, "");
    assert_non_null(find(ground, 1));
    folder_write(&ground->folder, "operators", "", 0);
    assert_null(find(ground, 0));
    write_line(ground, "", 0, "");
    assert_non_null(find(ground, 0));
    assert_int_equal(unlink(path), 0);
    assert_null(find(ground, 0));
    assert_int_equal(ground->keyring.count, 0);
}

static void test_writable_by_others(void **state)
{
    struct ground *ground = *state;

    static const mode_t bad[] = {0620, 0602, 0666, 0664};
    _cleanup_free_ char *path = NULL;

    write_line(ground, "may=\"all\" ", 0, "");
    path = place_path(ground->folder.path, "operators");
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++) {
        assert_int_equal(chmod(path, 0644), 0);
        write_line(ground, "", 1, ""); /* so that it is read again */
        assert_non_null(find(ground, 0));
        assert_int_equal(chmod(path, bad[i]), 0);
        write_line(ground, "", 1, "");
        assert_null(find(ground, 0));
        assert_int_equal(ground->keyring.count, 0);
    }
}

/* A change of mode alone is a change, in both directions. */
static void test_mode_is_seen(void **state)
{
    struct ground *ground = *state;
    _cleanup_free_ char *path = NULL;

    write_line(ground, "may=\"all\" ", 0, "");
    path = place_path(ground->folder.path, "operators");
    assert_non_null(find(ground, 0));
    assert_int_equal(chmod(path, 0666), 0);
    assert_null(find(ground, 0));
    assert_int_equal(chmod(path, 0600), 0);
    assert_non_null(find(ground, 0));
}

static void test_unreadable(void **state)
{
    struct ground *ground = *state;
    _cleanup_free_ char *big = calloc(1, LIMIT_OPERATORS_FILE + 1);

    write_line(ground, "may=\"all\" ", 0, "");
    assert_non_null(find(ground, 0));
    /* On every error nobody is known, and the file is looked at again. */
    folder_append(&ground->folder, "operators", "\0", 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(keyring_refresh(&ground->keyring), -EBADMSG);
        assert_null(keyring_find(&ground->keyring, &ground->keys[0].key));
    }
    memset(big, '\n', LIMIT_OPERATORS_FILE + 1);
    folder_write(&ground->folder, "operators", big, LIMIT_OPERATORS_FILE + 1);
    assert_int_equal(keyring_refresh(&ground->keyring), -EFBIG);
    folder_write(&ground->folder, "operators", "", 0);
    write_line(ground, "may=\"all\" ", 0, "");
    assert_non_null(find(ground, 0));
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
    struct ground *ground = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    add(ground, 0, RIGHT_RUN, "alice"); /* makes the file */
    assert_int_equal(find(ground, 0)->rights, RIGHT_RUN);
    folder_append(&ground->folder, "operators", "# keep me\nbroken line", 21);
    add(ground, 1, RIGHT_SHELL, "bob");
    assert_int_equal(find(ground, 0)->rights, RIGHT_RUN);
    assert_int_equal(find(ground, 1)->rights, RIGHT_SHELL);
    assert_string_equal(find(ground, 1)->name, "bob");
    assert_int_equal(find(ground, 1)->line, 4);
    folder_read(&ground->folder, "operators", &content);
    assert_non_null(strstr(buffer_text(&content), "\n# keep me\nbroken line\n"));
}

static void test_add_replaces(void **state)
{
    struct ground *ground = *state;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    write_line(ground, "may=\"all\" ", 0, "alice");
    write_line(ground, "", 1, "bob");
    write_line(ground, "may=\"shell\" ", 0, "alice again");
    add(ground, 0, RIGHT_OBSERVE, "alice anew");
    assert_int_equal(ground->keyring.count, 2);
    assert_int_equal(find(ground, 0)->rights, RIGHT_OBSERVE);
    assert_string_equal(find(ground, 0)->name, "alice anew");
    assert_non_null(find(ground, 1));
    folder_read(&ground->folder, "operators", &content);
    assert_null(strstr(buffer_text(&content), "alice again"));
}

/* The folder may not be there yet, at the first pairing of a user's own agent. */
static void test_add_makes_the_folder(void **state)
{
    struct ground *ground = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s/new/folder/operators", ground->folder.path);
    keyring_init(&ground->keyring, path);
    add(ground, 0, RIGHT_RUN, "alice");
    assert_non_null(find(ground, 0));
}

/* An operators file that is not obeyed cannot take anybody in either. */
static void test_add_to_a_bad_file(void **state)
{
    struct ground *ground = *state;
    struct operator_entry who = {.rights = RIGHT_RUN};
    _cleanup_free_ char *path = NULL;

    write_line(ground, "", 0, "");
    who.key = ground->keys[1].key;
    path = place_path(ground->folder.path, "operators");
    assert_int_equal(chmod(path, 0666), 0);
    assert_true(keyring_add(&ground->keyring, &who) < 0);
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
    struct ground *ground = *state;

    write_line(ground, "may=\"all\",as=\"root\" ", 0, "alice");
    write_line(ground, "", 1, "bob");
    assert_true(failing_malloc_run(refresh_anew, ground) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ground_test(test_bad_lines_grant_nothing),
        ground_test(test_no_last_newline),
        ground_test(test_find_is_exact),
        ground_test(test_refresh),
        ground_test(test_writable_by_others),
        ground_test(test_mode_is_seen),
        ground_test(test_unreadable),
        ground_test(test_add),
        ground_test(test_add_replaces),
        ground_test(test_add_makes_the_folder),
        ground_test(test_add_to_a_bad_file),
        ground_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
