/* See guard.h. Each case in a process of its own: what is closed stays closed. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/landlock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "courier/guard.h"

static int set_up(void **state)
{
    char path[] = "/tmp/hune-guard.XXXXXX";

    if (!mkdtemp(path) || chdir(path) < 0 || mkdir("in", 0755) < 0 || mkdir("out", 0755) < 0 ||
        mkdir("in/stage", 0755) < 0 || symlink("in", "link") < 0)
        return -1;
    close(open("out/file", O_WRONLY | O_CREAT, 0644));
    close(open("in/file", O_WRONLY | O_CREAT, 0644));
    *state = strdup(path);
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    int r = chdir("/");

    r |= nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return r;
}

static bool writes(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* What a guarded process can do, a bit each. */
enum {
    WRITES_IN = 1,
    WRITES_OUT = 2,
    WRITES_BESIDE = 4,
    RENAMES_IN = 8,
    RENAMES_OUT = 16,
    READS = 32,
    RUNS = 64,
    MAKES_PIPES = 128,
};

static int can(const char *target)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        int done = 0;
        int fd;

        if (guard_files(target))
            _exit(0);
        done |= writes("in/new") ? WRITES_IN : 0;
        done |= writes("out/file") || unlink("out/file") == 0 || mkdir("out/new", 0700) == 0 ||
                        symlink("x", "out/link") == 0
                    ? WRITES_OUT
                    : 0;
        done |= writes("beside") ? WRITES_BESIDE : 0;
        done |= writes("in/stage/x") && rename("in/stage/x", "in/x") == 0 ? RENAMES_IN : 0;
        done |= rename("in/file", "out/moved") == 0 || link("in/file", "out/linked") == 0
                    ? RENAMES_OUT
                    : 0;
        fd = open("out/file", O_RDONLY);
        done |= fd >= 0 ? READS : 0;
        done |= mkfifo("in/fifo", 0600) == 0 ? MAKES_PIPES : 0;
        execl("/bin/true", "true", NULL);
        _exit(done);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void skip_without(void)
{
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 2)
        skip();
}

static void test_below_a_folder(void **state)
{
    static const char *const targets[] = {"in", "in/", "link", "./in", "in/stage/.."};

    (void)state;
    skip_without();
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        assert_int_equal(can(targets[i]), WRITES_IN | RENAMES_IN | READS);
}

/* What is new or replaced: its folder changes. */
static void test_a_name(void **state)
{
    (void)state;
    skip_without();
    assert_int_equal(can("in/file"), WRITES_IN | RENAMES_IN | READS);
    assert_int_equal(can("in/nothing"), WRITES_IN | RENAMES_IN | READS);
    assert_int_equal(can("name") & WRITES_BESIDE, WRITES_BESIDE);
}

static void test_nothing_is_written(void **state)
{
    (void)state;
    skip_without();
    assert_int_equal(can(NULL), READS);
    assert_int_equal(can("nowhere/file"), READS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_below_a_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_written, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
