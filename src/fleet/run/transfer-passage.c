/* What is read off a parcel as it passes: how much it will be, how far it is, and its sum. It
 * changes nothing, and judges nothing: that is for the couriers at both ends. */
#include <string.h>

#include "fleet/run/transfer-private.h"

/* About what a file takes in a parcel besides its bytes. */
enum { ENTRY_OVERHEAD = 1600 };

static void notice_head(struct turn *turn)
{
    struct reader reader = reader_init(turn->head + 9, PARCEL_HEAD_SIZE - 9);
    uint64_t bytes = reader_u64(&reader);
    uint64_t entries = reader_u64(&reader);

    /* Also a number that a machine made up is only shown. */
    if (entries == 0 || bytes > 1ull << 60 || entries > 1ull << 40)
        return;
    turn->total = bytes;
    turn->expected = bytes + entries * ENTRY_OVERHEAD;
    turn->task->progress.unknown--;
    turn->task->progress.total += bytes;
}

/* In bytes of files: what passes holds names, too. */
static uint64_t moved(const struct turn *turn, uint64_t passed)
{
    if (turn->expected == 0)
        return passed;
    if (passed >= turn->expected)
        return turn->total;
    return (uint64_t)((double)passed / (double)turn->expected * (double)turn->total);
}

void turn_notice(struct turn *turn, const uint8_t *bytes, size_t size)
{
    size_t missing = PARCEL_HEAD_SIZE - turn->head_size;
    size_t taken = size < missing ? size : missing;
    size_t kept = size < PARCEL_TAIL_SIZE ? size : PARCEL_TAIL_SIZE;

    if (missing > 0) {
        memcpy(turn->head + turn->head_size, bytes, taken);
        turn->head_size += taken;
        if (turn->head_size == PARCEL_HEAD_SIZE)
            notice_head(turn);
    }
    memmove(turn->tail, turn->tail + kept, PARCEL_TAIL_SIZE - kept);
    memcpy(turn->tail + PARCEL_TAIL_SIZE - kept, bytes + size - kept, kept);
}

void turn_advance(struct turn *turn, size_t size)
{
    uint64_t before = moved(turn, turn->passed);

    turn->passed += size;
    turn->task->progress.moved += moved(turn, turn->passed) - before;
}

const uint8_t *turn_sum(const struct turn *turn)
{
    return turn->tail + PARCEL_TAIL_SIZE - SHA256_SIZE;
}
