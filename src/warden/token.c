/* See token.h. The file `tokens` holds a line `hex-hash seconds label` per token. */
#include "warden/token.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "proto/right.h"

enum { TOKEN_BYTES = 32, TOKEN_FILE_MAX = 1 << 20, TOKEN_LABEL_MAX = 64 };

struct token_line {
    char hash[2 * TOKEN_HASH_SIZE + 1];
    unsigned long long made;
    char label[TOKEN_LABEL_MAX + 1];
};

static int tokens_read(const struct place *place, struct buffer *out)
{
    _cleanup_free_ char *path = place_path(place->state, "tokens");
    int r = path ? file_read(path, TOKEN_FILE_MAX, out) : -ENOMEM;

    if (r && r != -ENOENT)
        return r;
    return buffer_text(out) ? 0 : -ENOMEM;
}

static int tokens_write(const struct place *place, const struct buffer *content)
{
    _cleanup_free_ char *path = place_path(place->state, "tokens");

    if (!path)
        return -ENOMEM;
    return file_replace(path, 0600, buffer_bytes(content), buffer_length(content));
}

static bool token_line_parse(const char *line, struct token_line *token_out)
{
    return sscanf(line, "%64[0-9a-f] %llu %64[^\n]", token_out->hash, &token_out->made,
                  token_out->label) == 3 &&
           strlen(token_out->hash) == 2 * TOKEN_HASH_SIZE;
}

int token_make(const struct place *place, const char *label, char text_out[TOKEN_TEXT_SIZE])
{
    _cleanup_wipe_ struct buffer encoded = BUFFER_INIT;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    uint8_t secret[TOKEN_BYTES];
    uint8_t hash[TOKEN_HASH_SIZE];
    char hex[2 * TOKEN_HASH_SIZE + 1];
    int r;

    r = random_bytes(secret, sizeof(secret));
    if (!r)
        r = base64_encode(secret, sizeof(secret), false, &encoded);
    explicit_bzero(secret, sizeof(secret));
    if (r)
        return r;
    for (size_t i = 0; i < buffer_length(&encoded); i++) {
        uint8_t *at = buffer_bytes(&encoded) + i;

        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    }
    snprintf(text_out, TOKEN_TEXT_SIZE, "hune_%.*s", (int)buffer_length(&encoded),
             (const char *)buffer_bytes(&encoded));
    if (!EVP_Digest(text_out, strlen(text_out), hash, NULL, EVP_sha256(), NULL))
        return -EIO;
    hex_encode(hash, sizeof(hash), hex);
    r = tokens_read(place, &content);
    if (!r)
        r = buffer_printf(&content, "%s %llu %.*s\n", hex,
                          (unsigned long long)(clock_wall_ms() / 1000), TOKEN_LABEL_MAX, label);
    return r ? r : tokens_write(place, &content);
}

int token_revoke(const struct place *place, const char *label)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    _cleanup_buffer_ struct buffer kept = BUFFER_INIT;
    struct token_line token;
    char *rest;
    char *line;
    int removed = 0;
    int r;

    r = tokens_read(place, &content);
    if (r)
        return r;
    rest = (char *)buffer_bytes(&content);
    while (!r && (line = strsep(&rest, "\n"))) {
        if (token_line_parse(line, &token) && text_equal(token.label, label))
            removed++;
        else if (*line)
            r = buffer_printf(&kept, "%s\n", line);
    }
    if (!r && removed)
        r = tokens_write(place, &kept);
    return r ? r : removed;
}

int token_list(const struct place *place, struct buffer *out)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct token_line token;
    char *rest;
    char *line;
    int r;

    r = tokens_read(place, &content);
    if (r)
        return r;
    rest = (char *)buffer_bytes(&content);
    while (!r && (line = strsep(&rest, "\n"))) {
        time_t made;
        struct tm local;
        char date[32];

        if (!token_line_parse(line, &token))
            continue;
        made = (time_t)token.made;
        localtime_r(&made, &local);
        strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &local);
        r = buffer_printf(out, "%s  %s\n", date, token.label);
    }
    return r;
}

uint16_t token_rights(const struct place *place, const uint8_t hash[TOKEN_HASH_SIZE])
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct token_line token;
    uint8_t kept[TOKEN_HASH_SIZE];
    char *rest;
    char *line;

    if (tokens_read(place, &content))
        return RIGHTS_NONE;
    rest = (char *)buffer_bytes(&content);
    while ((line = strsep(&rest, "\n"))) {
        if (token_line_parse(line, &token) && hex_decode(token.hash, 2 * TOKEN_HASH_SIZE, kept) &&
            secret_equal(kept, hash, TOKEN_HASH_SIZE))
            return RIGHT_OBSERVE;
    }
    return RIGHTS_NONE;
}
