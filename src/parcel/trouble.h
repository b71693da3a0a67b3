/* What can go wrong with a parcel, as a number, the name of the file that it happened to, and the
 * system's word for it. */
#pragma once

#include "base/buffer.h"
#include "proto/parcel.h"

#ifndef N_
#    define N_(text) text
#endif

/* X(NAME, sentence); translated where it is shown. The first ones are enum parcel_error. */
#define HUNE_PARCEL_TROUBLES(X)                                                             \
    X(NONE, "")                                                                             \
    X(NO_PARCEL, N_("What came is no parcel of files."))                                    \
    X(CUT, N_("What came was cut off before its end."))                                     \
    X(SUM, N_("The checksum of what came does not agree."))                                 \
    X(GAVE_UP, N_("The other side gave up on the way."))                                    \
    X(SYSTEM, "")                                                                           \
    X(ARCHIVE, N_("The archive that came is damaged."))                                     \
    X(NAME, N_("What came has a name that leads elsewhere; nothing of it is kept."))        \
    X(KIND, N_("What came holds a device, a pipe or a socket; nothing of it is kept."))     \
    X(TWICE, N_("Two things have this name."))                                              \
    X(TOO_DEEP, N_("Folders lie too deep in each other."))                                  \
    X(TOO_MUCH, N_("What came is more than is allowed; nothing of it is kept."))            \
    X(IS_FOLDER, N_("A folder of this name is there already."))                             \
    X(NO_FOLDER, N_("What is there is no folder."))                                         \
    X(IS_SPECIAL, N_("A device, a pipe or a socket is there; it is not replaced."))         \
    X(SPECIAL, N_("This is a device, a pipe or a socket; it is left out."))                 \
    X(SHORTER, N_("The file became shorter while it was read."))                            \
    X(NO_SIZE, N_("The file tells no size and is too large to be read before it is sent.")) \
    X(NO_NAME, N_("This has no name of its own; name what is in it."))                      \
    X(FULL, N_("There is no room left; nothing of it is kept."))                            \
    X(STOPPED, N_("Stopped; nothing of it is kept."))

enum parcel_trouble_code {
#define X(name, sentence) PARCEL_TROUBLE_##name,
    HUNE_PARCEL_TROUBLES(X)
#undef X
};

_Static_assert((int)PARCEL_TROUBLE_GAVE_UP == (int)PARCEL_E_GAVE_UP, "they share their numbers");

struct parcel_trouble {
    enum parcel_trouble_code code;
    int error;          /* errno, or 0 */
    struct buffer name; /* what it happened to, as its bytes are; may be empty */
};

/* Each returns 1, so that `return parcel_trouble_set(...)` says that there is trouble; the first
 * trouble stays. `error` is an errno, of either sign. */
int parcel_trouble_set(struct parcel_trouble *trouble, enum parcel_trouble_code code,
                       const char *name, int error);
/* ENOSPC, EDQUOT and ECANCELED become words of their own. */
int parcel_trouble_system(struct parcel_trouble *trouble, const char *name, int error);
void parcel_trouble_deinit(struct parcel_trouble *trouble);

/* "" for SYSTEM: there the system's word is all. */
const char *parcel_trouble_sentence(enum parcel_trouble_code code);
/* Appends "NAME: Sentence (system's word)", in English, safe for a terminal. 0 or -ENOMEM. */
int parcel_trouble_describe(const struct parcel_trouble *trouble, struct buffer *out);
