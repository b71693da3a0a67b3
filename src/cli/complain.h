/* Telling people what failed, with what, and what to do next; always on standard error:
 *
 *   hune: web1: Nobody listens at 192.0.2.7:10000. (Connection refused)
 *     Check the port, and that huned runs on the machine.
 */
#pragma once

#include <stdint.h>

#include "cli/output.h"
#include "fleet/home/fault.h"

struct signer;
struct trouble;

/* `about` (NULL for none) names the machine or the file; `detail` (NULL or "" for none) is the
 * system's word for it. All of them may come from anywhere: they are made safe. `hint` may be NULL
 * or
 * "", and may have several lines. */
void complain(struct output *error, const char *about, const char *text, const char *detail,
              const char *hint);
void complain_fault(struct output *error, const char *about, const struct fault *fault);
/* The same for a fault in a text that was typed: where in it, the text is shown with a mark below
 * the place; of a long one, what stands around it. */
void complain_marked(struct output *error, const char *text, const struct fault *fault);
/* A sentence of our own, translated, with its hint. */
void complain_say(struct output *error, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What went wrong with a machine. With `signer` (may be NULL), the line to add to the machine's
 * operators file is shown where that is the way out. */
void complain_trouble(struct output *error, const char *machine, const struct trouble *trouble,
                      const struct signer *signer);
/* Appends what complain_trouble() shows below its first line. Returns 0 or -ENOMEM. */
int complain_hint(struct buffer *hint, const struct trouble *trouble, const struct signer *signer);
/* Takes out the machine's own sentence where it is word for word what this console says already. */
void complain_shorten(struct trouble *trouble);
void complain_no_memory(struct output *error);
