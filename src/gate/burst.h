/* Many consoles come at once, or one that opens connections to very many machines of which several
 * are us: while handshakes are under way the gate works in batches. It then does not displace who
 * runs when something comes for it, but takes what came meanwhile in one go; else it and the
 * console beside it, or the warden, displace each other several times in each handshake. */
#pragma once

struct gate;

/* The number of connections that are not open changed. */
void burst_look(struct gate *gate);
