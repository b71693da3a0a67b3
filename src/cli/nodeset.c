/* hune nodeset: sets of names folded, expanded, counted. Names need not be machines of the fleet;
 * @groups and patterns are looked up there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "fleet/inventory/nodeset.h"

enum { INPUT_MAX = 64 << 20 };

struct nodeset_options {
    bool fold;
    bool expand;
    bool count;
    bool read_input;
    const char *exclude;
    const char *separator;
};

/* Every name with its NUL, and where each begins. */
struct names {
    struct buffer bytes;
    size_t count;
};

static int add_name(const char *name, size_t length, void *user)
{
    struct names *names = user;

    names->count++;
    return buffer_append(&names->bytes, name, length + 1);
}

/* A @group or a pattern stands for machines of the fleet list. */
static int add_selected(struct console *console, const char *word, struct names *names)
{
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    struct fault fault = {0};
    struct fleet *fleet;
    int status = console_fleet(console, &fleet);
    int error = 0;

    if (status)
        return status;
    error = selector_match(fleet, word, &selection, &fault);
    if (error > 0) {
        complain_marked(&console->error, word, &fault);
        return STATUS_USAGE;
    }
    for (uint32_t i = 0; i < selection.count && !error; i++) {
        const char *name = fleet->machines[selection.indices[i]].name;

        error = add_name(name, strlen(name), names);
    }
    return error ? STATUS_FAILED : 0;
}

static int add_text(struct console *console, const char *text, struct names *names)
{
    const char *whole = text;
    struct fault fault = {0};
    int error;

    while (*text) {
        bool inside = false;
        size_t length = 0;

        text += strspn(text, ", \t\r\n");
        for (; text[length] && (inside || !strchr(", \t\r\n", text[length])); length++)
            inside = text[length] == '[' || (inside && text[length] != ']');
        if (length == 0)
            break;
        if (text[0] == '@' || memchr(text, '*', length) || memchr(text, '?', length)) {
            _cleanup_free_ char *word = strndup(text, length);
            int status = word ? add_selected(console, word, names) : STATUS_FAILED;

            if (status)
                return status;
        } else {
            error = nodeset_expand(text, length, add_name, names, &fault);
            if (error > 0) {
                fault.column += (uint32_t)(text - whole);
                complain_marked(&console->error, whole, &fault);
                return STATUS_USAGE;
            }
            if (error < 0) {
                complain_no_memory(&console->error);
                return STATUS_FAILED;
            }
        }
        text += length;
    }
    return 0;
}

static int read_input(struct console *console, struct names *names)
{
    _cleanup_buffer_ struct buffer input = BUFFER_INIT;
    int error = fd_read_all(STDIN_FILENO, INPUT_MAX, &input);

    if (error) {
        complain(&console->error, NULL, _("Standard input cannot be read."), strerror(-error),
                 NULL);
        return STATUS_FAILED;
    }
    return buffer_length(&input) > 0 ? add_text(console, buffer_text(&input), names) : 0;
}

static int gather_names(struct console *console, const struct words *words, bool reads,
                        struct names *names)
{
    int status = 0;

    for (size_t i = 0; i < words->count && !status; i++)
        status = add_text(console, words->items[i], names);
    if (!status && (reads || words->count == 0))
        status = read_input(console, names);
    return status;
}

/* ---- as sets ---- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **list_of(struct names *names)
{
    const char **list = calloc(names->count + 1, sizeof(*list));
    const char *at = (const char *)buffer_bytes(&names->bytes);

    for (size_t i = 0; list && i < names->count; i++, at += strlen(at) + 1)
        list[i] = at;
    return list;
}

/* Keeps the first of equal names, in order, and none that is excluded; `sorted` is scratch. */
static size_t reduce(const char **list, size_t count, const char **sorted, bool *is_double,
                     const char *const *excluded, size_t excluded_count)
{
    size_t left = 0;

    memcpy(sorted, list, count * sizeof(*list));
    qsort(sorted, count, sizeof(*sorted), compare);
    for (size_t i = 0; i < count; i++) {
        const char **found = bsearch(&list[i], sorted, count, sizeof(*sorted), compare);

        while (found > sorted && strcmp(found[-1], list[i]) == 0)
            found--;
        if (is_double[found - sorted])
            continue;
        is_double[found - sorted] = true;
        if (!bsearch(&list[i], excluded, excluded_count, sizeof(*excluded), compare))
            list[left++] = list[i];
    }
    return left;
}

static int show(struct console *console, const struct nodeset_options *options,
                const char *const *list, size_t count)
{
    const char *separator = options->separator ? options->separator : " ";
    struct output *output = &console->out;

    if (options->count) {
        output_print(output, "%zu\n", count);
    } else if (options->expand) {
        for (size_t i = 0; i < count; i++)
            output_print(output, "%s%s", i ? separator : "", list[i]);
        output_print(output, "\n");
    } else if (nodeset_fold(list, count, &output->pending) < 0) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    } else {
        output_print(output, "\n");
    }
    return STATUS_OK;
}

static int exec_nodeset(struct console *console, const void *values, const struct words *words)
{
    const struct nodeset_options *options = values;
    struct names names = {0}, excluded = {0};
    const char **list = NULL, **sorted = NULL, **excluded_list = NULL;
    bool *is_double = NULL;
    int status;

    if (options->fold + options->expand + options->count > 1)
        return console_usage(console, _("Fold (-f), expand (-e) or count (-c): one of them."),
                             NULL);
    status = gather_names(console, words, options->read_input, &names);
    if (!status && options->exclude)
        status = add_text(console, options->exclude, &excluded);
    if (!status) {
        list = list_of(&names);
        sorted = calloc(names.count + 1, sizeof(*sorted));
        is_double = calloc(names.count + 1, sizeof(*is_double));
        excluded_list = list_of(&excluded);
        status = list && sorted && is_double && excluded_list ? 0 : STATUS_FAILED;
    }
    if (!status) {
        qsort(excluded_list, excluded.count, sizeof(*excluded_list), compare);
        status = show(console, options, list,
                      reduce(list, names.count, sorted, is_double, excluded_list, excluded.count));
    }
    free(list);
    free(sorted);
    free(is_double);
    free(excluded_list);
    buffer_deinit(&names.bytes);
    buffer_deinit(&excluded.bytes);
    return status;
}

static const struct cli_option options[] = {
    OPTION(struct nodeset_options, fold, FLAG, 'f', "fold", NULL,
           N_("one short text for all names; the default")),
    OPTION(struct nodeset_options, expand, FLAG, 'e', "expand", NULL, N_("every name")),
    OPTION(struct nodeset_options, count, FLAG, 'c', "count", NULL, N_("how many there are")),
    OPTION(struct nodeset_options, exclude, TEXT, 'x', "exclude", N_("NAMES"),
           N_("but not these names")),
    OPTION(struct nodeset_options, separator, TEXT, 'S', "separator", N_("TEXT"),
           N_("between the names of -e; default a space")),
    OPTION(struct nodeset_options, read_input, FLAG, 'I', "input", NULL,
           N_("names from standard input, too; without NAMES, only from there")),
};

const struct cli_command cli_nodeset = {
    .name = "nodeset",
    .arguments = N_("[-f|-e|-c] [NAMES…]"),
    .summary = N_("Fold, expand or count sets of names"),
    .details = N_("The names need not be in the fleet list; @tags, @groups and patterns are looked "
                  "up there."),
    .examples = "hune nodeset -f web1 web2 web3 db1\n"
                "hune nodeset -e 'web[01-40/3]'\n"
                "hune nodeset -c @web -x web7",
    OPTIONS(options, struct nodeset_options),
    .exec = exec_nodeset,
};
