/* Inside of transcripts: the pieces that they are made of. For transcript.c and transcript-piece.c
 * alone. */
#pragma once

#include <openssl/evp.h>

#include "fleet/run/transcript.h"

enum { PIECE_NONE = UINT32_MAX };

struct piece {
    uint8_t hash[TRANSCRIPT_HASH_SIZE];
    uint8_t *bytes;  /* NULL: on disk */
    uint64_t offset; /* on disk */
    uint32_t size;
    uint32_t next_of_slot;
    uint32_t after; /* the piece that followed it last time, or PIECE_NONE */
};

struct transcripts {
    struct transcripts_settings settings;
    struct piece *pieces;
    uint32_t count;
    uint32_t room;
    uint32_t *slots; /* by hash */
    uint32_t mask;
    uint32_t first; /* the piece that began a transcript last time, or PIECE_NONE */
    size_t memory;
    uint64_t on_disk;
    uint64_t checked; /* the room on disk was looked at up to here */
    int file;
    int disk_error;
    bool is_let_go; /* pieces that were on disk are no more */
    EVP_MD_CTX *context;
    EVP_MD *digest;
};

/* The piece with these bytes: `guess` (or PIECE_NONE) if it is that one, else the one that is held
 * already, else a new one. Returns 0, 1 if it cannot be held, or -ENOMEM. */
int piece_take(struct transcripts *store, uint32_t guess, const uint8_t *bytes, size_t size,
               uint32_t *piece_out);
/* Its bytes: held in memory, or read into `room`. Returns 0 or -errno. */
int piece_read(const struct transcripts *store, uint32_t piece, uint8_t room[TRANSCRIPT_PIECE],
               const uint8_t **bytes_out);
