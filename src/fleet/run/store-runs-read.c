/* What is remembered of runs, read back. See store-runs.h. */
#include <errno.h>
#include <string.h>

#include "base/uuid.h"
#include "fleet/home/store-statement.h"
#include "fleet/run/store-pack.h"
#include "fleet/run/store-runs.h"

#define RUN_COLUMNS                                                                         \
    "id, started_ms, ended_ms, selector, command, run_as, payload, has_input, exit_status," \
    " machines,"                                                                            \
    " (SELECT count(*) FROM results WHERE run = id AND text IS NULL AND"                    \
    "  (state IN (0, 1) OR (state = 2 AND detail = 0))),"                                   \
    " (SELECT count(*) FROM results WHERE run = id AND"                                     \
    "  (state = 8 OR (state = 9 AND problem IS NOT NULL))),"                                \
    " (SELECT count(*) FROM results WHERE run = id AND state = 9 AND problem IS NULL)"

_Static_assert((int)STATE_QUEUED == 0 && (int)STATE_RUNNING == 1 && (int)STATE_EXITED == 2 &&
                   (int)STATE_UNREACHABLE == 8 && (int)STATE_UNSENT == 9,
               "the numbers in RUN_COLUMNS");

static const char *column_text(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

static void take_run(sqlite3_stmt *statement, struct stored_run *run_out)
{
    *run_out = (struct stored_run){
        .number = sqlite3_column_int64(statement, 0),
        .started_ms = (uint64_t)sqlite3_column_int64(statement, 1),
        .ended_ms = (uint64_t)sqlite3_column_int64(statement, 2),
        .selector = column_text(statement, 3),
        .command = column_text(statement, 4),
        .as = column_text(statement, 5),
        .has_input = sqlite3_column_int(statement, 7) != 0,
        .exit_status = sqlite3_column_int(statement, 8),
        .machines = (uint32_t)sqlite3_column_int64(statement, 9),
        .ok = (uint32_t)sqlite3_column_int64(statement, 10),
        .unreachable = (uint32_t)sqlite3_column_int64(statement, 11),
        .unasked = (uint32_t)sqlite3_column_int64(statement, 12),
    };
    run_out->payload.bytes = sqlite3_column_blob(statement, 6);
    run_out->payload.size = (size_t)sqlite3_column_bytes(statement, 6);
    run_out->failed = run_out->machines - run_out->ok - run_out->unreachable - run_out->unasked;
}

int store_runs_each(struct store *store, uint32_t limit,
                    int (*each)(const struct stored_run *run, void *user), void *user)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT " RUN_COLUMNS
                                                   " FROM runs ORDER BY id DESC LIMIT ?1");
    int result;

    store_bind_number(statement, 1, limit);
    while ((result = store_step(store, statement)) == STORE_ROW) {
        struct stored_run run;

        take_run(statement, &run);
        result = each(&run, user);
        if (result)
            break;
    }
    store_reset(statement);
    return result;
}

/* Moves a text into the caller's buffer; its place there comes back. */
static int keep(struct buffer *texts, const void *bytes, size_t size, size_t *place_out)
{
    int error;

    *place_out = buffer_length(texts);
    error = buffer_append(texts, bytes ? bytes : "", bytes ? size : 0);
    return error ? error : buffer_append(texts, "", 1);
}

static int keep_run(sqlite3_stmt *statement, struct stored_run *run_out, struct buffer *texts)
{
    size_t selector, command, as, payload;
    const char *base;
    int error;

    take_run(statement, run_out);
    error = keep(texts, run_out->selector, strlen(run_out->selector), &selector);
    if (!error)
        error = keep(texts, run_out->command, strlen(run_out->command), &command);
    if (!error)
        error = keep(texts, run_out->as, strlen(run_out->as), &as);
    if (!error)
        error = keep(texts, run_out->payload.bytes, run_out->payload.size, &payload);
    if (error)
        return error;
    base = (const char *)buffer_bytes(texts);
    run_out->selector = base + selector;
    run_out->command = base + command;
    run_out->as = base + as;
    run_out->payload.bytes = (const uint8_t *)base + payload;
    return 0;
}

/* Steps to the one row of a run; the caller resets the statement when it has read it. */
static int find_row(struct store *store, sqlite3_stmt *statement, int64_t number)
{
    int result;

    store_bind_number(statement, 1, number);
    result = store_step(store, statement);
    if (result == STORE_ROW)
        return 0;
    return result ? result : STORE_NO_RUN;
}

int store_run_find(struct store *store, int64_t number, struct stored_run *run_out,
                   struct buffer *texts)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT " RUN_COLUMNS
                                                   " FROM runs WHERE id = ?1 OR ?1 = 0"
                                                   " ORDER BY id DESC LIMIT 1");
    int result = find_row(store, statement, number);

    if (result)
        return result;
    result = keep_run(statement, run_out, texts);
    store_reset(statement);
    return result;
}

int store_run_names(struct store *store, int64_t number, struct buffer *names_out)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT names FROM runs WHERE id = ?1");
    int result = find_row(store, statement, number);

    if (result)
        return result;
    result = buffer_append(names_out, sqlite3_column_blob(statement, 0),
                           (size_t)sqlite3_column_bytes(statement, 0));
    store_reset(statement);
    return result;
}

static void take_result(sqlite3_stmt *statement, struct stored_result *result_out)
{
    *result_out = (struct stored_result){
        .position = (uint32_t)sqlite3_column_int64(statement, 0),
        .state = {.state = (enum state)sqlite3_column_int(statement, 1),
                  .detail = (uint32_t)sqlite3_column_int64(statement, 2)},
        .ms = (uint32_t)sqlite3_column_int64(statement, 3),
        .problem = column_text(statement, 5),
        .text = column_text(statement, 6),
        .out = sqlite3_column_int64(statement, 7),
        .err = sqlite3_column_int64(statement, 8),
    };
    if (sqlite3_column_bytes(statement, 4) == UUID_SIZE)
        result_out->job = sqlite3_column_blob(statement, 4);
}

int store_run_results(struct store *store, int64_t number,
                      int (*each)(const struct stored_result *result, void *user), void *user)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT position, state, detail, ms, job, problem, text, out, err"
               " FROM results WHERE run = ?1 ORDER BY position");
    int result;

    store_bind_number(statement, 1, number);
    while ((result = store_step(store, statement)) == STORE_ROW) {
        struct stored_result found;

        take_result(statement, &found);
        result = each(&found, user);
        if (result)
            break;
    }
    store_reset(statement);
    return result;
}

int store_run_read(struct store *store, int64_t output, struct buffer *out, uint64_t *size_out)
{
    sqlite3_stmt *statement = store_prepare(store,
                                            "SELECT size, bytes, plain FROM outputs WHERE id = ?1");
    struct slice bytes;
    int64_t plain;
    int result;

    *size_out = 0;
    store_bind_number(statement, 1, output);
    result = store_step(store, statement);
    if (result != STORE_ROW)
        return result;
    *size_out = (uint64_t)sqlite3_column_int64(statement, 0);
    bytes = (struct slice){sqlite3_column_blob(statement, 1),
                           (size_t)sqlite3_column_bytes(statement, 1)};
    plain = sqlite3_column_int64(statement, 2);
    result = 0;
    /* What is damaged is missing, as what was not kept: the size tells it. */
    if (sqlite3_column_type(statement, 2) == SQLITE_NULL)
        result = bytes.size > 0 ? buffer_append(out, bytes.bytes, bytes.size) : 0;
    else if (plain > 0 && plain <= STORE_OUTPUT_BYTES)
        result = store_unpack(bytes, (size_t)plain, out) == -ENOMEM ? -ENOMEM : 0;
    store_reset(statement);
    return result;
}

/* ---- which of its machines ---- */

static bool is_ok(const struct stored_result *result)
{
    /* What still runs was left to run (--detach). */
    return result && !result->text &&
           ((result->state.state == STATE_EXITED && result->state.detail == 0) ||
            result->state.state == STATE_QUEUED || result->state.state == STATE_RUNNING);
}

bool store_run_word_is_known(const char *word)
{
    enum state state;

    return strcmp(word, "ok") == 0 || strcmp(word, "failed") == 0 || state_parse(word, &state);
}

bool store_run_word_fits(const char *word, const struct stored_result *result)
{
    enum state state;

    if (*word == '\0')
        return true;
    if (strcmp(word, "ok") == 0)
        return is_ok(result);
    if (strcmp(word, "failed") == 0)
        return !is_ok(result);
    if (!result || !state_parse(word, &state))
        return false;
    if (state == STATE_UNREACHABLE && result->state.state == STATE_UNSENT && result->problem)
        return true;
    return result->state.state == state;
}

struct pick {
    const char *word;
    const char *at; /* the name of the machine at `position` */
    const char *end;
    uint32_t position;
    struct buffer *out;
};

/* The machines before `position` have no end; then the one at it. */
static int pick_up_to(struct pick *pick, uint32_t position, const struct stored_result *result)
{
    int error = 0;

    for (; pick->at < pick->end && pick->position <= position && !error; pick->position++) {
        size_t size = strlen(pick->at) + 1;
        bool is_it = pick->position == position;

        if (store_run_word_fits(pick->word, is_it ? result : NULL))
            error = buffer_append(pick->out, pick->at, size);
        pick->at += size;
    }
    return error;
}

static int pick_result(const struct stored_result *result, void *user)
{
    return pick_up_to(user, result->position, result);
}

int store_run_pick(struct store *store, int64_t number, const char *word, struct buffer *names_out)
{
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;
    struct pick pick = {.word = word, .out = names_out};
    int error = store_run_names(store, number, &names);

    if (error)
        return error;
    pick.at = buffer_text(&names);
    if (!pick.at)
        return -ENOMEM;
    pick.end = pick.at + buffer_length(&names);
    error = store_run_results(store, number, pick_result, &pick);
    return error ? error : pick_up_to(&pick, UINT32_MAX, NULL);
}
