/* What a courier may do to files, beside what its user may: it writes below one folder, or nowhere,
 * and starts no program. So whoever takes it over with what it reads can spoil no more than was
 * going to be written anyway. */
#pragma once

/* Once, before anything that came is looked at. `target` is where it will be written, as the
 * unpacker takes it: a folder, or what is new or replaced in one; NULL: nothing is written. A
 * kernel without Landlock, or with its first version alone, guards nothing. Returns 0 or -errno. */
int guard_files(const char *target);
