/* The way to one machine, looked at step by step as `hune doctor` does (fleet/link/doctor.h). */
#pragma once

#include "desktop/worker/worker.h"
#include "fleet/link/doctor.h"

/* One step, or the end. Texts are translated, printable, and valid during the call only. */
struct way_news {
    struct letter letter;
    void (*told)(const struct way_news *news, void *owner);
    void *owner;
    bool is_over; /* nothing follows; the rest is empty but for is_ok: the machine is well */
    bool is_ok;
    bool is_warning;
    enum doctor_step step;
    char *detail;
    double ms;
    char *sentence; /* what is wrong, exactly if not ok */
    char *advice;   /* what to do next */
};

struct way_ask {
    const char *host; /* copied */
    uint16_t port;
    const uint8_t *id; /* copied; NULL: whoever answers */
    const char *user;  /* copied; NULL or "": the machine's own choice */
    void (*told)(const struct way_news *news, void *owner);
    void *owner;
};

/* Window. `told` is called until it `is_over`. */
void worker_send_way(struct worker *worker, const struct way_ask *ask);
