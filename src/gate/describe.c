/* See describe.h. */
#include "gate/describe.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "proto/limits.h"
#include "proto/terminal.h"
#include "proto/transfer.h"
#include "proto/verb.h"

enum { DESCRIBE_ENOUGH = 1024 };

static const char ellipsis[] = "\xe2\x80\xa6";

/* Copies whole characters as far as they fit. */
static void describe_cut(const struct buffer *line, char *label_out, size_t size)
{
    const uint8_t *bytes = buffer_bytes(line);
    size_t length = buffer_length(line);
    size_t kept = 0;
    size_t step;

    if (length < size) {
        memcpy(label_out, bytes, length);
        label_out[length] = '\0';
        return;
    }
    while ((step = utf8_character(bytes + kept, length - kept, &(uint32_t){0})) > 0 &&
           kept + step + sizeof(ellipsis) <= size)
        kept += step;
    memcpy(label_out, bytes, kept);
    memcpy(label_out + kept, ellipsis, sizeof(ellipsis));
}

static int describe_command(const struct order *order, struct buffer *line)
{
    _cleanup_buffer_ struct buffer command = BUFFER_INIT;
    struct terminal_view view;
    int r = order->verb == VERB_SHELL ? terminal_decode(&view, order->payload)
                                      : command_decode(&view.command, order->payload);

    if (r || command_describe(&view.command, &command))
        return 1;
    return text_append_printable_line(line, buffer_bytes(&command), buffer_length(&command));
}

/* "get /etc/hosts /etc/passwd" */
static int describe_transfer(const struct order *order, const char *verb, struct buffer *line)
{
    struct transfer transfer;
    struct reader reader;
    int r;

    if (transfer_decode(&transfer, order->payload))
        return 1;
    reader = reader_init(transfer.paths.bytes, transfer.paths.size);
    r = buffer_append_text(line, verb);
    for (uint16_t i = 0; !r && i < transfer.count && buffer_length(line) < DESCRIBE_ENOUGH; i++) {
        struct slice path = reader_slice32(&reader, LIMIT_ORDER_PAYLOAD);

        r = buffer_append_text(line, " ");
        if (!r)
            r = text_append_printable_line(line, path.bytes, path.size);
    }
    return r;
}

void describe_order(const struct order *order, char *label_out, size_t size)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    const struct verb_info *verb = verb_info(order->verb);

    if ((((order->verb == VERB_RUN || order->verb == VERB_SHELL) &&
          !describe_command(order, &line)) ||
         ((order->verb == VERB_GET || order->verb == VERB_PUT) &&
          !describe_transfer(order, verb->name, &line))) &&
        buffer_length(&line) > 0)
        describe_cut(&line, label_out, size);
    else
        snprintf(label_out, size, "%s", verb ? verb->name : "");
}
