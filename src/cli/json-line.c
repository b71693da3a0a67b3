#include "cli/json-line.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

struct json_line json_line_begin(struct output *output)
{
    return (struct json_line){.output = output};
}

static void put_json(struct json_line *line, const void *bytes, size_t size)
{
    if (text_append_json(&line->output->pending, bytes, size) < 0)
        line->output->closed = true;
}

static void put_key(struct json_line *line, const char *key)
{
    output_bytes(line->output, line->begun ? "," : "{", 1);
    line->begun = true;
    put_json(line, key, strlen(key));
    output_bytes(line->output, ":", 1);
}

void json_line_bytes(struct json_line *line, const char *key, const void *bytes, size_t size)
{
    put_key(line, key);
    put_json(line, bytes, size);
}

void json_line_text(struct json_line *line, const char *key, const char *text)
{
    json_line_bytes(line, key, text, strlen(text));
}

void json_line_number(struct json_line *line, const char *key, int64_t number)
{
    put_key(line, key);
    output_print(line->output, "%" PRId64, number);
}

/* Microseconds are as fine as anything here is measured; integers keep locales out of it. */
void json_line_real(struct json_line *line, const char *key, double number)
{
    int64_t thousandths = (int64_t)(number * 1000 + (number < 0 ? -0.5 : 0.5));
    int64_t whole = thousandths / 1000;
    int64_t rest = thousandths % 1000;

    put_key(line, key);
    output_print(line->output, "%s%" PRId64 ".%03" PRId64, thousandths < 0 ? "-" : "",
                 whole < 0 ? -whole : whole, rest < 0 ? -rest : rest);
}

void json_line_flag(struct json_line *line, const char *key, bool flag)
{
    put_key(line, key);
    output_print(line->output, "%s", flag ? "true" : "false");
}

void json_line_list(struct json_line *line, const char *key, const char *list)
{
    const char *separator = "";

    put_key(line, key);
    output_bytes(line->output, "[", 1);
    for (;;) {
        size_t length;

        list += strspn(list, ", ");
        length = strcspn(list, ", ");
        if (length == 0)
            break;
        output_print(line->output, "%s", separator);
        put_json(line, list, length);
        separator = ",";
        list += length;
    }
    output_bytes(line->output, "]", 1);
}

void json_line_raw(struct json_line *line, const char *key, const char *json)
{
    put_key(line, key);
    output_bytes(line->output, json, strlen(json));
}

void json_line_end(struct json_line *line)
{
    output_print(line->output, line->begun ? "}\n" : "{}\n");
}
