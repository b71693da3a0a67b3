/* Giving memory back when a process falls idle. */
#pragma once

/* Returns free heap to the kernel and unmaps the pages of programs and libraries that were read
 * only once (start-up code of the crypto library is most of an idle agent). Whatever is needed
 * again comes back from the page cache with a minor fault. Costs some ten microseconds; not for
 * busy moments. */
void memory_trim(void);
