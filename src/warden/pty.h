/* The terminal of a `shell` job: the master side of a pseudo-terminal.
 *
 * While there is a gate, the terminal is lent to it: it types what the console sent, and reads what
 * is shown (door/screen.h), which `pty_take` moves to the ring. Between two gates, and at the job's
 * end, the warden reads it itself, as it reads the pipe of any other job (fill.h). Who has it
 * changes in these places alone: pty_lend(), and pty_returned().
 *
 * Must not know who is allowed to type: that is settled before, by the order and the gate. */
#pragma once

#include <stdbool.h>

#include "warden/job.h"
#include "warden/run.h"

struct pty;

/* A terminal that belongs to the account, of mode 620 as login(1) leaves it. Both ends are closed
 * at exec; the master does not block and is in packet mode. Returns 0 or -errno. */
int pty_open(const struct account *account, int *master_out, int *slave_out);

/* `master` stays the caller's; what the gate reads comes over the job's belt. Returns 0 or -errno.
 */
int pty_new(struct pty **pty_out, struct job *job, int master);
/* Takes NULL, returns NULL. */
struct pty *pty_free(struct pty *pty);

/* Before the gate is given it. Nothing is lent of which nothing more comes. */
void pty_lend(struct pty *pty);
bool pty_is_lent(const struct pty *pty);
/* It is wanted back: the job has ended, all but what the gate has not read. */
void pty_recall(struct pty *pty);
/* The gate has given it back, or is dead. */
void pty_returned(struct pty *pty, bool gate_is_dead);
/* Moves what the gate read to the ring. False while the ring has no room for all of it. */
bool pty_take(struct pty *pty);

/* What a modem did when the line was lost: SIGHUP for the session's leader and for what is in the
 * foreground. */
void pty_hang_up(struct pty *pty);
