/* What went wrong between this console and a machine, with everything a person needs to act on it:
 * where, the two ids, the system's own words, the machine's own sentence. A plain value: copy it.
 * fleet/home/fault.h is for mistakes found on this computer; trouble_fault() turns one into the
 * other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fleet/home/fault.h"
#include "proto/order.h"
#include "proto/problem.h"
#include "proto/sshkey.h"

enum { TROUBLE_WHERE_SIZE = 384, TROUBLE_DETAIL_SIZE = 512, TROUBLE_MACHINE_SIZE = 512 };

struct signer;

struct trouble {
    enum problem_code code;             /* PROBLEM_NONE: nothing is wrong */
    char where[TROUBLE_WHERE_SIZE];     /* "web1:10000", or "web1:10000 (192.0.2.7)"; may be "" */
    char detail[TROUBLE_DETAIL_SIZE];   /* the system's or a library's words; may be "" */
    char machine[TROUBLE_MACHINE_SIZE]; /* the machine's own sentence (problem+json); may be "" */
    int system_error;                   /* the -errno behind it, or 0 */
    bool has_pinned;                    /* ID_CHANGED */
    bool has_seen;                      /* ID_CHANGED, ID_UNKNOWN */
    uint8_t pinned[MACHINE_ID_SIZE];
    uint8_t seen[MACHINE_ID_SIZE];
};

/* Fills `trouble`: `where` may be NULL, `format` NULL leaves detail empty. */
void trouble_set(struct trouble *trouble, enum problem_code code, const char *where,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* INTERNAL for a negative -errno of this console's own (no memory, no random bytes). */
void trouble_set_errno(struct trouble *trouble, const char *where, int error);
/* Whether the machine itself said so; else it was found on the way or here. */
bool trouble_is_from_machine(const struct trouble *trouble);
/* What happened as one translated sentence, safe to print: where, what, both ids, the words of the
 * system and of the machine. What to do next is trouble_hint(). Appends; returns 0 or -ENOMEM. */
int trouble_describe(const struct trouble *trouble, struct buffer *out);
/* What to do next, translated; never NULL. */
const char *trouble_hint(const struct trouble *trouble);
/* The same two texts as a fault. */
void trouble_fault(const struct trouble *trouble, struct fault *fault_out);
/* The word that scripts read, such as "id-changed"; "none" for PROBLEM_NONE. */
const char *trouble_word(const struct trouble *trouble);
/* All that helps to go on, several lines: both ids, the hint, and for a key that the machine does
 * not know, the very line that it lacks (`signer` may be NULL). Appends; returns 0 or -ENOMEM. */
int trouble_advise(const struct trouble *trouble, const struct signer *signer, struct buffer *out);
/* Takes out the machine's own sentence where it is word for word what this console says already. */
void trouble_shorten(struct trouble *trouble);
