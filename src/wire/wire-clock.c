/* A connection's clock: until when the handshake must be finished, when a peer that is silent is
 * asked whether it is there, and when that has taken too long. */
#include "wire/wire-private.h"

uint64_t wire_deadline(const struct wire *wire)
{
    if (wire_is_over(wire))
        return UINT64_MAX;
    if (!wire->established)
        return wire->started_ms + LIMIT_HANDSHAKE_MS;
    if (wire->heartbeat_interval_ms == 0)
        return UINT64_MAX;
    return wire->ping_ms ? wire->ping_ms + wire->heartbeat_patience_ms
                         : wire->heard_ms + wire->heartbeat_interval_ms;
}

int wire_tick(struct wire *wire, uint64_t now_ms)
{
    if (now_ms < wire_deadline(wire))
        return wire_settle(wire);
    if (!wire->established) {
        wire_fail(wire, PROBLEM_TIMEOUT, "the handshake was not finished in time");
    } else if (wire->ping_ms) {
        wire_fail(wire, PROBLEM_LOST, "the other side does not answer");
    } else {
        wire->ping_ms = now_ms;
        if (nghttp2_submit_ping(wire->session, NGHTTP2_FLAG_NONE, NULL))
            wire_fail_memory(wire);
    }
    return wire_settle(wire);
}

void wire_restart_clock(struct wire *wire, uint64_t now_ms)
{
    wire->started_ms = now_ms;
    wire->heard_ms = now_ms;
}

void wire_set_heartbeat(struct wire *wire, uint32_t interval_ms, uint32_t patience_ms)
{
    wire->heartbeat_interval_ms = interval_ms;
    wire->heartbeat_patience_ms = patience_ms;
    wire->ping_ms = 0;
}
