/* See transcript.h. The pieces themselves are in transcript-piece.c. */
#include "fleet/run/transcript-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Puts the next piece at a transcript's end. Returns 0, 1 if it cannot be held, or -ENOMEM. */
static int text_append(struct transcripts *store, struct transcript *text, const uint8_t *bytes,
                       size_t size)
{
    uint32_t last = text->count ? text->pieces[text->count - 1] : PIECE_NONE;
    uint32_t piece = last == PIECE_NONE ? store->first : store->pieces[last].after;
    int error;

    if (text->count == text->room) {
        uint32_t room = text->room ? text->room * 2 : 1;
        uint32_t *pieces = reallocarray(text->pieces, room, sizeof(*pieces));

        if (!pieces)
            return -ENOMEM;
        text->pieces = pieces;
        text->room = room;
    }
    error = piece_take(store, piece, bytes, size, &piece);
    if (error)
        return error;
    if (last == PIECE_NONE)
        store->first = piece;
    else
        store->pieces[last].after = piece;
    text->pieces[text->count++] = piece;
    text->held += size;
    return 0;
}

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

uint64_t transcript_here(const struct transcripts *store, const struct transcript *text)
{
    uint64_t here = 0;

    if (!store->is_let_go)
        return text->held + buffer_length(&text->tail);
    for (uint32_t i = 0; i < text->count && store->pieces[text->pieces[i]].bytes; i++)
        here += store->pieces[text->pieces[i]].size;
    return here;
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
        const uint8_t *bytes;

        result = piece_read(store, text->pieces[i], from_disk, &bytes);
        if (!result)
            result = each(bytes, store->pieces[text->pieces[i]].size, user);
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
        const uint8_t *bytes;

        result = piece_read(store, text->pieces[first], from_disk, &bytes);
        if (!result)
            result = append_part(out, bytes, store->pieces[text->pieces[first]].size, skip, &max);
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
