/* See replay.h. */
#include "warden/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "warden/place.h"
#define LOG_TAG "replay"
#include "base/log.h"

enum { REPLAY_MAGIC = 0x48524a31, REPLAY_FIRST = 1024, JOURNAL_MAX = 256 << 20 };

/* The journal is read by the same program on the same computer, so it needs no byte order. */
struct replay_record {
    uint32_t magic;
    uint16_t verb;
    uint16_t state;
    uint32_t detail;
    uint32_t reserved;
    uint64_t issued;
    uint64_t expires;
    uint8_t id[UUID_SIZE];
};

_Static_assert(sizeof(struct replay_record) == 48, "records have no padding");

bool order_may_wait(const struct order *order)
{
    static const uint8_t zero[EPOCH_SIZE];

    return memcmp(order->epoch, zero, sizeof(zero)) == 0;
}

/* The last bytes of a UUIDv7 are random. */
static uint32_t *bucket_of(const struct replay *replay, const uint8_t id[UUID_SIZE])
{
    uint32_t hash;

    memcpy(&hash, id + UUID_SIZE - sizeof(hash), sizeof(hash));
    return &replay->buckets[hash & (replay->bucket_count - 1)];
}

static bool is_expired(const struct replay *replay, const struct replay_entry *entry)
{
    return entry->expires < (entry->waiting ? replay_wall_ms(replay) : clock_boot_ms());
}

/* Drops what has expired, doubles the room if that was not enough, and hashes all anew. */
static int replay_grow(struct replay *replay)
{
    uint32_t kept = 1;
    uint32_t capacity = replay->capacity ? replay->capacity : REPLAY_FIRST;
    struct replay_entry *entries;
    uint32_t *buckets;

    for (uint32_t i = 1; i < replay->count; i++) {
        if (!is_expired(replay, &replay->entries[i]) ||
            !state_is_ended(replay->entries[i].state.state))
            replay->entries[kept++] = replay->entries[i];
    }
    replay->count = kept;
    while (kept > capacity / 2)
        capacity *= 2;
    entries = reallocarray(replay->entries, capacity, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    replay->entries = entries;
    replay->capacity = capacity;
    buckets = calloc(capacity, sizeof(*buckets));
    if (!buckets)
        return -ENOMEM;
    free(replay->buckets);
    replay->buckets = buckets;
    replay->bucket_count = capacity;
    for (uint32_t i = 1; i < kept; i++) {
        uint32_t *bucket = bucket_of(replay, entries[i].id);

        entries[i].next = *bucket;
        *bucket = i;
    }
    return 0;
}

static struct replay_entry *replay_lookup(const struct replay *replay, const uint8_t id[UUID_SIZE])
{
    for (uint32_t i = *bucket_of(replay, id); i; i = replay->entries[i].next) {
        if (memcmp(replay->entries[i].id, id, UUID_SIZE) == 0)
            return &replay->entries[i];
    }
    return NULL;
}

const struct replay_entry *replay_find(const struct replay *replay, const uint8_t id[UUID_SIZE])
{
    return replay_lookup(replay, id);
}

static int replay_remember(struct replay *replay, const struct replay_record *record, bool waiting)
{
    struct replay_entry *entry = replay_lookup(replay, record->id);
    uint32_t *bucket;

    if (!entry) {
        if (replay->count == replay->capacity) {
            int r = replay_grow(replay);

            if (r)
                return r;
        }
        entry = &replay->entries[replay->count];
        bucket = bucket_of(replay, record->id);
        *entry = (struct replay_entry){
            .expires = record->expires, .verb = record->verb, .waiting = waiting, .next = *bucket};
        memcpy(entry->id, record->id, UUID_SIZE);
        *bucket = replay->count++;
    }
    entry->state = (struct job_state){.state = record->state, .detail = record->detail};
    if (waiting && record->issued > replay->latest_wall_ms)
        replay->latest_wall_ms = record->issued;
    return 0;
}

/* A torn last record (power loss) is cut off; everything before it counts. */
static int journal_read(struct replay *replay, int journal, const char *path, bool waiting)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct replay_record record;
    size_t whole;
    int r;

    r = file_read(path, JOURNAL_MAX, &content);
    if (r)
        return r;
    whole = buffer_length(&content) / sizeof(record);
    for (size_t i = 0; i < whole; i++) {
        memcpy(&record, buffer_bytes(&content) + i * sizeof(record), sizeof(record));
        if (record.magic != REPLAY_MAGIC || !state_name(record.state)) {
            whole = i;
            log_warning("%s: unreadable from record %zu on; the rest is dropped", path, i);
            break;
        }
        r = replay_remember(replay, &record, waiting);
        if (r)
            return r;
    }
    return ftruncate(journal, (off_t)(whole * sizeof(record))) < 0 ? -errno : 0;
}

static int journal_open(struct replay *replay, const char *folder, const char *name, bool fresh,
                        bool waiting, int *journal_out)
{
    _cleanup_free_ char *path = place_path(folder, name);

    if (!path)
        return -ENOMEM;
    *journal_out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (fresh ? O_TRUNC : 0), 0600);
    if (*journal_out < 0)
        return -errno;
    return journal_read(replay, *journal_out, path, waiting);
}

int replay_init(struct replay *replay, const char *run, const char *state, bool fresh)
{
    int r;

    *replay = (struct replay){.epoch_journal = -1, .waiting_journal = -1, .count = 1};
    r = replay_grow(replay);
    if (!r)
        r = journal_open(replay, run, "seen", fresh, false, &replay->epoch_journal);
    if (!r)
        r = journal_open(replay, state, "seen-waiting", false, true, &replay->waiting_journal);
    for (uint32_t i = 1; !r && i < replay->count; i++) {
        if (!state_is_ended(replay->entries[i].state.state))
            replay->entries[i].state = (struct job_state){.state = STATE_LOST};
    }
    if (r)
        replay_deinit(replay);
    return r;
}

void replay_deinit(struct replay *replay)
{
    if (replay->epoch_journal >= 0)
        close(replay->epoch_journal);
    if (replay->waiting_journal >= 0)
        close(replay->waiting_journal);
    free(replay->entries);
    free(replay->buckets);
    *replay = (struct replay){.epoch_journal = -1, .waiting_journal = -1};
}

static int replay_write(struct replay *replay, const struct replay_record *record, bool waiting)
{
    int journal = waiting ? replay->waiting_journal : replay->epoch_journal;
    int r = fd_write_all(journal, record, sizeof(*record));

    if (!r && waiting && fdatasync(journal) < 0)
        r = -errno;
    return r;
}

int replay_accept(struct replay *replay, const struct order *order)
{
    struct replay_record record = {.magic = REPLAY_MAGIC,
                                   .verb = order->verb,
                                   .state = STATE_RUNNING,
                                   .issued = order->issued,
                                   .expires = order->expires};
    int r;

    memcpy(record.id, order->id, UUID_SIZE);
    r = replay_write(replay, &record, order_may_wait(order));
    return r ? r : replay_remember(replay, &record, order_may_wait(order));
}

void replay_finish(struct replay *replay, const uint8_t id[UUID_SIZE], struct job_state state)
{
    struct replay_entry *entry = replay_lookup(replay, id);
    struct replay_record record = {.magic = REPLAY_MAGIC,
                                   .state = (uint16_t)state.state,
                                   .detail = state.detail};
    int r;

    if (!entry)
        return;
    entry->state = state;
    record.verb = entry->verb;
    record.expires = entry->expires;
    memcpy(record.id, id, UUID_SIZE);
    r = replay_write(replay, &record, entry->waiting);
    if (r)
        log_error("the journal of seen orders cannot be written: %s", strerror(-r));
}

uint64_t replay_wall_ms(const struct replay *replay)
{
    uint64_t now = clock_wall_ms();

    return now > replay->latest_wall_ms ? now : replay->latest_wall_ms;
}
