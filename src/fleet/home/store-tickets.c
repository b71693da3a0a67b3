/* See store-tickets.h. */
#include "fleet/home/store-tickets.h"

#include "fleet/home/store-statement.h"
#include "fleet/home/store-tables.h"

const char store_tickets_tables[] =
    "CREATE TABLE tickets ("
    " machine BLOB NOT NULL, place TEXT NOT NULL, ticket BLOB NOT NULL, until_s INTEGER NOT NULL,"
    " PRIMARY KEY (machine, place)) WITHOUT ROWID;"
    "CREATE INDEX tickets_until ON tickets (until_s);";

int store_ticket_find(struct store *store, const uint8_t machine[MACHINE_ID_SIZE],
                      const char *place, uint64_t now_s, struct buffer *ticket_out)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT ticket FROM tickets WHERE machine = ?1 AND place = ?2 AND until_s > ?3");
    int result, error;

    store_bind_bytes(statement, 1, machine, MACHINE_ID_SIZE);
    store_bind_text(statement, 2, place);
    store_bind_number(statement, 3, (int64_t)now_s);
    result = store_step(store, statement);
    if (result != STORE_ROW)
        return result ? result : 1;
    error = buffer_append(ticket_out, sqlite3_column_blob(statement, 0),
                          (size_t)sqlite3_column_bytes(statement, 0));
    store_reset(statement);
    return error;
}

int store_ticket_keep(struct store *store, const uint8_t machine[MACHINE_ID_SIZE],
                      const char *place, struct slice ticket, uint64_t until_s)
{
    sqlite3_stmt *statement =
        ticket.size > 0
            ? store_prepare(store,
                            "INSERT OR REPLACE INTO tickets (machine, place, ticket, until_s)"
                            " VALUES (?1, ?2, ?3, ?4)")
            : store_prepare(store, "DELETE FROM tickets WHERE machine = ?1 AND place = ?2");

    store_bind_bytes(statement, 1, machine, MACHINE_ID_SIZE);
    store_bind_text(statement, 2, place);
    if (ticket.size > 0) {
        store_bind_bytes(statement, 3, ticket.bytes, ticket.size);
        store_bind_number(statement, 4, (int64_t)until_s);
    }
    return store_do(store, statement);
}

int store_tickets_tidy(struct store *store, uint64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM tickets WHERE until_s <= ?1");

    store_bind_number(statement, 1, (int64_t)now_s);
    return store_do(store, statement);
}
