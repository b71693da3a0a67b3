/* Invitations: one link that makes a machine and an operator trust each other.
 *
 *   hune://host:port/?id=SHA256:...&code=XXXX-XXXX-XXXX-XXXX
 *
 * The code is 80 bits in Crockford's base32; dashes, case and the letters o, i, l are forgiven. It
 * never travels: the console sends HMAC-SHA256(code, "hune-pair-1" | exporter | machine id |
 * request's rest).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "proto/order.h"
#include "proto/sshkey.h"

enum {
    INVITE_CODE_SIZE = 10,      /* bytes */
    INVITE_CODE_TEXT_SIZE = 20, /* XXXX-XXXX-XXXX-XXXX and a NUL */
    INVITE_HOST_MAX = 255,
    INVITE_PROOF_SIZE = 32,
    INVITE_LABEL_MAX = 128,
};

struct invite_link {
    char host[INVITE_HOST_MAX + 1]; /* without the brackets of an IPv6 address */
    uint16_t port;
    uint8_t machine[MACHINE_ID_SIZE];
    uint8_t code[INVITE_CODE_SIZE];
};

void invite_code_format(const uint8_t code[INVITE_CODE_SIZE], char text_out[INVITE_CODE_TEXT_SIZE]);
bool invite_code_parse(const char *text, uint8_t code_out[INVITE_CODE_SIZE]);
/* Appends the link. Returns 0 or -ENOMEM. */
int invite_link_format(const struct invite_link *link, struct buffer *out);
/* False if the text is not such a link; surrounding space and quotes are forgiven. */
bool invite_link_parse(const char *text, struct invite_link *link_out);

/* The body of POST /v1/pair: {u32 key blob, u8 label, 32 bytes proof}. */
struct pair_request {
    struct sshkey key;
    char label[INVITE_LABEL_MAX + 1]; /* becomes the comment of the operator's line */
    uint8_t proof[INVITE_PROOF_SIZE];
};
/* Fills request->proof. Returns 0, -ENOMEM or -EIO. */
int pair_prove(struct pair_request *request, const uint8_t code[INVITE_CODE_SIZE],
               const uint8_t exporter[EXPORTER_SIZE], const uint8_t machine[MACHINE_ID_SIZE]);
/* Whether the proof was made with this code; constant time. Negative: -ENOMEM or -EIO. */
int pair_check(const struct pair_request *request, const uint8_t code[INVITE_CODE_SIZE],
               const uint8_t exporter[EXPORTER_SIZE], const uint8_t machine[MACHINE_ID_SIZE],
               bool *right_out);
int pair_request_encode(const struct pair_request *request, struct buffer *out);
/* Returns 0 or 1 for bytes that are no such request. */
int pair_request_decode(struct pair_request *request_out, const void *bytes, size_t size);
