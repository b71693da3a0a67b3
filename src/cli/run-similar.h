/* Groups of answers that are alike but for names, numbers and times, drawn as one (see
 * fleet/run/similar.h). A part of run-show. */
#pragma once

#include "cli/run-show.h"

/* Draws all groups of answers in `order`; those that are like no other by `show_one`. Returns 0, or
 * -ENOMEM with nothing drawn. */
int show_similar(struct console *console, struct harvest *harvest, const char *const *hosts,
                 const uint32_t *order, void (*show_one)(uint32_t group, void *user), void *user);

/* run-show.c */
void show_group_at(uint32_t index, void *user);
void show_heading(struct output *output, const struct harvest *harvest, const uint32_t *members,
                  uint32_t count);
