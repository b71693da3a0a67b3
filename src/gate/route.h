/* Which request is which: the table of paths, and what each of them needs before it is answered.
 * Pure functions on text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "proto/fact.h"
#include "proto/problem.h"

enum route_need {
    NEED_NOTHING, /* answers anybody who reaches the port */
    NEED_OBSERVE, /* an opened connection or a token, with the right to observe */
    NEED_KEY, /* an opened connection: a token never acts, nor sees what jobs say or were told */
};

/* X(NAME, method, pattern, need, query parameters). A braced part of a pattern is captured; the
 * parameters are numbers, or ROUTE_QUERY_OWN where the handler reads the query itself. */
#define ROUTE_QUERY_OWN "*"
#define GATE_ROUTES(X)                                               \
    X(HELLO, "GET", "/v1/hello", NEED_NOTHING, NULL)                 \
    X(OPEN, "POST", "/v1/open", NEED_NOTHING, NULL)                  \
    X(PAIR, "POST", "/v1/pair", NEED_NOTHING, NULL)                  \
    X(FACTS, "GET", "/v1/facts", NEED_OBSERVE, NULL)                 \
    X(FACT, "GET", "/v1/facts/{fact}", NEED_OBSERVE, NULL)           \
    X(VITALS, "GET", "/v1/vitals", NEED_OBSERVE, ROUTE_QUERY_OWN)    \
    X(METRICS, "GET", "/metrics", NEED_OBSERVE, NULL)                \
    X(ORDER, "PUT", "/v1/jobs/{id}", NEED_KEY, NULL)                 \
    X(ENTER, "PUT", "/v1/enter/{id}", NEED_NOTHING, NULL)            \
    X(JOBS, "GET", "/v1/jobs", NEED_OBSERVE, NULL)                   \
    X(JOB, "GET", "/v1/jobs/{id}", NEED_OBSERVE, NULL)               \
    X(OUTPUT, "GET", "/v1/jobs/{id}/output", NEED_KEY, "from")       \
    X(PARCEL, "GET", "/v1/jobs/{id}/parcel", NEED_KEY, "from")       \
    X(INPUT, "POST", "/v1/jobs/{id}/input", NEED_KEY, "from writer") \
    X(AUDIT, "GET", "/v1/audit", NEED_KEY, "from")                   \
    X(HEALTH, "GET", "/healthz", NEED_NOTHING, NULL)

enum route {
#define X(name, method, pattern, need, query) ROUTE_##name,
    GATE_ROUTES(X)
#undef X
        ROUTE_COUNT, /* how many there are; a request that matched none carries it */
};

struct route_match {
    enum route route;
    enum route_need need;
    bool has_id;
    uint8_t id[UUID_SIZE]; /* {id} */
    enum fact fact;        /* {fact} */
    uint64_t from;         /* ?from=N, 0 without */
    uint64_t writer;       /* &writer=N, 0 without */
};

/* Returns PROBLEM_NONE, NOT_FOUND or BAD_REQUEST. On a problem the match needs NEED_OBSERVE, so
 * that a stranger does not learn which paths there are. */
enum problem_code route_match(const char *method, const char *path, struct route_match *match_out);
