/* Alerts between the worker and the window: who stands, what began and ended, the rules and their
 * file. Plain copies; texts are printable. */
#pragma once

#include "desktop/worker/worker.h"
#include "fleet/watch/alert-edit.h"

/* One alert of one machine. */
struct alert_item {
    char *machine; /* its name */
    char *label;   /* of the rule; "" without one */
    char *rule;
    char *detail;      /* the values: "cpu 97 %"; "" for none */
    uint64_t begun_ms; /* wall clock; 0: not known */
    uint64_t ended_ms; /* 0: it stands, or nobody saw its end */
    bool is_silent;    /* no message on the desktop */
};
/* For g_array_set_clear_func(). */
void alert_item_clear(gpointer item);

/* One rule of the file. Texts may be "". */
struct alert_copy {
    char *label;
    char *when;
    char *machines;
    char *command;
    char *clear; /* "2m"; "" for the usual time */
    bool is_silent;
};

/* Told whenever something is other than it was. */
struct alert_news {
    struct letter letter;
    GArray *standing; /* struct alert_item */
    GArray
        *events;   /* struct alert_item: began, or ended if they have an end, since the last time */
    GArray *rules; /* struct alert_copy */
    char *path;    /* of the file; NULL: there is no home */
    char *fault;   /* why rules do not hold; NULL: all do */
    char *complaint; /* what went wrong with a command; NULL */
};
void alert_news_free(struct alert_news *news);
/* In the window: alerts-model.c. */
void hune_fleet_read_alerts(struct letter *letter, void *reader);

/* A change of the file: see alert_rules_change(). Runs on a thread of its own. */
struct alert_change {
    const char *label;               /* copied; NULL: a new one */
    const struct alert_draft *draft; /* copied; NULL: taken out */
    /* In the window; `fault` is NULL if it was saved. */
    void (*done)(const char *fault, void *owner);
    void *owner;
};
/* Window. */
void worker_send_alert_change(struct worker *worker, const struct alert_change *change);

/* What is remembered, the newest first. `items` are borrowed. */
enum { ALERT_LOG_DAYS = 14, ALERT_LOG_MAX = 500 };
struct alert_log {
    void (*done)(const struct alert_item *items, size_t count, void *owner);
    void *owner;
};
/* Window. */
void worker_send_alert_log(struct worker *worker, const struct alert_log *log);
