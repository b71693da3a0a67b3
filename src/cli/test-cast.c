/* See cast.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buffer.h"
#include "base/file.h"
#include "cli/cast.h"

static char folder[] = "/tmp/hune-cast.XXXXXX";
static char path[64];

static int set_up(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static struct cast *begin(bool is_plain)
{
    const struct cast_head head = {.columns = 80,
                                   .rows = 24,
                                   .title = "web\"1",
                                   .command = "htop",
                                   .terminal = "xterm",
                                   .is_plain = is_plain};
    struct cast *cast;

    assert_int_equal(cast_new(&cast, path, &head), 0);
    return cast;
}

/* Compares all lines behind the header. */
static void events_are(const char *expected)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    const char *events;

    assert_int_equal(file_read(path, 1 << 20, &content), 0);
    events = strchr(buffer_text(&content), '\n');
    assert_non_null(events);
    assert_string_equal(events + 1, expected);
}

static void test_header(void **state)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct stat info;
    json_t *head;

    (void)state;
    assert_int_equal(cast_close(begin(false)), 0);
    assert_int_equal(file_read(path, 4096, &content), 0);
    head = json_loadb((const char *)buffer_bytes(&content), buffer_length(&content), 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(head, "version")), 2);
    assert_int_equal(json_integer_value(json_object_get(head, "width")), 80);
    assert_int_equal(json_integer_value(json_object_get(head, "height")), 24);
    assert_true(json_integer_value(json_object_get(head, "timestamp")) > 1700000000);
    assert_string_equal(json_string_value(json_object_get(head, "title")), "web\"1");
    assert_string_equal(json_string_value(json_object_get(head, "command")), "htop");
    assert_string_equal(json_string_value(json_object_get(json_object_get(head, "env"), "TERM")),
                        "xterm");
    json_decref(head);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_events(void **state)
{
    struct cast *cast = begin(false);

    (void)state;
    cast_output(cast, 0, "a\r\n", 3);
    cast_output(cast, 1234, "\033[31m\"\\", 7);
    cast_resize(cast, 1300, 100, 50);
    cast_output(cast, 1250, "late", 4); /* a time that runs backwards is held */
    cast_output(cast, 61000, "", 0);
    cast_output(cast, 61001, "end", 3);
    assert_int_equal(cast_close(cast), 0);
    events_are("[0.000, \"o\", \"a\\u000d\\n\"]\n"
               "[1.234, \"o\", \"\\u001b[31m\\\"\\\\\"]\n"
               "[1.300, \"r\", \"100x50\"]\n"
               "[1.300, \"o\", \"late\"]\n"
               "[61.001, \"o\", \"end\"]\n");
}

/* A character that comes in pieces is one; what is none is replaced. */
static void test_characters(void **state)
{
    static const char text[] = "\303\251\342\202\254\360\237\230\200";
    struct cast *cast = begin(false);

    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        cast_output(cast, (uint32_t)i, text + i, 1);
    cast_output(cast, 20, "x\377y\303", 4);
    cast_output(cast, 21, "z\342\202", 3);
    assert_int_equal(cast_close(cast), 0);
    events_are("[0.001, \"o\", \"\303\251\"]\n"
               "[0.004, \"o\", \"\342\202\254\"]\n"
               "[0.008, \"o\", \"\360\237\230\200\"]\n"
               "[0.020, \"o\", \"x\357\277\275y\"]\n"
               "[0.021, \"o\", \"\357\277\275z\"]\n");
}

static void test_plain_newlines(void **state)
{
    struct cast *cast = begin(true);

    (void)state;
    cast_output(cast, 0, "a\nb\r", 4);
    cast_output(cast, 1, "\nc\n", 3);
    assert_int_equal(cast_close(cast), 0);
    events_are("[0.000, \"o\", \"a\\u000d\\nb\\u000d\"]\n[0.001, \"o\", \"\\nc\\u000d\\n\"]\n");
}

static void test_nothing_is_overwritten(void **state)
{
    const struct cast_head head = {.columns = 80, .rows = 24};
    struct cast *cast;

    (void)state;
    assert_int_equal(cast_close(begin(false)), 0);
    assert_int_equal(cast_new(&cast, path, &head), -EEXIST);
    assert_int_equal(cast_new(&cast, "/nonexistent/file", &head), -ENOENT);
}

/* A full disk: the file ends with a whole line, and the error is told. */
static void test_full(void **state)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct rlimit before;
    struct rlimit limit;
    struct cast *cast = begin(false);
    const char *line;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 1000;
    setrlimit(RLIMIT_FSIZE, &limit);
    for (uint32_t i = 0; i < 100; i++)
        cast_output(cast, i, "some output", 11);
    assert_int_equal(cast_close(cast), -EFBIG);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(file_read(path, 4096, &content), 0);
    assert_true(buffer_length(&content) > 900);
    line = buffer_text(&content);
    assert_int_equal(line[buffer_length(&content) - 1], '\n');
    for (; *line; line = strchr(line, '\n') + 1) {
        json_t *value = json_loadb(line, strcspn(line, "\n"), 0, NULL);

        assert_non_null(value);
        json_decref(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_header, set_up),
        cmocka_unit_test_setup(test_events, set_up),
        cmocka_unit_test_setup(test_characters, set_up),
        cmocka_unit_test_setup(test_plain_newlines, set_up),
        cmocka_unit_test_setup(test_nothing_is_overwritten, set_up),
        cmocka_unit_test_setup(test_full, set_up),
    };
    int failures;

    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof(path), "%s/a.cast", folder);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(folder);
    return failures;
}
