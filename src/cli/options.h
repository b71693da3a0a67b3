/* The options of one command: const tables that say where each value goes, one parser over them,
 * and the words that are left. Options and words may be mixed; what follows `--` is left alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "fleet/home/fault.h"

enum option_kind {
    OPTION_FLAG,    /* bool */
    OPTION_TEXT,    /* const char *, borrowed from argv */
    OPTION_NUMBER,  /* uint64_t, 1 to 1,000,000 */
    OPTION_SECONDS, /* uint64_t: "90s", "15m" */
    OPTION_LIST,    /* struct text_list: the option may come more than once */
    /* None of ours, but of a tool that people know: `help` tells what does that here. Shown
     * nowhere. Its name may be "". */
    OPTION_ELSEWHERE,
};

struct text_list {
    const char **items; /* NULL-terminated, or NULL while there is none; the texts are borrowed */
    size_t count;
};

struct cli_option {
    const char *name;  /* without the dashes */
    const char *value; /* what its argument is called in the help; NULL for a flag */
    const char *help;
    size_t offset; /* of the value in the structure that the option fills */
    enum option_kind kind;
    char letter; /* 0 for none */
};

/* One table and the structure, zeroed before parsing, that it fills. */
struct option_set {
    const struct cli_option *options;
    size_t count;
    void *values;
};

struct words {
    const char **items; /* NULL-terminated */
    size_t count;
    const char *const *rest; /* behind `--`, NULL-terminated; NULL if there was no `--` */
    size_t rest_count;
};

enum options_error {
    OPTIONS_E_UNKNOWN = 1, /* no such option; the hint names the nearest one, or ours for it */
    OPTIONS_E_VALUE,       /* its value is missing, or there is one where none belongs */
    OPTIONS_E_BAD,         /* the value is not what the option takes */
};

/* Reads `arguments` (NULL-terminated). With `dashes_are_words`, only --long options count, so that
 * `-web` may be a word. Returns 0, -ENOMEM, or an enum options_error with its sentence in `fault`.
 */
int options_parse(const struct option_set *sets, size_t set_count, bool dashes_are_words,
                  const char *const *arguments, struct words *words_out, struct fault *fault);
/* What stands behind `--` are words as those before it. */
void words_join(struct words *words);
/* The option that an argument names ("--gather", "-b"; no value in it), or NULL. */
const struct cli_option *options_find(const struct cli_option *options, size_t count,
                                      const char *argument);
/* Appends the options that are set as they are typed (" --gather --timeout 90s"), of those alone
 * whose value lies at `from` in the structure or behind it. 0 or -ENOMEM. */
int options_spell(const struct option_set *set, size_t from, struct buffer *out);
/* Frees the lists in the values; the values themselves belong to the caller. */
void options_release(const struct option_set *sets, size_t set_count);
void words_deinit(struct words *words);
#define _cleanup_words_ _cleanup_(words_deinit)
