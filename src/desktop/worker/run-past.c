/* A run of before that is looked at: what this computer remembers of it, and the jobs of its
 * machines, which may still have the rest. It is a run that is over from its beginning. */
#include "desktop/worker/run-private.h"

#include <string.h>

#include "desktop/worker/past.h"

uint64_t past_said(struct harvest *harvest, uint32_t position)
{
    uint32_t group = harvest_machine(harvest, position)->answer[0];

    return group == HARVEST_NONE ? 0 : harvest_answers(harvest, false)->groups[group].text.size;
}

/* Of one that kept standard error apart, nobody knows where between the other lines it was said. */
bool past_has_job(struct harvest *harvest, uint32_t position)
{
    static const uint8_t no_job[UUID_SIZE];
    const struct harvest_machine *machine = harvest_machine(harvest, position);
    bool is_split = machine->answer[1] != HARVEST_NONE &&
                    harvest_answers(harvest, true)->groups[machine->answer[1]].text.size > 0;

    return machine->has_job && memcmp(machine->job, no_job, sizeof(no_job)) != 0 && !is_split &&
           past_said(harvest, position) > 0;
}

struct keep_letter {
    struct letter letter;
    int64_t number;
    void *owner;
    uint32_t *slots;
    uint32_t count;
};

static void drop_keep(struct letter *letter)
{
    g_free(((struct keep_letter *)letter)->slots);
    g_free(letter);
}

/* Of its stream, only the beginning is known by itself. */
static void keep_share(struct run *run, uint32_t position)
{
    struct share *share = &run->shares[position];

    if (!past_has_job(run->harvest, position))
        return;
    share->said = past_said(run->harvest, position);
    share->kept = kept_new(run->worker->paths.data, 0);
    kept_frame(share->kept, 0, 0);
}

static void read_keep(struct letter *letter, void *reader)
{
    struct keep_letter *asked = (struct keep_letter *)letter;
    struct worker *worker = reader;
    struct harvest *harvest = NULL;
    struct run *run;

    if (harvest_load(&harvest, worker->store, asked->number) == 0 &&
        harvest_size(harvest) == asked->count) {
        run = run_new(worker, asked->owner, asked->slots, asked->count);
        run->harvest = g_steal_pointer(&harvest);
        run->is_kept = run->is_over = true;
        for (uint32_t i = 0; i < run->count; i++)
            keep_share(run, i);
        list_remove(&run->at);
        list_append(&worker->kept, &run->at);
    }
    harvest_free(harvest);
    drop_keep(letter);
}

void worker_send_past_keep(struct worker *worker, int64_t number, void *owner,
                           const uint32_t *slots, uint32_t count)
{
    struct keep_letter *letter = g_new0(struct keep_letter, 1);

    letter->letter.read = read_keep;
    letter->letter.drop = drop_keep;
    letter->number = number;
    letter->owner = owner;
    letter->slots = g_memdup2(slots, count * sizeof(*slots));
    letter->count = count;
    worker_send(worker, &letter->letter);
}
