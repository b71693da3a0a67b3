/* See store-runs.h. */
#include "fleet/run/store-runs.h"

#include <errno.h>
#include <string.h>

#include "base/uuid.h"
#include "fleet/home/store-statement.h"
#include "fleet/home/store-tables.h"
#include "fleet/run/store-pack.h"

/* `names` holds every machine's name with a NUL behind it: a row for each would be the largest part
 * of the file. outputs.run is the newest run that uses it: when that one goes, it goes. */
const char store_runs_tables[] =
    "CREATE TABLE runs ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, started_ms INTEGER NOT NULL, ended_ms INTEGER,"
    " selector TEXT NOT NULL, command TEXT NOT NULL, run_as TEXT NOT NULL, payload BLOB NOT NULL,"
    " has_input INTEGER NOT NULL, exit_status INTEGER, machines INTEGER NOT NULL,"
    " names BLOB NOT NULL);"
    "CREATE TABLE outputs ("
    " id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, run INTEGER NOT NULL,"
    " size INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE INDEX outputs_run ON outputs (run);"
    "CREATE TABLE results ("
    " run INTEGER NOT NULL, position INTEGER NOT NULL, state INTEGER NOT NULL,"
    " detail INTEGER NOT NULL, ms INTEGER NOT NULL, job BLOB, problem TEXT, text TEXT,"
    " out INTEGER, err INTEGER, PRIMARY KEY (run, position)) WITHOUT ROWID;";

/* How many bytes were packed into `bytes` (store-pack.h); NULL: they are plain. */
const char store_runs_packed[] = "ALTER TABLE outputs ADD COLUMN plain INTEGER";

/* ---- writing ---- */

static int pack_names(const char *const *names, uint32_t count, struct buffer *out)
{
    int error = 0;

    for (uint32_t i = 0; i < count && !error; i++)
        error = buffer_append(out, names[i], strlen(names[i]) + 1);
    return error;
}

int store_run_begin(struct store *store, const struct stored_run *run, const char *const *names,
                    int64_t *number_out)
{
    static const char insert[] =
        "INSERT INTO runs (started_ms, selector, command, run_as, payload, has_input, machines,"
        " names) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    _cleanup_buffer_ struct buffer packed = BUFFER_INIT;
    sqlite3_stmt *statement = store_prepare(store, insert);
    int error = pack_names(names, run->machines, &packed);

    if (error)
        return error;
    store_bind_number(statement, 1, (int64_t)run->started_ms);
    store_bind_text(statement, 2, run->selector);
    store_bind_text(statement, 3, run->command);
    store_bind_text(statement, 4, run->as);
    store_bind_bytes(statement, 5, run->payload.bytes ? run->payload.bytes : (const uint8_t *)"",
                     run->payload.size);
    store_bind_number(statement, 6, run->has_input);
    store_bind_number(statement, 7, run->machines);
    store_bind_bytes(statement, 8, packed.data ? buffer_bytes(&packed) : (uint8_t *)"",
                     buffer_length(&packed));
    error = store_do(store, statement);
    if (!error)
        *number_out = store_last_id(store);
    return error;
}

static int find_output(struct store *store, int64_t number,
                       const uint8_t hash[TRANSCRIPT_HASH_SIZE], int64_t *output_out)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE outputs SET run = ?1 WHERE hash = ?2 RETURNING id");
    int result;

    *output_out = 0;
    store_bind_number(statement, 1, number);
    store_bind_bytes(statement, 2, hash, TRANSCRIPT_HASH_SIZE);
    while ((result = store_step(store, statement)) == STORE_ROW)
        *output_out = sqlite3_column_int64(statement, 0);
    return result;
}

int store_run_output(struct store *store, int64_t number, const struct transcripts *transcripts,
                     const struct transcript *text, uint64_t *room, int64_t *output_out)
{
    static const char insert[] =
        "INSERT INTO outputs (hash, run, size, bytes, plain) VALUES (?1, ?2, ?3, ?4, ?5)";
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT, packed = BUFFER_INIT;
    uint8_t hash[TRANSCRIPT_HASH_SIZE];
    sqlite3_stmt *statement;
    int error = transcript_hash(transcripts, text, hash);

    if (!error)
        error = find_output(store, number, hash, output_out);
    if (error || *output_out)
        return error;
    error = transcript_copy(transcripts, text,
                            *room < STORE_OUTPUT_BYTES ? *room : STORE_OUTPUT_BYTES, &bytes);
    if (error == -ENOMEM)
        return error;
    /* What the disk does not give back is missing here, too. */
    *room -= buffer_length(&bytes);
    statement = store_prepare(store, insert);
    store_bind_bytes(statement, 1, hash, sizeof(hash));
    store_bind_number(statement, 2, number);
    store_bind_number(statement, 3, (int64_t)text->size);
    if (store_pack(buffer_slice(&bytes), &packed) == 0) {
        store_bind_bytes(statement, 4, buffer_bytes(&packed), buffer_length(&packed));
        store_bind_number(statement, 5, (int64_t)buffer_length(&bytes));
    } else {
        store_bind_bytes(statement, 4, bytes.data ? buffer_bytes(&bytes) : (uint8_t *)"",
                         buffer_length(&bytes));
    }
    error = store_do(store, statement);
    if (!error)
        *output_out = store_last_id(store);
    return error;
}

static void bind_output(sqlite3_stmt *statement, int place, int64_t output)
{
    if (output)
        store_bind_number(statement, place, output);
}

int store_run_result(struct store *store, int64_t number, const struct stored_result *result)
{
    static const char insert[] =
        "INSERT OR REPLACE INTO results (run, position, state, detail, ms, job, problem, text, out,"
        " err) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    sqlite3_stmt *statement = store_prepare(store, insert);

    store_bind_number(statement, 1, number);
    store_bind_number(statement, 2, result->position);
    store_bind_number(statement, 3, result->state.state);
    store_bind_number(statement, 4, result->state.detail);
    store_bind_number(statement, 5, result->ms);
    store_bind_bytes(statement, 6, result->job, UUID_SIZE);
    store_bind_text(statement, 7, result->problem);
    store_bind_text(statement, 8, result->text);
    bind_output(statement, 9, result->out);
    bind_output(statement, 10, result->err);
    return store_do(store, statement);
}

int store_run_end(struct store *store, int64_t number, int exit_status, uint64_t ended_ms)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE runs SET exit_status = ?2, ended_ms = ?3 WHERE id = ?1");

    store_bind_number(statement, 1, number);
    store_bind_number(statement, 2, exit_status);
    store_bind_number(statement, 3, (int64_t)ended_ms);
    return store_do(store, statement);
}

/* ---- forgetting ---- */

static int one_number(struct store *store, const char *sql, int64_t *value_out)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    int result = store_step(store, statement);

    *value_out = 0;
    if (result != STORE_ROW)
        return result;
    *value_out = sqlite3_column_int64(statement, 0);
    store_reset(statement);
    return 0;
}

static int delete_up_to(struct store *store, const char *sql, int64_t number)
{
    sqlite3_stmt *statement = store_prepare(store, sql);

    store_bind_number(statement, 1, number);
    return store_do(store, statement);
}

/* Every run up to this one. */
static int forget_up_to(struct store *store, int64_t number)
{
    int error = store_begin(store);

    if (!error)
        error = delete_up_to(store, "DELETE FROM results WHERE run <= ?1", number);
    if (!error)
        error = delete_up_to(store, "DELETE FROM outputs WHERE run <= ?1", number);
    if (!error)
        error = delete_up_to(store, "DELETE FROM runs WHERE id <= ?1", number);
    return error ? error : store_commit(store);
}

/* Gives pages back to the file system. */
static int shrink(struct store *store)
{
    sqlite3_stmt *statement = store_prepare(store, "PRAGMA incremental_vacuum");
    int result;

    while ((result = store_step(store, statement)) == STORE_ROW)
        continue;
    return result;
}

static int used_bytes(struct store *store, int64_t *bytes_out)
{
    int64_t pages, unused, size;
    int error = one_number(store, "PRAGMA page_count", &pages);

    if (!error)
        error = one_number(store, "PRAGMA freelist_count", &unused);
    if (!error)
        error = one_number(store, "PRAGMA page_size", &size);
    if (!error)
        *bytes_out = (pages - unused) * size;
    return error;
}

int store_runs_prune(struct store *store, uint64_t quota)
{
    int64_t bytes, oldest, newest;
    bool forgot = false;
    int error;

    for (;;) {
        error = used_bytes(store, &bytes);
        if (error || (uint64_t)bytes <= quota)
            break;
        error = one_number(store, "SELECT min(id) FROM runs", &oldest);
        if (!error)
            error = one_number(store, "SELECT max(id) FROM runs", &newest);
        if (error || oldest == 0 || oldest == newest)
            break;
        /* A tenth at a time: outputs that newer runs share stay, so one run may free nothing. */
        error = forget_up_to(store, oldest + (newest - oldest - 1) / 10);
        forgot = true;
        if (error)
            break;
    }
    return error || !forgot ? error : shrink(store);
}

int store_run_forget(struct store *store, int64_t number)
{
    struct stored_run run;
    _cleanup_buffer_ struct buffer texts = BUFFER_INIT;
    int64_t newest;
    int error = one_number(store, "SELECT max(id) FROM runs", &newest);

    if (error)
        return error;
    if (number == 0) {
        error = forget_up_to(store, newest);
        return error ? error : shrink(store);
    }
    error = store_run_find(store, number, &run, &texts);
    if (!error)
        error = store_begin(store);
    if (!error)
        error = delete_up_to(store, "DELETE FROM results WHERE run = ?1", number);
    if (!error)
        error = delete_up_to(store, "DELETE FROM runs WHERE id = ?1", number);
    if (!error)
        error = store_commit(store);
    /* Its outputs may be another run's too; then they go with that one. */
    if (!error)
        error = delete_up_to(store,
                             "DELETE FROM outputs WHERE run = ?1 AND id NOT IN"
                             " (SELECT out FROM results WHERE out IS NOT NULL"
                             "  UNION SELECT err FROM results WHERE err IS NOT NULL)",
                             number);
    return error ? error : shrink(store);
}
