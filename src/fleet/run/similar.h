/* Answers that differ only in what must differ: the machine's own name and address, numbers, sizes,
 * times, addresses, long hexadecimal words. Pure functions on texts.
 *
 * A text is cut into what is fixed and what may vary ("slots"). Two texts are similar if their
 * fixed parts are the same; blanks count as one blank, because columns grow with their numbers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Longer answers are not looked at: they are read in full, or compared exactly. */
enum { SIMILAR_MAX = 256 * 1024 };

/* Who said it. Either may be NULL. */
struct similar_speaker {
    const char *name;
    const char *host;
};

/* Appends the fixed parts, with a mark for each slot: the same for similar texts. Returns 0 or
 * -ENOMEM. */
int similar_fixed(const uint8_t *text, size_t size, const struct similar_speaker *speaker,
                  struct buffer *out);

/* What the slots of similar texts hold together. Zeroed, it is empty. */
struct similar_slot {
    uint32_t begin; /* in the first text */
    uint32_t size;
    uint32_t others; /* texts in which it is not as in the first */
    bool is_name;    /* the machine's own name or address */
    bool is_number;  /* in all of them; then: */
    double least;
    double most;
    uint32_t least_begin; /* where they stand in `values` */
    uint32_t least_size;
    uint32_t most_begin;
    uint32_t most_size;
};

struct similar {
    struct buffer first; /* the first text, a copy */
    struct similar_slot *slots;
    uint32_t count;
    uint32_t texts;
    struct buffer values; /* private */
};

void similar_deinit(struct similar *similar);
/* All with the same similar_fixed(). Returns 0, -ENOMEM, or 1 if the text is not similar to the
 * first. */
int similar_add(struct similar *similar, const uint8_t *text, size_t size,
                const struct similar_speaker *speaker);

/* Shows the text that stands for all: `put` gets the pieces, `varies` true for a marked place:
 * "‹3…95›" for numbers from 3 to 95, "‹name›", "‹…›". Returns what `put` returned first that is not
 * 0. */
int similar_show(const struct similar *similar,
                 int (*put)(const uint8_t *bytes, size_t size, bool varies, void *user),
                 void *user);
