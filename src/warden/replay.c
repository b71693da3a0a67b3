/* See replay.h. */
#include "warden/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "warden/place.h"
#define LOG_TAG "replay"
#include "base/log.h"

enum { REPLAY_MAGIC = 0x48524a31, REPLAY_FIRST = 1024, JOURNAL_STEP = 256 };

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

static uint32_t *bucket_of(const struct replay *replay, const uint8_t id[UUID_SIZE])
{
    uint64_t tail;

    /* The console chooses the id; the seed keeps it from choosing the bucket. */
    memcpy(&tail, id + UUID_SIZE - sizeof(tail), sizeof(tail));
    tail = (tail ^ replay->seed) * 0x9e3779b97f4a7c15ull;
    return &replay->buckets[(tail >> 32) & (replay->bucket_count - 1)];
}

/* An order that waited is dropped by the time that the journal remembers, never by the wall clock:
 * a clock that was set back would make it good again. */
static bool is_needed(const struct replay *replay, const struct replay_entry *entry)
{
    return !state_is_ended(entry->state.state) ||
           entry->expires >= (entry->waiting ? replay->latest_wall_ms : clock_boot_ms());
}

/* Takes the room for the entries that are still needed, twice over. On error nothing has changed.
 */
static int replay_take_room(struct replay *replay, uint32_t **buckets_out)
{
    uint32_t capacity = replay->capacity ? replay->capacity : REPLAY_FIRST;
    struct replay_entry *entries;
    uint32_t kept = 1;

    for (uint32_t i = 1; i < replay->count; i++)
        kept += is_needed(replay, &replay->entries[i]);
    while (kept > capacity / 2)
        capacity *= 2;
    entries = reallocarray(replay->entries, capacity, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    replay->entries = entries;
    *buckets_out = calloc(capacity, sizeof(**buckets_out));
    if (!*buckets_out)
        return -ENOMEM;
    replay->capacity = capacity;
    return 0;
}

/* Drops what has expired, doubles the room if that was not enough, and hashes all anew. */
static int replay_grow(struct replay *replay)
{
    struct replay_entry *entries;
    uint32_t *buckets;
    uint32_t kept = 1;
    int r;

    r = replay_take_room(replay, &buckets);
    if (r)
        return r;
    free(replay->buckets);
    replay->buckets = buckets;
    replay->bucket_count = replay->capacity;
    entries = replay->entries;
    for (uint32_t i = 1; i < replay->count; i++) {
        uint32_t *bucket;

        if (!is_needed(replay, &entries[i]))
            continue;
        entries[kept] = entries[i];
        bucket = bucket_of(replay, entries[kept].id);
        entries[kept].next = *bucket;
        *bucket = kept++;
    }
    replay->count = kept;
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

/* A torn last record (power loss) is cut off. An unreadable one takes none of the others with it.
 */
static int journal_read(struct replay *replay, int journal, const char *path, bool waiting)
{
    struct replay_record records[JOURNAL_STEP];
    size_t unreadable = 0;
    off_t at = 0;

    for (;;) {
        ssize_t got = pread(journal, records, sizeof(records), at);
        size_t whole = got > 0 ? (size_t)got / sizeof(records[0]) : 0;

        if (got < 0)
            return -errno;
        for (size_t i = 0; i < whole; i++) {
            bool good = records[i].magic == REPLAY_MAGIC && state_name(records[i].state);
            int r = good ? replay_remember(replay, &records[i], waiting) : 0;

            if (r)
                return r;
            unreadable += !good;
        }
        at += (off_t)(whole * sizeof(records[0]));
        if (whole == 0)
            break;
    }
    if (unreadable)
        log_warning("%s: %zu records are unreadable", path, unreadable);
    return ftruncate(journal, at) < 0 ? -errno : 0;
}

static int journal_open(struct replay *replay, const char *folder, bool fresh, bool waiting,
                        struct replay_journal *journal_out)
{
    int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | (fresh ? O_TRUNC : 0);

    journal_out->folder = strdup(folder);
    journal_out->path = place_path(folder, waiting ? "seen-waiting" : "seen");
    if (!journal_out->folder || !journal_out->path)
        return -ENOMEM;
    journal_out->fd = open(journal_out->path, flags, 0600);
    if (journal_out->fd < 0)
        return -errno;
    return journal_read(replay, journal_out->fd, journal_out->path, waiting);
}

static void journal_close(struct replay_journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    free(journal->folder);
    free(journal->path);
    *journal = (struct replay_journal){.fd = -1};
}

static struct replay_journal *journal_of(struct replay *replay, bool waiting)
{
    return waiting ? &replay->waiting_journal : &replay->epoch_journal;
}

static int journal_write_entries(const struct replay *replay, int fd, bool waiting)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    int r = 0;

    for (uint32_t i = 1; !r && i < replay->count; i++) {
        const struct replay_entry *entry = &replay->entries[i];
        struct replay_record record = {.magic = REPLAY_MAGIC,
                                       .verb = entry->verb,
                                       .state = (uint16_t)entry->state.state,
                                       .detail = entry->state.detail,
                                       .issued = waiting ? replay->latest_wall_ms : 0,
                                       .expires = entry->expires};

        memcpy(record.id, entry->id, UUID_SIZE);
        if (entry->waiting == waiting)
            r = buffer_append(&content, &record, sizeof(record));
    }
    if (!r)
        r = fd_write_all(fd, buffer_bytes(&content), buffer_length(&content));
    if (!r && waiting && fdatasync(fd) < 0)
        r = -errno;
    return r;
}

/* Writes the journal anew with what is still remembered; else it would grow without end. On error
 * it goes on as it is. */
static int journal_rewrite(struct replay *replay, bool waiting)
{
    struct replay_journal *journal = journal_of(replay, waiting);
    _cleanup_free_ char *temporary = place_path(journal->folder, "seen.new");
    _cleanup_close_ int folder = open(journal->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_close_ int fd = -1;
    int r;

    if (!temporary)
        return -ENOMEM;
    fd = open(temporary, O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || folder < 0)
        return -errno;
    r = journal_write_entries(replay, fd, waiting);
    if (!r && rename(temporary, journal->path) < 0)
        r = -errno;
    if (r) {
        unlink(temporary);
        return r;
    }
    close(journal->fd);
    journal->fd = steal_fd(&fd);
    return waiting && fsync(folder) < 0 ? -errno : 0;
}

/* Makes room for one more entry, and the journals short again while at it. */
static int replay_make_room(struct replay *replay)
{
    int r;

    if (replay->count < replay->capacity)
        return 0;
    r = replay_grow(replay);
    if (r)
        return r;
    for (int waiting = 0; waiting < 2; waiting++) {
        r = journal_rewrite(replay, waiting);
        if (r)
            log_warning("%s cannot be written anew: %s", journal_of(replay, waiting)->path,
                        strerror(-r));
    }
    return 0;
}

int replay_init(struct replay *replay, const char *run, const char *state, bool fresh)
{
    int r;

    *replay = (struct replay){
        .epoch_journal = {.fd = -1}, .waiting_journal = {.fd = -1}, .count = 1};
    r = random_bytes(&replay->seed, sizeof(replay->seed));
    if (!r)
        r = replay_grow(replay);
    if (!r)
        r = journal_open(replay, run, fresh, false, &replay->epoch_journal);
    if (!r)
        r = journal_open(replay, state, false, true, &replay->waiting_journal);
    for (uint32_t i = 1; !r && i < replay->count; i++) {
        struct replay_entry *entry = &replay->entries[i];

        if (state_is_ended(entry->state.state))
            continue;
        entry->lost_now = true;
        entry->state = (struct job_state){.state = STATE_LOST,
                                          .detail = fresh ? LOST_MACHINE : LOST_AGENT};
    }
    if (r)
        replay_deinit(replay);
    return r;
}

size_t replay_each_lost(const struct replay *replay,
                        void (*tell)(const struct replay_entry *entry, void *user), void *user)
{
    size_t count = 0;

    for (uint32_t i = 1; i < replay->count; i++) {
        if (!replay->entries[i].lost_now)
            continue;
        count++;
        if (tell)
            tell(&replay->entries[i], user);
    }
    return count;
}

void replay_deinit(struct replay *replay)
{
    journal_close(&replay->epoch_journal);
    journal_close(&replay->waiting_journal);
    free(replay->entries);
    free(replay->buckets);
    *replay = (struct replay){.epoch_journal = {.fd = -1}, .waiting_journal = {.fd = -1}};
}

static int replay_write(struct replay *replay, const struct replay_record *record, bool waiting)
{
    int journal = journal_of(replay, waiting)->fd;
    int r = fd_write_all(journal, record, sizeof(*record));
    struct stat info;

    /* Half a record (a full disk) would shift all that follow it. */
    if (r && fstat(journal, &info) == 0 &&
        ftruncate(journal, info.st_size - info.st_size % (off_t)sizeof(*record)) < 0)
        return -errno;
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
    r = replay_make_room(replay);
    if (!r)
        r = replay_write(replay, &record, order_may_wait(order));
    return r ? r : replay_remember(replay, &record, order_may_wait(order));
}

void replay_finish(struct replay *replay, const uint8_t id[UUID_SIZE], struct job_state state)
{
    struct replay_entry *entry = replay_lookup(replay, id);
    struct replay_record record = {
        .magic = REPLAY_MAGIC, .state = (uint16_t)state.state, .detail = state.detail};
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
