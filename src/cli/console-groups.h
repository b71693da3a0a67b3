/* What @NAME means where no machine has the tag NAME: the machines of a run of before (@last,
 * @last.failed, @run17.ok), or a group of another tool's file. */
#pragma once

#include "cli/console.h"

/* The `find` of struct fleet_groups; `user` is the console. */
int console_find_group(const char *name, size_t length, struct buffer *names_out,
                       struct fault *fault, void *user);
