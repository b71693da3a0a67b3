/* What the files share that turn a rule's text into its tree: rule-words.c (where the reading
 * stands, and what is said of a mistake), rule-measure.c, rule-compare.c, rule-parse.c. Every
 * mistake names its column. The functions that may fail return 0 or an enum rule_error. */
#pragma once

#include "fleet/watch/rule-private.h"

struct parser {
    struct rule *rule;
    const char *at;
    unsigned depth;
    struct fault *fault;
};

/* ---- rule-words.c ---- */

/* What rules look like; to be translated. */
extern const char rule_grammar_hint[];

/* Fills the fault, at the column of `at`, and returns the error. */
int parser_fail_at(struct parser *parser, const char *at, int error, const char *hint,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));
/* "... is expected here, not ...": RULE_E_SYNTAX. */
int parser_unexpected(struct parser *parser, const char *expected);
void parser_skip_space(struct parser *parser);
/* The length of the word that stands at `at`; 0 for none. */
int parser_word_size(const char *at);
/* In letters of either case. */
bool parser_word_is(const char *at, int size, const char *word);
/* Goes on behind the word if it stands here. */
bool parser_take_word(struct parser *parser, const char *word);

/* ---- rule-measure.c ---- */

bool measure_find(const char *at, int size, struct rule_measure *measure_out);
/* Turns bytes into their share of the whole, if that makes sense; which thing it is of stays. */
bool measure_find_share(struct rule_measure *measure);
/* One thing instead of the machine, behind the vital's name. */
int measure_parse_thing(struct parser *parser, struct rule_node *node);
/* RULE_E_WORD, with the name that was perhaps meant. */
int measure_unknown(struct parser *parser, const char *at, int size);

/* ---- rule-compare.c ---- */

/* "cpu > 90": fills the node. */
int compare_parse(struct parser *parser, struct rule_node *node);
