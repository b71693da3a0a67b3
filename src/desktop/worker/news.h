/* What the worker tells the window of its own accord: how machines are. Plain copies, batched: one
 * letter per tick whatever the number of machines. HuneFleet reads them (fleet-model.c). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "desktop/worker/worker.h"
#include "fleet/link/link.h"
#include "proto/problem.h"

/* X(NAME, "word", what a person reads, "icon", is it worth attention) */
#define HUNE_MACHINE_STATES(X)                                                            \
    X(NEW, "new", N_("Id not known"), "dialog-question-symbolic", true)                   \
    X(IDLE, "idle", N_("Disconnected"), "media-playback-stop-symbolic", false)            \
    X(CONNECTING, "connecting", N_("Connecting"), "content-loading-symbolic", false)      \
    X(CONNECTED, "connected", N_("Connected"), "emblem-ok-symbolic", false)               \
    X(RECONNECTING, "reconnecting", N_("Reconnecting"), "network-offline-symbolic", true) \
    X(UNREACHABLE, "unreachable", N_("Unreachable"), "network-offline-symbolic", true)    \
    X(REFUSED, "refused", N_("Refused"), "action-unavailable-symbolic", true)             \
    X(CHANGED, "changed", N_("Id changed"), "dialog-warning-symbolic", true)              \
    X(VERSION, "version", N_("Version does not fit"), "software-update-urgent-symbolic", true)

enum machine_state {
#define X(name, word, text, icon, attention) MACHINE_##name,
    HUNE_MACHINE_STATES(X)
#undef X
        MACHINE_STATES,
};

/* One machine's connection. Texts are translated, printable, and may be NULL. */
struct news_item {
    uint32_t slot;
    enum machine_state state;
    enum problem_code problem;
    bool is_kept_out; /* MACHINE_CHANGED, and a person said that it stays so */
    gint64 retry_us;  /* g_get_monotonic_time() of the next attempt; 0: none is planned */
    char *sentence;   /* what went wrong */
    char *advice;     /* what to do next, maybe several lines */
    char *pinned;     /* of an id that changed */
    char *seen;
    uint8_t seen_id[MACHINE_ID_SIZE];
    struct link_info *info; /* once it has been connected */
};

struct news {
    struct letter letter;
    GArray *items; /* struct news_item */
};
void news_free(struct news *news);

/* The slow facts that the list shows. */
struct brief {
    struct letter letter;
    uint32_t slot;
    char *os;        /* "Debian GNU/Linux 12 (bookworm)" */
    uint64_t booted; /* ms since 1970; 0: not known */
    uint64_t ram;    /* bytes */
    uint64_t ram_used;
    float disk; /* used part of the fullest file system; negative: not known */
};
void brief_free(struct brief *brief);

/* The few measures that the list shows, 0 to 1; negative: not known. */
struct sample_item {
    uint32_t slot;
    float cpu;
    float memory;
    float disk;
};

struct samples {
    struct letter letter;
    GArray *items; /* struct sample_item */
};
void samples_free(struct samples *samples);

/* The operator's key. */
struct key_news {
    struct letter letter;
    char *fault; /* why there is none; NULL if there is */
    char *fingerprint;
    char *origin;
    bool is_new;
};
void key_news_free(struct key_news *news);

/* ---- in the worker ---- */
struct signer;
void tell_key(struct worker *worker, const struct signer *signer);
void tell_key_fault(struct worker *worker, const struct fault *fault);
void station_target(void *worker, uint32_t slot, struct link_target *target_out);
/* A trouble as two translated texts. */
void trouble_texts(const struct trouble *trouble, const struct signer *signer, char **sentence_out,
                   char **advice_out);

/* ---- in the window: fleet-model.c ---- */
void hune_fleet_read_roster(struct letter *letter, void *reader);
void hune_fleet_read_match(struct letter *letter, void *reader);
void hune_fleet_read_news(struct letter *letter, void *reader);
void hune_fleet_read_samples(struct letter *letter, void *reader);
void hune_fleet_read_brief(struct letter *letter, void *reader);
void hune_fleet_read_key(struct letter *letter, void *reader);

/* ---- things that the window asks of one machine ---- */

/* GET path. `done` runs in the window; `root` is its own (json_decref) and NULL exactly if there is
 * a sentence. */
struct worker_ask {
    uint32_t slot;
    const char *path; /* copied */
    void (*done)(json_t *root, const char *sentence, void *owner);
    void *owner;
};
void worker_send_ask(struct worker *worker, const struct worker_ask *ask);

/* The machine's own record of orders, its last lines (one JSON object each), oldest first. `done`
 * runs in the window; `lines` is NULL-terminated, borrowed, and NULL exactly if there is a
 * sentence. */
enum { RECORD_LINES = 500 };
struct worker_record {
    uint32_t slot;
    void (*done)(const char *const *lines, const char *sentence, void *owner);
    void *owner;
};
void worker_send_record(struct worker *worker, const struct worker_record *ask);

/* Window: connect (ends a pause too), or end the connection and stay so. */
void worker_send_connect(struct worker *worker, uint32_t slot);
void worker_send_disconnect(struct worker *worker, uint32_t slot);
