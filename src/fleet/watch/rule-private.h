/* The tree of a rule: what parses, judges and explains it. */
#pragma once

#include "fleet/watch/rule.h"

enum rule_kind {
    RULE_COMPARE,  /* a measure against `threshold` */
    RULE_PRESENCE, /* is the machine so? */
    RULE_AND,
    RULE_OR,
    RULE_NOT, /* `left` only */
    RULE_FOR, /* `left` has held for `for_ms` */
};

/* What is compared: a vital, its share of another one, or what it leaves of 100 %. */
struct rule_measure {
    enum vital vital;
    enum vital whole; /* VITAL_COUNT: the value itself */
    bool rest;        /* 100 minus the value */
    bool labelled;    /* of one thing */
    char thing[VITAL_THING_MAX];
};

struct rule_node {
    enum rule_kind kind;
    uint8_t left, right;      /* indices of nodes */
    uint16_t word, word_size; /* what was typed for the measure: a piece of the rule's text */
    struct rule_measure measure;
    enum vital_unit unit; /* of the measure */
    bool above;           /* > or >=; else < or <= */
    bool inclusive;       /* >= or <= */
    double threshold;
    double back; /* where a value that crossed must come back to */
    enum presence presence;
    uint64_t for_ms;
};

struct rule {
    char text[RULE_TEXT_MAX + 1];
    struct rule_node nodes[RULE_NODES_MAX];
    uint8_t count;
    uint8_t root;
};

/* rule.c: what is compared, as it is in the reading; NAN if it is not known. */
double rule_measure_value(const struct rule_measure *measure, const struct reading *reading);
