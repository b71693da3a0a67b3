/* The fleet list on disk: several that edit it, a disk that is full, files that cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fleet/inventory/machines.h"

struct place {
    char directory[64];
    char path[96];
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    snprintf(place->directory, sizeof(place->directory), "/tmp/hune-machines-XXXXXX");
    if (!mkdtemp(place->directory))
        return -1;
    snprintf(place->path, sizeof(place->path), "%s/machines.csv", place->directory);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    char lock[128];

    snprintf(lock, sizeof(lock), "%s.lock", place->path);
    unlink(lock);
    unlink(place->path);
    rmdir(place->directory);
    free(place);
    return 0;
}

#define place_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void put_file(const struct place *place, const char *text)
{
    assert_int_equal(file_replace(place->path, 0600, text, strlen(text)), 0);
}

static void expect_file(const struct place *place, const char *text)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    assert_int_equal(file_read(place->path, 1 << 20, &content), 0);
    assert_string_equal(buffer_text(&content), text);
}

static int add_one(struct fleet *fleet, void *context, struct fault *fault)
{
    return fleet_add(fleet, &(struct machine_spec){.host = context}, NULL, fault);
}

static void test_edit(void **state)
{
    const struct place *place = *state;
    struct stat status;
    struct fault fault;

    assert_int_equal(fleet_edit(place->path, add_one, (char[]){"h1"}, &fault), 0);
    assert_int_equal(fleet_edit(place->path, add_one, (char[]){"h2"}, &fault), 0);
    assert_int_equal(fleet_edit(place->path, add_one, (char[]){"h2"}, &fault), BAD_ROW_NAME_TWICE);
    expect_file(place, "name,host,port,tags,user,id\nh1,h1,10000,,,\nh2,h2,10000,,,\n");
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void test_changed_on_disk(void **state)
{
    const struct place *place = *state;
    _cleanup_fleet_ struct fleet *mine = NULL;
    struct fault fault;

    put_file(place, "host\nh1\n");
    assert_int_equal(fleet_load(place->path, &mine, &fault), 0);
    assert_int_equal(fleet_tag(mine, 0, "t", &fault), 0);
    put_file(place, "host\nh1\nh2\n");
    assert_int_equal(fleet_save(mine, &fault), FLEET_E_CHANGED);
    assert_non_null(strstr(fault.text, "changed by another program"));
    expect_file(place, "host\nh1\nh2\n");
    mine = fleet_free(mine);
    assert_int_equal(fleet_load(place->path, &mine, &fault), 0);
    assert_int_equal(fleet_tag(mine, 0, "t", &fault), 0);
    assert_int_equal(fleet_save(mine, &fault), 0);
    /* Saving twice in a row is not "changed on disk". */
    assert_int_equal(fleet_untag(mine, 0, "t"), 0);
    assert_int_equal(fleet_save(mine, &fault), 0);
    expect_file(place, "host,tags\nh1,\nh2\n");
}

static int add_while_edited(struct fleet *fleet, void *context, struct fault *fault)
{
    const struct place *place = context;

    /* An editor without locks saves in the middle of ours, once. */
    if (fleet->count == 1)
        put_file(place, "host\nh1\nh2\n");
    return add_one(fleet, (char[]){"h3"}, fault);
}

static void test_edit_merges(void **state)
{
    struct place *place = *state;

    put_file(place, "host\nh1\n");
    assert_int_equal(fleet_edit(place->path, add_while_edited, place, NULL), 0);
    expect_file(place, "host\nh1\nh2\nh3\n");
}

/* Four consoles at once add 15 machines each: none is lost. */
static void test_edit_in_parallel(void **state)
{
    const struct place *place = *state;
    _cleanup_fleet_ struct fleet *fleet = NULL;
    pid_t children[4];

    for (size_t i = 0; i < ELEMENTS_OF(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (int k = 0; k < 15; k++) {
                char host[32];

                snprintf(host, sizeof(host), "h%zu-%d", i, k);
                if (fleet_edit(place->path, add_one, host, NULL))
                    _exit(1);
            }
            _exit(0);
        }
    }
    for (size_t i = 0; i < ELEMENTS_OF(children); i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(fleet_load(place->path, &fleet, NULL), 0);
    assert_int_equal(fleet->count, 60);
}

/* The disk is full (the largest file may have 1 KiB): the old list stays, nothing else is left. */
static void test_full_disk(void **state)
{
    const struct place *place = *state;
    struct rlimit before;
    struct rlimit small = {.rlim_cur = 1024};
    _cleanup_fleet_ struct fleet *fleet = NULL;
    struct fault fault = {0};
    char host[32];
    int r;

    put_file(place, "host\nh1\n");
    assert_int_equal(fleet_load(place->path, &fleet, &fault), 0);
    for (int i = 0; i < 500; i++) {
        snprintf(host, sizeof(host), "machine-%d", i);
        assert_int_equal(fleet_add(fleet, &(struct machine_spec){.host = host}, NULL, NULL), 0);
    }
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    r = fleet_save(fleet, &fault);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(r, -EFBIG);
    assert_non_null(strstr(fault.text, "could not be saved"));
    assert_non_null(strstr(fault.hint, "as it was"));
    expect_file(place, "host\nh1\n");
    /* rmdir in teardown proves that no temporary file is left; and the next save works. */
    assert_int_equal(fleet_save(fleet, &fault), 0);
    unlink(place->path);
    assert_int_equal(rmdir(place->directory), 0);
    assert_int_equal(mkdir(place->directory, 0700), 0);
}

static void test_unreadable(void **state)
{
    const struct place *place = *state;
    struct fleet *fleet = NULL;
    struct fault fault = {0};

    assert_int_equal(fleet_load(place->directory, &fleet, &fault), -EISDIR);
    assert_non_null(strstr(fault.text, place->directory));
    assert_true(fault.hint[0]);
    assert_int_equal(fleet_edit("/proc/nowhere/machines.csv", add_one, (char[]){"h"}, &fault),
                     -ENOENT);
    assert_true(fault.text[0] && fault.hint[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        place_test(test_edit),        place_test(test_changed_on_disk),
        place_test(test_edit_merges), place_test(test_edit_in_parallel),
        place_test(test_full_disk),   place_test(test_unreadable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
