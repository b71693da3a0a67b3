/* Who is logged in, and the names behind user numbers. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sense/scan.h"

/* {"sessions":[{"user","terminal","host","since"}]}; without "sessions" where the machine keeps no
 * utmp. Returns 0 or -ENOMEM. */
int people_collect(const char *root, json_t **json_out);
/* How many sessions there are; SENSE_UNKNOWN where the machine keeps no utmp. Returns 0 or -ENOMEM.
 */
int people_count(const char *root, uint64_t *count_out);

struct session {
    struct span user;
    struct span terminal;
    struct span host;
    uint64_t since_ms;
    uint64_t pid; /* of the process that logged the user in; 0 if not told */
};
/* The next session in the records of utmp(5), moving `records` behind it; false at the end. Records
 * of other kinds and a last, incomplete one are passed over. */
bool session_next(struct span *records, struct session *session_out);

/* /etc/passwd with the answers given last: name services are not asked, they need sockets. */
struct user_names {
    struct span passwd;
    struct {
        bool asked;
        uint32_t uid;
        struct span name;
    } recent[64];
};
/* Empty if the file does not name the user. */
struct span user_name(struct user_names *names, uint32_t uid);
