/* Answers in JSON. Each of them ends the request's WORKING stage; where something fails on the way,
 * the stream is reset instead. A request that has its answer already is left alone. */
#pragma once

#include <jansson.h>

#include "gate/request.h"

/* application/problem+json (RFC 9457). `detail` NULL: the hint of the table. */
void reply_problem(struct request *request, enum problem_code problem, const char *detail);
/* The same with one more member, which it takes over; NULL: left out. */
void reply_problem_with(struct request *request, enum problem_code problem, const char *member,
                        json_t *value);
/* Takes `json` over; NULL (no memory when it was made) answers with a problem. */
void reply_json(struct request *request, unsigned status, json_t *json);
/* Text that is JSON already. */
void reply_bytes(struct request *request, unsigned status, const void *bytes, size_t size);
/* Text of another type, with status 200. */
void reply_typed(struct request *request, const char *content_type, const void *bytes, size_t size);
/* The answer's bytes come from `body`, until it says that it ended. Returns false if the stream is
 * lost. */
bool reply_stream(struct request *request, const char *content_type, const struct wire_body *body);

/* A string of foreign text: what is no UTF-8, or could trick a terminal, is escaped. */
json_t *json_foreign(const char *text);
/* The words of a set of rights, and the parts of a comma-separated list. */
json_t *json_rights(uint16_t rights);
json_t *json_list(const char *commas);
