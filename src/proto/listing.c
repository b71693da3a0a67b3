/* See listing.h. */
#include "proto/listing.h"

#include <string.h>

#include "proto/limits.h"

static const char magic[8] = "HUNE-L1";

int listing_put_head(struct buffer *out, struct slice path)
{
    struct writer writer = writer_init(out);

    writer_bytes(&writer, magic, sizeof(magic));
    writer_slice32(&writer, path.bytes, path.size);
    return writer.error;
}

int listing_put_entry(struct buffer *out, const struct listing_entry *entry)
{
    struct writer writer = writer_init(out);

    writer_u8(&writer, 1);
    writer_u8(&writer, entry->flags);
    writer_u32(&writer, entry->mode);
    writer_u64(&writer, entry->size);
    writer_u64(&writer, (uint64_t)entry->modified_s);
    writer_slice32(&writer, entry->name.bytes, entry->name.size);
    writer_slice32(&writer, entry->target.bytes, entry->target.size);
    return writer.error;
}

int listing_put_end(struct buffer *out, bool has_more)
{
    struct writer writer = writer_init(out);

    writer_u8(&writer, 0);
    writer_u8(&writer, has_more);
    return writer.error;
}

static bool holds(struct slice text, char byte)
{
    return text.size > 0 && memchr(text.bytes, byte, text.size);
}

static bool is_name(struct slice name)
{
    return name.size > 0 && !holds(name, '\0') && !holds(name, '/') && !slice_is_text(name, ".") &&
           !slice_is_text(name, "..");
}

int listing_begin(struct listing *listing_out, struct slice bytes)
{
    struct listing listing = {.reader = reader_init(bytes.bytes, bytes.size)};
    const uint8_t *head = reader_bytes(&listing.reader, sizeof(magic));

    listing.path = reader_slice32(&listing.reader, LIMIT_PARCEL_NAME);
    if (listing.reader.failed || memcmp(head, magic, sizeof(magic)) != 0 ||
        listing.path.size == 0 || listing.path.bytes[0] != '/' || holds(listing.path, '\0'))
        return 1;
    *listing_out = listing;
    return 0;
}

static enum listing_step read_end(struct listing *listing)
{
    uint8_t more = reader_u8(&listing->reader);

    listing->has_more = more == 1;
    return more <= 1 && reader_done(&listing->reader) ? LISTING_END : LISTING_MALFORMED;
}

enum listing_step listing_next(struct listing *listing, struct listing_entry *entry_out)
{
    struct reader *reader = &listing->reader;
    struct listing_entry entry = {0};
    uint8_t mark = reader_u8(reader);

    if (reader->failed || mark > 1)
        return LISTING_MALFORMED;
    if (mark == 0)
        return read_end(listing);
    entry.flags = reader_u8(reader);
    entry.mode = reader_u32(reader);
    entry.size = reader_u64(reader);
    entry.modified_s = (int64_t)reader_u64(reader);
    entry.name = reader_slice32(reader, LIMIT_PARCEL_NAME);
    entry.target = reader_slice32(reader, LIMIT_PARCEL_NAME);
    if (reader->failed || (entry.flags & ~LISTING_FLAGS_KNOWN) || !is_name(entry.name) ||
        holds(entry.target, '\0'))
        return LISTING_MALFORMED;
    *entry_out = entry;
    return LISTING_ENTRY;
}
