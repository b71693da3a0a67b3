/* What makes the tables of the store, for store.c alone. Each text stands in the file of its group,
 * which is the only one that knows the columns. */
#pragma once

extern const char store_runs_tables[], store_runs_packed[]; /* store-runs.c */
extern const char store_alerts_tables[];                    /* store-alerts.c */
extern const char store_tickets_tables[];                   /* store-tickets.c */
