/* Which machines are meant: the selector language.
 *
 *   web1  web[01-40]  web*  @tag  all       one machine, a range, a pattern, a tag, everything
 *   @group                                  what no machine has as a tag: fleet->groups knows it
 *   a,b   a b                               union
 *   a&b                                     intersection; binds tighter
 *   !a                                      not a: taken out of the union wherever it stands;
 *                                           alone, it is taken out of `all`
 *
 * A name is looked up among the names first, then (as HOST or HOST:PORT) among the addresses. What
 * picks nothing is an error, not an empty answer: a typing mistake must not pass silently.
 */
#pragma once

#include <stdint.h>

#include "fleet/home/fault.h"
#include "fleet/inventory/machines.h"

struct selection {
    uint32_t *indices; /* ascending: the fleet's order; no duplicates */
    uint32_t count;
};

#define SELECTION_INIT ((struct selection){0})
void selection_deinit(struct selection *selection);
#define _cleanup_selection_ _cleanup_(selection_deinit)
/* Where among them the machine with this index is; FLEET_NONE: nowhere. */
uint32_t selection_find(const struct selection *selection, uint32_t index);

enum selector_error {
    SELECTOR_E_EMPTY = 1, /* no selector at all */
    SELECTOR_E_SYNTAX,
    SELECTOR_E_RANGE,   /* brackets: see nodeset.h */
    SELECTOR_E_MACHINE, /* no such machine; the hint names the nearest one */
    SELECTOR_E_TAG,     /* nobody has the tag */
};

/* Returns 0 (count may be 0 after & and !), -ENOMEM, or an enum selector_error with the sentence
 * and the column (from 1, in bytes) in `fault`, which may be NULL. Frees nothing in
 * `selection_out`. */
int selector_match(const struct fleet *fleet, const char *text, struct selection *selection_out,
                   struct fault *fault);
/* Exactly one machine, as `hune shell MACHINE` wants it: a name, or HOST[:PORT]; no patterns.
 * Returns 0 or SELECTOR_E_EMPTY, SELECTOR_E_MACHINE. */
int selector_one(const struct fleet *fleet, const char *text, uint32_t *index_out,
                 struct fault *fault);
