/* See transcript.h: the pieces that transcripts are made of, in memory and on the disk. They are
 * found again by the SHA-256 of their bytes, so that a machine cannot make its answer pass for
 * another's. Most often no hash is needed: what followed a piece last time is compared first. */
#include "fleet/run/transcript-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
    MEMORY_MAX = 64 << 20,
    EACH_MAX = 256 << 20,
    SLOTS_FIRST = 256,
    /* How often the free room is looked at, and what is left of it for others. */
    ROOM_CHECK_EVERY = 16 << 20,
    ROOM_LEFT = 256 << 20,
};

int transcripts_new(struct transcripts **store_out, const struct transcripts_settings *settings)
{
    struct transcripts *store = calloc(1, sizeof(*store));

    if (!store)
        return -ENOMEM;
    store->settings = *settings;
    store->settings.directory = NULL;
    store->file = -1;
    store->first = PIECE_NONE;
    if (settings->memory_max == 0)
        store->settings.memory_max = MEMORY_MAX;
    if (settings->each_max == 0)
        store->settings.each_max = EACH_MAX;
    if (settings->directory)
        store->settings.directory = strdup(settings->directory);
    store->slots = malloc(SLOTS_FIRST * sizeof(*store->slots));
    store->context = EVP_MD_CTX_new();
    store->digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!store->slots || !store->context || !store->digest ||
        (settings->directory && !store->settings.directory)) {
        transcripts_free(store);
        return -ENOMEM;
    }
    memset(store->slots, 0xff, SLOTS_FIRST * sizeof(*store->slots));
    store->mask = SLOTS_FIRST - 1;
    *store_out = store;
    return 0;
}

struct transcripts *transcripts_free(struct transcripts *store)
{
    if (!store)
        return NULL;
    for (uint32_t i = 0; i < store->count; i++)
        free(store->pieces[i].bytes);
    free(store->pieces);
    free(store->slots);
    free((void *)store->settings.directory);
    EVP_MD_CTX_free(store->context);
    EVP_MD_free(store->digest);
    if (store->file >= 0)
        close(store->file);
    free(store);
    return NULL;
}

size_t transcripts_memory(const struct transcripts *store)
{
    return store->memory;
}

uint64_t transcripts_on_disk(const struct transcripts *store)
{
    return store->on_disk;
}

void transcripts_hold_no_more(struct transcripts *store)
{
    if (!store->disk_error)
        store->disk_error = EDQUOT;
}

void transcripts_let_go(struct transcripts *store)
{
    transcripts_hold_no_more(store);
    store->is_let_go = store->is_let_go || store->on_disk > 0;
    store->on_disk = 0;
    if (store->file >= 0)
        close(store->file);
    store->file = -1;
}

int transcripts_disk_error(const struct transcripts *store)
{
    return store->disk_error;
}

/* ---- the disk ---- */

/* Outputs hold secrets: the file has no name and nobody else's rights, and is gone with us. */
static int open_file(struct transcripts *store)
{
    const char *directory = store->settings.directory;
    _cleanup_free_ char *name = NULL;
    int fd;

    if (!directory)
        return -ENOSPC;
    fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    /* Not every file system knows files without a name. */
    if (asprintf(&name, "%s/.hune-output.XXXXXX", directory) < 0) {
        name = NULL;
        return -ENOMEM;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    unlink(name);
    return fd;
}

/* Not the last byte of somebody's disk. */
static bool has_room(struct transcripts *store)
{
    struct statvfs found;

    if (store->on_disk < store->checked)
        return true;
    if (fstatvfs(store->file, &found) == 0 && found.f_blocks > 0) {
        uint64_t free_bytes = (uint64_t)found.f_bavail * found.f_frsize;
        uint64_t all = (uint64_t)found.f_blocks * found.f_frsize;

        if (free_bytes < ROOM_CHECK_EVERY + (all / 10 < ROOM_LEFT ? all / 10 : ROOM_LEFT))
            return false;
    }
    store->checked = store->on_disk + ROOM_CHECK_EVERY;
    return true;
}

/* Returns 0, or 1 if it cannot be held; store->disk_error tells why. */
static int put_on_disk(struct transcripts *store, const uint8_t *bytes, size_t size,
                       uint64_t *offset_out)
{
    size_t done = 0;

    if (store->disk_error)
        return 1;
    if (store->file < 0)
        store->file = open_file(store);
    if (store->file < 0)
        store->disk_error = -store->file;
    else if (!has_room(store))
        store->disk_error = ENOSPC;
    else if (store->settings.disk_max && store->on_disk + size > store->settings.disk_max)
        store->disk_error = EDQUOT;
    while (!store->disk_error && done < size) {
        ssize_t n = pwrite(store->file, bytes + done, size - done, (off_t)(store->on_disk + done));

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            store->disk_error = n == 0 ? ENOSPC : errno;
    }
    if (store->disk_error)
        return 1;
    *offset_out = store->on_disk;
    store->on_disk += size;
    return 0;
}

static int get_from_disk(const struct transcripts *store, const struct piece *piece, uint8_t *bytes)
{
    size_t done = 0;

    while (done < piece->size) {
        ssize_t n = pread(store->file, bytes + done, piece->size - done,
                          (off_t)(piece->offset + done));

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return n == 0 ? -EIO : -errno;
    }
    return 0;
}

/* ---- pieces ---- */

static uint32_t slot_of(const struct transcripts *store, const uint8_t *hash)
{
    uint32_t word;

    memcpy(&word, hash, sizeof(word));
    return word & store->mask;
}

static int grow_slots(struct transcripts *store)
{
    uint32_t count = (store->mask + 1) * 2;
    uint32_t *slots;

    if (store->count < count / 2)
        return 0;
    slots = malloc(count * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    memset(slots, 0xff, count * sizeof(*slots));
    free(store->slots);
    store->slots = slots;
    store->mask = count - 1;
    for (uint32_t i = 0; i < store->count; i++) {
        uint32_t slot = slot_of(store, store->pieces[i].hash);

        store->pieces[i].next_of_slot = slots[slot];
        slots[slot] = i;
    }
    return 0;
}

static int grow_pieces(struct transcripts *store)
{
    uint32_t room = store->room ? store->room * 2 : 64;
    struct piece *pieces;

    if (store->count < store->room)
        return 0;
    pieces = room < store->room ? NULL : reallocarray(store->pieces, room, sizeof(*pieces));
    if (!pieces)
        return -ENOMEM;
    store->pieces = pieces;
    store->room = room;
    return 0;
}

/* Returns 0, 1 if it cannot be held, or -ENOMEM. */
static int piece_new(struct transcripts *store, const uint8_t *hash, const uint8_t *bytes,
                     size_t size, uint32_t *piece_out)
{
    struct piece piece = {.size = (uint32_t)size, .after = PIECE_NONE};
    uint32_t slot;
    int error = grow_pieces(store);

    if (!error)
        error = grow_slots(store);
    if (error)
        return error;
    if (store->memory + size <= store->settings.memory_max) {
        piece.bytes = malloc(size ? size : 1);
        if (!piece.bytes)
            return -ENOMEM;
        memcpy(piece.bytes, bytes, size);
        store->memory += size;
    } else {
        error = put_on_disk(store, bytes, size, &piece.offset);
        if (error)
            return error;
    }
    memcpy(piece.hash, hash, sizeof(piece.hash));
    slot = slot_of(store, hash);
    piece.next_of_slot = store->slots[slot];
    store->slots[slot] = store->count;
    *piece_out = store->count;
    store->pieces[store->count++] = piece;
    return 0;
}

static bool is_guess(const struct transcripts *store, uint32_t guess, const uint8_t *bytes,
                     size_t size)
{
    const struct piece *piece = guess == PIECE_NONE ? NULL : &store->pieces[guess];

    return piece && piece->bytes && piece->size == size && memcmp(piece->bytes, bytes, size) == 0;
}

static int piece_find(struct transcripts *store, const uint8_t *bytes, size_t size,
                      uint32_t *piece_out)
{
    uint8_t hash[TRANSCRIPT_HASH_SIZE];

    if (EVP_DigestInit_ex2(store->context, store->digest, NULL) != 1 ||
        EVP_DigestUpdate(store->context, bytes, size) != 1 ||
        EVP_DigestFinal_ex(store->context, hash, NULL) != 1)
        return -ENOMEM;
    for (uint32_t i = store->slots[slot_of(store, hash)]; i != PIECE_NONE;
         i = store->pieces[i].next_of_slot) {
        if (memcmp(store->pieces[i].hash, hash, sizeof(hash)) == 0) {
            *piece_out = i;
            return 0;
        }
    }
    return piece_new(store, hash, bytes, size, piece_out);
}

int piece_take(struct transcripts *store, uint32_t guess, const uint8_t *bytes, size_t size,
               uint32_t *piece_out)
{
    *piece_out = guess;
    return is_guess(store, guess, bytes, size) ? 0 : piece_find(store, bytes, size, piece_out);
}

int piece_read(const struct transcripts *store, uint32_t piece, uint8_t room[TRANSCRIPT_PIECE],
               const uint8_t **bytes_out)
{
    const struct piece *found = &store->pieces[piece];

    *bytes_out = found->bytes ? found->bytes : room;
    if (!found->bytes && store->file < 0)
        return -ENOENT;
    return found->bytes ? 0 : get_from_disk(store, found, room);
}
