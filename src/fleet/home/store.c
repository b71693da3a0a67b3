/* See store.h. */
#include "fleet/home/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fleet/home/i18n.h"
#include "fleet/home/store-statement.h"
#include "fleet/home/store-tables.h"

/* What makes the tables, in the order in which it was invented: a file remembers in its
 * `user_version` how many of the steps it has had. A step that was ever released is not changed and
 * not moved; a better table is one more step at the end. Each stands in the file of its group. */
static const char *const store_steps[] = {
    store_runs_tables,
    store_alerts_tables,
    store_tickets_tables,
    store_runs_packed,
    NULL, /* the end */
};

struct prepared {
    const char *sql;
    sqlite3_stmt *statement;
};

struct store {
    sqlite3 *database;
    char *path;
    struct prepared *prepared;
    size_t prepared_count;
    unsigned depth; /* of store_begin() */
    bool is_off;
    bool is_told;
    struct fault fault;
};

/* ---- what went wrong ---- */

static void describe(const char *path, int code, const char *reason, struct fault *fault)
{
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        fault_set(fault, _("Move it away; a new one is made then."),
                  _("%s is damaged; nothing is kept there now."), path);
        break;
    case SQLITE_FULL:
        fault_set(fault, _("Make room there; what was kept before is still there."),
                  _("%s: the disk is full; nothing more is kept there now."), path);
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        fault_set(fault, NULL, _("%s cannot be written; nothing is kept there now."), path);
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        fault_set(fault, _("Another hune or Hune is writing to it, or was stopped while it did."),
                  _("%s is in use for too long; nothing is kept there now."), path);
        break;
    default: fault_set(fault, NULL, _("%s: nothing is kept there now (%s)."), path, reason);
    }
}

static void turn_off(struct store *store, const struct fault *fault)
{
    if (store->is_off)
        return;
    store->is_off = true;
    store->fault = *fault;
    for (size_t i = 0; i < store->prepared_count; i++)
        sqlite3_reset(store->prepared[i].statement);
    if (!sqlite3_get_autocommit(store->database))
        sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    store->depth = 0;
}

int store_failed(struct store *store, int code)
{
    struct fault fault;

    if (!store || store->is_off)
        return STORE_OFF;
    describe(store->path, code, sqlite3_errmsg(store->database), &fault);
    turn_off(store, &fault);
    return STORE_OFF;
}

bool store_is_off(const struct store *store)
{
    return !store || store->is_off;
}

bool store_trouble(struct store *store, struct fault *fault_out)
{
    if (!store || !store->is_off || store->is_told)
        return false;
    store->is_told = true;
    *fault_out = store->fault;
    return true;
}

/* ---- opening ---- */

/* Made here and not by SQLite, so that nobody else can read it: outputs hold secrets. Its WAL
 * takes over the mode. */
static int make_file(const char *path, struct fault *fault)
{
    _cleanup_free_ char *copy = strdup(path);
    _cleanup_close_ int fd = -1;
    int error;

    if (!copy)
        return -ENOMEM;
    error = directory_make(dirname(copy), 0700);
    if (!error)
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (!error && fd < 0)
        error = -errno;
    if (!error)
        return 0;
    fault_errno(fault, -error, NULL, _("%s: nothing is kept there now"), path);
    return STORE_OFF;
}

enum { STORE_AGAIN_MS = 10, STORE_SHORT_WAL = 4 << 20 };

static int run(sqlite3 *database, const char *sql)
{
    return sqlite3_exec(database, sql, NULL, NULL, NULL);
}

static int ask(sqlite3 *database, const char *sql, int *number_out)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);

    if (code != SQLITE_OK)
        return code;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *number_out = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

static int user_version(sqlite3 *database, int *version_out)
{
    return ask(database, "PRAGMA user_version", version_out);
}

static int steps_from(sqlite3 *database, int version, const char *const *steps, int count)
{
    char pragma[64];
    int code = SQLITE_OK;

    for (; version < count && code == SQLITE_OK; version++)
        code = run(database, steps[version]);
    if (code != SQLITE_OK)
        return code;
    sqlite3_snprintf(sizeof(pragma), pragma, "PRAGMA user_version = %d", count);
    return run(database, pragma);
}

/* Two consoles may start at once on a new file: who gets the lock makes the tables, the other one
 * finds them made. */
static int bring_up_to_date(sqlite3 *database, const char *const *steps, int count,
                            int *version_out)
{
    int code = user_version(database, version_out);

    if (code != SQLITE_OK || *version_out >= count)
        return code;
    code = run(database, "BEGIN IMMEDIATE");
    if (code != SQLITE_OK)
        return code;
    code = user_version(database, version_out);
    if (code == SQLITE_OK && *version_out < count)
        code = steps_from(database, *version_out, steps, count);
    if (code == SQLITE_OK)
        code = run(database, "COMMIT");
    if (code != SQLITE_OK && !sqlite3_get_autocommit(database))
        run(database, "ROLLBACK");
    return code;
}

/* SQLite waits for other processes, but not here, where several that begin with a new file at once
 * all change how it is kept. */
static int keep_a_wal(sqlite3 *database)
{
    int code = run(database, "PRAGMA journal_mode = WAL");

    for (int waited = 0; (code & 0xff) == SQLITE_BUSY && waited < STORE_BUSY_MS;
         waited += STORE_AGAIN_MS) {
        sqlite3_sleep(STORE_AGAIN_MS);
        code = run(database, "PRAGMA journal_mode = WAL");
    }
    return code;
}

/* Of a new file; to say it once more would write to the file, and wait for the disk, at each start.
 */
static int vacuum_by_and_by(sqlite3 *database)
{
    int is_so;
    int code = ask(database, "PRAGMA auto_vacuum", &is_so);

    return code != SQLITE_OK || is_so ? code : run(database, "PRAGMA auto_vacuum = INCREMENTAL");
}

static int set_up(sqlite3 *database)
{
    int code;

    sqlite3_busy_timeout(database, STORE_BUSY_MS);
    sqlite3_extended_result_codes(database, 1);
    /* A file that is not ours may hold views and triggers that call functions. */
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    /* NORMAL: a power cut may lose the last transactions, never the file. */
    code = run(database, "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216");
    if (code == SQLITE_OK)
        code = vacuum_by_and_by(database);
    return code == SQLITE_OK ? keep_a_wal(database) : code;
}

static int open_database(struct store *store, const char *const *steps, int count,
                         struct fault *fault)
{
    int version = 0;
    int code = sqlite3_open_v2(store->path, &store->database, SQLITE_OPEN_READWRITE, NULL);

    if (code == SQLITE_OK)
        code = set_up(store->database);
    if (code == SQLITE_OK)
        code = bring_up_to_date(store->database, steps, count, &version);
    if (code == SQLITE_NOMEM)
        return -ENOMEM;
    if (code != SQLITE_OK) {
        describe(store->path, code, sqlite3_errmsg(store->database), fault);
        return STORE_OFF;
    }
    if (version > count) {
        fault_set(fault, _("Use that version, or move the file away."),
                  _("%s was written by a newer version of Hune; nothing is kept there now."),
                  store->path);
        return STORE_OFF;
    }
    return 0;
}

int store_open_steps(const char *path, const char *const *steps, int count,
                     struct store **store_out, struct fault *fault)
{
    struct store *store;
    int error = make_file(path, fault);

    if (error)
        return error;
    store = calloc(1, sizeof(*store));
    if (!store)
        return -ENOMEM;
    store->path = strdup(path);
    error = store->path ? open_database(store, steps, count, fault) : -ENOMEM;
    if (error) {
        store_close(store);
        return error;
    }
    *store_out = store;
    return 0;
}

int store_open(const char *path, struct store **store_out, struct fault *fault)
{
    return store_open_steps(path, store_steps, (int)ELEMENTS_OF(store_steps) - 1, store_out, fault);
}

/* Who closes the file last moves its WAL into it, and waits for the disk twice, while somebody
 * waits for the end of a command. A short one stays: the next to open the file reads it in a
 * moment, and commits move it when it has grown. */
static void leave_short_wal(struct store *store)
{
    _cleanup_free_ char *path = NULL;
    struct stat info;

    if (asprintf(&path, "%s-wal", store->path) >= 0 && stat(path, &info) == 0 &&
        info.st_size <= STORE_SHORT_WAL)
        sqlite3_db_config(store->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

struct store *store_close(struct store *store)
{
    if (!store)
        return NULL;
    for (size_t i = 0; i < store->prepared_count; i++)
        sqlite3_finalize(store->prepared[i].statement);
    if (store->database && store->path)
        leave_short_wal(store);
    sqlite3_close(store->database);
    free(store->prepared);
    free(store->path);
    free(store);
    return NULL;
}

/* ---- transactions ---- */

int store_begin(struct store *store)
{
    int code = SQLITE_OK;

    if (store_is_off(store))
        return STORE_OFF;
    if (store->depth == 0)
        code = run(store->database, "BEGIN IMMEDIATE");
    if (code != SQLITE_OK)
        return store_failed(store, code);
    store->depth++;
    return 0;
}

int store_commit(struct store *store)
{
    int code;

    if (store_is_off(store) || store->depth == 0)
        return STORE_OFF;
    if (--store->depth > 0)
        return 0;
    code = run(store->database, "COMMIT");
    return code == SQLITE_OK ? 0 : store_failed(store, code);
}

void store_rollback(struct store *store)
{
    if (store_is_off(store) || store->depth == 0)
        return;
    store->depth = 0;
    run(store->database, "ROLLBACK");
}

/* ---- statements ---- */

static sqlite3_stmt *prepare_new(struct store *store, const char *sql)
{
    struct prepared *more = reallocarray(store->prepared, store->prepared_count + 1, sizeof(*more));
    sqlite3_stmt *statement;
    int code;

    if (!more) {
        store_failed(store, SQLITE_NOMEM);
        return NULL;
    }
    store->prepared = more;
    code = sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                              NULL);
    if (code != SQLITE_OK) {
        store_failed(store, code);
        return NULL;
    }
    more[store->prepared_count++] = (struct prepared){.sql = sql, .statement = statement};
    return statement;
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql)
{
    if (store_is_off(store))
        return NULL;
    for (size_t i = 0; i < store->prepared_count; i++) {
        sqlite3_stmt *statement = store->prepared[i].statement;

        if (store->prepared[i].sql != sql)
            continue;
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        return statement;
    }
    return prepare_new(store, sql);
}

void store_bind_number(sqlite3_stmt *statement, int place, int64_t value)
{
    if (statement)
        sqlite3_bind_int64(statement, place, value);
}

void store_bind_real(sqlite3_stmt *statement, int place, double value)
{
    if (statement)
        sqlite3_bind_double(statement, place, value);
}

void store_bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    if (statement)
        sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

void store_bind_bytes(sqlite3_stmt *statement, int place, const void *bytes, size_t size)
{
    if (statement && bytes)
        sqlite3_bind_blob64(statement, place, bytes, size, SQLITE_STATIC);
}

int store_step(struct store *store, sqlite3_stmt *statement)
{
    int code;

    if (store_is_off(store) || !statement)
        return STORE_OFF;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return STORE_ROW;
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? 0 : store_failed(store, code);
}

void store_reset(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
}

int store_do(struct store *store, sqlite3_stmt *statement)
{
    int result = store_step(store, statement);

    if (result == STORE_ROW) {
        sqlite3_reset(statement);
        result = 0;
    }
    return result;
}

int64_t store_last_id(const struct store *store)
{
    return store_is_off(store) ? 0 : sqlite3_last_insert_rowid(store->database);
}

sqlite3 *store_database(struct store *store)
{
    return store_is_off(store) ? NULL : store->database;
}
