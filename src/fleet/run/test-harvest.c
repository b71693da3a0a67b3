/* See harvest.h: counting, folding, the copy in the store, and reading it back. */
#include "fleet/run/harvest.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/home/store-statement.h"
#include "proto/problem.h"

enum { COUNT = 6 };

static const char *const names[COUNT] = {"web1", "web2", "web3", "db1", "old", "new"};
static char place[64];
static struct store *store;

static int set_up(void **state)
{
    (void)state;
    strcpy(place, "/tmp/test-harvest.XXXXXX");
    if (!mkdtemp(place) || chdir(place) < 0)
        return -1;
    return store_open("hune.db", &store, &(struct fault){0});
}

static int tear_down(void **state)
{
    DIR *directory = opendir(".");
    struct dirent *entry;

    (void)state;
    store = store_close(store);
    while (directory && (entry = readdir(directory)))
        unlink(entry->d_name);
    if (directory)
        closedir(directory);
    return chdir("/") == 0 && rmdir(place) == 0 ? 0 : -1;
}

static struct harvest *begun(bool split, struct store *kept)
{
    const struct stored_run run = {
        .started_ms = 5, .selector = "all", .command = "uptime", .as = "", .machines = COUNT};
    const struct harvest_settings settings = {
        .names = names, .count = COUNT, .split = split, .store = kept, .run = &run};
    struct harvest *harvest = NULL;

    assert_int_equal(harvest_new(&harvest, &settings), 0);
    return harvest;
}

static void say(struct harvest *harvest, uint32_t position, bool is_error, const char *text)
{
    assert_int_equal(harvest_say(harvest, position, is_error, text, strlen(text), 9), 0);
}

static void end(struct harvest *harvest, uint32_t position, enum state state, uint32_t detail,
                const char *text)
{
    assert_int_equal(harvest_end(harvest, position, (struct job_state){state, detail},
                                 text && state != STATE_UNSENT ? "a-word" : NULL, text,
                                 text ? "do this" : NULL),
                     0);
}

/* web1 and web2 alike, web3 fails, db1 refuses, old is silent, new was never asked. */
static void fill(struct harvest *harvest)
{
    static const uint8_t job[UUID_SIZE] = {1, 2, 3};

    for (uint32_t i = 0; i < 3; i++) {
        harvest_accepted(harvest, i, job);
        say(harvest, i, false, "up\n");
        say(harvest, i, true, "warning\n");
    }
    assert_int_equal(harvest_counts(harvest).running, 3);
    end(harvest, 0, STATE_EXITED, 0, NULL);
    end(harvest, 1, STATE_EXITED, 0, NULL);
    end(harvest, 2, STATE_EXITED, 4, "exit status 4");
    end(harvest, 3, STATE_REFUSED, PROBLEM_RIGHT_MISSING, "It says no.");
    end(harvest, 4, STATE_UNREACHABLE, 0, "No answer.");
    end(harvest, 5, STATE_UNSENT, 0, "not begun");
}

static void check_counts(const struct harvest *harvest)
{
    const struct harvest_counts counts = harvest_counts(harvest);

    assert_int_equal(counts.done, 6);
    assert_int_equal(counts.ok, 2);
    assert_int_equal(counts.failed, 1);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(counts.unreachable, 1);
    assert_int_equal(counts.unasked, 1);
    assert_int_equal(counts.running, 0);
    assert_int_equal(counts.away, 0);
}

static void assert_said(struct harvest *harvest, bool is_error, const char *expected)
{
    const struct gather *answers = harvest_answers(harvest, is_error);
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(answers->count, 1);
    assert_int_equal(answers->groups[0].count, 3);
    assert_int_equal(
        transcript_copy(harvest_transcripts(harvest), &answers->groups[0].text, UINT64_MAX, &out),
        0);
    assert_string_equal(buffer_text(&out), expected);
}

static void test_counts_and_groups(void **state)
{
    struct harvest *harvest = begun(false, NULL);

    (void)state;
    fill(harvest);
    check_counts(harvest);
    assert_said(harvest, false, "up\nwarning\n");
    assert_int_equal(harvest_failures(harvest)->count, 4);
    assert_int_equal(harvest_number(harvest), 0);
    harvest_close(harvest, 4);
    harvest_free(harvest);
}

static void test_away(void **state)
{
    static const uint8_t job[UUID_SIZE];
    struct harvest *harvest = begun(false, NULL);

    (void)state;
    harvest_away(harvest, 0, true); /* no job yet: nothing is interrupted */
    assert_int_equal(harvest_counts(harvest).away, 0);
    harvest_accepted(harvest, 0, job);
    harvest_away(harvest, 0, true);
    harvest_away(harvest, 0, true);
    assert_int_equal(harvest_counts(harvest).away, 1);
    end(harvest, 0, STATE_EXITED, 0, NULL);
    assert_int_equal(harvest_counts(harvest).away, 0);
    harvest_free(harvest);
}

static void round_trip(bool split)
{
    struct harvest *harvest = begun(split, store), *loaded = NULL;
    int64_t number = harvest_number(harvest);

    assert_true(number > 0);
    fill(harvest);
    harvest_close(harvest, 255);
    assert_int_equal(harvest_number(harvest), number);
    harvest_free(harvest);
    assert_int_equal(harvest_load(&loaded, store, number), 0);
    check_counts(loaded);
    assert_int_equal(harvest_size(loaded), COUNT);
    assert_string_equal(harvest_names(loaded)[3], "db1");
    assert_said(loaded, false, split ? "up\n" : "up\nwarning\n");
    if (split)
        assert_said(loaded, true, "warning\n");
    assert_int_equal(harvest_machine(loaded, 0)->job[2], 3);
    assert_int_equal(harvest_machine(loaded, 0)->ms, 9);
    assert_int_equal(harvest_machine(loaded, 2)->state.detail, 4);
    assert_false(harvest_machine(loaded, 3)->has_job);
    harvest_free(loaded);
}

static void test_kept_and_read_back(void **state)
{
    (void)state;
    round_trip(false);
    round_trip(true);
}

/* What was flushed is there even if the console was killed; the others have no end. */
static void test_killed_in_the_middle(void **state)
{
    struct harvest *harvest = begun(false, store), *loaded = NULL;
    int64_t number = harvest_number(harvest);

    (void)state;
    end(harvest, 1, STATE_EXITED, 0, NULL);
    harvest_flush(harvest);
    end(harvest, 2, STATE_EXITED, 0, NULL);
    harvest_free(harvest);
    assert_int_equal(harvest_load(&loaded, store, number), 0);
    assert_int_equal(harvest_counts(loaded).done, 1);
    assert_true(harvest_machine(loaded, 1)->is_done);
    assert_false(harvest_machine(loaded, 2)->is_done);
    harvest_free(loaded);
}

/* The disk fills up on the way: the harvest is whole, only the copy is not. */
static void test_store_fails(void **state)
{
    struct harvest *harvest = begun(false, store);
    struct fault fault;

    (void)state;
    sqlite3_exec(store_database(store), "PRAGMA max_page_count = 1", NULL, NULL, NULL);
    fill(harvest);
    for (uint32_t i = 0; i < 3; i++)
        harvest_flush(harvest);
    store_failed(store, SQLITE_FULL);
    harvest_close(harvest, 0);
    check_counts(harvest);
    assert_int_equal(harvest_number(harvest), 0);
    assert_true(store_trouble(store, &fault));
    harvest_free(harvest);
}

static void test_no_such_run(void **state)
{
    struct harvest *loaded = NULL;

    (void)state;
    assert_int_equal(harvest_load(&loaded, store, 77), STORE_NO_RUN);
    assert_null(loaded);
}

#define AT_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_PLACE(test_counts_and_groups),  AT_PLACE(test_away),
        AT_PLACE(test_kept_and_read_back), AT_PLACE(test_killed_in_the_middle),
        AT_PLACE(test_store_fails),        AT_PLACE(test_no_such_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
