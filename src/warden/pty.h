/* The terminal of a `shell` job: the master side of a pseudo-terminal, which the warden keeps.
 *
 * What is shown goes into the ring as the output of a pipe does (fill.h). What is typed comes from
 * the gate through a pipe, in the frames of proto/terminal.h: the gate never holds the terminal
 * itself, since with it a gate that was taken over could do more than type.
 *
 * Must not know who is allowed to type: that is settled before, by the order and the gate. */
#pragma once

#include <stdint.h>

#include "proto/terminal.h"
#include "warden/job.h"
#include "warden/run.h"

struct pty;

/* A terminal that belongs to the account, of mode 620 as login(1) leaves it. Both ends are closed
 * at exec; the master does not block. Returns 0 or -errno. */
int pty_open(const struct account *account, int *master_out, int *slave_out);

/* Begins to read the keys. Takes `keys` over, also on error; `master` stays the caller's. Returns 0
 * or -errno. */
int pty_new(struct pty **pty_out, struct job *job, int keys, int master);
/* Takes NULL, returns NULL. */
struct pty *pty_free(struct pty *pty);
/* What a modem did when the line was lost: SIGHUP for the session's leader and for what is in the
 * foreground. */
void pty_hang_up(struct pty *pty);
/* Bytes of input that the gates have put into the pipe so far. */
uint64_t pty_input(const struct pty *pty);
