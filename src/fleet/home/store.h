/* The console's memory on disk: one SQLite file, <data>/hune.db, for what is looked up later (runs
 * and their outputs, alerts, history). It must never stop a command: what cannot be opened or
 * written is told once, and the work goes on without it. So every function of every store-*.c
 * takes a NULL store and then does nothing.
 *
 *  1. One connection per process, used by one thread. Several processes may have the file open
 * (WAL); a writer waits for another one at most STORE_BUSY_MS.
 *  2. Each group of tables has a file of its own, store-NAME.c, which alone knows their columns.
 *     Its tables are made by steps in store.c, which are only ever appended.
 *  3. After the first write that failed (a full disk, a damaged file) the store is off for the rest
 *     of the process: store_trouble() tells why, once.
 */
#pragma once

#include <stdbool.h>

#include "fleet/home/fault.h"

struct store;

enum store_condition {
    STORE_ROW = 1, /* a statement gave a row; finished is 0 */
    STORE_OFF,     /* there is no store, or it is off since it failed */
};

enum {
    STORE_BUSY_MS = 2000,         /* how long a write waits for another process's */
    STORE_RUNS_BYTES = 256 << 20, /* the whole file, about: the oldest runs go then */
};

/* Opens the file, makes it (mode 0600, and its directory, 0700) if need be, and brings its tables
 * up to date. Returns 0, -ENOMEM, or STORE_OFF with `fault` set: what is wrong, and what to do. */
int store_open(const char *path, struct store **store_out, struct fault *fault);
/* What is not committed yet is rolled back. Takes NULL, returns NULL. */
struct store *store_close(struct store *store);

/* Puts writes together: one sync for many. They nest; only the outermost pair counts. Returns 0 or
 * STORE_OFF. Keep it short: other processes wait meanwhile. */
int store_begin(struct store *store);
int store_commit(struct store *store);
/* Undoes everything since the outermost store_begin(); the store stays usable. */
void store_rollback(struct store *store);

bool store_is_off(const struct store *store);
/* True once after the store failed, with what to tell. */
bool store_trouble(struct store *store, struct fault *fault_out);
