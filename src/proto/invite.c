/* See invite.h. The link is parsed by hand: it is pasted by people, and it decides whom to trust.
 */
#include "proto/invite.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "proto/crypto.h"

#define INVITE_SCHEME "hune://"
#define PAIR_CONTEXT  "hune-pair-1"

enum {
    INVITE_SYMBOLS = 16, /* of 5 bits each */
    INVITE_GROUP = 4,    /* symbols between dashes */
    INVITE_LINK_MAX = 512,
    PAIR_KEY_MAX = 256, /* a key blob; a FIDO one with the longest application is under 150 */
};

_Static_assert(INVITE_SYMBOLS * 5 == INVITE_CODE_SIZE * 8, "the symbols hold the code");
_Static_assert((int)INVITE_PROOF_SIZE == (int)SHA256_SIZE, "a proof is an HMAC-SHA256");

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void invite_code_format(const uint8_t code[INVITE_CODE_SIZE], char text_out[INVITE_CODE_TEXT_SIZE])
{
    unsigned bits = 0;
    unsigned held = 0;
    size_t byte = 0;

    for (int symbol = 0; symbol < INVITE_SYMBOLS; symbol++) {
        if (symbol > 0 && symbol % INVITE_GROUP == 0)
            *text_out++ = '-';
        if (held < 5) {
            bits = (bits << 8 | code[byte++]) & 0xffff;
            held += 8;
        }
        held -= 5;
        *text_out++ = crockford[bits >> held & 31];
    }
    *text_out = '\0';
}

/* The value of a symbol, or -1; letters that look like digits count as those digits. */
static int symbol_value(char symbol)
{
    const char *found;

    if (symbol >= 'a' && symbol <= 'z')
        symbol = (char)(symbol - 'a' + 'A');
    if (symbol == 'O')
        symbol = '0';
    if (symbol == 'I' || symbol == 'L')
        symbol = '1';
    found = symbol ? strchr(crockford, symbol) : NULL;
    return found ? (int)(found - crockford) : -1;
}

static bool code_parse(const char *text, size_t length, uint8_t code_out[INVITE_CODE_SIZE])
{
    unsigned bits = 0;
    unsigned held = 0;
    size_t symbols = 0;

    for (size_t i = 0; i < length; i++) {
        int value;

        if (text[i] == '-')
            continue;
        value = symbol_value(text[i]);
        if (value < 0 || ++symbols > INVITE_SYMBOLS)
            return false;
        bits = (bits << 5 | (unsigned)value) & 0xffff;
        held += 5;
        if (held >= 8) {
            held -= 8;
            *code_out++ = (uint8_t)(bits >> held);
        }
    }
    return symbols == INVITE_SYMBOLS;
}

bool invite_code_parse(const char *text, uint8_t code_out[INVITE_CODE_SIZE])
{
    uint8_t code[INVITE_CODE_SIZE] = {0};

    if (!code_parse(text, strlen(text), code))
        return false;
    memcpy(code_out, code, INVITE_CODE_SIZE);
    return true;
}

int invite_link_format(const struct invite_link *link, struct buffer *out)
{
    char code[INVITE_CODE_TEXT_SIZE];
    char id[FINGERPRINT_TEXT_SIZE];
    bool is_ipv6 = strchr(link->host, ':') != NULL;

    invite_code_format(link->code, code);
    fingerprint_format(link->machine, id);
    return buffer_printf(out, INVITE_SCHEME "%s%s%s:%u/?id=%s&code=%s", is_ipv6 ? "[" : "",
                         link->host, is_ipv6 ? "]" : "", (unsigned)link->port, id, code);
}

/* Cuts the text up to `separator` off the front of `*text`; NULL if there is none. */
static char *take_until(char **text, char separator)
{
    char *start = *text;
    char *found = strchr(start, separator);

    if (!found)
        return NULL;
    *found = '\0';
    *text = found + 1;
    return start;
}

/* Nothing that could become an option of another program or a second line somewhere. */
static bool host_is_clean(const char *host, bool is_ipv6)
{
    if (!*host || *host == '-' || strlen(host) > INVITE_HOST_MAX)
        return false;
    for (; *host; host++) {
        char c = *host;
        bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                               (c >= 'a' && c <= 'z');

        if (!is_alphanumeric && !strchr(is_ipv6 ? ":.%-_" : ".-_", c))
            return false;
    }
    return true;
}

/* "host:port/" or "[v6]:port/" at the front of `*text`. */
static bool authority_parse(char **text, struct invite_link *link)
{
    bool is_ipv6 = **text == '[';
    const char *host;
    const char *port;
    uint64_t number;

    if (is_ipv6)
        ++*text;
    host = take_until(text, is_ipv6 ? ']' : ':');
    if (!host || !host_is_clean(host, is_ipv6) || (is_ipv6 && !strchr(host, ':')))
        return false;
    if (is_ipv6 && *(*text)++ != ':')
        return false;
    port = take_until(text, '/');
    if (!port || !text_to_u64(port, UINT16_MAX, &number) || number == 0)
        return false;
    memcpy(link->host, host, strlen(host) + 1);
    link->port = (uint16_t)number;
    return true;
}

/* Both parameters, in either order, each once, and no other. */
static bool query_parse(char *text, struct invite_link *link)
{
    bool have_id = false;
    bool have_code = false;

    if (*text++ != '?')
        return false;
    for (char *next = text; next; text = next) {
        next = strchr(text, '&');
        if (next)
            *next++ = '\0';
        if (text_starts(text, "id=") && !have_id)
            have_id = fingerprint_parse(text + 3, link->machine);
        else if (text_starts(text, "code=") && !have_code)
            have_code = invite_code_parse(text + 5, link->code);
        else
            return false;
    }
    return have_id && have_code;
}

static bool is_wrapping(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '"' || c == '\'' || c == '`' ||
           c == '<' || c == '>';
}

bool invite_link_parse(const char *text, struct invite_link *link_out)
{
    char copy[INVITE_LINK_MAX];
    char *at = copy;
    size_t length;
    struct invite_link link = {0};
    bool parsed;

    while (is_wrapping(*text))
        text++;
    length = strlen(text);
    while (length > 0 && is_wrapping(text[length - 1]))
        length--;
    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (!text_starts(copy, INVITE_SCHEME))
        return false;
    at += strlen(INVITE_SCHEME);
    parsed = authority_parse(&at, &link) && query_parse(at, &link);
    if (parsed)
        *link_out = link;
    explicit_bzero(copy, sizeof(copy));
    explicit_bzero(&link, sizeof(link));
    return parsed;
}

/* Everything of the request but its proof. */
static int pair_encode_claims(const struct pair_request *request, struct buffer *out)
{
    _cleanup_buffer_ struct buffer key = BUFFER_INIT;
    struct writer writer = writer_init(out);
    size_t label_length = strnlen(request->label, sizeof(request->label));
    int r;

    if (label_length > INVITE_LABEL_MAX)
        return -EMSGSIZE;
    r = sshkey_encode(&request->key, &key);
    if (r)
        return r;
    writer_slice32(&writer, buffer_bytes(&key), buffer_length(&key));
    writer_slice8(&writer, request->label, label_length);
    return writer.error;
}

static int pair_compute(const struct pair_request *request, const uint8_t code[INVITE_CODE_SIZE],
                        const uint8_t exporter[EXPORTER_SIZE],
                        const uint8_t machine[MACHINE_ID_SIZE],
                        uint8_t proof_out[INVITE_PROOF_SIZE])
{
    _cleanup_buffer_ struct buffer proven = BUFFER_INIT;
    struct writer writer = writer_init(&proven);
    int r;

    writer_bytes(&writer, PAIR_CONTEXT, strlen(PAIR_CONTEXT));
    writer_bytes(&writer, exporter, EXPORTER_SIZE);
    writer_bytes(&writer, machine, MACHINE_ID_SIZE);
    if (writer.error)
        return writer.error;
    r = pair_encode_claims(request, &proven);
    if (r)
        return r;
    return crypto_hmac_sha256(code, INVITE_CODE_SIZE, buffer_bytes(&proven), buffer_length(&proven),
                              proof_out);
}

int pair_prove(struct pair_request *request, const uint8_t code[INVITE_CODE_SIZE],
               const uint8_t exporter[EXPORTER_SIZE], const uint8_t machine[MACHINE_ID_SIZE])
{
    return pair_compute(request, code, exporter, machine, request->proof);
}

int pair_check(const struct pair_request *request, const uint8_t code[INVITE_CODE_SIZE],
               const uint8_t exporter[EXPORTER_SIZE], const uint8_t machine[MACHINE_ID_SIZE],
               bool *right_out)
{
    uint8_t proof[INVITE_PROOF_SIZE];
    int r = pair_compute(request, code, exporter, machine, proof);

    *right_out = !r && secret_equal(proof, request->proof, INVITE_PROOF_SIZE);
    explicit_bzero(proof, sizeof(proof));
    return r;
}

int pair_request_encode(const struct pair_request *request, struct buffer *out)
{
    struct writer writer;
    int r = pair_encode_claims(request, out);

    if (r)
        return r;
    writer = writer_init(out);
    writer_bytes(&writer, request->proof, INVITE_PROOF_SIZE);
    return writer.error;
}

/* The label becomes part of a line in the operators file: it must not be able to end that line. */
static bool label_is_clean(struct slice label)
{
    for (size_t i = 0; i < label.size;) {
        uint32_t code = 0;
        size_t length = utf8_character(label.bytes + i, label.size - i, &code);

        if (length == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
            return false;
        i += length;
    }
    return true;
}

int pair_request_decode(struct pair_request *request_out, const void *bytes, size_t size)
{
    struct reader reader = reader_init(bytes, size);
    struct slice key = reader_slice32(&reader, PAIR_KEY_MAX);
    struct slice label = reader_slice8(&reader, INVITE_LABEL_MAX);
    struct pair_request request = {0};

    reader_copy(&reader, request.proof, INVITE_PROOF_SIZE);
    if (!reader_done(&reader) || sshkey_decode(&request.key, key) || !label_is_clean(label))
        return 1;
    if (label.size > 0)
        memcpy(request.label, label.bytes, label.size);
    *request_out = request;
    return 0;
}
