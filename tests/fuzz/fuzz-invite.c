/* Invitation links and codes as people paste them, lists of rights, and the body of a pairing. */
#include <string.h>

#include "fuzz.h"
#include "proto/invite.h"
#include "proto/right.h"

static void try_link(const char *text)
{
    _cleanup_buffer_ struct buffer written = BUFFER_INIT;
    struct invite_link again;
    struct invite_link link;

    if (!invite_link_parse(text, &link))
        return;
    must(invite_link_format(&link, &written) == 0);
    must(invite_link_parse(buffer_text(&written), &again));
    must(strcmp(link.host, again.host) == 0 && link.port == again.port);
    must(memcmp(link.code, again.code, sizeof(link.code)) == 0);
    must(memcmp(link.machine, again.machine, sizeof(link.machine)) == 0);
}

static void try_code(const char *text)
{
    char written[INVITE_CODE_TEXT_SIZE];
    uint8_t again[INVITE_CODE_SIZE];
    uint8_t code[INVITE_CODE_SIZE];

    if (!invite_code_parse(text, code))
        return;
    invite_code_format(code, written);
    must(invite_code_parse(written, again));
    must(memcmp(code, again, sizeof(code)) == 0);
}

static void try_rights(const char *text, size_t size)
{
    _cleanup_buffer_ struct buffer written = BUFFER_INIT;
    uint16_t rights;
    uint16_t again;

    if (!rights_parse(text, size, &rights))
        return;
    must(rights != RIGHTS_NONE && (rights & ~RIGHTS_ALL) == 0);
    must(rights_append(&written, rights) == 0);
    must(rights_parse((const char *)buffer_bytes(&written), buffer_length(&written), &again));
    must(rights == again);
}

static void try_request(const uint8_t *bytes, size_t size)
{
    static const uint8_t zeros[32];
    _cleanup_buffer_ struct buffer encoded = BUFFER_INIT;
    struct pair_request request;
    bool right = true;

    if (pair_request_decode(&request, bytes, size))
        return;
    must(!strchr(request.label, '\n'));
    must(pair_request_encode(&request, &encoded) == 0);
    must(buffer_length(&encoded) == size);
    must(memcmp(buffer_bytes(&encoded), bytes, size) == 0);
    must(pair_check(&request, zeros, zeros, zeros, &right) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    _cleanup_free_ char *text = malloc(size + 1);

    must(text);
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    try_link(text);
    try_code(text);
    try_rights(text, size);
    try_request(bytes, size);
    return 0;
}
