/* What folding answers costs: `tool-gather COUNT` brings in COUNT answers of some lines each, once
 * all alike and once all different, orders the groups and folds their names, and prints the CPU
 * milliseconds of both. For measurements, never installed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fleet/run/harvest.h"

static double cpu_ms(void)
{
    return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

static double gather(const char *const *names, uint32_t count, bool different)
{
    const struct harvest_settings settings = {.names = names, .count = count};
    static const uint8_t job[UUID_SIZE];
    double begun = cpu_ms();
    struct harvest *harvest;
    uint32_t *order = calloc(count + 1, sizeof(*order));
    struct buffer out = BUFFER_INIT;
    struct gather *answers;

    if (!order || harvest_new(&harvest, &settings))
        exit(1);
    for (uint32_t i = 0; i < count; i++) {
        char text[600];
        int size = snprintf(text, sizeof(text), "%0500u\nline two\nline three\n",
                            different ? i : 0);

        harvest_accepted(harvest, i, job);
        if (harvest_say(harvest, i, false, text, (size_t)size, 1) ||
            harvest_end(harvest, i, (struct job_state){STATE_EXITED, 0}, NULL, NULL, NULL))
            exit(1);
    }
    answers = harvest_answers(harvest, false);
    gather_order(answers, order);
    for (uint32_t i = 0; i < answers->count; i++) {
        const struct gather_group *group = &answers->groups[order[i]];

        if (gather_names(group->members, group->count, names, &out))
            exit(1);
    }
    if (answers->count != (different ? count : 1))
        exit(1);
    harvest_free(harvest);
    buffer_deinit(&out);
    free(order);
    return cpu_ms() - begun;
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)atoi(argv[1]) : 10000;
    const char **names = calloc(count, sizeof(*names));
    double alike, different;

    for (uint32_t i = 0; names && i < count; i++) {
        char *name;

        if (asprintf(&name, "rack%u-node%04u", i % 40, i) < 0)
            return 1;
        names[i] = name;
    }
    if (!names)
        return 1;
    alike = gather(names, count, false);
    different = gather(names, count, true);
    printf("%.1f %.1f\n", alike, different);
    return 0;
}
