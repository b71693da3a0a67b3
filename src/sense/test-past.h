/* For tests of the history: its file as the warden makes it, days of made-up samples, whole
 * answers. */
#pragma once

#include <jansson.h>
#include <math.h>

#include "sense/history-private.h"
#include "sense/test-fixture.h"

enum { DAY = 86400 };

/* A moment that is the begin of an hour of the wall clock. */
static const uint64_t start_s = 1764133200;

/* Of the file that was made last. */
extern struct history_layout layout;
/* The mounts of vitals_at(). */
extern char names[2][VITAL_THING_MAX];

/* A file as the warden makes it. */
int file_make_for(uint64_t fine_s);
int file_make(void);
/* A history in a new file, and another one in the same file. */
struct history *history_make(int *fd_out);
struct history *history_again(int fd);
struct vitals *vitals_at(uint64_t wall_s, double cpu);
/* A saw tooth: every hour 0, 10, ... 3590 seconds into it give 0 to 359. */
void fill(struct history *history, uint64_t from_s, uint64_t until_s);
/* The answer, whole. */
json_t *ask(struct history *history, const char *fields_text, uint64_t since_s, uint64_t until_s,
            uint64_t step_s, uint64_t now_s, json_t **head_out);
double number_in(json_t *rows, size_t row, const char *member, size_t column);
json_int_t time_of(json_t *rows, size_t row);

#define assert_about(actual, expected) \
    assert_true(fabs((actual) - (double)(expected)) <= fabs((double)(expected)) / 1000)
