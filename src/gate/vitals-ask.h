/* What a request for vitals asks for. Pure functions on text: all of it is a stranger's until it
 * was read here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/vitals.h"

enum vitals_form { VITALS_ONCE, VITALS_STREAM, VITALS_HISTORY };

struct vitals_asked {
    enum vitals_form form;
    struct vital_fields fields;
    uint32_t processes;
    uint32_t every_ms; /* one of the beats */
    uint64_t since_ms; /* wall clock */
    uint64_t until_ms;
    uint64_t step_ms; /* 0: chosen here */
};

/* Reads the part of a path behind its `?` (NULL: there is none). `now_ms` is the wall clock.
 * Returns 0, or 1 with a sentence for people in detail_out. */
int vitals_ask_parse(const char *query, uint64_t now_ms, struct vitals_asked *asked_out,
                     char *detail_out, size_t detail_size);

/* The longest beat that is not longer than `ms`, at least a second. */
uint32_t vitals_beat_for(uint64_t ms);
