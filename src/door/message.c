/* See message.h. Encoders and decoders stand in pairs and name the fields in the same order. */
#include "door/message.h"

#include <errno.h>
#include <string.h>

/* A text behind its u32 length. Refused when it does not fit with its NUL, or holds one. */
static void read_text(struct reader *reader, char *text_out, size_t size)
{
    struct slice text = reader_slice32(reader, size - 1);

    if (text.size > 0 && memchr(text.bytes, '\0', text.size))
        reader->failed = true;
    if (text.size > 0)
        memcpy(text_out, text.bytes, text.size);
    text_out[text.size] = '\0';
}

static void write_text(struct writer *writer, const char *text)
{
    writer_slice32(writer, text, strlen(text));
}

static struct job_state read_state(struct reader *reader)
{
    struct job_state state = {.state = reader_u32(reader)};

    state.detail = reader_u32(reader);
    if (!state_name(state.state))
        reader->failed = true;
    return state;
}

static void write_state(struct writer *writer, struct job_state state)
{
    writer_u32(writer, state.state);
    writer_u32(writer, state.detail);
}

static int finish(const struct reader *reader)
{
    return reader_done(reader) ? 0 : 1;
}

int door_setup_encode(const struct door_setup *setup, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_bytes(&writer, setup->machine, sizeof(setup->machine));
    writer_bytes(&writer, setup->epoch, sizeof(setup->epoch));
    writer_slice32(&writer, setup->certificate.bytes, setup->certificate.size);
    writer_slice32(&writer, setup->key.bytes, setup->key.size);
    write_text(&writer, setup->name);
    writer_u32(&writer, setup->gate_uid);
    writer_u32(&writer, setup->gate_gid);
    return writer.error;
}

int door_setup_decode(struct door_setup *setup_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *setup_out = (struct door_setup){0};
    reader_copy(&reader, setup_out->machine, sizeof(setup_out->machine));
    reader_copy(&reader, setup_out->epoch, sizeof(setup_out->epoch));
    setup_out->certificate = reader_slice32(&reader, body.size);
    setup_out->key = reader_slice32(&reader, body.size);
    read_text(&reader, setup_out->name, sizeof(setup_out->name));
    setup_out->gate_uid = reader_u32(&reader);
    setup_out->gate_gid = reader_u32(&reader);
    return finish(&reader);
}

int door_order_encode(const struct door_order *order, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_u32(&writer, order->ticket);
    writer_u32(&writer, order->connection);
    writer_bytes(&writer, order->exporter, sizeof(order->exporter));
    write_text(&writer, order->label);
    writer_slice32(&writer, order->parts.bytes, order->parts.size);
    return writer.error;
}

int door_order_decode(struct door_order *order_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *order_out = (struct door_order){.ticket = reader_u32(&reader)};
    order_out->connection = reader_u32(&reader);
    reader_copy(&reader, order_out->exporter, sizeof(order_out->exporter));
    read_text(&reader, order_out->label, sizeof(order_out->label));
    order_out->parts = reader_slice32(&reader, body.size);
    return finish(&reader);
}

static void write_opened(struct writer *writer, const struct door_opened *opened)
{
    writer_u32(writer, opened->ticket);
    writer_u32(writer, opened->problem);
    writer_u16(writer, opened->rights);
    writer_bytes(writer, opened->fingerprint, sizeof(opened->fingerprint));
    write_text(writer, opened->operator_name);
    write_text(writer, opened->run_as);
}

static void read_opened(struct reader *reader, struct door_opened *opened_out)
{
    *opened_out = (struct door_opened){.ticket = reader_u32(reader)};
    opened_out->problem = reader_u32(reader);
    opened_out->rights = reader_u16(reader);
    reader_copy(reader, opened_out->fingerprint, sizeof(opened_out->fingerprint));
    read_text(reader, opened_out->operator_name, sizeof(opened_out->operator_name));
    read_text(reader, opened_out->run_as, sizeof(opened_out->run_as));
}

int door_opened_encode(const struct door_opened *opened, struct buffer *out)
{
    struct writer writer = writer_init(out);

    write_opened(&writer, opened);
    return writer.error;
}

int door_opened_decode(struct door_opened *opened_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    read_opened(&reader, opened_out);
    return finish(&reader);
}

int door_pair_encode(const struct door_pair *pair, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_u32(&writer, pair->ticket);
    writer_bytes(&writer, pair->exporter, sizeof(pair->exporter));
    writer_slice32(&writer, pair->request.bytes, pair->request.size);
    return writer.error;
}

int door_pair_decode(struct door_pair *pair_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *pair_out = (struct door_pair){.ticket = reader_u32(&reader)};
    reader_copy(&reader, pair_out->exporter, sizeof(pair_out->exporter));
    pair_out->request = reader_slice32(&reader, body.size);
    return finish(&reader);
}

int door_token_encode(const struct door_token *token, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_u32(&writer, token->ticket);
    writer_bytes(&writer, token->hash, sizeof(token->hash));
    return writer.error;
}

int door_token_decode(struct door_token *token_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *token_out = (struct door_token){.ticket = reader_u32(&reader)};
    reader_copy(&reader, token_out->hash, sizeof(token_out->hash));
    return finish(&reader);
}

int door_tokened_encode(const struct door_tokened *tokened, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_u32(&writer, tokened->ticket);
    writer_u16(&writer, tokened->rights);
    return writer.error;
}

int door_tokened_decode(struct door_tokened *tokened_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *tokened_out = (struct door_tokened){.ticket = reader_u32(&reader)};
    tokened_out->rights = reader_u16(&reader);
    return finish(&reader);
}

static void write_ordered(struct writer *writer, const struct door_ordered *ordered)
{
    writer_u32(writer, ordered->ticket);
    writer_u32(writer, ordered->problem);
    writer_bytes(writer, ordered->id, sizeof(ordered->id));
    writer_u8(writer, ordered->known);
    writer_u16(writer, ordered->verb);
    write_state(writer, ordered->state);
}

static void read_ordered(struct reader *reader, struct door_ordered *ordered_out)
{
    *ordered_out = (struct door_ordered){.ticket = reader_u32(reader)};
    ordered_out->problem = reader_u32(reader);
    reader_copy(reader, ordered_out->id, sizeof(ordered_out->id));
    ordered_out->known = reader_u8(reader);
    ordered_out->verb = reader_u16(reader);
    ordered_out->state = read_state(reader);
}

int door_ordered_encode(const struct door_ordered *ordered, struct buffer *out)
{
    struct writer writer = writer_init(out);

    write_ordered(&writer, ordered);
    return writer.error;
}

int door_ordered_decode(struct door_ordered *ordered_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    read_ordered(&reader, ordered_out);
    return finish(&reader);
}

int door_entered_encode(const struct door_entered *entered, struct buffer *out)
{
    struct writer writer = writer_init(out);

    write_opened(&writer, &entered->opened);
    write_ordered(&writer, &entered->ordered);
    return writer.error;
}

int door_entered_decode(struct door_entered *entered_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    read_opened(&reader, &entered_out->opened);
    read_ordered(&reader, &entered_out->ordered);
    return finish(&reader);
}

int door_job_encode(const struct door_job *job, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_bytes(&writer, job->id, sizeof(job->id));
    writer_bytes(&writer, job->fingerprint, sizeof(job->fingerprint));
    writer_u16(&writer, job->verb);
    write_state(&writer, job->state);
    writer_u64(&writer, job->started_ms);
    writer_u64(&writer, job->ended_ms);
    write_text(&writer, job->user);
    write_text(&writer, job->operator_name);
    write_text(&writer, job->label);
    return writer.error;
}

int door_job_decode(struct door_job *job_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *job_out = (struct door_job){0};
    reader_copy(&reader, job_out->id, sizeof(job_out->id));
    reader_copy(&reader, job_out->fingerprint, sizeof(job_out->fingerprint));
    job_out->verb = reader_u16(&reader);
    job_out->state = read_state(&reader);
    job_out->started_ms = reader_u64(&reader);
    job_out->ended_ms = reader_u64(&reader);
    read_text(&reader, job_out->user, sizeof(job_out->user));
    read_text(&reader, job_out->operator_name, sizeof(job_out->operator_name));
    read_text(&reader, job_out->label, sizeof(job_out->label));
    return finish(&reader);
}

int door_ring_encode(const struct door_ring *ring, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_bytes(&writer, ring->id, sizeof(ring->id));
    writer_u32(&writer, ring->number);
    return writer.error;
}

int door_ring_decode(struct door_ring *ring_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *ring_out = (struct door_ring){0};
    reader_copy(&reader, ring_out->id, sizeof(ring_out->id));
    ring_out->number = reader_u32(&reader);
    return finish(&reader);
}

int door_number_encode(uint32_t number, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_u32(&writer, number);
    return writer.error;
}

int door_number_decode(uint32_t *number_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *number_out = reader_u32(&reader);
    return finish(&reader);
}

int door_spool_encode(const struct door_spool *spool, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_bytes(&writer, spool->id, sizeof(spool->id));
    writer_u64(&writer, spool->capacity);
    return writer.error;
}

int door_spool_decode(struct door_spool *spool_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *spool_out = (struct door_spool){0};
    reader_copy(&reader, spool_out->id, sizeof(spool_out->id));
    spool_out->capacity = reader_u64(&reader);
    return spool_out->capacity ? finish(&reader) : 1;
}

int door_state_encode(const struct door_state *state, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_bytes(&writer, state->id, sizeof(state->id));
    write_state(&writer, state->state);
    writer_u64(&writer, state->ended_ms);
    writer_slice32(&writer, state->output.bytes, state->output.size);
    return writer.error;
}

int door_state_decode(struct door_state *state_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *state_out = (struct door_state){0};
    reader_copy(&reader, state_out->id, sizeof(state_out->id));
    state_out->state = read_state(&reader);
    state_out->ended_ms = reader_u64(&reader);
    state_out->output = reader_slice32(&reader, body.size);
    return finish(&reader);
}

int door_audit_encode(const struct door_audit *audit, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_u32(&writer, audit->ticket);
    writer_u64(&writer, audit->older_size);
    return writer.error;
}

int door_audit_decode(struct door_audit *audit_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *audit_out = (struct door_audit){.ticket = reader_u32(&reader)};
    audit_out->older_size = reader_u64(&reader);
    return finish(&reader);
}

int door_hang_up_encode(const struct door_hang_up *hang_up, struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_u32(&writer, hang_up->connection);
    writer_bytes(&writer, hang_up->fingerprint, sizeof(hang_up->fingerprint));
    return writer.error;
}

int door_hang_up_decode(struct door_hang_up *hang_up_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *hang_up_out = (struct door_hang_up){.connection = reader_u32(&reader)};
    reader_copy(&reader, hang_up_out->fingerprint, sizeof(hang_up_out->fingerprint));
    return finish(&reader);
}

int door_id_decode(const uint8_t **id_out, struct slice body)
{
    struct reader reader = reader_init(body.bytes, body.size);

    *id_out = reader_bytes(&reader, UUID_SIZE);
    return finish(&reader);
}
