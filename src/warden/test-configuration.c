/* See configuration.h. */
#include "warden/test-support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "warden/configuration.h"

static int read_text(const char *text, struct config *config, struct config_error *error)
{
    struct folder folder;
    int r;

    folder_make(&folder);
    folder_write(&folder, "huned.conf", text, strlen(text));
    r = config_read(config, folder.place.config, error);
    folder_remove(&folder);
    return r;
}

static void test_defaults(void **state)
{
    struct folder *folder = *state;
    struct config_error error;
    struct config config;

    assert_int_equal(config_read(&config, folder->place.config, &error), 0);
    assert_int_equal(config.listen_count, 2);
    assert_string_equal(config.listen[0], "0.0.0.0:10000");
    assert_string_equal(config.listen[1], "[::]:10000");
    assert_string_equal(config.gate_user, "_hune");
    assert_string_not_equal(config.name, "");
    assert_int_equal(config.keep_seconds, 3600);
    assert_int_equal(config.memory, 256 << 20);
    assert_int_equal(config.spool, 64 << 20);
    assert_int_equal(config.jobs, 256);
    assert_int_equal(config.log_level, LOG_LEVEL_INFO);
    assert_string_equal(config.certificate, "");
    assert_string_equal(config.advertise, "");
}

static void test_every_key(void **state)
{
    struct config_error error;
    struct config config;

    (void)state;
    assert_int_equal(read_text("# a comment\n"
                               "[agent]\n"
                               "name = web 1\n"
                               "listen = 127.0.0.1:1, [::1]:65535\n"
                               "advertise = web1.example.org:443\n"
                               "gate-user = gate\n"
                               "certificate = /etc/a.crt\n"
                               "key = /etc/a.key\n"
                               "\n"
                               "[jobs]\n"
                               "keep = 15m\n"
                               "memory = 64M\n"
                               "spool = 0\n"
                               "running = 1024\n"
                               "[history]\n"
                               "record = no\n"
                               "keep-10s = 2h\n"
                               "keep-1h = 400d\n"
                               "[log]\n"
                               "level = debug\n",
                               &config, &error),
                     0);
    assert_string_equal(config.name, "web 1");
    assert_int_equal(config.listen_count, 2);
    assert_string_equal(config.listen[0], "127.0.0.1:1");
    assert_string_equal(config.listen[1], "[::1]:65535");
    assert_string_equal(config.advertise, "web1.example.org:443");
    assert_string_equal(config.gate_user, "gate");
    assert_string_equal(config.certificate, "/etc/a.crt");
    assert_string_equal(config.key, "/etc/a.key");
    assert_int_equal(config.keep_seconds, 900);
    assert_int_equal(config.memory, 64 << 20);
    assert_int_equal(config.spool, 0);
    assert_int_equal(config.jobs, 1024);
    assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config.record, 0);
    assert_int_equal(config.history_keep[HISTORY_FINE], 7200);
    assert_int_equal(config.history_keep[HISTORY_MEDIUM], 14 * 86400);
    assert_int_equal(config.history_keep[HISTORY_COARSE], 400 * 86400);
}

struct bad {
    const char *text;
    int line;
    const char *says; /* a part of the error's text */
};

static const struct bad bad_rows[] = {
    {"[agent]\nname = a\nlisen = b\n", 3, "unknown key \"lisen\" in section [agent]"},
    {"[agnet]\nname = a\n", 2, "unknown key \"name\" in section [agnet]"},
    {"name = a\n", 1, "unknown key \"name\" in section []"},
    {"[agent]\n\n\njust words\n", 4, "neither a [section] nor key = value"},
    {"[agent\nname = a\n", 1, "neither"},
    {"[agent]\nname =\n", 2, "expected a text"},
    {"[agent]\nlisten = 0.0.0.0\n", 2, "\"0.0.0.0\" is not an address and port"},
    {"[agent]\nlisten = 0.0.0.0:0\n", 2, "is not an address and port"},
    {"[agent]\nlisten = 0.0.0.0:65536\n", 2, "is not an address and port"},
    {"[agent]\nlisten = 0.0.0.0:80,\n", 2, "\"\" is not an address and port"},
    {"[agent]\nlisten = 0.0.0.0:+80\n", 2, "is not an address and port"},
    {"[agent]\nlisten = a:1,a:2,a:3,a:4,a:5,a:6,a:7,a:8,a:9\n", 2, "more than 8"},
    {"[jobs]\nkeep = soon\n", 2, "expected a time such as 90s, 15m, 1h, not \"soon\""},
    {"[jobs]\nkeep = 99999d\n", 2, "expected a time"},
    {"[jobs]\nmemory = much\n", 2, "expected a size"},
    {"[jobs]\nmemory = 99999999999T\n", 2, "expected a size"},
    {"[jobs]\nrunning = 0\n", 2, "expected a number in range"},
    {"[jobs]\nrunning = 1025\n", 2, "expected a number in range"},
    {"[jobs]\nrunning = -1\n", 2, "expected a number in range"},
    {"[history]\nrecord = maybe\n", 2, "expected yes or no"},
    {"[history]\nkeep-10s = 59m\n", 2, "expected a longer time"},
    {"[history]\nkeep-2m = 1h\n", 2, "expected a longer time"},
    {"[history]\nkeep-10s = 60d\n", 0, "a file larger than 64 MiB"},
    {"[history]\nkeep-2m = 3000d\n", 0, "a file larger than 64 MiB"},
    {"[log]\nlevel = loud\n", 2, "expected one of error, warning"},
    {"[log]\nlevel = 7\n", 2, "expected one of error, warning"},
    {"[agent]\ncertificate = /a\n", 0, "certificate and key go together"},
    {"[agent]\nkey = /a\n", 0, "certificate and key go together"},
    {"[agent]\ngate-user = 123456789012345678901234567890123\n", 2, "expected a text"},
    /* The first error is the one that is told. */
    {"[jobs]\nrunning = x\nkeep = y\n", 2, "running"},
};

static void test_bad_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(bad_rows); i++) {
        struct config_error error;
        struct config config;

        if (read_text(bad_rows[i].text, &config, &error) != 1)
            fail_msg("taken: %s", bad_rows[i].text);
        if (error.line != bad_rows[i].line || !strstr(error.text, bad_rows[i].says))
            fail_msg("%s: line %d: %s", bad_rows[i].text, error.line, error.text);
    }
}

static void test_unreadable_file(void **state)
{
    struct folder *folder = *state;
    struct config_error error;
    struct config config;
    char path[128];

    snprintf(path, sizeof(path), "%s/run", folder->path); /* a folder */
    assert_true(config_read(&config, path, &error) < 0);
    snprintf(path, sizeof(path), "%s/huned.conf/x", folder->path);
    folder_write(folder, "huned.conf", "", 0);
    assert_int_equal(config_read(&config, path, &error), -ENOTDIR);
}

/* Longer than the library's idea of a line: refused, and not read as two of them. */
static void test_long_line(void **state)
{
    static const char address[] = "[2001:db8:1111:2222:3333:4444:5555:6666]:10000";
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct config_error error;
    struct config config;

    (void)state;
    assert_int_equal(buffer_append_text(&text, "[agent]\nlisten = "), 0);
    for (int i = 0; i < LIMIT_LISTENERS; i++)
        assert_int_equal(buffer_printf(&text, "%s%s", i ? ", " : "", address), 0);
    assert_int_equal(buffer_append_text(&text, "\n[jobs]\nrunning = 7\n"), 0);
    assert_int_equal(read_text(buffer_text(&text), &config, &error), 1);
    assert_int_equal(error.line, 2);
    assert_non_null(strstr(error.text, "longer than"));
    /* The longest that fits, without a newline at its end. */
    buffer_clear(&text);
    assert_int_equal(buffer_printf(&text, "[agent]\nname = %0191d", 1), 0);
    assert_int_equal(read_text(buffer_text(&text), &config, &error), 0);
    assert_int_equal(strlen(config.name), 191);
}

static void test_set_listen(void **state)
{
    struct config_error error;
    struct config config;
    char longest[256];

    (void)state;
    config_init(&config);
    assert_int_equal(config_set_listen(&config, " 1.2.3.4:5 ", &error), 0);
    assert_int_equal(config.listen_count, 1);
    assert_string_equal(config.listen[0], "1.2.3.4:5");
    assert_int_equal(config_set_listen(&config, "", &error), 1);
    memset(longest, '1', sizeof(longest));
    memcpy(longest + 77, ":1", 3);
    assert_int_equal(config_set_listen(&config, longest, &error), 0);
    memcpy(longest + 77, "1:1", 4);
    assert_int_equal(config_set_listen(&config, longest, &error), 1);
    memset(longest, '1', sizeof(longest));
    memcpy(longest + 200, ":1", 3);
    assert_int_equal(config_set_listen(&config, longest, &error), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(test_defaults),       cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_bad_files), folder_test(test_unreadable_file),
        cmocka_unit_test(test_long_line), cmocka_unit_test(test_set_listen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
