/* GET /v1/jobs/ID/parcel: the files of a `get` leave, from the belt (base/belt.h) onto which its
 * courier packs them, in place. What the console has not acknowledged stays on the belt, which
 * outlives us, so a broken connection goes on where it stopped; the courier ends when all of it is
 * taken. What a taken-over courier writes there while it is encrypted is what the console would get
 * from it anyway. */
#pragma once

#include <stdint.h>

struct job;
struct parcel;

/* Takes the bell over, also on error; `belt_fd` stays the caller's. Returns 0 or -errno. */
int parcel_new(struct parcel **parcel_out, struct job *job, int bell, int belt_fd);
/* Takes NULL, returns NULL. Whoever reads it finds its end too early. */
struct parcel *parcel_free(struct parcel *parcel);
/* The job has ended, nothing more is written. May free it. */
void parcel_end(struct job *job);
