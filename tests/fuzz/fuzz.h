/* What every fuzz target here is made of. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libFuzzer's entry, one input at a time. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Like assert(), but never compiled out: a broken property is a finding. */
#define must(condition)                                                                \
    do {                                                                               \
        if (!(condition)) {                                                            \
            fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                   \
        }                                                                              \
    } while (0)
