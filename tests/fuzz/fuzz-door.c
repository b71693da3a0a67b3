/* All decoders of the door's messages, as the first byte chooses: what decodes must encode to the
 * very bytes it came from, which also proves that no byte was left out of account. */
#include <string.h>

#include "door/message.h"
#include "fuzz.h"

#define TRY(name)                                                                         \
    static void try_##name(struct slice body)                                             \
    {                                                                                     \
        _cleanup_buffer_ struct buffer again = BUFFER_INIT;                               \
        struct door_##name message;                                                       \
                                                                                          \
        if (door_##name##_decode(&message, body))                                         \
            return;                                                                       \
        must(door_##name##_encode(&message, &again) == 0);                                \
        must(buffer_length(&again) == body.size);                                         \
        must(body.size == 0 || memcmp(buffer_bytes(&again), body.bytes, body.size) == 0); \
    }
TRY(setup)
TRY(order)
TRY(opened)
TRY(pair)
TRY(token)
TRY(tokened)
TRY(ordered)
TRY(entered)
TRY(job)
TRY(state)
TRY(audit)
TRY(hang_up)
TRY(spool)

static void try_id(struct slice body)
{
    const uint8_t *id;

    must((door_id_decode(&id, body) == 0) == (body.size == UUID_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const tries[])(struct slice body) = {
        try_setup, try_order, try_opened, try_pair,    try_token, try_tokened, try_ordered,
        try_job,   try_state, try_audit,  try_hang_up, try_id,    try_spool,   try_entered,
    };

    if (size > 0 && bytes[0] < ELEMENTS_OF(tries))
        tries[bytes[0]]((struct slice){.bytes = bytes + 1, .size = size - 1});
    return 0;
}
