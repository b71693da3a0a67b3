/* Prints the facts of this machine, all or those named: for developers, not installed. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sense/facts.h"

static int facts_print(int count, char *const words[])
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    int r = 0;

    if (count == 0) {
        r = facts_append_json_all(&out);
        if (!r)
            r = buffer_append_text(&out, "\n");
    }
    for (int i = 0; i < count && !r; i++) {
        enum fact fact;

        if (!fact_parse(words[i], &fact)) {
            fprintf(stderr, "facts: \"%s\" is not a fact\n", words[i]);
            return 2;
        }
        r = facts_append_json(fact, &out);
        if (!r)
            r = buffer_append_text(&out, "\n");
    }
    if (!r)
        r = fd_write_all(STDOUT_FILENO, buffer_bytes(&out), buffer_length(&out));
    if (r)
        fprintf(stderr, "facts: %s\n", strerror(-r));
    return r ? 1 : 0;
}

int main(int argc, char *argv[])
{
    return facts_print(argc - 1, argv + 1);
}
