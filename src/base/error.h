/* Two classes of error, everywhere in Hune:
 *
 *   negative  -errno. Fatal to the object at hand (no memory, a broken socket). It is forwarded to
 *             whoever owns the object, never interpreted on the way.
 *   positive  a documented condition of *this* call (the order is truncated, the name is unknown).
 *             Each module lists its own in an enum; the caller must handle every one of them.
 *
 * Zero is success. A function either logs or returns an error, never both.
 */
#pragma once

#include <errno.h>
