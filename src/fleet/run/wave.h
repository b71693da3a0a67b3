/* Care with wide orders: which machines may begin, and when it is enough. Pure arithmetic over
 * positions; whoever runs the fan-out asks it.
 *
 * First the canaries, then wave after wave; the next one begins when all of the one before have
 * ended. Canaries must all succeed; of the others as many may fail as `max_fail` allows. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { WAVE_ALL_MAY_FAIL = UINT32_MAX };

/* "10" or "25%". */
struct wave_share {
    uint32_t value;
    bool is_percent;
};

struct wave_settings {
    uint32_t machines;
    uint32_t canaries;         /* 0: none */
    struct wave_share size;    /* value 0: all the rest at once */
    struct wave_share failing; /* so many may fail; more end it */
    bool has_failing;          /* without: none in a run with canaries or waves, all in others */
    bool keep_going;           /* whatever fails, go on */
};

struct wave {
    struct wave_settings settings;
    uint32_t size;    /* machines of a wave */
    uint32_t failing; /* machines that may fail; WAVE_ALL_MAY_FAIL */
    uint32_t limit;   /* positions below it may begin */
    uint32_t number;  /* of the wave, from 1; the canaries are a wave */
    uint32_t count;   /* of waves */
    uint32_t ended;
    uint32_t failed;
    bool is_over;
};

enum wave_step {
    WAVE_SAME, /* nothing new */
    WAVE_NEXT, /* `limit` has risen: a new wave may begin */
    WAVE_OVER, /* no machine may begin any more; told once */
};

/* Reads "N" or "N%" (1 to 100). False for anything else. */
bool wave_share_parse(const char *text, struct wave_share *share_out);

void wave_init(struct wave *wave, const struct wave_settings *settings);
/* A machine ended. */
enum wave_step wave_ended(struct wave *wave, bool is_ok);
/* Whether the wave under way is that of the canaries. */
bool wave_is_canary(const struct wave *wave);
/* The wave that a position belongs to, from 1. */
uint32_t wave_of(const struct wave *wave, uint32_t position);
