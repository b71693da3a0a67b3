/* See problem.h. */
#include "proto/problem.h"

#include <stddef.h>
#include <string.h>

static const struct problem_info problems[] = {
#define X(number, name_, word, status_, text_, hint_) \
    {.code = PROBLEM_##name_,                         \
     .name = (word),                                  \
     .status = (status_),                             \
     .text = (text_),                                 \
     .hint = (hint_)},
    HUNE_PROBLEMS(X)
#undef X
};

enum { PROBLEMS = sizeof(problems) / sizeof(problems[0]) };

const struct problem_info *problem_info(uint32_t code)
{
    const struct problem_info *internal = NULL;

    for (size_t i = 0; i < PROBLEMS; i++) {
        if ((uint32_t)problems[i].code == code)
            return &problems[i];
        if (problems[i].code == PROBLEM_INTERNAL)
            internal = &problems[i];
    }
    return internal;
}

enum problem_code problem_parse(const char *word)
{
    for (size_t i = 0; i < PROBLEMS; i++) {
        if (strcmp(problems[i].name, word) == 0)
            return problems[i].code;
    }
    return PROBLEM_INTERNAL;
}
