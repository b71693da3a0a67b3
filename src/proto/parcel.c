/* See parcel.h. */
#include "proto/parcel.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char parcel_magic[8] = "HUNE-P1";

enum { LENGTH_SIZE = 4 };

/* ---- writing ---- */

static int sum_init(EVP_MD_CTX **sum_out)
{
    *sum_out = EVP_MD_CTX_new();
    if (!*sum_out)
        return -ENOMEM;
    return EVP_DigestInit_ex(*sum_out, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

static int put(struct parcel_writer *writer, const void *bytes, size_t size)
{
    if (!writer->error)
        writer->error = writer->sink.write(writer->sink.user, bytes, size);
    return writer->error;
}

static void sum_add(EVP_MD_CTX *sum, const void *bytes, size_t size)
{
    EVP_DigestUpdate(sum, bytes, size);
}

int parcel_writer_init(struct parcel_writer *writer, const struct parcel_sink *sink,
                       const struct parcel_head *head)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct writer fields = writer_init(&bytes);

    *writer = (struct parcel_writer){.sink = *sink};
    writer->record = malloc(LENGTH_SIZE + LIMIT_PARCEL_RECORD);
    writer->error = writer->record ? sum_init(&writer->sum) : -ENOMEM;
    writer_bytes(&fields, parcel_magic, sizeof(parcel_magic));
    writer_u8(&fields, (uint8_t)head->kind);
    writer_u64(&fields, head->bytes);
    writer_u64(&fields, head->entries);
    if (!writer->error)
        writer->error = fields.error;
    if (writer->error)
        return writer->error;
    sum_add(writer->sum, buffer_bytes(&bytes), buffer_length(&bytes));
    return put(writer, buffer_bytes(&bytes), buffer_length(&bytes));
}

/* Length and bytes stand together, so that a record costs the sink one call. */
static int record_flush(struct parcel_writer *writer)
{
    uint32_t length = htobe32((uint32_t)writer->size);

    if (writer->size == 0)
        return writer->error;
    memcpy(writer->record, &length, sizeof(length));
    sum_add(writer->sum, writer->record + LENGTH_SIZE, writer->size);
    put(writer, writer->record, LENGTH_SIZE + writer->size);
    writer->size = 0;
    return writer->error;
}

int parcel_write(struct parcel_writer *writer, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    while (size > 0 && !writer->error) {
        size_t room = LIMIT_PARCEL_RECORD - writer->size;
        size_t step = size < room ? size : room;

        if (writer->size == 0 && size >= LIMIT_PARCEL_RECORD / 2) {
            /* What is large as it is needs no copy. */
            uint32_t length = htobe32((uint32_t)step);

            sum_add(writer->sum, at, step);
            put(writer, &length, sizeof(length));
            put(writer, at, step);
        } else {
            memcpy(writer->record + LENGTH_SIZE + writer->size, at, step);
            writer->size += step;
            if (writer->size == LIMIT_PARCEL_RECORD)
                record_flush(writer);
        }
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
        sum_add(writer->sum, buffer_bytes(&bytes) + LENGTH_SIZE, summed);
        if (EVP_DigestFinal_ex(writer->sum, tail->sum, NULL) != 1)
            writer->error = -EIO;
    }
    writer_bytes(&fields, tail->sum, sizeof(tail->sum));
    if (!writer->error)
        writer->error = fields.error;
    return put(writer, buffer_bytes(&bytes), buffer_length(&bytes));
}

void parcel_writer_deinit(struct parcel_writer *writer)
{
    EVP_MD_CTX_free(writer->sum);
    free(writer->record);
    *writer = (struct parcel_writer){0};
}

/* ---- reading ---- */

/* Makes sure that there are bytes ahead. Returns 0, -errno or PARCEL_E_CUT. */
static int look_ahead(struct parcel_reader *reader)
{
    ssize_t got;

    if (reader->ahead.size > 0)
        return 0;
    got = reader->source.read(reader->source.user, &reader->ahead.bytes);
    if (got <= 0)
        return got < 0 ? (int)got : PARCEL_E_CUT;
    reader->ahead.size = (size_t)got;
    return 0;
}

static struct slice take(struct parcel_reader *reader, size_t max)
{
    struct slice taken = reader->ahead;

    if (taken.size > max)
        taken.size = max;
    reader->ahead.bytes += taken.size;
    reader->ahead.size -= taken.size;
    return taken;
}

static int read_exactly(struct parcel_reader *reader, uint8_t *to, size_t size)
{
    while (size > 0) {
        struct slice taken;
        int r = look_ahead(reader);

        if (r)
            return r;
        taken = take(reader, size);
        memcpy(to, taken.bytes, taken.size);
        to += taken.size;
        size -= taken.size;
    }
    return 0;
}

int parcel_reader_init(struct parcel_reader *reader, const struct parcel_source *source)
{
    uint8_t bytes[PARCEL_HEAD_SIZE];
    struct reader fields = reader_init(bytes, sizeof(bytes));
    uint8_t kind;
    int r;

    *reader = (struct parcel_reader){.source = *source};
    r = sum_init(&reader->sum);
    if (!r)
        r = read_exactly(reader, bytes, sizeof(bytes));
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
    sum_add(reader->sum, bytes, sizeof(bytes));
    return 0;
}

static int read_tail(struct parcel_reader *reader)
{
    uint8_t bytes[PARCEL_TAIL_SIZE];
    struct reader fields = reader_init(bytes, sizeof(bytes));
    uint8_t sum[SHA256_SIZE];
    int r = read_exactly(reader, bytes, sizeof(bytes));

    if (r)
        return r;
    reader->tail.gave_up = reader_u8(&fields) != 0;
    reader->tail.left_out = reader_u32(&fields);
    reader_copy(&fields, reader->tail.sum, sizeof(reader->tail.sum));
    sum_add(reader->sum, bytes, sizeof(bytes) - SHA256_SIZE);
    if (EVP_DigestFinal_ex(reader->sum, sum, NULL) != 1)
        return -EIO;
    if (!secret_equal(sum, reader->tail.sum, sizeof(sum)))
        return PARCEL_E_SUM;
    if (reader->tail.gave_up)
        return PARCEL_E_GAVE_UP;
    reader->done = true;
    return 0;
}

int parcel_read(struct parcel_reader *reader, struct slice *bytes_out)
{
    uint32_t length;
    int r;

    *bytes_out = (struct slice){NULL, 0};
    if (reader->done)
        return 0;
    if (reader->record == 0) {
        r = read_exactly(reader, (uint8_t *)&length, sizeof(length));
        if (r)
            return r;
        reader->record = be32toh(length);
        if (reader->record > LIMIT_PARCEL_RECORD)
            return PARCEL_E_NO_PARCEL;
        if (reader->record == 0)
            return read_tail(reader);
    }
    r = look_ahead(reader);
    if (r)
        return r;
    *bytes_out = take(reader, reader->record);
    reader->record -= bytes_out->size;
    sum_add(reader->sum, bytes_out->bytes, bytes_out->size);
    return 0;
}

void parcel_reader_deinit(struct parcel_reader *reader)
{
    EVP_MD_CTX_free(reader->sum);
    *reader = (struct parcel_reader){0};
}
