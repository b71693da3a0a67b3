/* What one machine said, beyond what the harvest holds of it: the newest part, in a file without a
 * name that goes round, and where in the job's stream of frames which byte was said, so that the
 * machine can be asked again. Worker only. It knows of no job and no window. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct kept;

/* So many bytes had been said where this frame begins. */
struct kept_mark {
    uint64_t said;
    uint64_t stream;
};

/* `max` bytes of the newest part (0: none of it, only where what was said); in `directory`, which
 * is borrowed for the call. */
struct kept *kept_new(const char *directory, uint64_t max);
/* Takes NULL. */
void kept_free(struct kept *kept);

/* Before what it holds is said. Those that repeat the last one count once. */
void kept_frame(struct kept *kept, uint64_t said, uint64_t stream);
/* `from`: how much was said before. From the first call on, nothing may be left out. A disk that is
 * full, or nearly so, ends it: there is no newest part then. */
void kept_say(struct kept *kept, uint64_t from, const uint8_t *bytes, size_t size);
/* The newest part is let go, and begins anew with what is said next. */
void kept_let_go(struct kept *kept);
/* Bytes of it on the disk; of NULL, none. */
uint64_t kept_on_disk(const struct kept *kept);
/* Where the newest part begins; UINT64_MAX: there is none. */
uint64_t kept_from(const struct kept *kept);
/* Appends what is there of it, `from` not before kept_from(). Returns 0 or -errno. */
int kept_copy(const struct kept *kept, uint64_t from, uint64_t size, struct buffer *out);
/* The last frame that begins not behind `said`, or else the first one behind it; of those that
 * begin at `first` or later in the stream. False if there is none. */
bool kept_find(const struct kept *kept, uint64_t said, uint64_t first, struct kept_mark *mark_out);
