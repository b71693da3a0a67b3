/* The listing of a folder, from a machine that may be anybody: no name leads out of its folder, and
 * what was read is what would be written. */
#include <string.h>

#include "base/buffer.h"
#include "fuzz.h"
#include "proto/listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    _cleanup_buffer_ struct buffer again = BUFFER_INIT;
    enum listing_step step = LISTING_ENTRY;
    struct listing_entry entry;
    struct listing listing;

    if (listing_begin(&listing, (struct slice){bytes, size}))
        return 0;
    must(listing_put_head(&again, listing.path) == 0);
    while (step == LISTING_ENTRY) {
        step = listing_next(&listing, &entry);
        if (step != LISTING_ENTRY)
            break;
        must(!memchr(entry.name.bytes, '/', entry.name.size));
        must(!slice_is_text(entry.name, ".."));
        must(listing_put_entry(&again, &entry) == 0);
    }
    if (step == LISTING_MALFORMED)
        return 0;
    must(listing_put_end(&again, listing.has_more) == 0);
    must(buffer_length(&again) == size && memcmp(buffer_bytes(&again), bytes, size) == 0);
    return 0;
}
