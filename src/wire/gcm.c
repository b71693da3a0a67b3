/* See gcm.h. Names are those of SP 800-38D. GHASH works on blocks with their bytes turned around,
 * so that the carry-less product of the processor is its product, one bit to the side: the hash key
 * is moved by that bit once (S. Gueron, M. Kounavis: Intel Carry-Less Multiplication Instruction
 * and its Usage for Computing the GCM Mode). */
#include "wire/gcm.h"

#include <endian.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GLIBC__)
#    include <immintrin.h>
#    include <sys/platform/x86.h>

/* Without it, nothing here may be called: the rest of the program runs anywhere. */
#    define WIDE        __attribute__((target("aes,pclmul,vaes,vpclmulqdq,avx512f,avx512bw,bmi2")))
#    define WIDE_INLINE WIDE __attribute__((always_inline)) static inline

enum { ROUNDS = 10, VECTOR = 64, VECTORS = GCM_STRIDE * GCM_BLOCK / VECTOR };

/* A product that is not reduced yet: the middle part counts 64 bits up from the low one. */
struct product {
    __m512i low, middle, high;
};

bool gcm_is_there(void)
{
    /* As the C library found it at the start; asking the processor again can be slow where that is
     * virtual. */
    return CPU_FEATURE_ACTIVE(AES) && CPU_FEATURE_ACTIVE(PCLMULQDQ) && CPU_FEATURE_ACTIVE(VAES) &&
           CPU_FEATURE_ACTIVE(VPCLMULQDQ) && CPU_FEATURE_ACTIVE(AVX512F) &&
           CPU_FEATURE_ACTIVE(AVX512BW) && CPU_FEATURE_ACTIVE(BMI2);
}

/* ---- GHASH ---- */

/* The bytes of each block turned around. */
WIDE_INLINE __m512i turned(__m512i blocks)
{
    return _mm512_shuffle_epi8(
        blocks, _mm512_broadcast_i32x4(_mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f)));
}

WIDE_INLINE __m512i one_block(__m128i block)
{
    return _mm512_zextsi128_si512(block);
}

/* Adds four blocks, each times its power. */
WIDE_INLINE void add_product(struct product *sum, __m512i blocks, const uint8_t *powers)
{
    __m512i power = _mm512_loadu_si512(powers);

    sum->low ^= _mm512_clmulepi64_epi128(blocks, power, 0x00);
    sum->middle ^= _mm512_clmulepi64_epi128(blocks, power, 0x01) ^
                   _mm512_clmulepi64_epi128(blocks, power, 0x10);
    sum->high ^= _mm512_clmulepi64_epi128(blocks, power, 0x11);
}

/* Modulo x^128 + x^7 + x^2 + x + 1, and the four lanes together. */
WIDE_INLINE __m128i reduced(struct product sum)
{
    const __m512i polynomial = _mm512_set1_epi64((long long)0xc200000000000000);
    __m256i half;

    sum.middle ^= _mm512_shuffle_epi32(sum.low, _MM_PERM_BADC) ^
                  _mm512_clmulepi64_epi128(sum.low, polynomial, 0x00);
    sum.high ^= _mm512_shuffle_epi32(sum.middle, _MM_PERM_BADC) ^
                _mm512_clmulepi64_epi128(sum.middle, polynomial, 0x00);
    half = _mm512_castsi512_si256(sum.high) ^ _mm512_extracti64x4_epi64(sum.high, 1);
    return _mm256_castsi256_si128(half) ^ _mm256_extracti128_si256(half, 1);
}

WIDE_INLINE __m128i times(__m128i block, const uint8_t *power)
{
    struct product sum = {0};

    /* Three of the four lanes are zero, whatever stands behind the power. */
    add_product(&sum, one_block(block), power);
    return reduced(sum);
}

/* ---- the key ---- */

/* FIPS 197, section 5.2. Of four equal columns, the last step of encryption makes four times
 * SubWord() of one, and adds the constant. */
WIDE_INLINE void expand(struct gcm_key *key, const uint8_t secret[GCM_KEY])
{
    const __m128i rotated = _mm_set1_epi32(0x0c0f0e0d);
    __m128i round = _mm_loadu_si128((const void *)secret);
    int constant = 1;

    _mm_storeu_si128((void *)key->rounds[0], round);
    for (int i = 1; i <= ROUNDS; i++) {
        __m128i words = _mm_aesenclast_si128(_mm_shuffle_epi8(round, rotated),
                                             _mm_set1_epi32(constant));

        round ^= _mm_slli_si128(round, 4);
        round ^= _mm_slli_si128(round, 8);
        round ^= words;
        _mm_storeu_si128((void *)key->rounds[i], round);
        constant = constant << 1 ^ (constant >> 7) * 0x11b;
    }
}

WIDE_INLINE __m128i encrypted(const struct gcm_key *key, __m128i block)
{
    block ^= _mm_loadu_si128((const void *)key->rounds[0]);
    for (int i = 1; i < ROUNDS; i++)
        block = _mm_aesenc_si128(block, _mm_loadu_si128((const void *)key->rounds[i]));
    return _mm_aesenclast_si128(block, _mm_loadu_si128((const void *)key->rounds[ROUNDS]));
}

WIDE void gcm_key_init(struct gcm_key *key_out, const uint8_t secret[GCM_KEY])
{
    uint64_t high, low, carry;
    uint8_t hash_key[GCM_BLOCK];
    __m128i power;

    memset(key_out, 0, sizeof(*key_out));
    expand(key_out, secret);
    _mm_storeu_si128((void *)hash_key, encrypted(key_out, _mm_setzero_si128()));
    memcpy(&high, hash_key, sizeof(high));
    memcpy(&low, hash_key + 8, sizeof(low));
    high = be64toh(high);
    low = be64toh(low);
    carry = 0 - (high >> 63);
    high = (high << 1 | low >> 63) ^ (carry & 0xc200000000000000);
    low = low << 1 ^ (carry & 1);
    power = _mm_set_epi64x((long long)high, (long long)low);
    _mm_storeu_si128((void *)key_out->powers[GCM_STRIDE - 1], power);
    for (int i = GCM_STRIDE - 2; i >= 0; i--) {
        power = times(power, key_out->powers[GCM_STRIDE - 1]);
        _mm_storeu_si128((void *)key_out->powers[i], power);
    }
    explicit_bzero(hash_key, sizeof(hash_key));
}

/* ---- messages ---- */

/* One message on its way. */
struct message {
    const struct gcm_key *key;
    __m512i rounds[ROUNDS + 1];
    __m512i counters; /* of four blocks, turned around so that they can be counted up */
    __m128i hash;
    const uint8_t *from;
    uint8_t *to;
    size_t left;
    bool seals;
};

/* What the next four blocks are added to. */
WIDE_INLINE __m512i stream(struct message *message)
{
    const __m512i four = _mm512_broadcast_i32x4(_mm_set_epi32(0, 0, 0, 4));
    __m512i blocks = turned(message->counters) ^ message->rounds[0];

    message->counters = _mm512_add_epi32(message->counters, four);
#    pragma GCC unroll 9
    for (int i = 1; i < ROUNDS; i++)
        blocks = _mm512_aesenc_epi128(blocks, message->rounds[i]);
    return _mm512_aesenclast_epi128(blocks, message->rounds[ROUNDS]);
}

WIDE_INLINE void carry_stride(struct message *message)
{
    struct product sum = {0};

#    pragma GCC unroll 4
    for (int i = 0; i < VECTORS; i++) {
        __m512i text = _mm512_loadu_si512(message->from + i * VECTOR);
        __m512i made = text ^ stream(message);
        __m512i hashed = turned(message->seals ? made : text);

        _mm512_storeu_si512(message->to + i * VECTOR, made);
        if (i == 0)
            hashed ^= one_block(message->hash);
        add_product(&sum, hashed, message->key->powers[i * VECTOR / GCM_BLOCK]);
    }
    message->hash = reduced(sum);
    message->from += VECTORS * VECTOR;
    message->to += VECTORS * VECTOR;
    message->left -= VECTORS * VECTOR;
}

/* The last bytes, fewer than a stride: what is missing counts as zeros. */
WIDE_INLINE void carry_tail(struct message *message)
{
    size_t blocks = (message->left + GCM_BLOCK - 1) / GCM_BLOCK;
    const uint8_t *powers = message->key->powers[GCM_STRIDE - blocks];
    __m512i before = one_block(message->hash);
    struct product sum = {0};

    while (message->left > 0) {
        size_t step = message->left < VECTOR ? message->left : VECTOR;
        __mmask64 mask = _bzhi_u64(~0ull, (unsigned)step);
        __m512i text = _mm512_maskz_loadu_epi8(mask, message->from);
        __m512i made = _mm512_maskz_mov_epi8(mask, text ^ stream(message));

        _mm512_mask_storeu_epi8(message->to, mask, made);
        add_product(&sum, turned(message->seals ? made : text) ^ before, powers);
        before = _mm512_setzero_si512();
        powers += VECTOR;
        message->from += step;
        message->to += step;
        message->left -= step;
    }
    message->hash = reduced(sum);
}

WIDE_INLINE __m128i hash_associated(const struct gcm_key *key, struct slice bytes)
{
    __m128i hash = _mm_setzero_si128();

    while (bytes.size > 0) {
        size_t step = bytes.size < GCM_BLOCK ? bytes.size : GCM_BLOCK;
        __m512i block = _mm512_maskz_loadu_epi8(_bzhi_u64(~0ull, (unsigned)step), bytes.bytes);

        hash ^= _mm512_castsi512_si128(turned(block));
        hash = times(hash, key->powers[GCM_STRIDE - 1]);
        bytes.bytes += step;
        bytes.size -= step;
    }
    return hash;
}

/* All of a message; `seals` is known where it is called, so that either direction has its own. */
WIDE_INLINE void carry(struct message *message, const uint8_t *nonce, struct slice associated,
                       uint8_t *tag_out)
{
    const struct gcm_key *key = message->key;
    const __m128i lengths = _mm_set_epi64x((long long)associated.size * 8,
                                           (long long)message->left * 8);
    uint8_t first[GCM_BLOCK] = {[GCM_BLOCK - 1] = 1};
    __m128i begin, tag;

    memcpy(first, nonce, GCM_NONCE);
    begin = _mm_loadu_si128((const void *)first);
    for (int i = 0; i <= ROUNDS; i++)
        message->rounds[i] = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)key->rounds[i]));
    message->counters = _mm512_add_epi32(
        turned(_mm512_broadcast_i32x4(begin)),
        _mm512_set_epi32(0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1));
    message->hash = hash_associated(key, associated);
    while (message->left >= VECTORS * VECTOR)
        carry_stride(message);
    if (message->left > 0)
        carry_tail(message);
    tag = times(message->hash ^ lengths, key->powers[GCM_STRIDE - 1]);
    tag = _mm512_castsi512_si128(turned(one_block(tag)));
    _mm_storeu_si128((void *)tag_out, tag ^ encrypted(key, begin));
}

WIDE void gcm_seal(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
                   struct slice associated, const uint8_t *from, uint8_t *to, size_t size,
                   uint8_t tag_out[GCM_BLOCK])
{
    struct message message = {.key = key, .from = from, .to = to, .left = size, .seals = true};

    carry(&message, nonce, associated, tag_out);
}

WIDE void gcm_open(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
                   struct slice associated, const uint8_t *from, uint8_t *to, size_t size,
                   uint8_t tag_out[GCM_BLOCK])
{
    struct message message = {.key = key, .from = from, .to = to, .left = size, .seals = false};

    carry(&message, nonce, associated, tag_out);
}

#else /* no such processor, or nobody to ask */

bool gcm_is_there(void)
{
    return false;
}
#endif
