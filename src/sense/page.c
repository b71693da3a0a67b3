/* See page.h. */
#include "sense/page.h"

#include <errno.h>

#include "base/text.h"

static void put(struct page *page, const void *bytes, size_t size)
{
    if (!page->error)
        page->error = buffer_append(page->out, bytes, size);
}

static void put_text(struct page *page, const char *text)
{
    if (!page->error)
        page->error = buffer_append_text(page->out, text);
}

void page_family(struct page *page, const char *name, enum page_type type, const char *help)
{
    static const char *const types[] = {
        [PAGE_GAUGE] = "gauge", [PAGE_COUNTER] = "counter", [PAGE_UNKNOWN] = "unknown"};

    page->family = name;
    page->suffix = type == PAGE_COUNTER ? "_total" : "";
    if (!page->error)
        page->error = buffer_printf(page->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                                    types[type]);
}

void page_sample(struct page *page)
{
    put_text(page, page->family);
    put_text(page, page->suffix);
    page->labelled = false;
}

/* Foreign text: what is no UTF-8 becomes U+FFFD, and no line ends within a value. */
static void put_escaped(struct page *page, struct span value)
{
    const uint8_t *at = (const uint8_t *)value.at;
    size_t left = value.length;

    while (left > 0) {
        size_t length = utf8_character(at, left, &(uint32_t){0});

        if (length == 0)
            put_text(page, "\xef\xbf\xbd");
        else if (*at == '\n')
            put_text(page, "\\n");
        else if (*at == '"' || *at == '\\')
            put(page, (const char[]){'\\', (char)*at}, 2);
        else
            put(page, at, length);
        length += length == 0;
        at += length;
        left -= length;
    }
}

void page_label(struct page *page, const char *key, struct span value)
{
    put_text(page, page->labelled ? "," : "{");
    put_text(page, key);
    put_text(page, "=\"");
    put_escaped(page, value);
    put_text(page, "\"");
    page->labelled = true;
}

void page_number(struct page *page, uint64_t number, unsigned decimals)
{
    char text[32];
    size_t at = sizeof(text);

    put_text(page, page->labelled ? "} " : " ");
    if (number == SENSE_UNKNOWN) {
        put_text(page, "NaN\n");
        return;
    }
    text[--at] = '\n';
    for (; decimals > 0 && number % 10 == 0; decimals--)
        number /= 10;
    for (; decimals > 0; decimals--) {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
        if (decimals == 1)
            text[--at] = '.';
    }
    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put(page, text + at, sizeof(text) - at);
}

void page_single(struct page *page, const char *name, enum page_type type, const char *help,
                 uint64_t number, unsigned decimals)
{
    if (number == SENSE_UNKNOWN)
        return;
    page_family(page, name, type, help);
    page_sample(page);
    page_number(page, number, decimals);
}

int page_end(struct page *page)
{
    put_text(page, "# EOF\n");
    return page->error;
}
