/* See nodeset.h: expansion. A pattern is parsed into parts, each with a list of items; the product
 * of their sizes is known, and bounded, before the first name is made. */
#include "fleet/inventory/nodeset.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "fleet/home/i18n.h"

enum { DIGITS_MAX = 18, PARTS_MAX = 64 };

/* Numbers from..to, or letters, or one word. */
struct item {
    uint64_t from;
    uint64_t step;
    uint64_t count;
    int width;         /* of numbers, zero padded; 0: no padding */
    bool letters;      /* from is a character */
    struct slice word; /* if count is 0 */
};

/* A literal text and the bracket behind it (of no items at the end of a pattern). */
struct part {
    struct slice text;
    struct item *items;
    uint32_t item_count;
    uint64_t count; /* names that the bracket stands for */
    uint32_t item;  /* where the walk is */
    uint64_t step;
};

struct pattern {
    const char *source;
    size_t offset; /* of the pattern in the whole text */
    size_t size;
    struct part parts[PARTS_MAX];
    uint32_t count;
    struct fault *fault;
};

static void pattern_deinit(struct pattern *pattern)
{
    for (uint32_t i = 0; i < pattern->count; i++)
        free(pattern->parts[i].items);
    pattern->count = 0;
}

static int bracket_fault(struct pattern *pattern, size_t at, const char *text)
{
    fault_set(pattern->fault, _("Write ranges like web[01-40,50]."), "%s", text);
    fault_at(pattern->fault, 0, (uint32_t)(pattern->offset + at) + 1);
    return NODESET_E_BRACKET;
}

static int range_fault(struct pattern *pattern, struct slice item, const char *why)
{
    const char *at = (const char *)item.bytes;

    fault_set(pattern->fault, _("Write ranges like web[01-40,50]."), "\"%.*s\": %s.",
              (int)item.size, at, why);
    fault_at(pattern->fault, 0, (uint32_t)(pattern->offset + (size_t)(at - pattern->source)) + 1);
    return NODESET_E_RANGE;
}

/* ---- one item ---- */

static bool all_digits(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return length > 0 && length <= DIGITS_MAX;
}

static uint64_t number_of(const char *text, size_t length)
{
    uint64_t number = 0;

    for (size_t i = 0; i < length; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    return number;
}

static bool is_word(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        if (!isalnum(c) && c < 0x80 && !strchr("._:%", c))
            return false;
    }
    return length > 0;
}

static int parse_item(struct pattern *pattern, struct slice slice, struct item *item_out)
{
    const char *text = (const char *)slice.bytes;
    const char *dash = memchr(text, '-', slice.size);
    const char *slash = memchr(text, '/', slice.size);
    size_t low = dash ? (size_t)(dash - text) : 0;
    size_t end = slash ? (size_t)(slash - text) : slice.size;
    size_t high = dash && end > low ? end - low - 1 : 0;
    uint64_t last;

    if (!dash && !slash && is_word(text, slice.size)) {
        *item_out = (struct item){.word = slice};
        return 0;
    }
    if (!dash || high == 0)
        return range_fault(pattern, slice, _("this is not a number, a range or a word"));
    *item_out = (struct item){.step = 1};
    if (low == 1 && high == 1 && isalpha((unsigned char)*text) && isalpha((unsigned char)dash[1])) {
        item_out->letters = true;
        item_out->from = (unsigned char)*text;
        last = (unsigned char)dash[1];
    } else if (all_digits(text, low) && all_digits(dash + 1, high)) {
        item_out->from = number_of(text, low);
        item_out->width = low > 1 && *text == '0' ? (int)low : 0;
        last = number_of(dash + 1, high);
    } else {
        return range_fault(pattern, slice, _("this is not a range of numbers or letters"));
    }
    if (slash) {
        size_t length = slice.size - end - 1;

        item_out->step = all_digits(slash + 1, length) ? number_of(slash + 1, length) : 0;
        if (item_out->step == 0)
            return range_fault(pattern, slice, _("the step is not a number above 0"));
    }
    if (last < item_out->from)
        return range_fault(pattern, slice, _("this range runs down"));
    item_out->count = (last - item_out->from) / item_out->step + 1;
    return 0;
}

/* ---- one pattern ---- */

/* Cut at just above the limit, so that no sum of them can overflow. */
static uint64_t bounded_count(const struct item *item)
{
    if (item->count == 0)
        return 1;
    return item->count > NODESET_MAX ? NODESET_MAX + 1 : item->count;
}

static int parse_items(struct pattern *pattern, struct part *part, size_t begin, size_t end)
{
    size_t at = begin;

    while (at <= end) {
        const char *from = pattern->source + at;
        const char *comma = memchr(from, ',', end - at);
        size_t length = comma ? (size_t)(comma - from) : end - at;
        struct slice slice = {.bytes = (const uint8_t *)from, .size = length};
        struct item *items;
        int r;

        if (length == 0)
            return bracket_fault(pattern, at,
                                 _("There is nothing between the brackets or commas."));
        items = reallocarray(part->items, part->item_count + 1, sizeof(*items));
        if (!items)
            return -ENOMEM;
        part->items = items;
        r = parse_item(pattern, slice, &items[part->item_count]);
        if (r)
            return r;
        part->count += bounded_count(&items[part->item_count]);
        part->item_count++;
        at += length + 1;
    }
    return 0;
}

static int parse_part(struct pattern *pattern, size_t *at)
{
    const char *text = pattern->source + *at;
    size_t left = pattern->size - *at;
    size_t length = 0;
    struct part *part = &pattern->parts[pattern->count];
    const char *close;
    int r;

    if (pattern->count == PARTS_MAX)
        return bracket_fault(pattern, *at, _("There are too many brackets in one name."));
    while (length < left && text[length] != '[' && text[length] != ']')
        length++;
    *part = (struct part){.text = {.bytes = (const uint8_t *)text, .size = length}};
    pattern->count++;
    *at += length;
    if (length == left)
        return 0;
    if (text[length] == ']')
        return bracket_fault(pattern, *at, _("There is a ] without a [ before it."));
    close = memchr(text + length, ']', left - length);
    if (!close)
        return bracket_fault(pattern, *at, _("There is a [ without a ] after it."));
    r = parse_items(pattern, part, *at + 1, (size_t)(close - pattern->source));
    *at = (size_t)(close - pattern->source) + 1;
    return r;
}

static int parse_pattern(struct pattern *pattern)
{
    uint64_t total = 1;
    size_t at = 0;
    int r = 0;

    while (!r && at < pattern->size)
        r = parse_part(pattern, &at);
    if (r)
        return r;
    for (uint32_t i = 0; i < pattern->count; i++) {
        uint64_t count = pattern->parts[i].item_count ? pattern->parts[i].count : 1;

        if (total * count > NODESET_MAX) {
            fault_set(pattern->fault,
                      _("Name fewer machines at a time, or use a pattern or a tag."),
                      _("The range stands for more than %d names."), NODESET_MAX);
            fault_at(pattern->fault, 0, (uint32_t)pattern->offset + 1);
            return NODESET_E_TOO_MANY;
        }
        total *= count;
    }
    return 0;
}

/* ---- the walk ---- */

struct name {
    char text[NODESET_NAME_MAX + 1];
    size_t length;
};

static bool name_append(struct name *name, const void *bytes, size_t size)
{
    if (size > NODESET_NAME_MAX - name->length)
        return false;
    memcpy(name->text + name->length, bytes, size);
    name->length += size;
    return true;
}

static bool name_append_item(struct name *name, const struct part *part)
{
    const struct item *item = &part->items[part->item];
    char digits[DIGITS_MAX + 4];
    char letter;
    int length;

    if (item->count == 0)
        return name_append(name, item->word.bytes, item->word.size);
    if (item->letters) {
        letter = (char)(item->from + part->step * item->step);
        return name_append(name, &letter, 1);
    }
    length = snprintf(digits, sizeof(digits), "%0*llu", item->width,
                      (unsigned long long)(item->from + part->step * item->step));
    return name_append(name, digits, (size_t)length);
}

static bool name_build(struct name *name, const struct pattern *pattern)
{
    name->length = 0;
    for (uint32_t i = 0; i < pattern->count; i++) {
        const struct part *part = &pattern->parts[i];

        if (!name_append(name, part->text.bytes, part->text.size))
            return false;
        if (part->item_count && !name_append_item(name, part))
            return false;
    }
    name->text[name->length] = '\0';
    return true;
}

/* The next combination, the rightmost bracket first; false after the last one. */
static bool pattern_advance(struct pattern *pattern)
{
    for (uint32_t i = pattern->count; i-- > 0;) {
        struct part *part = &pattern->parts[i];

        if (part->item_count == 0)
            continue;
        if (++part->step < part->items[part->item].count)
            return true;
        part->step = 0;
        if (++part->item < part->item_count)
            return true;
        part->item = 0;
    }
    return false;
}

static int pattern_expand(struct pattern *pattern,
                          int (*each)(const char *name, size_t length, void *context),
                          void *context)
{
    struct name name;
    int r = parse_pattern(pattern);

    if (r)
        return r;
    do {
        if (!name_build(&name, pattern)) {
            fault_set(pattern->fault, _("Write a shorter name."),
                      _("A name is longer than %d characters."), NODESET_NAME_MAX);
            fault_at(pattern->fault, 0, (uint32_t)pattern->offset + 1);
            return NODESET_E_LONG;
        }
        r = each(name.text, name.length, context);
    } while (!r && pattern_advance(pattern));
    return r;
}

static bool separates(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the pattern at `at`: a separator outside of brackets. */
static size_t pattern_end(const char *text, size_t at, size_t length)
{
    bool inside = false;

    for (; at < length && (inside || !separates(text[at])); at++) {
        if (text[at] == '[')
            inside = true;
        else if (text[at] == ']')
            inside = false;
    }
    return at;
}

int nodeset_expand(const char *text, size_t length,
                   int (*each)(const char *name, size_t length, void *context), void *context,
                   struct fault *fault)
{
    size_t at = 0;
    int r = 0;

    while (!r) {
        struct pattern pattern;
        size_t end;

        while (at < length && separates(text[at]))
            at++;
        if (at == length)
            break;
        end = pattern_end(text, at, length);
        pattern.source = text + at;
        pattern.offset = at;
        pattern.size = end - at;
        pattern.count = 0;
        pattern.fault = fault;
        r = pattern_expand(&pattern, each, context);
        pattern_deinit(&pattern);
        at = end;
    }
    return r;
}
