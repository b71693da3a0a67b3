/* What of the prompt needs no terminal: completion and history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "cli/completion.h"
#include "cli/prompt-history.h"

static struct completion complete(const char *line)
{
    static const char *const words[] = {"web1", "web2", "webmail", "db1", "use", "uptime", "web1"};
    struct completion completion = completion_begin(line, strlen(line));

    for (size_t i = 0; i < ELEMENTS_OF(words); i++)
        completion_offer(&completion, words[i]);
    return completion;
}

static void test_completion(void **state)
{
    static const struct {
        const char *line;
        size_t count, common;
        bool is_first;
    } cases[] = {
        {"", 6, 0, true},          {"w", 3, 3, true},
        {"web", 3, 3, true},       {"webm", 1, 7, true},
        {"x", 0, 0, true},         {"use web1,d", 1, 3, false},
        {"use !w", 3, 3, false},   {"  u", 2, 1, true},
        {"run db1 ", 6, 0, false}, {"use web1&webma", 1, 7, false},
        {"web10", 0, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        struct completion completion = complete(cases[i].line);

        assert_int_equal(completion.count, cases[i].count);
        assert_int_equal(completion.common, cases[i].common);
        assert_int_equal(completion_is_first(&completion, cases[i].line), cases[i].is_first);
        completion_deinit(&completion);
    }
}

static void append(const char *line, void *user)
{
    assert_int_equal(buffer_append_text(user, line), 0);
    assert_int_equal(buffer_append_text(user, "|"), 0);
}

struct place {
    char directory[64];
    char path[96];
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    snprintf(place->directory, sizeof(place->directory), "/tmp/hune-test-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof(place->path), "%s/history", place->directory);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    unlink(place->path);
    rmdir(place->directory);
    free(place);
    return 0;
}

static void test_history_keeps_lines(void **state)
{
    const struct place *place = *state;
    _cleanup_buffer_ struct buffer seen = BUFFER_INIT;
    struct stat stat_of;

    history_load(place->path, append, &seen);
    assert_int_equal(buffer_length(&seen), 0);
    history_add(place->path, "uptime");
    history_add(place->path, " secret");
    history_add(place->path, "");
    history_add(place->path, "echo ü");
    history_load(place->path, append, &seen);
    assert_string_equal(buffer_text(&seen), "uptime|echo ü|");
    assert_int_equal(stat(place->path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
}

static void count_line(const char *line, void *user)
{
    unsigned *seen = user;
    char expected[32];

    snprintf(expected, sizeof(expected), "line %u", seen[0] + seen[1]);
    assert_string_equal(line, expected);
    seen[0]++;
}

/* The last lines are handed out, whatever the number; a long file is cut, and still has them. */
static void test_history_is_cut(void **state)
{
    static const unsigned counts[] = {1,
                                      HISTORY_LINES - 1,
                                      HISTORY_LINES,
                                      HISTORY_LINES + 1,
                                      2 * HISTORY_LINES,
                                      2 * HISTORY_LINES + 1};
    const struct place *place = *state;

    for (size_t i = 0; i < ELEMENTS_OF(counts); i++) {
        _cleanup_buffer_ struct buffer content = BUFFER_INIT;
        unsigned kept = counts[i] < HISTORY_LINES ? counts[i] : HISTORY_LINES;
        unsigned seen[2] = {0, counts[i] - kept};

        for (unsigned line = 0; line < counts[i]; line++)
            assert_int_equal(buffer_printf(&content, "line %u\n", line), 0);
        assert_int_equal(
            file_replace(place->path, 0600, buffer_bytes(&content), buffer_length(&content)), 0);
        history_load(place->path, count_line, seen);
        assert_int_equal(seen[0], kept);
        seen[0] = 0;
        history_load(place->path, count_line, seen);
        assert_int_equal(seen[0], kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_completion),
        cmocka_unit_test_setup_teardown(test_history_keeps_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_is_cut, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
