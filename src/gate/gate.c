/* The life of the gate, and its end of the door. See gate.h. */
#define LOG_TAG "gate"
#include "gate/gate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "gate/audit.h"
#include "gate/enter.h"
#include "gate/intake.h"
#include "gate/open.h"
#include "gate/outlet.h"
#include "gate/request.h"
#include "gate/rings.h"
#include "gate/session.h"
#include "gate/told.h"
#include "gate/tty.h"
#include "proto/greeting.h"

/* How many messages are taken before the consoles have their turn. */
enum { DOOR_BATCH = 64 };
/* Giving memory back costs more than a connection does, so a burst of them does it once. */
enum { TRIM_AFTER_MS = 1000 };

/* Nothing more comes through the door, and nothing goes. */
static void gate_door_lost(struct gate *gate, int error)
{
    uv_poll_stop(&gate->door_poll);
    if (error == -EPIPE) {
        log_debug("the warden is gone");
    } else {
        log_error("the door fails: %s", strerror(-error));
        gate->status = EXIT_FAILURE;
    }
    gate_leave(gate);
}

static void on_door(uv_poll_t *poll, int status, int events);

/* Asks for "writable" only while something waits. Saying again what is said already would cost two
 * system calls with each message. */
static int gate_watch_door(struct gate *gate)
{
    int events = UV_READABLE | (door_wants_write(gate->door) ? UV_WRITABLE : 0);

    if (events == gate->door_events)
        return 0;
    gate->door_events = events;
    return uv_poll_start(&gate->door_poll, events, on_door);
}

static void on_door(uv_poll_t *poll, int status, int events)
{
    struct gate *gate = poll->data;
    struct door_message message;
    /* libuv says EBADF for any POLLERR, which a socket has whose other end closed over unread
     * messages: the door itself tells what it is. */
    int r = status == UV_EBADF ? 0 : status;

    if (!r && (events & UV_WRITABLE))
        r = door_flush(gate->door);
    for (int i = 0; !r && i < DOOR_BATCH; i++) {
        r = door_receive(gate->door, &message);
        if (r == 0)
            break;
        if (r > 0)
            r = gate_told(gate, &message);
    }
    if (!r && uv_is_active((uv_handle_t *)poll))
        r = gate_watch_door(gate);
    if (r)
        gate_door_lost(gate, r);
}

int gate_send(struct gate *gate, enum door_type type, const void *body, size_t size, int fd)
{
    bool waited = door_wants_write(gate->door);
    int r;

    if (!uv_is_active((uv_handle_t *)&gate->door_poll))
        return -EPIPE;
    r = door_send(gate->door, type, body, size, &fd, fd >= 0);
    if (!r && !waited && door_wants_write(gate->door))
        r = gate_watch_door(gate);
    if (r)
        gate_door_lost(gate, r);
    return r;
}

void gate_session_gone(struct gate *gate)
{
    if (gate->leaving && list_is_empty(&gate->sessions))
        uv_stop(&gate->loop);
}

void gate_leave(struct gate *gate)
{
    struct session *session;

    if (gate->leaving)
        return;
    gate->leaving = true;
    record_stop(&gate->record); /* the next gate does it */
    listen_stop(gate);
    list_for_each (&gate->sessions, struct session, link, session)
        session_leave(session);
    gate_session_gone(gate);
}

/* A moment after connections ended, with all that they held. The warden does the same. */
static void on_trim(uv_timer_t *timer)
{
    struct gate *gate = timer->data;

    if (list_is_empty(&gate->sessions) && !gate->leaving)
        (void)gate_send(gate, DOOR_IDLE, NULL, 0, -1); /* gate_send() sees to a broken door */
    wire_spares_drop(&gate->factory.spares);
    memory_trim();
}

void gate_trim_later(struct gate *gate)
{
    if (!uv_is_active((uv_handle_t *)&gate->trim_timer))
        uv_timer_start(&gate->trim_timer, on_trim, TRIM_AFTER_MS, 0);
}

static size_t gate_greet(void *user, uint8_t bytes_out[TLS_GREETING_MAX])
{
    const struct gate *gate = user;
    struct greeting greeting = {.boot_ms = clock_boot_ms()};

    _Static_assert((int)GREETING_SIZE <= (int)TLS_GREETING_MAX, "the greeting fits the handshake");
    memcpy(greeting.epoch, gate->epoch, EPOCH_SIZE);
    greeting_encode(&greeting, bytes_out);
    return GREETING_SIZE;
}

static void on_clock_jump(struct record *record)
{
    (void)gate_send(container_of(record, struct gate, record), DOOR_HISTORY_ANEW, NULL, 0, -1);
}

int gate_init(struct gate *gate, struct door *door, struct tls_context *tls,
              const struct door_setup *setup, const int *listeners, size_t listener_count)
{
    int r;

    *gate = (struct gate){.door = door, .tls = tls};
    memcpy(gate->machine, setup->machine, sizeof(gate->machine));
    memcpy(gate->epoch, setup->epoch, sizeof(gate->epoch));
    memcpy(gate->name, setup->name, sizeof(gate->name));
    tls_context_greet(tls, gate_greet, gate);
    r = tls_context_use_tickets(tls);
    if (r)
        return r;
    list_init(&gate->sessions);
    unopened_init(&gate->unopened, LIMIT_UNOPENED, LIMIT_UNOPENED_PER_ADDRESS);
    tickets_init(&gate->tickets);
    r = jobs_init(&gate->jobs);
    if (!r)
        r = uv_loop_init(&gate->loop);
    if (!r)
        r = uv_tcp_init(&gate->loop, &gate->first_stream);
    if (!r)
        r = uv_timer_init(&gate->loop, &gate->unopened_timer);
    if (!r)
        r = uv_poll_init(&gate->loop, &gate->door_poll, door_fd(door));
    if (!r)
        r = uv_timer_init(&gate->loop, &gate->trim_timer);
    if (!r)
        r = pulse_init(&gate->pulse, &gate->loop, gate->machine);
    if (!r)
        r = record_init(&gate->record, &gate->loop, &gate->pulse);
    if (r)
        return r;
    gate->record.on_jump = on_clock_jump;
    gate->trim_timer.data = gate;
    uv_unref((uv_handle_t *)&gate->trim_timer);
    gate->unopened_timer.data = gate;
    gate->door_poll.data = gate;
    conn_factory_init(&gate->factory, &gate->loop, TLS_SERVER, tls, &session_events,
                      session_on_closed);
    r = gate_watch_door(gate);
    return r ? r : listen_start(gate, listeners, listener_count);
}

int gate_run(struct gate *gate)
{
    uv_run(&gate->loop, UV_RUN_DEFAULT);
    return gate->status;
}

void gate_deinit(struct gate *gate)
{
    listen_stop(gate);
    jobs_deinit(&gate->jobs);
    record_deinit(&gate->record);
    pulse_deinit(&gate->pulse);
    uv_close((uv_handle_t *)&gate->first_stream, NULL);
    uv_close((uv_handle_t *)&gate->unopened_timer, NULL);
    uv_close((uv_handle_t *)&gate->door_poll, NULL);
    uv_close((uv_handle_t *)&gate->trim_timer, NULL);
    uv_run(&gate->loop, UV_RUN_DEFAULT); /* until every handle is closed */
    conn_factory_deinit(&gate->factory);
    uv_loop_close(&gate->loop);
    tickets_deinit(&gate->tickets);
    gate->tls = tls_context_free(gate->tls);
    gate->door = door_free(gate->door);
}
