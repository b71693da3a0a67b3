/* See lanes.h. FIPS 180-4, with a vector of sixteen words where that has one word. */
#include "proto/lanes.h"

#include <endian.h>
#include <string.h>

#ifdef __x86_64__
#    include <immintrin.h>

/* Without it, nothing here may be called: the rest of the program runs anywhere. */
#    define WIDE __attribute__((target("avx512f,avx512bw")))

typedef uint32_t words __attribute__((vector_size(4 * LANES)));

enum { ROUNDS = 64, STATE_WORDS = 8, BLOCK_WORDS = LANES_BLOCK / 4, LANES_AHEAD = 512 };

static const uint32_t initial[STATE_WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#    define ROTATED(x, n) ((x) >> (n) | (x) << (32 - (n)))
/* One instruction; 0xe8 is its table of truth. */
#    define MAJORITY(a, b, c) \
        ((words)_mm512_ternarylogic_epi32((__m512i)(a), (__m512i)(b), (__m512i)(c), 0xe8))

/* One block of each lane: from sixteen rows of words, as they lie in memory, to sixteen vectors of
 * which each has one word of every lane. */
WIDE static void load(const uint8_t *bytes, size_t stride, uint8_t *copy,
                      words schedule[BLOCK_WORDS])
{
    const __m512i swap = _mm512_broadcast_i32x4(
        _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    /* Zeroing them for each block, as the build does with all else, would cost a fifteenth of all
     * the time here. */
    __m512i rows[LANES] __attribute__((uninitialized));
    __m512i pairs[LANES] __attribute__((uninitialized));

    for (size_t i = 0; i < LANES; i++)
        rows[i] = _mm512_loadu_si512(bytes + i * stride);
    for (size_t i = 0; copy && i < LANES; i++)
        _mm512_storeu_si512(copy + i * stride, rows[i]);
    for (size_t i = 0; i < LANES; i += 2) {
        pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (size_t i = 0; i < LANES; i += 4) {
        rows[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
        rows[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
        rows[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        rows[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (size_t i = 0; i < 4; i++) {
        __m512i a = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
        __m512i b = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
        __m512i c = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
        __m512i d = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xdd);

        schedule[i] = (words)_mm512_shuffle_epi8(_mm512_shuffle_i32x4(a, c, 0x88), swap);
        schedule[i + 4] = (words)_mm512_shuffle_epi8(_mm512_shuffle_i32x4(b, d, 0x88), swap);
        schedule[i + 8] = (words)_mm512_shuffle_epi8(_mm512_shuffle_i32x4(a, c, 0xdd), swap);
        schedule[i + 12] = (words)_mm512_shuffle_epi8(_mm512_shuffle_i32x4(b, d, 0xdd), swap);
    }
}

WIDE static void compress(words state[STATE_WORDS], words w[BLOCK_WORDS])
{
    words a = state[0], b = state[1], c = state[2], d = state[3];
    words e = state[4], f = state[5], g = state[6], h = state[7];
    const uint32_t *constant = constants;

    /* From memory an addition takes a word for all lanes by the way; words that the compiler knows
     * it would bring there one by one. */
    __asm__("" : "+r"(constant));
#    pragma GCC unroll 64
    for (int i = 0; i < ROUNDS; i++) {
        words first, second;

        if (i >= BLOCK_WORDS) {
            words early = w[(i + 1) % BLOCK_WORDS], late = w[(i + 14) % BLOCK_WORDS];

            w[i % BLOCK_WORDS] += (ROTATED(early, 7) ^ ROTATED(early, 18) ^ early >> 3) +
                                  w[(i + 9) % BLOCK_WORDS] +
                                  (ROTATED(late, 17) ^ ROTATED(late, 19) ^ late >> 10);
        }
        first = h + (ROTATED(e, 6) ^ ROTATED(e, 11) ^ ROTATED(e, 25)) + ((e & f) ^ (~e & g)) +
                constant[i] + w[i % BLOCK_WORDS];
        second = (ROTATED(a, 2) ^ ROTATED(a, 13) ^ ROTATED(a, 22)) + MAJORITY(a, b, c);
        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

bool lanes_are_there(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

WIDE void lanes_sum(const uint8_t *bytes, size_t size, uint8_t *copy_out,
                    uint8_t sums_out[LANES][SHA256_SIZE])
{
    const words zero = {0};
    words state[STATE_WORDS];
    words w[BLOCK_WORDS];

    for (int i = 0; i < STATE_WORDS; i++)
        state[i] = zero + initial[i];
    for (size_t at = 0; at < size; at += LANES_BLOCK) {
        /* The processor does not foresee sixteen streams by itself. Beyond the end it is no harm.
         */
        for (size_t lane = 0; lane < LANES; lane++)
            _mm_prefetch((const char *)bytes + lane * size + at + LANES_AHEAD, _MM_HINT_T0);
        load(bytes + at, size, copy_out ? copy_out + at : NULL, w);
        compress(state, w);
    }
    /* The last block is padding alone: a bit, zeros, and the length in bits. */
    for (int i = 1; i < BLOCK_WORDS; i++)
        w[i] = zero;
    w[0] = zero + 0x80000000;
    w[BLOCK_WORDS - 2] = zero + (uint32_t)(size >> 29);
    w[BLOCK_WORDS - 1] = zero + (uint32_t)(size << 3);
    compress(state, w);
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < STATE_WORDS; i++) {
            uint32_t word = htobe32(state[i][lane]);

            memcpy(sums_out[lane] + 4 * i, &word, sizeof(word));
        }
    }
}

#else

bool lanes_are_there(void)
{
    return false;
}

void lanes_sum(const uint8_t *bytes, size_t size, uint8_t *copy_out,
               uint8_t sums_out[LANES][SHA256_SIZE])
{
    (void)bytes;
    (void)size;
    (void)copy_out;
    memset(sums_out, 0, LANES * SHA256_SIZE);
}

#endif
