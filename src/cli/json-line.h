/* One JSON object on one line, written member by member: the scripts' view of every result. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/output.h"

struct json_line {
    struct output *output;
    bool begun;
};

struct json_line json_line_begin(struct output *output);
void json_line_text(struct json_line *line, const char *key, const char *text);
void json_line_bytes(struct json_line *line, const char *key, const void *bytes, size_t size);
void json_line_number(struct json_line *line, const char *key, int64_t number);
void json_line_real(struct json_line *line, const char *key, double number);
void json_line_flag(struct json_line *line, const char *key, bool flag);
/* An array of the texts between the separators (commas or spaces) of `list`. */
void json_line_list(struct json_line *line, const char *key, const char *list);
/* A value that is JSON already. */
void json_line_raw(struct json_line *line, const char *key, const char *json);
void json_line_end(struct json_line *line);
