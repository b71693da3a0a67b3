/* The command line that gives an order again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "proto/command.h"

static int append_word(struct buffer *out, const char *word)
{
    int error = buffer_append(out, " ", 1);

    return error ? error
                 : command_word_append(out, (struct slice){(const uint8_t *)word, strlen(word)},
                                       false);
}

static int append_option(struct buffer *out, const char *option, const char *value)
{
    int error = value && *value ? append_word(out, option) : 0;

    return error || !value || !*value ? error : append_word(out, value);
}

/* A control character cannot be pasted, and must not reach the terminal. */
static bool is_printable(const struct buffer *line)
{
    const uint8_t *bytes = buffer_bytes(line);

    for (size_t i = 0; i < buffer_length(line); i++)
        if (bytes[i] < 0x20 || bytes[i] == 0x7f)
            return false;
    return true;
}

static int append_command(const struct command_view *view, size_t size, struct buffer *out)
{
    _cleanup_free_ char *storage = malloc(size + 1);
    _cleanup_free_ char **arguments = calloc(view->arguments + 1u, sizeof(*arguments));
    _cleanup_free_ char **variables = calloc(view->variables + 1u, sizeof(*variables));
    char *directory;
    int error = 0;

    if (!storage || !arguments || !variables)
        return -ENOMEM;
    command_unpack(view, storage, arguments, variables, &directory);
    for (char **at = variables; *at && !error; at++)
        error = append_option(out, "--env", *at);
    if (!error)
        error = append_option(out, "--cwd", directory);
    if (!error)
        error = buffer_append_text(out, " --");
    for (char **at = arguments; *at && !error; at++)
        error = append_word(out, *at);
    return error;
}

int run_again_line(const struct run_order *order, const char *selector, struct buffer *out)
{
    const struct slice payload = {buffer_bytes(&order->payload), buffer_length(&order->payload)};
    struct command_view view;
    char seconds[24] = "";
    int error;

    if (command_decode(&view, payload) || (order->input >= 0 && !order->input_path))
        return 1;
    if (order->deadline_s)
        snprintf(seconds, sizeof(seconds), "%llus", (unsigned long long)order->deadline_s);
    error = buffer_append_text(out, "hune run");
    if (!error)
        error = append_word(out, selector);
    if (!error)
        error = append_option(out, "--as", order->as);
    if (!error)
        error = append_option(out, "--timeout", seconds);
    if (!error && order->input >= 0)
        error = append_option(out, "--stdin", order->input_path);
    if (!error && order->manner)
        error = buffer_append_text(out, order->manner);
    if (!error)
        error = append_command(&view, payload.size, out);
    return error ? error : !is_printable(out);
}
