/* See rule-parser.h. */
#include "fleet/watch/rule-parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"

const char rule_grammar_hint[] = N_(
    "Write rules like: cpu > 90 for 5m, disk.free < 5%, down for 2m, mem > 90 or swap > 50.");

int parser_fail_at(struct parser *parser, const char *at, int error, const char *hint,
                   const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fault_set(parser->fault, hint, "%s", text);
    fault_at(parser->fault, 0, (uint32_t)(at - parser->rule->text) + 1);
    return error;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_';
}

void parser_skip_space(struct parser *parser)
{
    while (*parser->at == ' ' || *parser->at == '\t')
        parser->at++;
}

int parser_word_size(const char *at)
{
    int size = 0;

    while (is_word(at[size]))
        size++;
    return size;
}

bool parser_word_is(const char *at, int size, const char *word)
{
    return (int)strlen(word) == size && strncasecmp(at, word, (size_t)size) == 0;
}

bool parser_take_word(struct parser *parser, const char *word)
{
    int size;

    parser_skip_space(parser);
    size = parser_word_size(parser->at);
    if (!parser_word_is(parser->at, size, word))
        return false;
    parser->at += size;
    return true;
}

/* What stands here, for "... not \"%.*s\"": a word, or a character with all its bytes. */
static int here_size(const char *at)
{
    uint32_t code;
    int size = parser_word_size(at);

    if (size == 0 && *at)
        size = (int)utf8_character((const uint8_t *)at, strlen(at), &code);
    return size > 40 ? 40 : size;
}

int parser_unexpected(struct parser *parser, const char *expected)
{
    parser_skip_space(parser);
    if (!*parser->at)
        return parser_fail_at(parser, parser->at, RULE_E_SYNTAX, _(rule_grammar_hint),
                              _("%s is expected at the end."), expected);
    return parser_fail_at(parser, parser->at, RULE_E_SYNTAX, _(rule_grammar_hint),
                          _("%s is expected here, not \"%.*s\"."), expected, here_size(parser->at),
                          parser->at);
}
