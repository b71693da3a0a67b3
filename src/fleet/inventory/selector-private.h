/* What selector.c (the language) and selector-match.c (what one operand picks) share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fleet/inventory/selector.h"

/* One bit per machine of the fleet. */
struct selector_set {
    uint64_t *words;
};

static inline void set_put(struct selector_set *set, uint32_t index)
{
    set->words[index / 64] |= 1ull << (index % 64);
}

struct selector_parser {
    const struct fleet *fleet;
    const char *text;
    size_t at;
    size_t word_count;
    struct selector_set chosen;   /* the union of the terms */
    struct selector_set excluded; /* the union of the terms that are only !x */
    struct selector_set term;     /* of a term with & */
    struct selector_set factor;
    bool has_chosen;
    struct fault *fault;
};

/* One operand, between the operators. */
struct selector_operand {
    const char *text;
    size_t length;
    size_t offset;
    bool negated;
};

/* Both return the enum selector_error that fits, and leave the sentence in parser->fault. */
int selector_syntax_fault(struct selector_parser *parser, size_t offset, const char *text);
int selector_machine_fault(struct selector_parser *parser, const struct selector_operand *operand,
                           const char *name);
/* Puts all machines that the operand picks into `set`. Returns as selector_match() does. */
int selector_match_operand(struct selector_parser *parser, const struct selector_operand *operand,
                           struct selector_set *set);
