/* See unpack.h: what comes may come from an enemy. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parcel/test-ground.h"

#include <cmocka.h>

#include "base/text.h"
#include "parcel/name.h"

struct thing {
    const char *name;
    unsigned type;
    const char *content;
    const char *link;
};

static void parcel_of(const struct thing *things, struct buffer *parcel)
{
    struct hostile hostile;

    hostile_begin(&hostile);
    for (; things->name; things++)
        hostile_add(&hostile, things->name, things->type, things->content, things->link);
    hostile_end(&hostile, parcel);
}

/* What must be refused whatever the target is. */
static void test_hostile_archives(void **state)
{
    static const struct {
        const char *what;
        enum parcel_trouble_code code;
        struct thing things[6];
    } cases[] = {
        {"an absolute name", PARCEL_TROUBLE_NAME, {{"/tmp/hune-evil", AE_IFREG, "x", NULL}}},
        {"..", PARCEL_TROUBLE_NAME, {{"../outside/evil", AE_IFREG, "x", NULL}}},
        {".. in the middle",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFDIR, NULL, NULL}, {"a/../../outside/evil", AE_IFREG, "x", NULL}}},
        {".. at the end", PARCEL_TROUBLE_NAME, {{"a/..", AE_IFDIR, NULL, NULL}}},
        {"an empty part", PARCEL_TROUBLE_NAME, {{"a//b", AE_IFREG, "x", NULL}}},
        {". alone", PARCEL_TROUBLE_NAME, {{"./", AE_IFDIR, NULL, NULL}}},
        {"a file through a link",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFLNK, "../../outside", NULL}, {"a/evil", AE_IFREG, "x", NULL}}},
        {"a file through a link in the middle of its name",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFLNK, "../../outside", NULL}, {"a/below/evil", AE_IFREG, "x", NULL}}},
        {"a folder through a link in the middle of its name",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFLNK, "../../outside", NULL}, {"a/below/evil", AE_IFDIR, NULL, NULL}}},
        {"a hard link through a link in the middle of its name",
         PARCEL_TROUBLE_NAME,
         {{"l", AE_IFLNK, "../../outside", NULL}, {"a", AE_IFREG, NULL, "l/below/victim"}}},
        {"a file through a link that stays inside",
         PARCEL_TROUBLE_NAME,
         {{"d", AE_IFDIR, NULL, NULL},
          {"d/e", AE_IFDIR, NULL, NULL},
          {"a", AE_IFLNK, "d", NULL},
          {"a/e/evil", AE_IFREG, "x", NULL}}},
        {"a file through a link to an absolute name",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFLNK, "/tmp", NULL}, {"a/evil", AE_IFREG, "x", NULL}}},
        {"a folder through a link",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFLNK, "../../outside", NULL}, {"a/evil", AE_IFDIR, NULL, NULL}}},
        {"a link through a link",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFLNK, "../../outside", NULL}, {"a/evil", AE_IFLNK, "/etc", NULL}}},
        {"a file over a link",
         PARCEL_TROUBLE_TWICE,
         {{"a", AE_IFLNK, "../../outside/victim", NULL}, {"a", AE_IFREG, "x", NULL}}},
        {"a file behind a file",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFREG, "x", NULL}, {"a/b", AE_IFREG, "x", NULL}}},
        {"a folder that never came", PARCEL_TROUBLE_NAME, {{"a/b", AE_IFREG, "x", NULL}}},
        {"a hard link to outside",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFREG, NULL, "../outside/victim"}}},
        {"a hard link to an absolute name",
         PARCEL_TROUBLE_NAME,
         {{"a", AE_IFREG, NULL, "/etc/passwd"}}},
        {"a hard link through a link",
         PARCEL_TROUBLE_NAME,
         {{"l", AE_IFLNK, "../../outside", NULL}, {"a", AE_IFREG, NULL, "l/victim"}}},
        {"a hard link to nothing", PARCEL_TROUBLE_NAME, {{"a", AE_IFREG, NULL, "b"}}},
        {"a device", PARCEL_TROUBLE_KIND, {{"null", AE_IFCHR, NULL, NULL}}},
        {"a block device", PARCEL_TROUBLE_KIND, {{"sda", AE_IFBLK, NULL, NULL}}},
        {"a pipe", PARCEL_TROUBLE_KIND, {{"pipe", AE_IFIFO, NULL, NULL}}},
        {"the same name twice",
         PARCEL_TROUBLE_TWICE,
         {{"a", AE_IFREG, "1", NULL}, {"a", AE_IFREG, "2", NULL}}},
        {"a name that stages have",
         PARCEL_TROUBLE_NAME,
         {{".hune-0123456789abcdef", AE_IFDIR, NULL, NULL}}},
    };

    (void)state;
    /* What the links above lead to, seen from where they are unpacked. */
    assert_int_equal(mkdir("outside", 0755) | mkdir("outside/below", 0755), 0);
    ground_write("outside/victim", "untouched", 9);
    ground_write("outside/below/victim", "untouched", 9);
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
        enum parcel_trouble_code code;

        assert_int_equal(mkdir("target", 0755), 0);
        ground_write("target/kept", "old", 3);
        parcel_of(cases[i].things, &parcel);
        print_message("%s\n", cases[i].what);
        code = ground_unpack(&parcel, "target", 0, NULL);
        if (code != cases[i].code)
            fail_msg("%s: %d", cases[i].what, (int)code);
        assert_int_equal(ground_count("target"), 1);
        ground_expect("target/kept", "old");
        assert_int_equal(ground_count("outside"), 2);
        assert_int_equal(ground_count("outside/below"), 1);
        ground_expect("outside/victim", "untouched");
        assert_false(ground_has("/tmp/hune-evil"));
        assert_int_equal(unlink("target/kept") | rmdir("target"), 0);
    }
}

/* A link that an earlier parcel left in the target is as little a way out as one of this parcel. */
static void test_links_in_the_target(void **state)
{
    static const struct thing through[] = {
        {"a", AE_IFDIR, NULL, NULL}, {"a/evil", AE_IFREG, "x", NULL}, {0}};
    static const struct thing over[] = {{"l", AE_IFREG, "new", NULL}, {0}};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    _cleanup_buffer_ struct buffer second = BUFFER_INIT;
    struct stat info;

    (void)state;
    assert_int_equal(mkdir("target", 0755) | mkdir("outside", 0755), 0);
    assert_int_equal(symlink("../outside", "target/a"), 0);
    parcel_of(through, &parcel);
    assert_int_equal(ground_unpack(&parcel, "target", 0, NULL), PARCEL_TROUBLE_NO_FOLDER);
    assert_int_equal(ground_count("outside"), 0);
    /* A file takes a link's place; what it led to stays. */
    ground_write("outside/victim", "untouched", 9);
    assert_int_equal(symlink("../outside/victim", "target/l"), 0);
    parcel_of(over, &second);
    assert_int_equal(ground_unpack(&second, "target", 0, NULL), 0);
    ground_expect("outside/victim", "untouched");
    assert_int_equal(lstat("target/l", &info), 0);
    assert_true(S_ISREG(info.st_mode));
}

static void test_modes_are_cut(void **state)
{
    static const struct thing things[] = {
        {"d", AE_IFDIR, NULL, NULL}, {"d/setuid", AE_IFREG, "x", NULL}, {0}};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct stat info;

    (void)state;
    parcel_of(things, &parcel);
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), 0);
    assert_int_equal(stat("d/setuid", &info), 0);
    assert_int_equal(info.st_mode & 07777, 0644);
    assert_int_equal(info.st_mtim.tv_sec, 1000000000);
    assert_int_equal(stat("d", &info), 0);
    assert_int_equal(info.st_mode & 07777, 0755);
    assert_int_equal(info.st_mtim.tv_sec, 1000000000);
}

static void test_bounds(void **state)
{
    static const struct thing things[] = {
        {"a", AE_IFREG, "12345", NULL}, {"b", AE_IFREG, "12345", NULL}, {0}};
    struct unpack_settings settings = {.target = ".", .entries_max = 1};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct parcel_trouble trouble = {0};
    struct ground_source source;
    struct unpack_result result;

    (void)state;
    parcel_of(things, &parcel);
    assert_int_equal(ground_unpack(&parcel, ".", 9, NULL), PARCEL_TROUBLE_TOO_MUCH);
    assert_int_equal(ground_count("."), 0);
    ground_source_init(&source, &parcel, 0);
    assert_int_equal(unpack_run(&settings, &source.source, &result, &trouble), 1);
    assert_int_equal(trouble.code, PARCEL_TROUBLE_TOO_MUCH);
    parcel_trouble_deinit(&trouble);
    assert_int_equal(ground_count("."), 0);
    assert_int_equal(ground_unpack(&parcel, ".", 10, &result), 0);
    assert_int_equal(result.bytes, 10);
    assert_int_equal(result.entries, 2);
}

/* A header that promises 10 GiB is refused before the first byte is written, and so is a stream of
 * them that never ends. */
static void test_ten_gigabytes(void **state)
{
    struct archive_entry *entry = archive_entry_new();
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct archive *writer;
    char header[4096];
    size_t used = 0;

    (void)state;
    writer = archive_write_new();
    archive_write_set_format_pax(writer);
    archive_write_set_bytes_per_block(writer, 0);
    archive_write_open_memory(writer, header, sizeof(header), &used);
    archive_entry_set_pathname(entry, "zeros");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, 10ll << 30);
    assert_int_equal(archive_write_header(writer, entry), ARCHIVE_OK);
    archive_write_free(writer); /* cannot end what it began */
    archive_entry_free(entry);
    ground_wrap(header, used, &parcel);
    assert_int_equal(ground_unpack(&parcel, ".", 1 << 20, NULL), PARCEL_TROUBLE_TOO_MUCH);
    /* Without a bound it is only what it is: cut off. */
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), PARCEL_TROUBLE_ARCHIVE);
    assert_int_equal(ground_count("."), 0);
}

/* Wherever the parcel is cut: nothing was there before, nothing is there afterwards. */
static void test_cut_everywhere(void **state)
{
    static const struct thing things[] = {{"d", AE_IFDIR, NULL, NULL},
                                          {"d/a", AE_IFREG, "content", NULL},
                                          {"kept", AE_IFREG, "new", NULL},
                                          {0}};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;

    (void)state;
    parcel_of(things, &parcel);
    ground_write("kept", "old", 3);
    for (size_t size = 0; size < buffer_length(&parcel); size += size < 64 ? 1 : 61) {
        struct buffer part = {.data = parcel.data, .begin = parcel.begin, .end = size};

        assert_int_not_equal(ground_unpack(&part, ".", 0, NULL), 0);
        ground_expect("kept", "old");
        assert_int_equal(ground_count("."), 1);
    }
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), 0);
    ground_expect("kept", "new");
    ground_expect("d/a", "content");
}

static void test_garbage(void **state)
{
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    uint8_t garbage[8192];
    uint32_t seed = 7;

    (void)state;
    for (unsigned round = 0; round < 64; round++) {
        for (size_t i = 0; i < sizeof(garbage); i++)
            garbage[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
        buffer_clear(&parcel);
        ground_wrap(garbage, sizeof(garbage) - round, &parcel);
        assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), PARCEL_TROUBLE_ARCHIVE);
    }
    buffer_clear(&parcel);
    assert_int_equal(buffer_append(&parcel, garbage, sizeof(garbage)), 0);
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), PARCEL_TROUBLE_NO_PARCEL);
    assert_int_equal(ground_count("."), 0);
}

/* A whole archive, but what is behind it does not end. */
static void test_endless_padding(void **state)
{
    _cleanup_buffer_ struct buffer archive = BUFFER_INIT;
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    uint8_t *room;

    (void)state;
    assert_int_equal(buffer_reserve(&archive, 1 << 20, &room), 0);
    memset(room, 0, 1 << 20);
    ground_wrap(room, 10240, &parcel);
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), 0);
    buffer_clear(&parcel);
    ground_wrap(room, 1 << 20, &parcel);
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), PARCEL_TROUBLE_ARCHIVE);
}

/* One bit of the content changed on its way. */
static void test_the_sum(void **state)
{
    static const struct thing things[] = {{"a", AE_IFREG, "a secret content", NULL}, {0}};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    uint8_t *at;

    (void)state;
    parcel_of(things, &parcel);
    at = memmem(buffer_bytes(&parcel), buffer_length(&parcel), "secret", 6);
    assert_non_null(at);
    *at ^= 1;
    ground_write("a", "old", 3);
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), PARCEL_TROUBLE_SUM);
    ground_expect("a", "old");
}

/* What is in the way is found before the first file is moved. */
static void test_in_the_way(void **state)
{
    static const struct thing things[] = {{"a", AE_IFREG, "new", NULL},
                                          {"b", AE_IFREG, "new", NULL},
                                          {"c", AE_IFDIR, NULL, NULL},
                                          {"c/d", AE_IFREG, "new", NULL},
                                          {0}};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;

    (void)state;
    parcel_of(things, &parcel);
    for (unsigned which = 0; which < 4; which++) {
        ground_write("a", "old", 3);
        if (which == 0)
            assert_int_equal(mkdir("b", 0755), 0);
        else if (which == 1)
            assert_int_equal(mkfifo("b", 0600), 0);
        else if (which == 2)
            ground_write("c", "a file", 6);
        else
            assert_int_equal(mkdir("c", 0755) | mkdir("c/d", 0755), 0);
        assert_int_equal(ground_unpack(&parcel, ".", 0, NULL),
                         which == 1   ? PARCEL_TROUBLE_IS_SPECIAL
                         : which == 2 ? PARCEL_TROUBLE_NO_FOLDER
                                      : PARCEL_TROUBLE_IS_FOLDER);
        ground_expect("a", "old");
        assert_int_equal(ground_count("."), 2);
        if (which == 3)
            rmdir("c/d");
        assert_int_equal(remove(which < 2 ? "b" : "c"), 0);
    }
}

/* What is there stays there beside what comes. */
static void test_into_what_is_there(void **state)
{
    static const struct thing things[] = {{"d", AE_IFDIR, NULL, NULL},
                                          {"d/a", AE_IFREG, "new", NULL},
                                          {"d/e", AE_IFDIR, NULL, NULL},
                                          {"d/e/f", AE_IFREG, "new", NULL},
                                          {0}};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;

    (void)state;
    parcel_of(things, &parcel);
    assert_int_equal(mkdir("d", 0700), 0);
    ground_write("d/a", "old", 3);
    ground_write("d/b", "other", 5);
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), 0);
    ground_expect("d/a", "new");
    ground_expect("d/b", "other");
    ground_expect("d/e/f", "new");
    assert_int_equal(ground_unpack(&parcel, ".", 0, NULL), 0);
}

static void test_new_names(void **state)
{
    static const struct thing one[] = {
        {"d", AE_IFDIR, NULL, NULL}, {"d/a", AE_IFREG, "in d", NULL}, {0}};
    static const struct thing two[] = {{"a", AE_IFREG, "1", NULL}, {"b", AE_IFREG, "2", NULL}, {0}};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    _cleanup_buffer_ struct buffer second = BUFFER_INIT;
    struct stat info;

    (void)state;
    parcel_of(one, &parcel);
    parcel_of(two, &second);
    assert_int_equal(ground_unpack(&parcel, "renamed", 0, NULL), 0);
    ground_expect("renamed/a", "in d");
    assert_int_equal(stat("renamed", &info), 0);
    assert_int_equal(info.st_mtim.tv_sec, 1000000000);
    assert_int_equal(ground_unpack(&second, "both", 0, NULL), PARCEL_TROUBLE_NO_FOLDER);
    assert_int_equal(ground_unpack(&second, "missing/", 0, NULL), PARCEL_TROUBLE_SYSTEM);
    assert_int_equal(ground_unpack(&second, "missing/a", 0, NULL), PARCEL_TROUBLE_SYSTEM);
    assert_int_equal(ground_unpack(&second, "..", 0, NULL), 0); /* a folder; cleaned up below */
    assert_int_equal(unlink("../a") | unlink("../b"), 0);
    assert_int_equal(ground_count("."), 1);
}

/* What a killed one left behind goes; what somebody else works in stays. */
static void test_sweeping(void **state)
{
    static const struct thing things[] = {{"a", AE_IFREG, "new", NULL}, {0}};
    const struct unpack_settings settings = {.target = "."};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    struct parcel_trouble trouble = {0};
    struct ground_source source;
    struct unpack_result result;
    int other;

    (void)state;
    parcel_of(things, &parcel);
    assert_int_equal(mkdir(".hune-00112233445566ff", 0700) |
                         mkdir(".hune-00112233445566ff/below", 0700) |
                         mkdir(".hune-00112233445566aa", 0700) | mkdir(".hune-mine", 0700),
                     0);
    ground_write(".hune-00112233445566ff/below/x", "left", 4);
    other = open(".hune-00112233445566aa", O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(other, LOCK_EX), 0);
    ground_source_init(&source, &parcel, 0);
    assert_int_equal(unpack_run(&settings, &source.source, &result, &trouble), 0);
    ground_expect("a", "new");
    assert_false(ground_has(".hune-00112233445566ff"));
    assert_true(ground_has(".hune-00112233445566aa"));
    assert_true(ground_has(".hune-mine"));
    close(other);
}

static void test_names(void **state)
{
    static const char *const good[] = {"a",  "a/",      "a//", "...", "a/b",
                                       ".a", "..a/b..", "\n",  "\xff"};
    static const char *const bad[] = {"", "/", "/a", ".", "..", "./a", "a/.", "a//b", "a/../b"};
    char deep[4 * LIMIT_PARCEL_DEPTH + 8] = "a";
    char *name;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(good); i++) {
        name = strdup(good[i]);
        assert_true(name_is_good(name));
        free(name);
    }
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++) {
        name = strdup(bad[i]);
        if (name_is_good(name))
            fail_msg("%s is no good name", bad[i]);
        free(name);
    }
    for (unsigned i = 1; i < LIMIT_PARCEL_DEPTH; i++)
        strcat(deep, "/a");
    assert_true(name_is_good(deep));
    strcat(deep, "/a");
    assert_false(name_is_good(deep));
    name = calloc(1, LIMIT_PARCEL_NAME + 1);
    memset(name, 'x', LIMIT_PARCEL_NAME - 1);
    assert_true(name_is_good(name));
    name[LIMIT_PARCEL_NAME - 1] = 'x';
    assert_false(name_is_good(name));
    free(name);
}

#define GROUND_TEST(test) cmocka_unit_test_setup_teardown(test, ground_setup, ground_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        GROUND_TEST(test_hostile_archives),
        GROUND_TEST(test_links_in_the_target),
        GROUND_TEST(test_modes_are_cut),
        GROUND_TEST(test_bounds),
        GROUND_TEST(test_ten_gigabytes),
        GROUND_TEST(test_cut_everywhere),
        GROUND_TEST(test_garbage),
        GROUND_TEST(test_endless_padding),
        GROUND_TEST(test_the_sum),
        GROUND_TEST(test_in_the_way),
        GROUND_TEST(test_into_what_is_there),
        GROUND_TEST(test_new_names),
        GROUND_TEST(test_sweeping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
