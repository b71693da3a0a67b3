/* See store-runs.h. */
#include "fleet/run/store-runs.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/uuid.h"
#include "fleet/home/store-statement.h"

static char place[64];
static struct store *store;
static struct transcripts *transcripts;

static int set_up(void **state)
{
    struct fault fault;

    (void)state;
    strcpy(place, "/tmp/test-runs.XXXXXX");
    if (!mkdtemp(place) || chdir(place) < 0 || store_open("hune.db", &store, &fault))
        return -1;
    return transcripts_new(&transcripts, &(struct transcripts_settings){0});
}

static int tear_down(void **state)
{
    DIR *directory = opendir(".");
    struct dirent *entry;

    (void)state;
    store = store_close(store);
    transcripts = transcripts_free(transcripts);
    while (directory && (entry = readdir(directory)))
        unlink(entry->d_name);
    if (directory)
        closedir(directory);
    return chdir("/") == 0 && rmdir(place) == 0 ? 0 : -1;
}

static const char *const names[] = {"web1", "web2", "db1", "old", "new"};

static int64_t begin(uint32_t machines)
{
    const struct stored_run run = {
        .started_ms = 1000,
        .selector = "web*",
        .command = "uptime",
        .as = "root",
        .payload = {(const uint8_t *)"a\0b", 3},
        .machines = machines,
    };
    int64_t number = 0;

    assert_int_equal(store_run_begin(store, &run, names, &number), 0);
    return number;
}

static int64_t output(int64_t run, const char *said, size_t size)
{
    struct transcript text = {0};
    uint64_t room = STORE_RUN_BYTES;
    int64_t id = 0;

    assert_int_equal(transcript_add(transcripts, &text, said, size), 0);
    assert_int_equal(transcript_finish(transcripts, &text), 0);
    assert_int_equal(store_run_output(store, run, transcripts, &text, &room, &id), 0);
    transcript_deinit(&text);
    assert_true(id > 0);
    return id;
}

static void result_of(int64_t run, uint32_t position, enum state state, uint32_t detail,
                      const char *problem, int64_t out)
{
    const struct stored_result one = {
        .position = position,
        .state = {state, detail},
        .ms = 7,
        .out = out,
        .problem = problem,
        .text = state == STATE_EXITED && detail == 0 ? NULL : "it went wrong",
    };

    assert_int_equal(store_run_result(store, run, &one), 0);
}

static void result(int64_t run, uint32_t position, enum state state, uint32_t detail, int64_t out)
{
    result_of(run, position, state, detail, NULL, out);
}

static void assert_picked(int64_t run, const char *word, const char *expected)
{
    _cleanup_buffer_ struct buffer picked = BUFFER_INIT;

    assert_int_equal(store_run_pick(store, run, word, &picked), 0);
    for (size_t i = 0; i < buffer_length(&picked); i++)
        if (buffer_bytes(&picked)[i] == '\0')
            buffer_bytes(&picked)[i] = ' ';
    assert_string_equal(buffer_text(&picked), expected);
}

static void test_kept(void **state)
{
    _cleanup_buffer_ struct buffer texts = BUFFER_INIT, out = BUFFER_INIT;
    struct stored_run run;
    uint64_t size;
    int64_t number = begin(5), said;

    (void)state;
    said = output(number, "hello\n", 6);
    result(number, 1, STATE_EXITED, 0, said);
    result(number, 0, STATE_EXITED, 3, said);
    result(number, 3, STATE_UNREACHABLE, 0, 0);
    result(number, 4, STATE_UNSENT, 0, 0);
    assert_int_equal(store_run_find(store, 0, &run, &texts), 0);
    assert_int_equal(run.number, number);
    assert_int_equal(run.ended_ms, 0);
    assert_int_equal(store_run_end(store, number, 3, 2000), 0);
    buffer_clear(&texts);
    assert_int_equal(store_run_find(store, number, &run, &texts), 0);
    assert_string_equal(run.selector, "web*");
    assert_string_equal(run.command, "uptime");
    assert_string_equal(run.as, "root");
    assert_int_equal(run.payload.size, 3);
    assert_memory_equal(run.payload.bytes, "a\0b", 3);
    assert_int_equal(run.started_ms, 1000);
    assert_int_equal(run.ended_ms, 2000);
    assert_int_equal(run.exit_status, 3);
    assert_int_equal(run.machines, 5);
    assert_int_equal(run.ok, 1);
    assert_int_equal(run.unreachable, 1);
    assert_int_equal(run.unasked, 1);
    assert_int_equal(run.failed, 2);
    assert_int_equal(store_run_read(store, said, &out, &size), 0);
    assert_string_equal(buffer_text(&out), "hello\n");
    assert_int_equal(size, 6);
    assert_int_equal(store_run_find(store, number + 1, &run, &texts), STORE_NO_RUN);
}

static void test_picked(void **state)
{
    int64_t number = begin(5);

    (void)state;
    assert_picked(number, "", "web1 web2 db1 old new ");
    assert_picked(number, "failed", "web1 web2 db1 old new ");
    result(number, 0, STATE_EXITED, 0, 0);
    result(number, 2, STATE_EXITED, 1, 0);
    result_of(number, 3, STATE_UNSENT, 0, "no-answer", 0);
    result(number, 4, STATE_UNSENT, 0, 0);
    assert_picked(number, "ok", "web1 ");
    assert_picked(number, "failed", "web2 db1 old new ");
    assert_picked(number, "unreachable", "old ");
    assert_picked(number, "unsent", "old new ");
    assert_picked(number, "exited", "web1 db1 ");
    assert_picked(number, "refused", "");
    assert_true(store_run_word_is_known("timed-out"));
    assert_false(store_run_word_is_known("bad"));
}

/* Equal outputs are one row, over runs too, and live as long as one of them. */
static void test_outputs_shared(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    int64_t first = begin(2), second = begin(2);
    int64_t said = output(first, "same", 4), shared;
    uint64_t size;

    (void)state;
    result(first, 0, STATE_EXITED, 0, said);
    result(first, 1, STATE_EXITED, 0, output(first, "other", 5));
    assert_int_equal(output(first, "same", 4), said);
    assert_int_equal(output(second, "same", 4), said);
    result(second, 0, STATE_EXITED, 0, said);
    /* One that an older run uses, too, as standard error. */
    shared = output(first, "shared", 6);
    assert_int_equal(
        store_run_result(store, first, &(struct stored_result){.position = 1, .err = shared}), 0);
    assert_int_equal(output(second, "shared", 6), shared);
    assert_int_equal(store_run_forget(store, second), 0);
    assert_int_equal(store_run_read(store, shared, &out, &size), 0);
    assert_int_equal(size, 6);
    buffer_clear(&out);
    second = begin(2);
    assert_int_equal(output(second, "same", 4), said);
    result(second, 0, STATE_EXITED, 0, said);
    assert_int_equal(store_run_forget(store, first), 0);
    assert_int_equal(store_run_read(store, said, &out, &size), 0);
    assert_int_equal(size, 4);
    assert_int_equal(store_run_forget(store, second), 0);
    assert_int_equal(store_run_read(store, said, &out, &size), 0);
    assert_int_equal(size, 0);
    assert_int_equal(store_run_forget(store, second), STORE_NO_RUN);
}

static void test_long_output_is_cut(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    size_t long_size = STORE_OUTPUT_BYTES + 100000;
    char *bytes = malloc(long_size);
    uint64_t size;

    (void)state;
    memset(bytes, 'x', long_size);
    assert_int_equal(store_run_read(store, output(begin(1), bytes, long_size), &out, &size), 0);
    assert_int_equal(buffer_length(&out), STORE_OUTPUT_BYTES);
    assert_int_equal(size, long_size);
    free(bytes);
}

static int count(const struct stored_run *run, void *user)
{
    (void)run;
    ++*(unsigned *)user;
    return 0;
}

/* All that was written is in the file, of which this is the size. */
static off_t size_of_file(void)
{
    struct stat found;

    assert_int_equal(sqlite3_wal_checkpoint(store_database(store), NULL), SQLITE_OK);
    assert_int_equal(stat("hune.db", &found), 0);
    return found.st_size;
}

/* Over the quota the oldest go; the newest stays whatever its size; the file shrinks. */
static void test_quota(void **state)
{
    enum { RUNS = 30, SIZE = 100000 };
    char *bytes = malloc(SIZE);
    unsigned left = 0;
    off_t before;

    (void)state;
    for (unsigned i = 0; i < RUNS; i++) {
        int64_t run = begin(1);

        assert_int_equal(random_bytes(bytes, SIZE), 0); /* which cannot be packed */
        result(run, 0, STATE_EXITED, 0, output(run, bytes, SIZE));
    }
    assert_int_equal(store_runs_prune(store, RUNS * SIZE * 2), 0);
    assert_int_equal(store_runs_each(store, 100, count, &left), 0);
    assert_int_equal(left, RUNS);
    before = size_of_file();
    assert_int_equal(store_runs_prune(store, RUNS * SIZE / 2), 0);
    left = 0;
    assert_int_equal(store_runs_each(store, 100, count, &left), 0);
    assert_in_range(left, RUNS / 3, RUNS / 2);
    assert_int_equal(store_runs_prune(store, 0), 0);
    left = 0;
    assert_int_equal(store_runs_each(store, 100, count, &left), 0);
    assert_int_equal(left, 1);
    assert_true(size_of_file() < before / 4);
    free(bytes);
}

static int64_t lying_in(const char *what, int64_t id)
{
    sqlite3_stmt *statement;
    int64_t value;

    assert_int_equal(sqlite3_prepare_v2(store_database(store), what, -1, &statement, NULL), 0);
    sqlite3_bind_int64(statement, 1, id);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* What repeats itself lies packed, what does not lies as it is; both are read as they were. */
static void test_packed(void **state)
{
    enum { LARGE = 300 * 1000 };
    _cleanup_free_ char *lines = malloc(LARGE), *noise = malloc(LARGE);
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    int64_t run = begin(1), ids[2];
    uint64_t size;

    (void)state;
    for (int i = 0; i < LARGE; i++)
        lines[i] = "the same words again and again\n"[i % 31];
    assert_int_equal(random_bytes(noise, LARGE), 0);
    ids[0] = output(run, lines, LARGE);
    ids[1] = output(run, noise, LARGE);
    for (int i = 0; i < 2; i++) {
        buffer_clear(&out);
        assert_int_equal(store_run_read(store, ids[i], &out, &size), 0);
        assert_int_equal(size, LARGE);
        assert_int_equal(buffer_length(&out), LARGE);
        assert_memory_equal(buffer_bytes(&out), i ? noise : lines, LARGE);
    }
    assert_true(lying_in("SELECT length(bytes) FROM outputs WHERE id = ?1", ids[0]) < LARGE / 20);
    assert_int_equal(lying_in("SELECT length(bytes) FROM outputs WHERE id = ?1", ids[1]), LARGE);
}

/* A damaged one is missing, as one that was not kept; nothing else is lost by it. */
static void test_packed_and_damaged(void **state)
{
    static const char *const harms[] = {
        "UPDATE outputs SET bytes = zeroblob(100)",
        "UPDATE outputs SET bytes = substr(bytes, 1, 9)",
        "UPDATE outputs SET plain = plain + 1",
        "UPDATE outputs SET plain = 4000000000000",
        "UPDATE outputs SET plain = -1",
    };
    char lines[4000];

    (void)state;
    memset(lines, 'x', sizeof(lines));
    for (size_t i = 0; i < ELEMENTS_OF(harms); i++) {
        _cleanup_buffer_ struct buffer out = BUFFER_INIT;
        uint64_t size;
        int64_t id;

        lines[0] = (char)('a' + i);
        id = output(begin(1), lines, sizeof(lines));
        assert_int_equal(sqlite3_exec(store_database(store), harms[i], NULL, NULL, NULL), 0);
        assert_int_equal(store_run_read(store, id, &out, &size), 0);
        assert_int_equal(size, sizeof(lines));
        assert_int_equal(buffer_length(&out), 0);
    }
    assert_false(store_is_off(store));
}

static void test_no_store(void **state)
{
    struct stored_run run = {.selector = "", .command = "", .as = ""};
    _cleanup_buffer_ struct buffer texts = BUFFER_INIT;
    int64_t number = 0;

    (void)state;
    assert_int_equal(store_run_begin(NULL, &run, names, &number), STORE_OFF);
    assert_int_equal(store_run_end(NULL, 1, 0, 0), STORE_OFF);
    assert_int_equal(store_run_find(NULL, 0, &run, &texts), STORE_OFF);
    assert_int_equal(store_run_pick(NULL, 1, "ok", &texts), STORE_OFF);
    assert_int_equal(store_runs_prune(NULL, 0), STORE_OFF);
}

#define AT_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_PLACE(test_kept),           AT_PLACE(test_picked),
        AT_PLACE(test_outputs_shared), AT_PLACE(test_quota),
        AT_PLACE(test_no_store),       AT_PLACE(test_long_output_is_cut),
        AT_PLACE(test_packed),         AT_PLACE(test_packed_and_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
