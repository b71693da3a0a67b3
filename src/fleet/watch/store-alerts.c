/* See store-alerts.h. */
#include "fleet/watch/store-alerts.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "fleet/home/store-statement.h"
#include "fleet/home/store-tables.h"
#include "fleet/watch/finding.h"

/* `detail` holds the finding: facts, not words. The partial index keeps one open alert for each
 * machine and rule, whoever else is writing. */
const char store_alerts_tables[] =
    "CREATE TABLE alerts ("
    " id INTEGER PRIMARY KEY, machine TEXT NOT NULL, rule TEXT NOT NULL, detail TEXT,"
    " begun_ms INTEGER NOT NULL, ended_ms INTEGER);"
    "CREATE UNIQUE INDEX alerts_open ON alerts (machine, rule) WHERE ended_ms IS NULL;"
    "CREATE INDEX alerts_begun ON alerts (begun_ms);"
    "CREATE INDEX alerts_ended ON alerts (ended_ms);"
    "CREATE TABLE presences ("
    " id INTEGER PRIMARY KEY, machine TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    " state TEXT NOT NULL, reason TEXT);"
    "CREATE INDEX presences_machine ON presences (machine, id);"
    "CREATE INDEX presences_at ON presences (at_ms);";

/* Runs a statement that returns at most one number; STORE_ALERT_KNOWN if it returned none. */
static int one_number(struct store *store, sqlite3_stmt *statement, uint64_t *number_out)
{
    int found = STORE_ALERT_KNOWN, result;

    while ((result = store_step(store, statement)) == STORE_ROW) {
        *number_out = (uint64_t)sqlite3_column_int64(statement, 0);
        found = 0;
    }
    return result ? result : found;
}

int store_alert_begin(struct store *store, const char *machine, const char *rule,
                      const char *finding, uint64_t at_ms)
{
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO alerts (machine, rule, detail, begun_ms) VALUES (?1, ?2, ?3, ?4)"
               " ON CONFLICT DO NOTHING RETURNING begun_ms");
    uint64_t begun_ms;

    store_bind_text(statement, 1, machine);
    store_bind_text(statement, 2, rule);
    store_bind_text(statement, 3, finding);
    store_bind_number(statement, 4, (int64_t)at_ms);
    return one_number(store, statement, &begun_ms);
}

int store_alert_end(struct store *store, const char *machine, const char *rule, uint64_t at_ms,
                    uint64_t *begun_ms_out)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE alerts SET ended_ms = ?3"
               " WHERE machine = ?1 AND rule = ?2 AND ended_ms IS NULL RETURNING begun_ms");

    store_bind_text(statement, 1, machine);
    store_bind_text(statement, 2, rule);
    store_bind_number(statement, 3, (int64_t)at_ms);
    return one_number(store, statement, begun_ms_out);
}

static const char *text_of(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

int store_alert_stands(struct store *store, const char *machine, const char *rule,
                       uint64_t *begun_ms_out, struct buffer *finding_out)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT begun_ms, detail FROM alerts"
               " WHERE machine = ?1 AND rule = ?2 AND ended_ms IS NULL");
    int found = STORE_ALERT_KNOWN, result;

    store_bind_text(statement, 1, machine);
    store_bind_text(statement, 2, rule);
    while ((result = store_step(store, statement)) == STORE_ROW) {
        *begun_ms_out = (uint64_t)sqlite3_column_int64(statement, 0);
        if (finding_out && text_of(statement, 1))
            (void)buffer_append_text(finding_out, text_of(statement, 1));
        found = 0;
    }
    return result ? result : found;
}

int store_presence(struct store *store, const char *machine, enum presence presence,
                   const char *reason, uint64_t at_ms)
{
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO presences (machine, at_ms, state, reason)"
               " SELECT ?1, ?2, ?3, ?4 WHERE ?3 IS NOT (SELECT state FROM presences"
               "  WHERE machine = ?1 ORDER BY id DESC LIMIT 1)");

    store_bind_text(statement, 1, machine);
    store_bind_number(statement, 2, (int64_t)at_ms);
    store_bind_text(statement, 3, presence_word(presence));
    store_bind_text(statement, 4, reason);
    return store_do(store, statement);
}

int store_events(struct store *store, uint64_t since_ms, const char *machine,
                 void (*tell)(const struct stored_event *event, void *user), void *user)
{
    sqlite3_stmt *statement = store_prepare(
        store,
        "SELECT begun_ms AS at, machine, 'begin', rule, detail, 0 FROM alerts"
        " WHERE begun_ms >= ?1 AND (?2 IS NULL OR machine = ?2)"
        " UNION ALL SELECT ended_ms AS at, machine, 'end', rule, detail, begun_ms FROM alerts"
        " WHERE ended_ms >= ?1 AND (?2 IS NULL OR machine = ?2)"
        " UNION ALL SELECT at_ms AS at, machine, state, NULL, reason, 0 FROM presences"
        " WHERE at_ms >= ?1 AND (?2 IS NULL OR machine = ?2)"
        " ORDER BY at");
    _cleanup_buffer_ struct buffer words = BUFFER_INIT;
    int result;

    store_bind_number(statement, 1, (int64_t)since_ms);
    store_bind_text(statement, 2, machine);
    while ((result = store_step(store, statement)) == STORE_ROW) {
        struct stored_event event = {
            .at_ms = (uint64_t)sqlite3_column_int64(statement, 0),
            .machine = text_of(statement, 1),
            .kind = text_of(statement, 2),
            .rule = text_of(statement, 3),
            .detail = text_of(statement, 4),
            .begun_ms = (uint64_t)sqlite3_column_int64(statement, 5),
        };

        if (event.rule && event.detail) {
            event.finding = event.detail;
            buffer_clear(&words);
            event.detail = finding_explain(&words, event.finding) ? NULL : buffer_text(&words);
        }
        tell(&event, user);
    }
    return result;
}

int store_alerts_prune(struct store *store, uint64_t now_ms)
{
    int64_t before = (int64_t)now_ms - (int64_t)STORE_ALERTS_DAYS * 86400000;
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM alerts WHERE ended_ms < ?1");
    int error;

    store_bind_number(statement, 1, before);
    error = store_do(store, statement);
    if (error)
        return error;
    /* The newest of each machine stays: it says how the machine is. */
    statement = store_prepare(store, "DELETE FROM presences WHERE at_ms < ?1 AND id NOT IN"
                                     " (SELECT max(id) FROM presences GROUP BY machine)");
    store_bind_number(statement, 1, before);
    return store_do(store, statement);
}
