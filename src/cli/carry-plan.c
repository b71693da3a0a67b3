/* From the words of `get` and `put` to what each machine, and our own courier for it, is asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/carry.h"
#include "cli/place.h"
#include "cli/run-care.h"
#include "proto/transfer.h"

static int no_memory(struct carry *carry)
{
    complain_no_memory(&carry->console->error);
    return STATUS_FAILED;
}

/* ---- who ---- */

/* The share of a machine; a new one in its place if there is none. NULL without memory. */
static struct carry_share *share_of(struct carry *carry, uint32_t machine)
{
    uint32_t at = 0;
    struct carry_share *larger;

    while (at < carry->count && carry->shares[at].machine < machine)
        at++;
    if (at < carry->count && carry->shares[at].machine == machine)
        return &carry->shares[at];
    larger = reallocarray(carry->shares, carry->count + 1u, sizeof(*larger));
    if (!larger)
        return NULL;
    memmove(larger + at + 1, larger + at, (carry->count - at) * sizeof(*larger));
    larger[at] = (struct carry_share){.machine = machine};
    carry->shares = larger;
    carry->count++;
    return &larger[at];
}

/* Every machine of the selection also gets `path`, unless that is NULL. */
static int share_with(struct carry *carry, const struct selection *selection, const char *path)
{
    for (uint32_t i = 0; i < selection->count; i++) {
        struct carry_share *share = share_of(carry, selection->indices[i]);
        const char **larger;

        if (!share)
            return no_memory(carry);
        if (!path)
            continue;
        larger = reallocarray(share->paths, share->path_count + 2, sizeof(*larger));
        if (!larger)
            return no_memory(carry);
        share->paths = larger;
        larger[share->path_count++] = path;
        larger[share->path_count] = NULL;
    }
    return 0;
}

/* Takes "MACHINE:PATH" apart; with -t the word is the path alone. An empty path is the home. */
static int select_place(struct carry *carry, const char *word, struct selection *selection,
                        const char **path_out)
{
    _cleanup_free_ char *selector = NULL;
    const char *words[2] = {NULL, NULL};
    int r;

    *path_out = word;
    if (!carry->console->common.target) {
        r = place_split(word, &selector, path_out);
        if (r < 0)
            return no_memory(carry);
        if (r || !*selector) {
            complain(&carry->console->error, word, _("This names no machine."), NULL,
                     _("Write MACHINE:PATH, for example web1:/etc/hosts."));
            return STATUS_USAGE;
        }
        words[0] = selector;
    }
    if (!**path_out)
        *path_out = ".";
    return console_select(carry->console, words, selection);
}

/* What is protected is left alone, and many are asked about first. */
static int agree(struct carry *carry)
{
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    _cleanup_buffer_ struct buffer question = BUFFER_INIT, names = BUFFER_INIT;
    struct fleet *fleet;
    int r;

    selection.indices = calloc(carry->count, sizeof(*selection.indices));
    if (!selection.indices)
        return no_memory(carry);
    selection.count = carry->count;
    for (uint32_t i = 0; i < carry->count; i++)
        selection.indices[i] = carry->shares[i].machine;
    r = console_fleet(carry->console, &fleet);
    if (!r && !carry->options->even_protected)
        r = run_care_protected(carry->console, fleet, &selection);
    if (r || carry->count <= console_settings(carry->console)->confirm_above)
        return r;
    if (console_describe(fleet, &selection, &names) || !buffer_text(&names) ||
        buffer_printf(&question, _("Put it on %u machines (%s)?"), carry->count,
                      buffer_text(&names)) ||
        !buffer_text(&question))
        return no_memory(carry);
    return console_confirm(carry->console, buffer_text(&question)) ? 0 : STATUS_FAILED;
}

/* ---- what ---- */

static int encode(struct carry *carry, const struct transfer *transfer, const char *const *paths,
                  struct buffer *out)
{
    int r = transfer_encode(transfer, paths, out);

    if (r == -ENOMEM)
        return no_memory(carry);
    if (r == -EINVAL)
        return console_usage(carry->console, _("A path must not be empty."), NULL);
    if (r) {
        complain_say(&carry->console->error, _("Name the folder that they are in."), "%s",
                     _("These are too many paths for one order."));
        return STATUS_USAGE;
    }
    return 0;
}

static uint8_t counting(const struct carry *carry)
{
    return carry_is_watched(carry) ? TRANSFER_COUNT : 0;
}

static int read_options(struct carry *carry)
{
    if (carry->options->max && !text_to_size(carry->options->max, &carry->bytes_max))
        return console_usage(carry->console, _("--max takes a size, such as 500M or 10G."), NULL);
    return 0;
}

/* ---- get ---- */

/* DIR, or DIR/NAME where there are several machines. */
static int local_target(struct carry *carry, struct carry_share *share, const char *folder,
                        struct buffer *path)
{
    bool is_there;
    struct fleet *fleet;
    size_t before;
    int r = console_fleet(carry->console, &fleet);

    if (r)
        return r;
    if (buffer_append_text(path, folder))
        return no_memory(carry);
    if (carry->count > 1) {
        if (buffer_append_text(path, "/"))
            return no_memory(carry);
        before = buffer_length(path);
        if (buffer_append_text(path, fleet->machines[share->machine].name) || !buffer_text(path))
            return no_memory(carry);
        for (uint8_t *at = buffer_bytes(path) + before; *at; at++)
            *at = *at == '/' ? '_' : *at;
        is_there = access(buffer_text(path), F_OK) == 0;
        r = directory_make(buffer_text(path), 0777);
        if (!r && !is_there)
            share->made = strdup(buffer_text(path)); /* without memory it stays */
        if (r) {
            complain(&carry->console->error, buffer_text(path), _("The folder cannot be made."),
                     strerror(-r), NULL);
            return STATUS_FAILED;
        }
    }
    return buffer_text(path) ? 0 : no_memory(carry);
}

static int plan_share_get(struct carry *carry, struct carry_share *share, const char *folder)
{
    _cleanup_buffer_ struct buffer path = BUFFER_INIT;
    const struct transfer there = {
        .flags = carry->streams ? TRANSFER_PLAIN : counting(carry),
        .patience_s = (uint32_t)carry->options->patience,
    };
    const struct transfer here = {
        .flags = TRANSFER_LITERAL | (carry->streams ? TRANSFER_STREAM : 0),
        .bytes_max = carry->bytes_max,
    };
    const char *paths[2] = {folder, NULL};
    int r = encode(carry, &there, share->paths, &share->there);

    if (!r && !carry->streams) {
        r = local_target(carry, share, folder, &path);
        paths[0] = r ? NULL : buffer_text(&path);
    }
    return r ? r : encode(carry, &here, paths, &share->here);
}

int carry_plan_get(struct carry *carry, const struct words *words)
{
    const char *folder;
    int r = read_options(carry);

    if (r)
        return r;
    if (words->count < 2)
        return console_usage(carry->console, _("Get what, and where to?"),
                             _("For example: hune get web1:/etc/hosts ."));
    folder = words->items[words->count - 1];
    for (size_t i = 0; !r && i + 1 < words->count; i++) {
        _cleanup_selection_ struct selection selection = SELECTION_INIT;
        const char *path;

        r = select_place(carry, words->items[i], &selection, &path);
        if (!r)
            r = share_with(carry, &selection, path);
    }
    carry->streams = text_equal(folder, "-");
    if (!r && carry->streams && (carry->count > 1 || carry->shares[0].path_count > 1))
        return console_usage(carry->console, _("Only one file can go to standard output."), NULL);
    for (uint32_t i = 0; !r && i < carry->count; i++)
        r = plan_share_get(carry, &carry->shares[i], folder);
    return r;
}

/* ---- put ---- */

static int plan_share_put(struct carry *carry, struct carry_share *share, const char *const *files,
                          const char *path)
{
    const struct transfer there = {
        .patience_s = (uint32_t)carry->options->patience,
        .bytes_max = carry->bytes_max,
    };
    const struct transfer here = {
        .flags = TRANSFER_LITERAL | (carry->streams ? TRANSFER_STREAM : counting(carry)),
    };
    int r = encode(carry, &there, (const char *const[]){path, NULL}, &share->there);

    return r ? r : encode(carry, &here, files, &share->here);
}

/* What is not there is told before any machine is asked. */
static int check_files(struct carry *carry, const char *const *files)
{
    struct stat info;
    int status = 0;

    for (; *files; files++) {
        if (carry->streams || stat(*files, &info) == 0)
            continue;
        complain(&carry->console->error, *files, _("The file cannot be read."), strerror(errno),
                 NULL);
        status = STATUS_FAILED;
    }
    return status;
}

int carry_plan_put(struct carry *carry, const struct words *words)
{
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    _cleanup_free_ const char **files = calloc(words->count + 1, sizeof(*files));
    const char *path;
    int r = files ? read_options(carry) : no_memory(carry);

    if (r)
        return r;
    if (words->count < 2)
        return console_usage(carry->console, _("Put what, and where to?"),
                             _("For example: hune put site.conf web1:/etc/site/"));
    for (size_t i = 0; i + 1 < words->count; i++) {
        files[i] = words->items[i];
        carry->streams |= text_equal(files[i], "-");
    }
    if (carry->streams && words->count > 2)
        return console_usage(carry->console,
                             _("Standard input (-) is put alone, with a path for the file."), NULL);
    r = select_place(carry, words->items[words->count - 1], &selection, &path);
    if (!r && carry->streams && selection.count > 1)
        return console_usage(carry->console, _("Standard input can be put on one machine only."),
                             NULL);
    if (!r)
        r = share_with(carry, &selection, NULL);
    if (!r)
        r = check_files(carry, files);
    for (uint32_t i = 0; !r && i < carry->count; i++)
        r = plan_share_put(carry, &carry->shares[i], files, path);
    return r ? r : agree(carry);
}
