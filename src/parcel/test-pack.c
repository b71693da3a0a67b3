/* See pack.h: what is packed here is unpacked again, and compared. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "parcel/test-ground.h"

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"

static char left_out[4096];

static void on_left_out(void *user, const struct parcel_trouble *trouble)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    (void)user;
    assert_int_equal(parcel_trouble_describe(trouble, &text), 0);
    strncat(left_out, buffer_text(&text), sizeof(left_out) - strlen(left_out) - 2);
    strcat(left_out, "\n");
}

static enum parcel_trouble_code pack(const char *const *paths, struct buffer *parcel,
                                     struct pack_result *result_out)
{
    const struct pack_settings settings = {
        .paths = paths, .fd = -1, .counts = true, .on_left_out = on_left_out};
    const struct parcel_sink sink = ground_sink(parcel);
    struct parcel_trouble trouble = {0};
    struct pack_result result;
    enum parcel_trouble_code code;
    int r;

    left_out[0] = '\0';
    r = pack_run(&settings, &sink, result_out ? result_out : &result, &trouble);
    code = trouble.code;
    assert_int_equal(r, code != PARCEL_TROUBLE_NONE);
    parcel_trouble_deinit(&trouble);
    return code;
}

static void set_time(const char *path, int64_t seconds, long nanoseconds)
{
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT},
                                     {.tv_sec = seconds, .tv_nsec = nanoseconds}};

    assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void expect_like(const char *path, mode_t mode, int64_t seconds, long nanoseconds)
{
    struct stat info;

    assert_int_equal(lstat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, mode);
    assert_int_equal(info.st_mtim.tv_sec, seconds);
    assert_int_equal(info.st_mtim.tv_nsec, nanoseconds);
}

static void test_round_trip(void **state)
{
    static const char *const paths[] = {"from/tree", "from/alone", NULL};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct pack_result packed;
    struct unpack_result unpacked;
    char link[64] = "";
    struct stat info;

    (void)state;
    assert_int_equal(mkdir("from", 0755) | mkdir("from/tree", 0755) | mkdir("from/tree/ro", 0755) |
                         mkdir("from/tree/empty", 0711) | mkdir("to", 0755),
                     0);
    ground_write("from/alone", "alone", 5);
    ground_write("from/tree/none", "", 0);
    ground_write("from/tree/ro/file", "read only", 9);
    ground_write("from/tree/two\nlines\x1b[31m\xff\xc3\xa9", "odd", 3);
    assert_int_equal(symlink("/nowhere/at all", "from/tree/link"), 0);
    set_time("from/tree/link", 1234, 5);
    assert_int_equal(chmod("from/tree/ro/file", 0400), 0);
    set_time("from/tree/ro/file", 1500000000, 123456789);
    assert_int_equal(chmod("from/alone", 0751), 0);
    set_time("from/alone", -86400, 1); /* before 1970 */
    assert_int_equal(chmod("from/tree/ro", 0500), 0);
    set_time("from/tree/ro", 1600000000, 987654321);
    set_time("from/tree", 4102444800, 7); /* 2100 */

    assert_int_equal(pack(paths, &parcel, &packed), 0);
    assert_string_equal(left_out, "");
    assert_int_equal(packed.entries, 8);
    assert_int_equal(packed.bytes, 5 + 9 + 3);
    assert_int_equal(ground_unpack(&parcel, "to", 0, &unpacked), 0);
    assert_int_equal(unpacked.entries, packed.entries);
    assert_int_equal(unpacked.bytes, packed.bytes);
    assert_memory_equal(unpacked.sum, packed.sum, sizeof(packed.sum));

    ground_expect("to/alone", "alone");
    expect_like("to/alone", 0751, -86400, 1);
    ground_expect("to/tree/none", "");
    ground_expect("to/tree/ro/file", "read only");
    expect_like("to/tree/ro/file", 0400, 1500000000, 123456789);
    expect_like("to/tree/ro", 0500, 1600000000, 987654321);
    expect_like("to/tree", 0755, 4102444800, 7);
    ground_expect("to/tree/two\nlines\x1b[31m\xff\xc3\xa9", "odd");
    assert_true(readlink("to/tree/link", link, sizeof(link) - 1) > 0);
    assert_string_equal(link, "/nowhere/at all");
    expect_like("to/tree/link", 0777, 1234, 5);
    assert_int_equal(stat("to/tree/empty", &info), 0);
    assert_int_equal(info.st_mode & 07777, 0711);
    assert_int_equal(chmod("from/tree/ro", 0700) | chmod("to/tree/ro", 0700), 0);
}

/* Sizes around what is read at once, and what is a record. */
static void test_sizes(void **state)
{
    static const size_t sizes[] = {1,      511,    512,    513,     4096,
                                   262143, 262144, 262145, 1000000, 3 << 20};
    static const char *const paths[] = {"from", NULL};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    uint8_t *bytes = malloc(3 << 20);

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(mkdir("from", 0755) | mkdir("to", 0755), 0);
    for (size_t i = 0; i < 3 << 20; i++)
        bytes[i] = (uint8_t)(i * i >> 7);
    for (size_t i = 0; i < ELEMENTS_OF(sizes); i++) {
        char name[32];

        snprintf(name, sizeof(name), "from/%zu", i);
        ground_write(name, bytes, sizes[i]);
    }
    assert_int_equal(pack(paths, &parcel, NULL), 0);
    assert_int_equal(ground_unpack(&parcel, "to", 0, NULL), 0);
    for (size_t i = 0; i < ELEMENTS_OF(sizes); i++) {
        _cleanup_buffer_ struct buffer content = BUFFER_INIT;
        char name[32];

        snprintf(name, sizeof(name), "to/from/%zu", i);
        assert_int_equal(file_read(name, 4 << 20, &content), 0);
        assert_int_equal(buffer_length(&content), sizes[i]);
        assert_memory_equal(buffer_bytes(&content), bytes, sizes[i]);
    }
    free(bytes);
}

static void write_at(int fd, int64_t offset, const char *text)
{
    assert_int_equal(pwrite(fd, text, strlen(text), offset), strlen(text));
}

static void expect_at(int fd, int64_t offset, const char *text)
{
    char found[64] = "";

    assert_int_equal(pread(fd, found, strlen(text), offset), strlen(text));
    assert_memory_equal(found, text, strlen(text));
}

static void test_holes(void **state)
{
    static const char *const paths[] = {"holes", "nothing", "end", NULL};
    const int64_t size = 5ll << 30;
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct unpack_result result;
    struct stat info;
    int fd = open("holes", O_RDWR | O_CREAT, 0644);

    (void)state;
    assert_true(fd >= 0);
    write_at(fd, 1 << 20, "after a hole");
    write_at(fd, (4ll << 30) + 12345, "beyond 4 GiB");
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
    fd = open("nothing", O_RDWR | O_CREAT, 0644);
    assert_int_equal(ftruncate(fd, 1 << 30), 0);
    close(fd);
    fd = open("end", O_RDWR | O_CREAT, 0644);
    write_at(fd, 1 << 21, "at the end");
    close(fd);
    assert_int_equal(mkdir("to", 0755), 0);
    assert_int_equal(pack(paths, &parcel, NULL), 0);
    assert_true(buffer_length(&parcel) < 1 << 20);
    assert_int_equal(ground_unpack(&parcel, "to", 0, &result), 0);
    assert_int_equal(result.bytes, size + (1 << 30) + (1 << 21) + 10);
    fd = open("to/holes", O_RDONLY);
    expect_at(fd, 1 << 20, "after a hole");
    expect_at(fd, (4ll << 30) + 12345, "beyond 4 GiB");
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_size, size);
    assert_true(info.st_blocks * 512 < 4 << 20);
    close(fd);
    assert_int_equal(stat("to/nothing", &info), 0);
    assert_int_equal(info.st_size, 1 << 30);
    assert_true(info.st_blocks * 512 < 1 << 20);
    fd = open("to/end", O_RDONLY);
    expect_at(fd, 1 << 21, "at the end");
    close(fd);
}

static void test_hard_links(void **state)
{
    static const char *const paths[] = {"from", NULL};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct stat a, b;

    (void)state;
    assert_int_equal(mkdir("from", 0755) | mkdir("from/d", 0755) | mkdir("to", 0755), 0);
    ground_write("from/a", "one file", 8);
    assert_int_equal(link("from/a", "from/d/b") | link("from/a", "outside"), 0);
    assert_int_equal(pack(paths, &parcel, NULL), 0);
    assert_int_equal(ground_unpack(&parcel, "to", 0, NULL), 0);
    ground_expect("to/from/a", "one file");
    ground_expect("to/from/d/b", "one file");
    assert_int_equal(stat("to/from/a", &a) | stat("to/from/d/b", &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    assert_int_equal(a.st_nlink, 2);
}

/* What cannot go along is told by name, and the rest goes. */
static void test_what_is_left_out(void **state)
{
    static const char *const paths[] = {"from", "missing", NULL};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "from/socket"};
    struct pack_result packed;
    struct unpack_result unpacked;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(mkdir("from", 0755) | mkdir("to", 0755), 0);
    ground_write("from/file", "content", 7);
    assert_int_equal(mkfifo("from/pipe", 0600), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_int_equal(pack(paths, &parcel, &packed), 0);
    assert_int_equal(packed.left_out, 3);
    assert_non_null(strstr(left_out, "from/pipe: This is a device"));
    assert_non_null(strstr(left_out, "from/socket: This is a device"));
    assert_non_null(strstr(left_out, "missing: No such file or directory"));
    assert_int_equal(ground_unpack(&parcel, "to", 0, &unpacked), 0);
    assert_int_equal(unpacked.left_out, 3);
    assert_int_equal(ground_count("to/from"), 1);
    ground_expect("to/from/file", "content");
}

static void test_named_links_are_followed(void **state)
{
    static const char *const paths[] = {"link", "folder", NULL};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;

    (void)state;
    assert_int_equal(mkdir("to", 0755) | mkdir("real", 0755), 0);
    ground_write("real/file", "content", 7);
    assert_int_equal(symlink("real/file", "link") | symlink("real", "folder"), 0);
    assert_int_equal(pack(paths, &parcel, NULL), 0);
    assert_int_equal(ground_unpack(&parcel, "to", 0, NULL), 0);
    assert_true(readlink("to/link", (char[8]){0}, 8) < 0);
    ground_expect("to/link", "content");
    ground_expect("to/folder/file", "content");
}

static void test_top_names(void **state)
{
    static const char *const twins[] = {"a/x", "b/x", NULL};
    static const char *const slash[] = {"a/", NULL};
    static const char *const root[] = {"/", NULL};
    static const char *const here[] = {".", NULL};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;

    (void)state;
    assert_int_equal(mkdir("a", 0755) | mkdir("b", 0755) | mkdir("to", 0755), 0);
    ground_write("a/x", "1", 1);
    ground_write("b/x", "2", 1);
    assert_int_equal(pack(twins, &parcel, NULL), PARCEL_TROUBLE_TWICE);
    /* The parcel says so, too. */
    assert_int_equal(ground_unpack(&parcel, "to", 0, NULL), PARCEL_TROUBLE_GAVE_UP);
    assert_int_equal(ground_count("to"), 0);
    buffer_clear(&parcel);
    assert_int_equal(pack(root, &parcel, NULL), PARCEL_TROUBLE_NO_NAME);
    buffer_clear(&parcel);
    assert_int_equal(pack(slash, &parcel, NULL), 0);
    assert_int_equal(ground_unpack(&parcel, "to", 0, NULL), 0);
    ground_expect("to/a/x", "1");
    buffer_clear(&parcel);
    assert_int_equal(chdir("a"), 0);
    assert_int_equal(pack(here, &parcel, NULL), 0);
    assert_int_equal(chdir(".."), 0);
    assert_int_equal(ground_unpack(&parcel, "to2", 0, NULL), 0);
    ground_expect("to2/x", "1");
}

/* Files that tell no size, as in /proc. */
static void test_proc(void **state)
{
    static const char *const paths[] = {"/proc/self/status", NULL};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct stat info;

    (void)state;
    assert_int_equal(pack(paths, &parcel, NULL), 0);
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), 0);
    assert_int_equal(stat("status", &info), 0);
    assert_true(info.st_size > 100);
}

/* Cuts the file short as soon as the packer has written so much. */
struct shortener {
    struct buffer parcel;
    bool done;
};

static int shorten(void *user, const void *bytes, size_t size)
{
    struct shortener *shortener = user;

    if (!shortener->done && buffer_length(&shortener->parcel) > 300000) {
        assert_int_equal(truncate("large", 400000), 0);
        shortener->done = true;
    }
    return buffer_append(&shortener->parcel, bytes, size);
}

static void test_a_file_that_becomes_shorter(void **state)
{
    static const char *const paths[] = {"large", NULL};
    const struct pack_settings settings = {.paths = paths, .fd = -1, .on_left_out = on_left_out};
    struct shortener shortener = {0};
    const struct parcel_sink sink = {.write = shorten, .user = &shortener};
    struct parcel_trouble trouble = {0};
    struct pack_result result;
    uint8_t *bytes = malloc(4 << 20);

    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'x', 4 << 20);
    ground_write("large", bytes, 4 << 20);
    free(bytes);
    assert_int_equal(mkdir("to", 0755), 0);
    assert_int_equal(pack_run(&settings, &sink, &result, &trouble), 1);
    assert_int_equal(trouble.code, PARCEL_TROUBLE_SHORTER);
    parcel_trouble_deinit(&trouble);
    assert_int_not_equal(ground_unpack(&shortener.parcel, "to", 0, NULL), 0);
    assert_int_equal(ground_count("to"), 0);
    buffer_deinit(&shortener.parcel);
}

static void test_plain(void **state)
{
    static const char *const paths[] = {"file", NULL};
    const struct pack_settings settings = {
        .paths = paths, .kind = PARCEL_PLAIN, .fd = -1, .on_left_out = on_left_out};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    const struct parcel_sink sink = ground_sink(&parcel);
    struct parcel_trouble trouble = {0};
    struct pack_result result;
    struct stat info;

    (void)state;
    ground_write("file", "plain\n", 6);
    ground_write("there", "old", 3);
    assert_int_equal(chmod("there", 0640) | mkdir("folder", 0755), 0);
    assert_int_equal(pack_run(&settings, &sink, &result, &trouble), 0);
    assert_int_equal(ground_unpack(&parcel, "new", 0, NULL), 0);
    ground_expect("new", "plain\n");
    assert_int_equal(ground_unpack(&parcel, "there", 0, NULL), 0);
    ground_expect("there", "plain\n");
    assert_int_equal(stat("there", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(ground_unpack(&parcel, "folder", 0, NULL), PARCEL_TROUBLE_IS_FOLDER);
}

/* A sink that is full ends it; nothing loops, nothing leaks. */
static int refuse(void *user, const void *bytes, size_t size)
{
    size_t *room = user;

    (void)bytes;
    if (size > *room)
        return -ENOSPC;
    *room -= size;
    return 0;
}

static void test_a_full_sink(void **state)
{
    static const char *const paths[] = {"file", NULL};
    const struct pack_settings settings = {.paths = paths, .fd = -1, .on_left_out = on_left_out};
    uint8_t *bytes = calloc(1, 1 << 20);

    (void)state;
    ground_write("file", bytes, 1 << 20);
    free(bytes);
    for (size_t size = 0; size < 1 << 20; size += 100000) {
        size_t room = size;
        const struct parcel_sink sink = {.write = refuse, .user = &room};
        struct parcel_trouble trouble = {0};
        struct pack_result result;

        assert_int_equal(pack_run(&settings, &sink, &result, &trouble), 1);
        assert_int_equal(trouble.code, PARCEL_TROUBLE_FULL);
        parcel_trouble_deinit(&trouble);
    }
}

#define GROUND_TEST(test) cmocka_unit_test_setup_teardown(test, ground_setup, ground_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(test_round_trip),
        GROUND_TEST(test_sizes),
        GROUND_TEST(test_holes),
        GROUND_TEST(test_hard_links),
        GROUND_TEST(test_what_is_left_out),
        GROUND_TEST(test_named_links_are_followed),
        GROUND_TEST(test_top_names),
        GROUND_TEST(test_proc),
        GROUND_TEST(test_a_file_that_becomes_shorter),
        GROUND_TEST(test_plain),
        GROUND_TEST(test_a_full_sink),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
