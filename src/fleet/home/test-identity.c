/* The key file on disk: how one is made, read back, and never written over. What is refused is
 * tested through the signer (test-signer.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "fleet/home/identity.h"
#include "fleet/home/signer.h"
#include "fleet/home/test-place.h"

static mode_t mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static unsigned count_files(const char *folder)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    unsigned count = 0;

    assert_non_null(directory);
    while ((entry = readdir(directory)))
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void test_made_and_read(void **state)
{
    struct sshkey_private made, again;
    struct sshkey public;
    struct fault fault;
    char comment[128];

    (void)state;
    umask(0); /* what the modes are does not depend on it */
    assert_int_equal(identity_make("in/key", &made, &fault), 0);
    assert_int_equal(mode_of("in"), 0700);
    assert_int_equal(mode_of("in/key"), 0600);
    assert_int_equal(mode_of("in/key.pub"), 0644);
    assert_int_equal(count_files("in"), 2); /* and no temporary */
    assert_int_equal(identity_read("in/key", &again, &fault), 0);
    assert_memory_equal(&again.key, &made.key, sizeof(made.key));
    assert_int_equal(identity_read_public("in/key.pub", &public, comment, &fault), 0);
    assert_memory_equal(&public, &made.key, sizeof(public));
    assert_string_equal(comment, made.comment);
    assert_non_null(strchr(comment, '@'));
    assert_int_equal(unlink("in/key") | unlink("in/key.pub") | rmdir("in"), 0);
}

/* Two consoles that begin together end up with one key. */
static void test_never_over_another(void **state)
{
    struct sshkey_private first, second, kept;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(identity_make("key", &first, &fault), 0);
    assert_int_equal(identity_make("key", &second, &fault), -EEXIST);
    assert_non_null(strstr(fault.text, "key"));
    assert_true(*fault.hint);
    assert_int_equal(identity_read("key", &kept, &fault), 0);
    assert_memory_equal(&kept.key, &first.key, sizeof(first.key));
    for (size_t i = 0; i < sizeof(second); i++) /* of the one that was not kept, nothing is left */
        assert_int_equal(((const uint8_t *)&second)[i], 0);
    assert_int_equal(count_files("."), 2);
}

static void test_no_place(void **state)
{
    struct sshkey_private key;
    struct fault fault = {0};
    int fd = open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    (void)state;
    assert_true(fd >= 0 && close(fd) == 0);
    assert_int_equal(identity_make("file/key", &key, &fault), -ENOTDIR);
    assert_non_null(strstr(fault.text, "file/key"));
}

static void test_public_lines(void **state)
{
    static const struct {
        const char *text;
        int expected;
    } lines[] = {
        {"", SIGNER_E_FORMAT},
        {"ssh-ed25519", SIGNER_E_FORMAT},
        {"ssh-ed25519 AAAA", SIGNER_E_FORMAT},
        {"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 me@here\n", SIGNER_E_TYPE},
    };
    struct sshkey key;
    struct fault fault;
    char comment[128];

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(lines); i++) {
        int fd = open("line", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
        size_t size = strlen(lines[i].text);

        assert_int_equal(write(fd, lines[i].text, size), size);
        close(fd);
        assert_int_equal(identity_read_public("line", &key, comment, &fault), lines[i].expected);
    }
    assert_int_equal(identity_read_public("none", &key, comment, &fault), SIGNER_E_MISSING);
}

#define place_test(test) cmocka_unit_test_setup_teardown(test, test_place_enter, test_place_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        place_test(test_made_and_read),
        place_test(test_never_over_another),
        place_test(test_no_place),
        place_test(test_public_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
