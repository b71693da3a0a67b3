/* What the files of table groups (store-*.c) use. Statements are written once, as a literal, and
 * are kept prepared:
 *
 *     sqlite3_stmt *statement = store_prepare(store, "SELECT name FROM ...  WHERE id = ?1");
 *
 *     store_bind_number(statement, 1, id);
 *     while ((result = store_step(store, statement)) == STORE_ROW)
 *         ... sqlite3_column_...(statement, 0) ...
 *
 * All of it takes NULL statements; then store_step() says STORE_OFF.
 */
#pragma once

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "fleet/home/store.h"

/* `sql` must live as long as the process: it is found again by its address. NULL if the store is
 * off or fails now. Valid until store_close(); starts fresh, nothing is bound. */
sqlite3_stmt *store_prepare(struct store *store, const char *sql);
void store_bind_number(sqlite3_stmt *statement, int place, int64_t value);
void store_bind_real(sqlite3_stmt *statement, int place, double value);
/* NULL is bound as NULL. The bytes are borrowed until the last store_step(). */
void store_bind_text(sqlite3_stmt *statement, int place, const char *text);
void store_bind_bytes(sqlite3_stmt *statement, int place, const void *bytes, size_t size);
/* Returns STORE_ROW, 0 at the end (the statement is reset then), or STORE_OFF. */
int store_step(struct store *store, sqlite3_stmt *statement);
/* Ends a statement that is not stepped to its end: else it keeps a view of the file open. */
void store_reset(sqlite3_stmt *statement);
/* A statement without rows, bound already: one step and done. Returns 0 or STORE_OFF. */
int store_do(struct store *store, sqlite3_stmt *statement);
int64_t store_last_id(const struct store *store);

/* For SQLite's own functions, such as blobs. NULL if the store is off. */
sqlite3 *store_database(struct store *store);
/* A call of SQLite's own failed with `code`: rolls back, remembers why, turns the store off.
 * Returns STORE_OFF. */
int store_failed(struct store *store, int code);

/* store_open() with other steps: for tests of what it does with older and newer files. */
int store_open_steps(const char *path, const char *const *steps, int count,
                     struct store **store_out, struct fault *fault);
