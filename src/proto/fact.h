/* The facts that a machine tells of itself: the last part of /v1/facts/..., the words of `hune
 * ask`. */
#pragma once

#include <stdbool.h>

/* X(NAME, "word"), in the order in which all of them are shown */
#define HUNE_FACTS(X)         \
    X(NAME, "name")           \
    X(OS, "os")               \
    X(IP, "ip")               \
    X(RAM, "ram")             \
    X(CPU, "cpu")             \
    X(DISK, "disk")           \
    X(NET, "net")             \
    X(UPTIME, "uptime")       \
    X(USERS, "users")         \
    X(PROCESSES, "processes") \
    X(SERVICES, "services")

enum fact {
#define X(name, word) FACT_##name,
    HUNE_FACTS(X)
#undef X
        FACT_COUNT, /* how many there are; not a fact */
};

/* The word, such as "ram"; NULL for a number that is no fact. */
const char *fact_name(enum fact fact);
/* The fact for a word; false if it is none ("all" is not one: it means every one of them). */
bool fact_parse(const char *word, enum fact *fact_out);
