/* The file of the history as the warden finds it: new, good, and bad in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "proto/history.h"
#include "warden/history.h"

enum { DAY_OF_SAMPLES = 8640 * (16 + 2 * HISTORY_COLUMNS) };

static char folder[32];
static char path[64];
static char aside[64];
static struct config config;

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/hune-history-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/history", folder);
    snprintf(aside, sizeof(aside), "%s/history.old", folder);
    config_init(&config);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    unlink(aside);
    return rmdir(folder);
}

static off_t size_of(const char *which)
{
    struct stat info;

    return lstat(which, &info) == 0 ? info.st_size : -1;
}

#define _cleanup_files_ _cleanup_(history_close)

static size_t count_opened(const char *where)
{
    _cleanup_files_ struct history_files files;

    history_open(where, &config, &files);
    return files.count;
}

/* Opens it, and looks whether it is as it should be. */
static void open_good(void)
{
    _cleanup_files_ struct history_files files;
    struct history_layout layout;
    uint8_t head[HISTORY_FIXED];
    struct stat info;
    int fd;

    history_open(folder, &config, &files);
    assert_true(files.count > 0);
    fd = files.fds[0];
    history_settle(folder);
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(pread(fd, head, sizeof(head), 0), sizeof(head));
    assert_int_equal(history_head_read(head, (uint64_t)info.st_size, &layout), HISTORY_GOOD);
    assert_int_equal(info.st_size, size_of(path));
}

static void write_at(const char *bytes, size_t size, off_t offset)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_int_equal(pwrite(fd, bytes, size, offset), size);
}

static void test_new_and_again(void **state)
{
    (void)state;
    open_good();
    assert_in_range(size_of(path), 7 << 20, 8 << 20);
    write_at("x", 1, 7000); /* what stands in it stays */
    open_good();
    {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        char byte = 0;

        assert_int_equal(pread(fd, &byte, 1, 7000), 1);
        assert_int_equal(byte, 'x');
    }
    assert_int_equal(size_of(aside), -1);
}

static void test_foreign(void **state)
{
    (void)state;
    write_at("my diary", 8, 0);
    open_good();
    assert_int_equal(size_of(aside), 8);
}

static void test_damaged(void **state)
{
    static const struct {
        off_t offset;
        const char *bytes;
    } damage[] = {{0, "X"},   {7, "2"},  {9, "x"},  {13, "x"},
                  {17, "xx"}, {25, "x"}, {30, "x"}, {200, "x"}};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(damage); i++) {
        open_good();
        unlink(aside);
        write_at(damage[i].bytes, strlen(damage[i].bytes), damage[i].offset);
        open_good();
        assert_true(size_of(aside) > 0);
    }
}

static void test_cut_and_grown(void **state)
{
    (void)state;
    open_good();
    assert_int_equal(truncate(path, size_of(path) - 1), 0);
    open_good();
    assert_int_equal(size_of(aside), size_of(path) - 1);
    assert_int_equal(truncate(path, size_of(path) + 1), 0);
    open_good();
    assert_int_equal(size_of(aside), size_of(path) + 1);
    assert_int_equal(truncate(path, 10), 0);
    open_good();
    assert_int_equal(size_of(aside), 10);
}

static void test_other_settings(void **state)
{
    off_t before;

    (void)state;
    open_good();
    before = size_of(path);
    config.history_keep[HISTORY_FINE] *= 2;
    open_good();
    assert_int_equal(size_of(path), before + DAY_OF_SAMPLES);
    assert_int_equal(size_of(aside), before);
}

static char byte_at(int fd, off_t offset)
{
    char byte = 0;

    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    return byte;
}

/* The names change only when all is carried over: until then, a start finds things as they were. */
static void test_anew(void **state)
{
    char making[64];

    (void)state;
    snprintf(making, sizeof(making), "%s/history.new", folder);
    open_good();
    write_at("1", 1, 7000);
    for (int killed = 1; killed >= 0; killed--) {
        _cleanup_files_ struct history_files files;

        history_anew(folder, &config, &files);
        assert_int_equal(files.count, 2);
        assert_int_equal(byte_at(files.fds[0], 7000), 0);
        assert_int_equal(byte_at(files.fds[1], 7000), '1');
        assert_true(write(files.fds[1], "x", 1) < 0); /* to be read only */
        assert_int_equal(size_of(aside), -1);
        assert_int_equal(size_of(making), size_of(path));
        if (killed) {
            open_good();
            assert_int_equal(size_of(making), -1);
        }
    }
    history_settle(folder);
    history_settle(folder); /* what a gate that was taken over may say */
    assert_int_equal(size_of(making), -1);
    write_at("2", 1, 7000);
    {
        _cleanup_files_ struct history_files files;

        history_anew(folder, &config, &files);
        assert_int_equal(files.count, 3);
        assert_int_equal(byte_at(files.fds[1], 7000), '2');
        assert_int_equal(byte_at(files.fds[2], 7000), '1');
        history_settle(folder);
    }
    /* What is no history is no source, and is kept aside like any other. */
    write_at("my diary", 8, 0);
    {
        _cleanup_files_ struct history_files files;

        history_open(folder, &config, &files);
        assert_int_equal(files.count, 2);
        assert_int_equal(byte_at(files.fds[1], 7000), '2');
        history_settle(folder);
        assert_int_equal(size_of(aside), size_of(path));
    }
}

static void test_what_was_put_aside_goes_by_itself(void **state)
{
    const uint64_t day_ms = 24ull * 3600 * 1000;
    uint64_t now_ms = clock_wall_ms();

    (void)state;
    open_good();
    write_at("my diary", 8, 0);
    open_good();
    assert_int_equal(size_of(aside), size_of(path));
    history_tidy(folder, now_ms);
    history_tidy(folder, now_ms + 13 * day_ms);
    history_tidy(folder, now_ms - 400 * day_ms); /* the clock was wrong when it was put aside */
    assert_int_equal(size_of(aside), size_of(path));
    history_tidy(folder, now_ms + 15 * day_ms);
    assert_int_equal(size_of(aside), -1);
    assert_true(size_of(path) > 0);
    history_tidy(folder, now_ms + 15 * day_ms);
}

/* Not even to a good one: whoever could make the link would choose what is written over. */
static void test_a_link_is_not_followed(void **state)
{
    char other[64];

    (void)state;
    open_good();
    snprintf(other, sizeof(other), "%s/other", folder);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    open_good();
    assert_int_equal(size_of(aside), (off_t)strlen(other));
    assert_int_equal(unlink(other), 0);
}

static void test_not_wanted_or_not_possible(void **state)
{
    (void)state;
    config.record = 0;
    assert_int_equal(count_opened(folder), 0);
    assert_int_equal(size_of(path), -1);
    config.record = 1;
    assert_int_equal(mkdir(aside, 0700), 0); /* it cannot be put aside there */
    write_at("my diary", 8, 0);
    assert_int_equal(count_opened(folder), 0);
    assert_int_equal(size_of(path), 8);
    assert_int_equal(rmdir(aside), 0);
    assert_int_equal(count_opened("/nowhere/at/all"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new_and_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_and_grown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_was_put_aside_goes_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_link_is_not_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_wanted_or_not_possible, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
