/* Signatures and keys, as blobs and as text. Nobody can forge by fuzzing, so a signature that
 * claims a key is only checked for being refused or accepted without a crash; keys must encode as
 * they were. */
#include <string.h>

#include "fuzz.h"
#include "proto/sshkey.h"
#include "proto/sshsig.h"

static void try_key(struct slice blob)
{
    _cleanup_buffer_ struct buffer encoded = BUFFER_INIT;
    struct sshkey key;

    if (sshkey_decode(&key, blob))
        return;
    must(sshkey_encode(&key, &encoded) == 0);
    must(buffer_length(&encoded) == blob.size);
    must(memcmp(buffer_bytes(&encoded), blob.bytes, blob.size) == 0);
}

static void try_signature(struct slice blob)
{
    struct sshkey key;
    int r = sshsig_key(blob, &key);

    if (r == 0)
        r = sshsig_verify(blob, &key, "the message", 11);
    must(r >= 0);
}

static void try_line(const char *text)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    const char *comment;
    struct sshkey again;
    struct sshkey key;

    if (sshkey_parse_line(&key, text, &comment))
        return;
    must(comment >= text && comment <= text + strlen(text));
    must(sshkey_append_line(&key, &line) == 0);
    must(sshkey_parse_line(&again, buffer_text(&line), NULL) == 0);
    must(sshkey_equal(&key, &again));
}

static void try_private(const char *text, size_t size)
{
    _cleanup_wipe_ struct buffer written = BUFFER_INIT;
    struct sshkey_private again;
    struct sshkey_private key;

    if (sshkey_private_parse(&key, text, size))
        return;
    must(sshkey_private_write(&key, &written) == 0);
    must(sshkey_private_parse(&again, (const char *)buffer_bytes(&written),
                              buffer_length(&written)) == 0);
    must(memcmp(again.seed, key.seed, sizeof(key.seed)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    _cleanup_free_ char *text = malloc(size + 1);
    uint8_t fingerprint[FINGERPRINT_SIZE];

    must(text);
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    try_key((struct slice){bytes, size});
    try_signature((struct slice){bytes, size});
    if (sshsig_dearmor(text, size, &blob) == 0)
        try_signature(buffer_slice(&blob));
    try_line(text);
    try_private(text, size);
    fingerprint_parse(text, fingerprint);
    return 0;
}
