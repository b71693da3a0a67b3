/* See parcel.h. */
#include "proto/parcel.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char parcel_magic[8] = "HUNE-P2";

enum { LENGTH_SIZE = 4 };

/* ---- writing ---- */

static int put(struct parcel_writer *writer, const void *bytes, size_t size)
{
    if (!writer->error)
        writer->error = writer->sink.write(writer->sink.user, bytes, size);
    return writer->error;
}

int parcel_writer_init(struct parcel_writer *writer, const struct parcel_sink *sink,
                       const struct parcel_head *head)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct writer fields = writer_init(&bytes);

    *writer = (struct parcel_writer){.sink = *sink};
    writer->error = tally_init(&writer->tally);
    if (!writer->error && !sink->lend) {
        writer->own = malloc(LENGTH_SIZE + LIMIT_PARCEL_RECORD);
        writer->error = writer->own ? 0 : -ENOMEM;
    }
    writer_bytes(&fields, parcel_magic, sizeof(parcel_magic));
    writer_u8(&fields, (uint8_t)head->kind);
    writer_u64(&fields, head->bytes);
    writer_u64(&fields, head->entries);
    if (!writer->error)
        writer->error = fields.error;
    if (writer->error)
        return writer->error;
    tally_add(&writer->tally, buffer_bytes(&bytes), buffer_length(&bytes));
    return put(writer, buffer_bytes(&bytes), buffer_length(&bytes));
}

static int record_begin(struct parcel_writer *writer)
{
    if (writer->error || writer->record)
        return writer->error;
    writer->size = 0;
    writer->record = writer->own;
    if (writer->sink.lend)
        writer->error = writer->sink.lend(writer->sink.user, LENGTH_SIZE + LIMIT_PARCEL_RECORD,
                                          &writer->record);
    if (writer->error)
        writer->record = NULL;
    return writer->error;
}

/* Length and bytes stand together, so that a record costs the sink one call. */
static int record_flush(struct parcel_writer *writer)
{
    uint32_t length = htobe32((uint32_t)writer->size);

    if (writer->error || !writer->record)
        return writer->error;
    if (writer->size > 0) {
        memcpy(writer->record, &length, sizeof(length));
        tally_add_pieces(&writer->tally, writer->record + LENGTH_SIZE, writer->size);
        put(writer, writer->record, LENGTH_SIZE + writer->size);
    }
    writer->record = NULL;
    return writer->error;
}

int parcel_room(struct parcel_writer *writer, uint8_t **room_out, size_t *size_out)
{
    if (record_begin(writer))
        return writer->error;
    *room_out = writer->record + LENGTH_SIZE + writer->size;
    *size_out = LIMIT_PARCEL_RECORD - writer->size;
    return 0;
}

int parcel_write(struct parcel_writer *writer, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    while (size > 0 && !writer->error) {
        uint8_t *room;
        size_t step;

        if (parcel_room(writer, &room, &step))
            break;
        if (step > size)
            step = size;
        /* They may lie in the record already, in their place or behind it. */
        if (at != room)
            memmove(room, at, step);
        writer->size += step;
        if (writer->size == LIMIT_PARCEL_RECORD)
            record_flush(writer);
        at += step;
        size -= step;
    }
    return writer->error;
}

int parcel_finish(struct parcel_writer *writer, struct parcel_tail *tail)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct writer fields = writer_init(&bytes);
    const size_t summed = 1 + 4;

    record_flush(writer);
    writer_u32(&fields, 0);
    writer_u8(&fields, tail->gave_up);
    writer_u32(&fields, tail->left_out);
    if (!writer->error && !fields.error) {
        tally_add(&writer->tally, buffer_bytes(&bytes) + LENGTH_SIZE, summed);
        writer->error = tally_finish(&writer->tally, tail->sum);
    }
    writer_bytes(&fields, tail->sum, sizeof(tail->sum));
    if (!writer->error)
        writer->error = fields.error;
    return put(writer, buffer_bytes(&bytes), buffer_length(&bytes));
}

void parcel_writer_deinit(struct parcel_writer *writer)
{
    tally_deinit(&writer->tally);
    free(writer->own);
    *writer = (struct parcel_writer){0};
}

/* ---- reading ---- */

/* Makes sure that so many bytes are ahead, in one run. Returns 0, -errno or PARCEL_E_CUT. */
static int look_ahead(struct parcel_reader *reader, size_t wanted)
{
    ssize_t got;

    if (reader->ahead.size >= wanted)
        return 0;
    got = reader->source.read(reader->source.user, reader->taken, wanted, &reader->ahead.bytes);
    reader->taken = 0;
    if (got < 0)
        return (int)got;
    reader->ahead.size = (size_t)got;
    return reader->ahead.size < wanted ? PARCEL_E_CUT : 0;
}

/* The next `size` bytes, valid until the next call. */
static int take(struct parcel_reader *reader, size_t size, const uint8_t **bytes_out)
{
    int r = look_ahead(reader, size);

    if (r)
        return r;
    *bytes_out = reader->ahead.bytes;
    reader->ahead.bytes += size;
    reader->ahead.size -= size;
    reader->taken += size;
    return 0;
}

/* Gives back what was read before it is asked for more. Returns 0 or -errno. */
static int give_back(struct parcel_reader *reader)
{
    ssize_t left = reader->source.read(reader->source.user, reader->taken, 0, &reader->ahead.bytes);

    if (left < 0)
        return (int)left;
    reader->taken = 0;
    reader->ahead.size = (size_t)left;
    return 0;
}

/* A copy: what was lent may be shared with somebody, and is looked at more than once. */
static int take_copy(struct parcel_reader *reader, uint8_t *to, size_t size)
{
    const uint8_t *bytes;
    int r = take(reader, size, &bytes);

    if (!r)
        memcpy(to, bytes, size);
    return r;
}

int parcel_reader_init(struct parcel_reader *reader, const struct parcel_source *source)
{
    uint8_t bytes[PARCEL_HEAD_SIZE];
    struct reader fields = reader_init(bytes, sizeof(bytes));
    uint8_t kind;
    int r;

    *reader = (struct parcel_reader){.source = *source};
    r = tally_init(&reader->tally);
    if (!r && source->is_shared) {
        reader->own = malloc(LIMIT_PARCEL_RECORD);
        r = reader->own ? 0 : -ENOMEM;
    }
    if (!r)
        r = take_copy(reader, bytes, sizeof(bytes));
    if (r)
        return r;
    if (memcmp(reader_bytes(&fields, sizeof(parcel_magic)), parcel_magic, sizeof(parcel_magic)))
        return PARCEL_E_NO_PARCEL;
    kind = reader_u8(&fields);
    if (kind > PARCEL_PLAIN)
        return PARCEL_E_NO_PARCEL;
    reader->head.kind = (enum parcel_kind)kind;
    reader->head.bytes = reader_u64(&fields);
    reader->head.entries = reader_u64(&fields);
    tally_add(&reader->tally, bytes, sizeof(bytes));
    return 0;
}

static int read_tail(struct parcel_reader *reader)
{
    uint8_t bytes[PARCEL_TAIL_SIZE];
    struct reader fields = reader_init(bytes, sizeof(bytes));
    uint8_t sum[SHA256_SIZE];
    int r = take_copy(reader, bytes, sizeof(bytes));

    if (r)
        return r;
    reader->tail.gave_up = reader_u8(&fields) != 0;
    reader->tail.left_out = reader_u32(&fields);
    reader_copy(&fields, reader->tail.sum, sizeof(reader->tail.sum));
    tally_add(&reader->tally, bytes, sizeof(bytes) - SHA256_SIZE);
    r = tally_finish(&reader->tally, sum);
    if (r)
        return r;
    if (!secret_equal(sum, reader->tail.sum, sizeof(sum)))
        return PARCEL_E_SUM;
    if (reader->tail.gave_up)
        return PARCEL_E_GAVE_UP;
    reader->done = true;
    return 0;
}

int parcel_read(struct parcel_reader *reader, struct slice *bytes_out)
{
    const uint8_t *bytes;
    uint32_t length;
    int r;

    *bytes_out = (struct slice){NULL, 0};
    if (reader->done)
        return 0;
    r = take_copy(reader, (uint8_t *)&length, sizeof(length));
    if (r)
        return r;
    length = be32toh(length);
    if (length > LIMIT_PARCEL_RECORD)
        return PARCEL_E_NO_PARCEL;
    if (length == 0)
        return read_tail(reader);
    r = take(reader, length, &bytes);
    if (r)
        return r;
    if (reader->own) {
        tally_copy_pieces(&reader->tally, bytes, length, reader->own);
        bytes = reader->own;
        r = give_back(reader);
    } else {
        tally_add_pieces(&reader->tally, bytes, length);
    }
    if (!r)
        *bytes_out = (struct slice){bytes, length};
    return r;
}

void parcel_reader_deinit(struct parcel_reader *reader)
{
    tally_deinit(&reader->tally);
    free(reader->own);
    *reader = (struct parcel_reader){0};
}
