/* What a new warden does about the jobs of one that was killed.
 *
 * Their output went with the warden that read it, and nobody can tell how they end, so going on
 * with them would be a guess: what is left of their processes is ended, and they are `lost`, in
 * what consoles see and in the record. None of them is ever begun a second time. */
#pragma once

struct warden;

/* Before the gate is started, once everything that remembers is open. */
void inherit_jobs(struct warden *warden);
