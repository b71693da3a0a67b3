/* See log.h. Each line is read back from where standard error leads meanwhile. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LOG_TAG "here"
#include "base/cleanup.h"
#include "base/log.h"

struct sink {
    int kept; /* standard error as it was */
    int ends[2];
    char text[4096];
};

static int set_up(void **state)
{
    struct sink *sink = calloc(1, sizeof(*sink));

    if (!sink || pipe2(sink->ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    sink->kept = dup(STDERR_FILENO);
    if (dup2(sink->ends[1], STDERR_FILENO) < 0)
        return -1;
    unsetenv("JOURNAL_STREAM");
    log_open("prog", LOG_LEVEL_INFO);
    *state = sink;
    return 0;
}

static int tear_down(void **state)
{
    struct sink *sink = *state;

    dup2(sink->kept, STDERR_FILENO);
    close(sink->kept);
    close(sink->ends[0]);
    close(sink->ends[1]);
    free(sink);
    unsetenv("JOURNAL_STREAM");
    return 0;
}

/* What came since, "" for nothing. */
static const char *said(struct sink *sink)
{
    ssize_t size = read(sink->ends[0], sink->text, sizeof(sink->text) - 1);

    sink->text[size < 0 ? 0 : size] = '\0';
    return sink->text;
}

/* Behind the time, "HH:MM:SS.mmm ". */
static const char *said_behind_time(struct sink *sink)
{
    const char *text = said(sink);

    assert_true(strlen(text) > 13);
    for (size_t i = 0; i < 12; i++)
        assert_true(i == 2 || i == 5 ? text[i] == ':'
                    : i == 8         ? text[i] == '.'
                                     : text[i] >= '0' && text[i] <= '9');
    assert_int_equal(text[12], ' ');
    return text + 13;
}

static void test_levels(void **state)
{
    struct sink *sink = *state;

    assert_int_equal(log_verbosity(), LOG_LEVEL_INFO);
    log_debug("not %s", "wanted");
    assert_string_equal(said(sink), "");
    log_info("wanted %d", 7);
    assert_string_equal(said_behind_time(sink), "prog: here: wanted 7\n");
    log_open("prog", LOG_LEVEL_ERROR);
    log_warning("no");
    assert_string_equal(said(sink), "");
    log_error("yes");
    assert_string_equal(said_behind_time(sink), "prog: here: yes\n");
    log_write(LOG_LEVEL_ERROR, NULL, NULL, "no tag");
    assert_string_equal(said_behind_time(sink), "prog: no tag\n");
}

static void test_an_orders_line(void **state)
{
    static const uint8_t id[16] = {0x01, 0x8f, 0xff};

    log_order(LOG_LEVEL_NOTICE, id, "taken");
    assert_string_equal(said_behind_time(*state),
                        "prog: here: order 018fff00-0000-0000-0000-000000000000: taken\n");
}

/* systemd reads the level off each line, and has the time by itself. */
static void test_under_systemd(void **state)
{
    assert_int_equal(setenv("JOURNAL_STREAM", "8:9", 1), 0);
    log_open("prog", LOG_LEVEL_DEBUG);
    log_error("one");
    assert_string_equal(said(*state), "<3>here: one\n");
    log_debug("two");
    assert_string_equal(said(*state), "<7>here: two\n");
}

/* What a peer chose forges no line, and drives no terminal. */
static void test_control_characters(void **state)
{
    log_info("%s", "a\nb\r\x1b[2Jc\x7f\td\xc3\xa9");
    assert_string_equal(said_behind_time(*state), "prog: here: a?b??[2Jc??d\xc3\xa9\n");
}

/* Cut, and a line all the same. */
static void test_long_lines(void **state)
{
    struct sink *sink = *state;
    char text[3000];

    for (size_t size = 950; size < sizeof(text) - 1; size += size < 1100 ? 1 : 500) {
        static const char head[] = "prog: here: ";
        const char *line;
        size_t length;

        memset(text, 'x', size);
        text[size] = '\0';
        log_info("%s", text);
        line = said_behind_time(sink);
        length = strlen(line);
        assert_true(length > sizeof(head) && length <= 1024 - 13);
        assert_memory_equal(line, head, sizeof(head) - 1);
        assert_memory_equal(line + sizeof(head) - 1, text, length - sizeof(head));
        assert_int_equal(line[length - 1], '\n');
        if (size < 990)
            assert_int_equal(length, sizeof(head) + size);
        else if (size > 1000)
            assert_int_equal(length, 1023 - 13); /* no more is lost than has no room */
    }
}

#define log_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        log_test(test_levels),        log_test(test_an_orders_line),
        log_test(test_under_systemd), log_test(test_control_characters),
        log_test(test_long_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
