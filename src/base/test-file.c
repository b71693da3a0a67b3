/* See file.h. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failing-malloc.h"
#include "base/file.h"

/* Each test works in a directory of its own, which is the current one. */
struct place {
    char directory[64];
    int origin;
};

static int place_enter(void **state)
{
    static struct place place;

    place = (struct place){.directory = "/tmp/test-file.XXXXXX"};
    place.origin = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place.origin < 0 || !mkdtemp(place.directory) || chdir(place.directory) < 0)
        return -1;
    *state = &place;
    return 0;
}

static unsigned entries(const char *path)
{
    DIR *directory = opendir(path);
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count - 2;
}

static void remove_entries(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        char inner[512];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        if (unlink(inner) < 0) {
            remove_entries(inner);
            rmdir(inner);
        }
    }
    if (directory)
        closedir(directory);
}

static int place_leave(void **state)
{
    struct place *place = *state;

    remove_entries(place->directory);
    rmdir(place->directory);
    if (fchdir(place->origin) < 0)
        return -1;
    close(place->origin);
    return 0;
}

static void check_content(const char *path, const char *expected)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    assert_int_equal(file_read(path, 1 << 20, &content), 0);
    assert_string_equal(buffer_text(&content), expected);
}

static mode_t mode_of(const char *path)
{
    struct stat found;

    assert_int_equal(stat(path, &found), 0);
    return found.st_mode & 07777;
}

static void test_read(void **state)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    (void)state;
    assert_int_equal(file_read("none", 10, &content), -ENOENT);
    assert_int_equal(file_read(".", 10, &content), -EISDIR);
    assert_int_equal(file_replace("file", 0600, "0123456789", 10), 0);
    assert_int_equal(file_read("file", 9, &content), -EFBIG);
    buffer_clear(&content);
    assert_int_equal(file_read("file", 10, &content), 0);
    assert_int_equal(file_read("file", 10, &content), 0);
    assert_string_equal(buffer_text(&content), "01234567890123456789");
    buffer_clear(&content);
    assert_int_equal(file_read("/proc/self/stat", 1 << 16, &content), 0);
    assert_true(buffer_length(&content) > 0);
}

static void test_read_large(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    (void)state;
    for (uint32_t i = 0; i < 50000; i++)
        assert_int_equal(buffer_append(&bytes, &i, sizeof(i)), 0);
    assert_int_equal(file_replace("file", 0600, buffer_bytes(&bytes), buffer_length(&bytes)), 0);
    assert_int_equal(file_read("file", buffer_length(&bytes), &content), 0);
    assert_int_equal(buffer_length(&content), buffer_length(&bytes));
    assert_memory_equal(buffer_bytes(&content), buffer_bytes(&bytes), buffer_length(&bytes));
}

static void test_replace_modes(void **state)
{
    (void)state;
    assert_int_equal(file_replace("file", 0640, "one", 3), 0);
    assert_int_equal(mode_of("file"), 0640);
    assert_int_equal(chmod("file", 0604), 0);
    assert_int_equal(file_replace("file", 0600, "two", 3), 0);
    assert_int_equal(mode_of("file"), 0604);
    check_content("file", "two");
    assert_int_equal(file_replace("file", 0600, NULL, 0), 0);
    check_content("file", "");
    assert_int_equal(entries("."), 1);
}

static void test_replace_follows_links(void **state)
{
    struct stat found;

    (void)state;
    assert_int_equal(mkdir("real", 0700), 0);
    assert_int_equal(file_replace("real/file", 0600, "old", 3), 0);
    assert_int_equal(symlink("real/file", "link"), 0);
    assert_int_equal(file_replace("link", 0600, "new", 3), 0);
    assert_int_equal(lstat("link", &found), 0);
    assert_true(S_ISLNK(found.st_mode));
    check_content("real/file", "new");
    assert_int_equal(entries("real"), 1);
}

static void test_replace_fails(void **state)
{
    (void)state;
    assert_int_equal(file_replace("none/file", 0600, "x", 1), -ENOENT);
    assert_int_equal(mkdir("directory", 0700), 0);
    assert_int_equal(file_replace("directory", 0600, "x", 1), -EISDIR);
    assert_int_equal(entries("."), 1);
}

/* A file size limit stands in for a full disk: the write breaks off in the middle. */
static void test_replace_without_room(void **state)
{
    static char bytes[20000];
    struct rlimit old;
    struct rlimit small;
    int r;

    (void)state;
    assert_int_equal(file_replace("file", 0600, "old", 3), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 5000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    r = file_replace("file", 0600, bytes, sizeof(bytes));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(r, -EFBIG);
    check_content("file", "old");
    assert_int_equal(entries("."), 1);
}

static int replace_once(void *argument)
{
    return file_replace(argument, 0600, "new", 3);
}

static void test_replace_without_memory(void **state)
{
    (void)state;
    assert_true(failing_malloc_run(replace_once, (char[]){"file"}) > 0);
    check_content("file", "new");
    assert_int_equal(entries("."), 1);
}

static void test_directory_make(void **state)
{
    (void)state;
    assert_int_equal(directory_make("a/b/c", 0710), 0);
    assert_int_equal(mode_of("a"), 0710 & ~022);
    assert_int_equal(directory_make("a/b/c", 0700), 0);
    assert_int_equal(mode_of("a/b/c"), 0710 & ~022);
    assert_int_equal(directory_make("a//d/", 0700), 0);
    assert_int_equal(directory_make("/", 0700), 0);
    assert_int_equal(directory_make("", 0700), -ENOENT);
    assert_int_equal(file_replace("file", 0600, "x", 1), 0);
    assert_int_equal(directory_make("file", 0700), -ENOTDIR);
    assert_int_equal(directory_make("file/x", 0700), -ENOTDIR);
}

static void test_write_all(void **state)
{
    int fd = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, "abc", 3), 0);
    assert_int_equal(fd_write_all(fd, NULL, 0), 0);
    close(fd);
    check_content("file", "abc");
    assert_int_equal(fd_write_all(-1, "abc", 3), -EBADF);
}

#define in_place(test) cmocka_unit_test_setup_teardown(test, place_enter, place_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_place(test_read),
        in_place(test_read_large),
        in_place(test_replace_modes),
        in_place(test_replace_follows_links),
        in_place(test_replace_fails),
        in_place(test_replace_without_room),
        in_place(test_replace_without_memory),
        in_place(test_directory_make),
        in_place(test_write_all),
    };

    umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
