/* Parts, orders and commands: what decodes must encode to the very bytes it came from, or two byte
 * strings would stand for one order. */
#include <string.h>

#include "fuzz.h"
#include "proto/command.h"
#include "proto/order.h"
#include "proto/terminal.h"

static void must_equal(const struct buffer *encoded, const void *bytes, size_t size)
{
    must(buffer_length(encoded) == size);
    must(size == 0 || memcmp(buffer_bytes(encoded), bytes, size) == 0);
}

static void try_command(struct slice payload)
{
    _cleanup_buffer_ struct buffer encoded = BUFFER_INIT;
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    _cleanup_free_ char *storage = NULL;
    _cleanup_free_ char **texts = NULL;
    struct command command;
    struct command_view view;
    char **variables;
    char *directory;

    if (command_decode(&view, payload))
        return;
    storage = malloc(payload.size + 1);
    texts = calloc((size_t)view.arguments + view.variables + 2, sizeof(*texts));
    must(storage && texts);
    variables = texts + view.arguments + 1;
    command_unpack(&view, storage, texts, variables, &directory);
    command = (struct command){
        .mode = view.mode,
        .flags = view.flags,
        .arguments = (const char *const *)texts,
        .environment = (const char *const *)variables,
        .directory = directory,
    };
    must(command_encode(&command, &encoded) == 0);
    must_equal(&encoded, payload.bytes, payload.size);
    must(command_describe(&view, &line) == 0);
    must(buffer_length(&line) == 0 || !memchr(buffer_bytes(&line), '\n', buffer_length(&line)));
}

static void try_terminal(struct slice payload)
{
    struct terminal_view view;

    if (terminal_decode(&view, payload))
        return;
    must(view.name.size <= TERMINAL_NAME_MAX);
    must(view.command.texts.bytes >= payload.bytes);
    must(view.command.texts.bytes + view.command.texts.size <= payload.bytes + payload.size);
}

/* What the gate lets pass is what the warden acts on: both walk over the same frames. */
static void try_input(struct slice bytes)
{
    _cleanup_buffer_ struct buffer encoded = BUFFER_INIT;
    struct terminal_input input;
    size_t at = 0;

    while (terminal_input_next(&input, (struct slice){bytes.bytes + at, bytes.size - at}) == 1) {
        must(input.taken > 0 && input.taken <= LIMIT_TERMINAL_INPUT);
        must(input.taken <= bytes.size - at);
        buffer_clear(&encoded);
        if (input.kind == TERMINAL_RESIZE)
            must(terminal_input_resize(&encoded, &input.size) == 0);
        else
            must(terminal_input_keys(&encoded, input.keys.bytes, input.keys.size) == 0);
        must(input.kind == TERMINAL_KEYS && input.keys.size == 0
                 ? buffer_length(&encoded) == 0
                 : buffer_length(&encoded) == input.taken &&
                       memcmp(buffer_bytes(&encoded), bytes.bytes + at, input.taken) == 0);
        at += input.taken;
    }
}

static void try_order(struct slice bytes)
{
    _cleanup_buffer_ struct buffer encoded = BUFFER_INIT;
    enum disconnect_scope scope;
    const uint8_t *found;
    struct order order;
    uint8_t signal;

    if (order_decode(&order, bytes.bytes, bytes.size))
        return;
    must(order_encode(&order, &encoded) == 0);
    must_equal(&encoded, bytes.bytes, bytes.size);
    try_command(order.payload);
    try_terminal(order.payload);
    order_open_decode(order.payload, &found);
    order_signal_decode(order.payload, &found, &signal);
    order_forget_decode(order.payload, &found);
    order_disconnect_decode(order.payload, &scope);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    _cleanup_buffer_ struct buffer encoded = BUFFER_INIT;
    struct slice all = {bytes, size};
    struct order_parts parts;

    try_order(all);
    try_command(all);
    try_terminal(all);
    try_input(all);
    if (order_parts_decode(&parts, bytes, size) == 0) {
        must(order_parts_encode(&parts, &encoded) == 0);
        must_equal(&encoded, bytes, size);
        try_order(parts.order);
    }
    return 0;
}
