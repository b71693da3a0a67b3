/* Not getopt_long(): its table cannot say where a value goes, what it must look like, or what
 * stands in the help, and it knows no nearest option. */
#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/nearest.h"
#include "fleet/home/i18n.h"
#include "proto/command.h"

struct parser {
    const struct option_set *sets;
    size_t set_count;
    const char *const *next; /* the argument that comes next */
    struct fault *fault;
};

struct found {
    const struct cli_option *option;
    void *value;
};

static bool option_find(const struct parser *parser, const char *name, size_t length, char letter,
                        struct found *found_out)
{
    for (size_t s = 0; s < parser->set_count; s++) {
        const struct option_set *set = &parser->sets[s];

        for (size_t i = 0; i < set->count; i++) {
            const struct cli_option *option = &set->options[i];
            bool same = name ? length > 0 && strlen(option->name) == length &&
                                   memcmp(option->name, name, length) == 0
                             : option->letter == letter;

            if (!same)
                continue;
            *found_out = (struct found){.option = option,
                                        .value = (char *)set->values + option->offset};
            return true;
        }
    }
    return false;
}

static int list_append(struct text_list *list, const char *text)
{
    const char **items = reallocarray(list->items, list->count + 2, sizeof(*items));

    if (!items)
        return -ENOMEM;
    items[list->count++] = text;
    items[list->count] = NULL;
    list->items = items;
    return 0;
}

static int option_store(const struct parser *parser, struct found found, const char *text)
{
    const struct cli_option *option = found.option;
    bool good = true;

    switch (option->kind) {
    case OPTION_FLAG: *(bool *)found.value = true; break;
    case OPTION_TEXT: *(const char **)found.value = text; break;
    case OPTION_LIST: return list_append(found.value, text);
    case OPTION_ELSEWHERE: break;
    case OPTION_NUMBER:
        good = text_to_u64(text, 1000000, found.value) && *(uint64_t *)found.value > 0;
        if (!good)
            fault_set(parser->fault, _("Write a number from 1 to 1000000."),
                      _("--%s takes a number, not \"%s\"."), option->name, text);
        break;
    case OPTION_SECONDS:
        good = text_to_seconds(text, found.value);
        if (!good)
            fault_set(parser->fault, _("Write it like 90s, 15m, 2h or 1d."),
                      _("--%s takes a length of time, not \"%s\"."), option->name, text);
        break;
    }
    return good ? 0 : OPTIONS_E_BAD;
}

/* `shown` is how it was written. */
static int option_of_others(const struct parser *parser, const struct cli_option *option,
                            const char *shown)
{
    fault_set(parser->fault, _(option->help), _("There is no option %s here."), shown);
    return OPTIONS_E_UNKNOWN;
}

static int unknown_option(const struct parser *parser, const char *shown, const char *name)
{
    struct nearest nearest = nearest_begin(name);
    char hint[96];

    for (size_t s = 0; s < parser->set_count; s++) {
        for (size_t i = 0; i < parser->sets[s].count; i++)
            if (parser->sets[s].options[i].kind != OPTION_ELSEWHERE)
                nearest_offer(&nearest, parser->sets[s].options[i].name);
    }
    if (nearest.best)
        snprintf(hint, sizeof(hint), _("Did you mean --%s?"), nearest.best);
    else
        snprintf(hint, sizeof(hint), "%s", _("--help shows the options of this command."));
    fault_set(parser->fault, hint, _("There is no option %s."), shown);
    return OPTIONS_E_UNKNOWN;
}

static int parse_long(struct parser *parser, const char *argument)
{
    const char *name = argument + 2;
    const char *value = strchr(name, '=');
    size_t length = value ? (size_t)(value - name) : strlen(name);
    struct found found;

    if (!option_find(parser, name, length, 0, &found)) {
        char shorter[64];

        snprintf(shorter, sizeof(shorter), "%.*s", (int)length, name);
        return unknown_option(parser, argument, shorter);
    }
    if (found.option->kind == OPTION_ELSEWHERE)
        return option_of_others(parser, found.option, argument);
    if (found.option->kind == OPTION_FLAG) {
        if (value) {
            fault_set(parser->fault, NULL, _("--%s takes no value."), found.option->name);
            return OPTIONS_E_VALUE;
        }
        return option_store(parser, found, NULL);
    }
    if (value) {
        value++;
    } else if (*parser->next) {
        value = *parser->next++;
    } else {
        fault_set(parser->fault, NULL, _("--%s needs a value (%s)."), found.option->name,
                  _(found.option->value));
        return OPTIONS_E_VALUE;
    }
    return option_store(parser, found, value);
}

/* "-y", "-tSEL", "-t SEL", "-ytSEL" */
static int parse_letters(struct parser *parser, const char *argument)
{
    for (const char *at = argument + 1; *at; at++) {
        struct found found;
        const char *value;

        if (!option_find(parser, NULL, 0, *at, &found))
            return unknown_option(parser, argument, at);
        if (found.option->kind == OPTION_ELSEWHERE)
            return option_of_others(parser, found.option, argument);
        if (found.option->kind == OPTION_FLAG) {
            option_store(parser, found, NULL);
            continue;
        }
        value = at[1] ? at + 1 : *parser->next;
        if (!value) {
            fault_set(parser->fault, NULL, _("-%c needs a value (%s)."), *at,
                      _(found.option->value));
            return OPTIONS_E_VALUE;
        }
        if (!at[1])
            parser->next++;
        return option_store(parser, found, value);
    }
    return 0;
}

int options_parse(const struct option_set *sets, size_t set_count, bool dashes_are_words,
                  const char *const *arguments, struct words *words_out, struct fault *fault)
{
    struct parser parser = {
        .sets = sets, .set_count = set_count, .next = arguments, .fault = fault};
    size_t most = 0;

    while (arguments[most])
        most++;
    *words_out = (struct words){.items = calloc(most + 1, sizeof(char *))};
    if (!words_out->items)
        return -ENOMEM;
    while (*parser.next) {
        const char *argument = *parser.next++;
        int error = 0;

        if (text_equal(argument, "--")) {
            words_out->rest = parser.next;
            words_out->rest_count = most - (size_t)(parser.next - arguments);
            break;
        }
        if (text_starts(argument, "--"))
            error = parse_long(&parser, argument);
        else if (argument[0] == '-' && argument[1] && !dashes_are_words)
            error = parse_letters(&parser, argument);
        else
            words_out->items[words_out->count++] = argument;
        if (error)
            return error;
    }
    return 0;
}

void words_join(struct words *words)
{
    for (size_t i = 0; i < words->rest_count; i++)
        words->items[words->count++] = words->rest[i]; /* there is room for every argument */
    words->rest = NULL;
    words->rest_count = 0;
}

const struct cli_option *options_find(const struct cli_option *options, size_t count,
                                      const char *argument)
{
    bool is_long = argument[0] == '-' && argument[1] == '-';

    for (size_t i = 0; i < count; i++) {
        const struct cli_option *option = &options[i];

        if (option->kind == OPTION_ELSEWHERE)
            continue;
        if (is_long ? text_equal(option->name, argument + 2)
                    : argument[0] == '-' && option->letter && option->letter == argument[1] &&
                          !argument[2])
            return option;
    }
    return NULL;
}

/* ---- back to words ---- */

static int spell(const char *name, const char *value, struct buffer *out)
{
    int error = buffer_printf(out, " --%s", name);

    if (error || !value)
        return error;
    error = buffer_append(out, " ", 1);
    return error ? error
                 : command_word_append(out, (struct slice){(const uint8_t *)value, strlen(value)},
                                       false);
}

static int option_spell(const struct cli_option *option, const void *value, struct buffer *out)
{
    const struct text_list *list = value;
    char number[24];
    int error = 0;

    switch (option->kind) {
    case OPTION_FLAG: return *(const bool *)value ? spell(option->name, NULL, out) : 0;
    case OPTION_TEXT:
        return *(const char *const *)value ? spell(option->name, *(const char *const *)value, out)
                                           : 0;
    case OPTION_NUMBER:
    case OPTION_SECONDS:
        snprintf(number, sizeof(number), option->kind == OPTION_NUMBER ? "%llu" : "%llus",
                 (unsigned long long)*(const uint64_t *)value);
        return *(const uint64_t *)value ? spell(option->name, number, out) : 0;
    case OPTION_LIST:
        for (size_t i = 0; i < list->count && !error; i++)
            error = spell(option->name, list->items[i], out);
        return error;
    case OPTION_ELSEWHERE: break;
    }
    return 0;
}

/* A second name fills the same value. */
static bool is_other_name(const struct option_set *set, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (set->options[i].kind != OPTION_ELSEWHERE &&
            set->options[i].offset == set->options[index].offset)
            return true;
    return false;
}

int options_spell(const struct option_set *set, size_t from, struct buffer *out)
{
    int error = 0;

    for (size_t i = 0; i < set->count && !error; i++) {
        const struct cli_option *option = &set->options[i];

        if (option->kind != OPTION_ELSEWHERE && option->offset >= from && !is_other_name(set, i))
            error = option_spell(option, (const char *)set->values + option->offset, out);
    }
    return error;
}

void options_release(const struct option_set *sets, size_t set_count)
{
    for (size_t s = 0; s < set_count; s++) {
        for (size_t i = 0; i < sets[s].count; i++) {
            const struct cli_option *option = &sets[s].options[i];
            struct text_list *list;

            if (option->kind != OPTION_LIST)
                continue;
            list = (struct text_list *)(void *)((char *)sets[s].values + option->offset);
            free(list->items);
            *list = (struct text_list){0};
        }
    }
}

void words_deinit(struct words *words)
{
    free(words->items);
    *words = (struct words){0};
}
