/* What an alert sets off: the operator's command with the alert in its environment and nowhere
 * else, one message on the desktop, and a line of them that does not grow for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "fleet/watch/alert-do.h"

enum { LIMIT_MS = 20 * 1000 }; /* for hangs only */

/* Also a command that a failed test leaves behind ends by itself. */
#define WAIT_FOR_GO "for i in $(seq 250); do [ -e go ] && break; sleep 0.02; done; "

struct stage {
    uv_loop_t loop;
    char folder[64];
    struct doer *doer;
    struct alert_rules rules;
    struct machine machine;
    struct alert alert;
    struct buffer complaints; /* "machine: sentence" lines */
};

static void on_complaint(const char *machine, const char *sentence, void *user)
{
    struct stage *stage = user;

    buffer_printf(&stage->complaints, "%s: %s\n", machine ? machine : "-", sentence);
}

static void make_doer(struct stage *stage)
{
    const struct doer_settings settings = {
        .loop = &stage->loop, .on_complaint = on_complaint, .user = stage};

    doer_free(stage->doer);
    assert_int_equal(doer_new(&stage->doer, &settings), 0);
}

static int set_up(void **state)
{
    static struct stage stage;

    stage = (struct stage){.folder = "/tmp/hune-alert-XXXXXX"};
    assert_non_null(mkdtemp(stage.folder));
    assert_int_equal(chdir(stage.folder), 0);
    uv_loop_init(&stage.loop);
    assert_int_equal(alert_rules_add(&stage.rules, "cpu > 90%", NULL), 0);
    stage.machine = (struct machine){.name = "web1", .host = "192.0.2.1", .port = 10000};
    stage.alert = (struct alert){.machine = &stage.machine,
                                 .rule = &stage.rules.items[0],
                                 .at_ms = 2000 * 1000,
                                 .begun_ms = 1000 * 1000 + 999,
                                 .finding = "",
                                 .detail = "cpu 97 %"};
    make_doer(&stage);
    *state = &stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    doer_free(stage->doer);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&stage->loop), 0);
    alert_rules_deinit(&stage->rules);
    buffer_deinit(&stage->complaints);
    assert_int_equal(system("rm -f ./*"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(stage->folder), 0);
    return 0;
}

static void run_all(struct stage *stage)
{
    uint64_t end = clock_monotonic_ms() + LIMIT_MS;

    while (doer_pending(stage->doer) > 0 && clock_monotonic_ms() < end)
        uv_run(&stage->loop, UV_RUN_ONCE);
    assert_int_equal(doer_pending(stage->doer), 0);
}

static void expect_file(const char *name, const char *text)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    assert_int_equal(file_read(name, 1 << 20, &content), 0);
    assert_string_equal(buffer_text(&content), text);
}

static void expect_complaints(struct stage *stage, const char *text)
{
    assert_string_equal(buffer_text(&stage->complaints), text);
}

static void test_environment(void **state)
{
    struct stage *stage = *state;

    setenv("HUNE_DETAIL", "of another alert", 1);
    setenv("HUNE_SECRET", "of another alert", 1);
    setenv("OTHER", "stays", 1);
    doer_command(stage->doer, "env | grep -E '^(HUNE_|OTHER=)' | sort > out", &stage->alert);
    run_all(stage);
    expect_file("out", "HUNE_BEGAN=1000\nHUNE_DETAIL=cpu 97 %\nHUNE_HOST=192.0.2.1\nHUNE_LABEL=\n"
                       "HUNE_MACHINE=web1\nHUNE_PORT=10000\nHUNE_RULE=cpu > 90%\n"
                       "HUNE_STATE=begin\nHUNE_TIME=2000\nOTHER=stays\n");
    stage->alert.is_over = true;
    doer_command(stage->doer, "echo $HUNE_STATE > out", &stage->alert);
    run_all(stage);
    expect_file("out", "end\n");
    expect_complaints(stage, "");
    unsetenv("HUNE_DETAIL");
    unsetenv("HUNE_SECRET");
}

/* Whatever a machine is called or says, it is never a part of the command's text. */
static void test_no_injection(void **state)
{
    struct stage *stage = *state;

    stage->machine.name = "$(touch bad)`touch bad`;touch bad";
    stage->alert.detail = "'; touch bad; '\n$(touch bad)";
    doer_command(stage->doer, "printf '%s|%s' \"$HUNE_MACHINE\" \"$HUNE_DETAIL\" > out",
                 &stage->alert);
    run_all(stage);
    expect_file("out", "$(touch bad)`touch bad`;touch bad|'; touch bad; '\n$(touch bad)");
    assert_int_equal(access("bad", F_OK), -1);
}

static void test_complaints(void **state)
{
    struct stage *stage = *state;

    doer_command(stage->doer, "exit 3", &stage->alert);
    run_all(stage);
    expect_complaints(stage, "web1: \"/bin/sh\" ended with status 3.\n");
    buffer_clear(&stage->complaints);
    doer_command(stage->doer, "kill -9 $$", &stage->alert);
    run_all(stage);
    expect_complaints(stage, "web1: \"/bin/sh\" was ended by signal 9.\n");
}

/* So many run at once, so many wait, and of the rest is told once. */
static void test_many(void **state)
{
    enum { MORE = 10 };
    struct stage *stage = *state;
    _cleanup_buffer_ struct buffer all = BUFFER_INIT;
    uint64_t end = clock_monotonic_ms() + LIMIT_MS;

    for (unsigned i = 0; i < DOER_RUNNING_MAX; i++)
        doer_command(stage->doer, WAIT_FOR_GO "echo x >> ran", &stage->alert);
    assert_int_equal(doer_pending(stage->doer), DOER_RUNNING_MAX);
    doer_command(stage->doer, "echo x >> ran; touch waited", &stage->alert);
    for (unsigned i = 0; i < 30; i++)
        uv_run(&stage->loop, UV_RUN_NOWAIT);
    assert_int_equal(access("waited", F_OK), -1);
    for (unsigned i = 0; i < DOER_WAITING_MAX - 1 + MORE; i++)
        doer_command(stage->doer, "exit 0", &stage->alert);
    assert_int_equal(doer_pending(stage->doer), DOER_RUNNING_MAX + DOER_WAITING_MAX);
    expect_complaints(stage, "-: Commands take longer than alerts come; some are left out.\n");
    assert_int_equal(file_replace("go", 0600, "", 0), 0);
    do {
        uv_run(&stage->loop, UV_RUN_ONCE);
        buffer_clear(&all);
        (void)file_read("ran", 1 << 20, &all);
    } while (buffer_length(&all) < 2 * (DOER_RUNNING_MAX + 1) && clock_monotonic_ms() < end);
    assert_int_equal(buffer_length(&all), 2 * (DOER_RUNNING_MAX + 1));
    /* What waits is dropped with the doer. */
}

/* notify-send is a program of ours, and the desktop's bus a file. */
static void put_desktop(const struct stage *stage)
{
    char path[128];
    const char script[] = "#!/bin/sh\nfor word; do printf '[%s]' \"$word\"; done >> told\n";

    assert_int_equal(file_replace("notify-send", 0755, script, sizeof(script) - 1), 0);
    assert_int_equal(file_replace("bus", 0600, "", 0), 0);
    snprintf(path, sizeof(path), "%s:/usr/bin:/bin", stage->folder);
    setenv("PATH", path, 1);
    setenv("XDG_RUNTIME_DIR", stage->folder, 1);
}

static void test_notify(void **state)
{
    struct stage *stage = *state;
    _cleanup_free_ char *path = strdup(getenv("PATH"));

    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    put_desktop(stage);
    doer_notify(stage->doer, &stage->alert); /* there was no desktop when it was made */
    assert_int_equal(doer_pending(stage->doer), 0);
    make_doer(stage);
    stage->alert.detail = "cpu 97 %";
    doer_notify(stage->doer, &stage->alert);
    run_all(stage);
    expect_file("told", "[--app-name=Hune][--urgency=critical][--][web1: alert]"
                        "[cpu &gt; 90%\ncpu 97 %]");
    unlink("told");
    stage->alert.is_over = true;
    stage->alert.detail = "";
    doer_notify(stage->doer, &stage->alert);
    run_all(stage);
    expect_file("told", "[--app-name=Hune][--urgency=low][--][web1: over][cpu &gt; 90%]");
    unlink("told");
    snprintf(stage->rules.items[0].label, ALERT_LABEL_SIZE, "hot"); /* a rule with a name */
    doer_notify(stage->doer, &stage->alert);
    run_all(stage);
    expect_file("told", "[--app-name=Hune][--urgency=low][--][web1: hot is over][cpu &gt; 90%]");
    expect_complaints(stage, "");
    setenv("PATH", path, 1);
}

/* A program that is gone again is told, and the next one runs. */
static void test_does_not_start(void **state)
{
    struct stage *stage = *state;
    _cleanup_free_ char *path = strdup(getenv("PATH"));

    put_desktop(stage);
    make_doer(stage);
    setenv("PATH", stage->folder, 1);
    unlink("notify-send");
    doer_notify(stage->doer, &stage->alert);
    assert_int_equal(doer_pending(stage->doer), 0);
    expect_complaints(stage, "web1: The command does not start. (no such file or directory)\n");
    setenv("PATH", path, 1);
    doer_command(stage->doer, "touch out", &stage->alert);
    run_all(stage);
    expect_file("out", "");
}

/* The commands that run go on without it, and nothing is told to who has left. */
static void test_left_running(void **state)
{
    struct stage *stage = *state;
    uint64_t end = clock_monotonic_ms() + LIMIT_MS;

    doer_command(stage->doer, WAIT_FOR_GO "touch out; exit 3", &stage->alert);
    stage->doer = doer_free(stage->doer);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(file_replace("go", 0600, "", 0), 0);
    while (access("out", F_OK) != 0 && clock_monotonic_ms() < end)
        usleep(5000);
    expect_file("out", "");
    expect_complaints(stage, "");
}

#define stage_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(test_environment),  stage_test(test_no_injection),
        stage_test(test_complaints),   stage_test(test_many),
        stage_test(test_notify),       stage_test(test_does_not_start),
        stage_test(test_left_running),
    };

    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
