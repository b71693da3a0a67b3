/* See test-tell.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/test-tell.h"

const uint8_t job_id[UUID_SIZE] = {1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, 16};

static const char *program;

bool gate_program_init(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s PATH-OF-HUNED-GATE\n", argv[0]);
        return false;
    }
    program = argv[1];
    return true;
}

const char *gate_program(void)
{
    return program;
}

int gate_set_up(void **state)
{
    struct peers *peers = malloc(sizeof(*peers));

    assert_non_null(peers);
    peers_start(peers, program);
    peers_connect(peers);
    *state = peers;
    return 0;
}

int gate_tear_down(void **state)
{
    struct peers *peers = *state;
    int status = peers_stop(peers);

    free(peers);
    return status; /* a gate without a warden ends quietly */
}

/* ---- the console ---- */

void open_with(struct peers *peers, uint16_t rights, uint8_t key)
{
    struct exchange *open = peers_request(peers, "POST", "/v1/open", NULL, "order", 5);
    struct door_order order;

    order = told_order(peers, DOOR_OPEN);
    assert_memory_equal(order.parts.bytes, "order", 5);
    tell_opened(peers, order.ticket, PROBLEM_NONE, rights, key);
    peers_finish(peers, open, 200);
}

struct exchange *get(struct peers *peers, const char *path, unsigned status)
{
    struct exchange *exchange = peers_request(peers, "GET", path, NULL, NULL, 0);

    peers_finish(peers, exchange, status);
    return exchange;
}

struct exchange *put_order(struct peers *peers, const struct buffer *parts)
{
    return peers_request(peers, "PUT", JOB_PATH, NULL, buffer_bytes(parts), buffer_length(parts));
}

void make_order(struct buffer *out, uint16_t verb, const void *payload, size_t size)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order order = {.verb = verb, .payload = {payload, size}};
    struct order_parts parts = {.signature = {(const uint8_t *)"signature", 9}};

    memcpy(order.id, job_id, sizeof(order.id));
    assert_int_equal(order_encode(&order, &bytes), 0);
    parts.order = buffer_slice(&bytes);
    assert_int_equal(order_parts_encode(&parts, out), 0);
}

void make_run(struct buffer *out, const char *line)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    const char *const arguments[] = {line, NULL};
    struct command command = {.mode = COMMAND_SHELL, .arguments = arguments};

    assert_int_equal(command_encode(&command, &payload), 0);
    make_order(out, VERB_RUN, buffer_bytes(&payload), buffer_length(&payload));
}

/* ---- the warden ---- */

struct door_order told_order(struct peers *peers, enum door_type type)
{
    struct door_order order;

    assert_int_equal(door_order_decode(&order, peers_told(peers, type)), 0);
    return order;
}

void tell_opened(struct peers *peers, uint32_t ticket, enum problem_code problem, uint16_t rights,
                 uint8_t key)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_opened opened = {.ticket = ticket, .problem = problem};

    if (!problem) {
        opened.rights = rights;
        memset(opened.fingerprint, key, sizeof(opened.fingerprint));
        snprintf(opened.operator_name, sizeof(opened.operator_name), "alice@laptop");
        snprintf(opened.run_as, sizeof(opened.run_as), "root,www-data");
    }
    assert_int_equal(door_opened_encode(&opened, &body), 0);
    peers_tell(peers, DOOR_OPENED, buffer_bytes(&body), buffer_length(&body), NULL, 0);
}

void tell_ordered(struct peers *peers, uint32_t ticket, enum problem_code problem, bool known)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_ordered ordered = {.ticket = ticket,
                                   .problem = problem,
                                   .known = known,
                                   .verb = VERB_RUN,
                                   .state = {STATE_EXITED, 0}};

    memcpy(ordered.id, job_id, sizeof(ordered.id));
    assert_int_equal(door_ordered_encode(&ordered, &body), 0);
    peers_tell(peers, DOOR_ORDERED, buffer_bytes(&body), buffer_length(&body), NULL, 0);
}

void tell_id(struct peers *peers, enum door_type type)
{
    peers_tell(peers, type, job_id, sizeof(job_id), NULL, 0);
}

void tell_end(struct peers *peers)
{
    struct door_state end = {.state = {STATE_EXITED, 0}, .ended_ms = 5};
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;

    memcpy(end.id, job_id, sizeof(end.id));
    assert_int_equal(door_state_encode(&end, &body), 0);
    peers_tell(peers, DOOR_STATE, buffer_bytes(&body), buffer_length(&body), NULL, 0);
}

static void tell_job_fds(struct peers *peers, enum verb verb, uint8_t key, const int *fds,
                         size_t count)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_job job = {.verb = verb, .state = {STATE_RUNNING, 0}, .started_ms = 1000};

    memcpy(job.id, job_id, sizeof(job.id));
    memset(job.fingerprint, key, sizeof(job.fingerprint));
    snprintf(job.user, sizeof(job.user), "root");
    snprintf(job.operator_name, sizeof(job.operator_name), "al\xffice");
    snprintf(job.label, sizeof(job.label), "uname -a");
    assert_int_equal(door_job_encode(&job, &body), 0);
    peers_tell(peers, DOOR_JOB, buffer_bytes(&body), buffer_length(&body), fds, count);
}

void tell_job_with(struct peers *peers, enum verb verb, struct ring *ring, int input, int belt,
                   uint8_t key)
{
    const int fds[] = {ring ? ring_fd(ring) : -1, input, belt};

    tell_job_fds(peers, verb, key, fds, belt >= 0 ? 3 : input >= 0 ? 2 : ring ? 1 : 0);
}

void tell_job(struct peers *peers, struct ring *ring, int input, uint8_t key)
{
    tell_job_with(peers, VERB_RUN, ring, input, -1, key);
}

void tell_shell(struct peers *peers, struct ring *ring, int terminal, int belt, uint8_t key)
{
    const int fds[] = {ring_fd(ring), terminal, belt, terminal};

    tell_job_fds(peers, VERB_SHELL, key, fds, ELEMENTS_OF(fds));
}

void tell_ring_file(struct peers *peers, int fd, uint32_t number)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_ring message = {.number = number};

    memcpy(message.id, job_id, sizeof(message.id));
    assert_int_equal(door_ring_encode(&message, &body), 0);
    peers_tell(peers, DOOR_RING, buffer_bytes(&body), buffer_length(&body), &fd, fd >= 0);
}

void tell_ring(struct peers *peers, struct ring *ring, uint32_t number, bool is_new)
{
    tell_ring_file(peers, is_new ? ring_fd(ring) : -1, number);
}

struct ring *tell_new_job(struct peers *peers, uint8_t key)
{
    struct ring *ring;

    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, ring, -1, key);
    return ring;
}

void ring_say(struct peers *peers, struct ring *ring, const void *bytes, size_t size)
{
    while (size > 0) {
        size_t room;
        uint8_t *to = ring_room(ring, size, &room);

        assert_true(room > 0);
        memcpy(to, bytes, room);
        if (ring_publish(ring, room))
            tell_id(peers, DOOR_BYTES);
        bytes = (const uint8_t *)bytes + room;
        size -= room;
    }
}

void ring_finish(struct peers *peers, struct ring *ring)
{
    ring_end(ring);
    tell_end(peers);
}
