/* See transcript.h. Pieces are found again by the SHA-256 of their bytes, so that a machine cannot
 * make its answer pass for another's. Most often no hash is needed: what followed a piece last time
 * is compared first. */
#include "fleet/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/cleanup.h"

enum {
    NONE = UINT32_MAX,
    MEMORY_MAX = 64 << 20,
    EACH_MAX = 256 << 20,
    SLOTS_FIRST = 256,
    /* How often the free room is looked at, and what is left of it for others. */
    ROOM_CHECK_EVERY = 16 << 20,
    ROOM_LEFT = 256 << 20,
};

struct piece {
    uint8_t hash[TRANSCRIPT_HASH_SIZE];
    uint8_t *bytes;  /* NULL: on disk */
    uint64_t offset; /* on disk */
    uint32_t size;
    uint32_t next_of_slot;
    uint32_t after; /* the piece that followed it last time, or NONE */
};

struct transcripts {
    struct transcripts_settings settings;
    struct piece *pieces;
    uint32_t count;
    uint32_t room;
    uint32_t *slots; /* by hash */
    uint32_t mask;
    uint32_t first; /* the piece that began a transcript last time, or NONE */
    size_t memory;
    uint64_t on_disk;
    uint64_t checked; /* the room on disk was looked at up to here */
    int file;
    int disk_error;
    EVP_MD_CTX *context;
    EVP_MD *digest;
};

int transcripts_new(struct transcripts **store_out, const struct transcripts_settings *settings)
{
    struct transcripts *store = calloc(1, sizeof(*store));

    if (!store)
        return -ENOMEM;
    store->settings = *settings;
    store->settings.directory = NULL;
    store->file = -1;
    store->first = NONE;
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
    struct piece piece = {.size = (uint32_t)size, .after = NONE};
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
    const struct piece *piece = guess == NONE ? NULL : &store->pieces[guess];

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
    for (uint32_t i = store->slots[slot_of(store, hash)]; i != NONE;
         i = store->pieces[i].next_of_slot) {
        if (memcmp(store->pieces[i].hash, hash, sizeof(hash)) == 0) {
            *piece_out = i;
            return 0;
        }
    }
    return piece_new(store, hash, bytes, size, piece_out);
}

/* Puts the next piece at a transcript's end. Returns 0, 1 if it cannot be held, or -ENOMEM. */
static int text_append(struct transcripts *store, struct transcript *text, const uint8_t *bytes,
                       size_t size)
{
    uint32_t last = text->count ? text->pieces[text->count - 1] : NONE;
    uint32_t piece = last == NONE ? store->first : store->pieces[last].after;
    int error = 0;

    if (text->count == text->room) {
        uint32_t room = text->room ? text->room * 2 : 1;
        uint32_t *pieces = reallocarray(text->pieces, room, sizeof(*pieces));

        if (!pieces)
            return -ENOMEM;
        text->pieces = pieces;
        text->room = room;
    }
    if (!is_guess(store, piece, bytes, size))
        error = piece_find(store, bytes, size, &piece);
    if (error)
        return error;
    if (last == NONE)
        store->first = piece;
    else
        store->pieces[last].after = piece;
    text->pieces[text->count++] = piece;
    text->held += size;
    return 0;
}

/* ---- transcripts ---- */

/* How much more may be held of it: nothing behind a gap. */
static uint64_t room_of(const struct transcripts *store, const struct transcript *text)
{
    uint64_t all = text->held + buffer_length(&text->tail);

    if (all < text->size || all >= store->settings.each_max)
        return 0;
    return store->settings.each_max - all;
}

/* Cuts full pieces off the tail and the bytes. */
static int add_held(struct transcripts *store, struct transcript *text, const uint8_t *bytes,
                    size_t size)
{
    int error = 0;

    while (size > 0 && !error) {
        size_t begun = buffer_length(&text->tail);
        size_t part = TRANSCRIPT_PIECE - begun < size ? TRANSCRIPT_PIECE - begun : size;

        if (begun == 0 && part == TRANSCRIPT_PIECE) {
            error = text_append(store, text, bytes, part);
        } else {
            error = buffer_append(&text->tail, bytes, part);
            if (!error && begun + part == TRANSCRIPT_PIECE) {
                error = text_append(store, text, buffer_bytes(&text->tail), TRANSCRIPT_PIECE);
                buffer_clear(&text->tail);
            }
        }
        bytes += part;
        size -= part;
    }
    return error;
}

int transcript_add(struct transcripts *store, struct transcript *text, const void *bytes,
                   size_t size)
{
    uint64_t room = room_of(store, text);
    size_t part = size < room ? size : (size_t)room;
    int error = part > 0 ? add_held(store, text, bytes, part) : 0;

    text->size += size;
    return error < 0 ? error : 0;
}

int transcript_finish(struct transcripts *store, struct transcript *text)
{
    size_t size = buffer_length(&text->tail);
    int error = 0;

    if (size > 0 && text->held % TRANSCRIPT_PIECE == 0)
        error = text_append(store, text, buffer_bytes(&text->tail), size);
    buffer_deinit(&text->tail);
    return error < 0 ? error : 0;
}

void transcript_deinit(struct transcript *text)
{
    free(text->pieces);
    buffer_deinit(&text->tail);
    *text = (struct transcript){0};
}

bool transcript_equal(const struct transcript *a, const struct transcript *b)
{
    return a->size == b->size && a->held == b->held && a->count == b->count &&
           (a->count == 0 || memcmp(a->pieces, b->pieces, a->count * sizeof(*a->pieces)) == 0);
}

uint64_t transcript_key(const struct transcript *text)
{
    uint64_t key = 0xcbf29ce484222325u ^ text->size;

    for (uint32_t i = 0; i < text->count; i++) {
        key = (key ^ text->pieces[i]) * 0x100000001b3u;
        key ^= key >> 29;
    }
    return key;
}

int transcript_hash(const struct transcripts *store, const struct transcript *text,
                    uint8_t hash_out[TRANSCRIPT_HASH_SIZE])
{
    uint64_t sizes[2] = {text->size, text->held};
    bool good = EVP_DigestInit_ex2(store->context, store->digest, NULL) == 1 &&
                EVP_DigestUpdate(store->context, sizes, sizeof(sizes)) == 1;

    for (uint32_t i = 0; i < text->count && good; i++)
        good = EVP_DigestUpdate(store->context, store->pieces[text->pieces[i]].hash,
                                TRANSCRIPT_HASH_SIZE) == 1;
    return good && EVP_DigestFinal_ex(store->context, hash_out, NULL) == 1 ? 0 : -ENOMEM;
}

int transcript_read(const struct transcripts *store, const struct transcript *text,
                    int (*each)(const uint8_t *bytes, size_t size, void *user), void *user)
{
    uint8_t from_disk[TRANSCRIPT_PIECE];
    int result = 0;

    for (uint32_t i = 0; i < text->count && !result; i++) {
        const struct piece *piece = &store->pieces[text->pieces[i]];

        if (!piece->bytes)
            result = get_from_disk(store, piece, from_disk);
        if (!result)
            result = each(piece->bytes ? piece->bytes : from_disk, piece->size, user);
    }
    return result;
}

static int append_part(struct buffer *out, const uint8_t *bytes, uint64_t size, uint64_t skip,
                       uint64_t *left)
{
    uint64_t part = size > skip ? size - skip : 0;

    if (part > *left)
        part = *left;
    *left -= part;
    return part > 0 ? buffer_append(out, bytes + skip, (size_t)part) : 0;
}

int transcript_copy_from(const struct transcripts *store, const struct transcript *text,
                         uint64_t from, uint64_t max, struct buffer *out)
{
    uint8_t from_disk[TRANSCRIPT_PIECE];
    uint64_t first = from / TRANSCRIPT_PIECE;
    uint64_t skip = from % TRANSCRIPT_PIECE;
    int result = 0;

    for (; first < text->count && max > 0 && !result; first++, skip = 0) {
        const struct piece *piece = &store->pieces[text->pieces[first]];

        if (!piece->bytes)
            result = get_from_disk(store, piece, from_disk);
        if (!result)
            result = append_part(out, piece->bytes ? piece->bytes : from_disk, piece->size, skip,
                                 &max);
    }
    if (result || max == 0)
        return result;
    skip = from > (uint64_t)text->count * TRANSCRIPT_PIECE
               ? from - (uint64_t)text->count * TRANSCRIPT_PIECE
               : 0;
    return append_part(out, buffer_bytes(&text->tail), buffer_length(&text->tail), skip, &max);
}

struct copying {
    struct buffer *out;
    uint64_t left;
};

static int copy_piece(const uint8_t *bytes, size_t size, void *user)
{
    struct copying *copying = user;
    size_t part = size < copying->left ? size : (size_t)copying->left;
    int error = buffer_append(copying->out, bytes, part);

    copying->left -= part;
    if (error)
        return error;
    return copying->left > 0 ? 0 : 1;
}

int transcript_copy(const struct transcripts *store, const struct transcript *text, uint64_t max,
                    struct buffer *out)
{
    struct copying copying = {.out = out, .left = max};
    int result = max > 0 ? transcript_read(store, text, copy_piece, &copying) : 0;

    return result > 0 ? 0 : result;
}
