/* How much of the disk the answers of all runs may take together, so that a window that is open for
 * weeks fills no disk. What is older goes first: the newest parts and spilled beginnings of runs
 * that are over, then the newest parts of others that go on, then this run puts no more there. What
 * went is read again from the job. See run-private.h. */
#include "desktop/worker/run-private.h"
#include "fleet/home/settings.h"

enum {
    KEPT_EACH_MIB = 256, /* of one machine, of the beginning and of the end */
    KEPT_LEAST = 64 << 10,
};

/* Somebody with little room on the disk, or with much, may say how much. */
static uint64_t mib_of(const char *variable, uint64_t otherwise)
{
    const char *text = g_getenv(variable);
    guint64 mib;

    return (text && g_ascii_string_to_unsigned(text, 10, 1, 1 << 20, &mib, NULL) ? mib : otherwise)
           << 20;
}

static uint64_t quota_of(const struct worker *worker)
{
    return mib_of("HUNE_KEPT_ALL_MIB", worker->quota_mib ? worker->quota_mib : ORDER_QUOTA_MIB);
}

/* Half of it for beginnings, half for the ends of all machines: one run alone fits. */
void run_quota_plan(const struct run *run, struct harvest_settings *settings,
                    uint64_t *newest_max_out)
{
    uint64_t half = quota_of(run->worker) / 2;

    settings->each_max = mib_of("HUNE_KEPT_MIB", KEPT_EACH_MIB);
    settings->disk_max = half;
    *newest_max_out = MAX(MIN(settings->each_max, half / MAX(run->count, 1)), KEPT_LEAST);
}

/* Of a mistake in the file the command line tells; the other keys hold. */
uint64_t run_quota_remembered(const struct worker *worker)
{
    struct settings settings;
    struct fault fault = {0};

    settings_load(worker->paths.settings, &settings, &fault);
    return settings.keep_bytes;
}

/* ---- counting ---- */

static void set_on_disk(struct run *run, uint64_t *part, uint64_t now)
{
    run->worker->on_disk += now - *part;
    *part = now;
}

static void count_share(struct run *run, uint32_t position)
{
    struct share *share = &run->shares[position];

    set_on_disk(run, &share->on_disk, kept_on_disk(share->kept));
}

static void count_harvest(struct run *run)
{
    set_on_disk(run, &run->on_disk, run->harvest ? harvest_on_disk(run->harvest) : 0);
}

/* ---- letting go ---- */

static void let_go_of_newest(struct run *run)
{
    for (uint32_t i = 0; i < run->count; i++) {
        if (run->shares[i].on_disk == 0)
            continue;
        kept_let_go(run->shares[i].kept);
        count_share(run, i);
    }
}

static bool is_enough(const struct worker *worker)
{
    return worker->on_disk <= quota_of(worker);
}

static void make_room(struct run *run)
{
    struct worker *worker = run->worker;
    struct run *other;

    list_for_each (&worker->kept, struct run, at, other) {
        if (is_enough(worker))
            return;
        let_go_of_newest(other);
        if (other->harvest)
            harvest_let_go(other->harvest);
        count_harvest(other);
    }
    list_for_each (&worker->runs, struct run, at, other) {
        if (is_enough(worker))
            return;
        if (other != run)
            let_go_of_newest(other);
    }
    if (!is_enough(worker))
        harvest_hold_no_more(run->harvest);
}

void run_quota_check(struct run *run, uint32_t position)
{
    count_share(run, position);
    count_harvest(run);
    if (!is_enough(run->worker))
        make_room(run);
}

void run_quota_leave(struct run *run)
{
    for (uint32_t i = 0; i < run->count; i++)
        set_on_disk(run, &run->shares[i].on_disk, 0);
    set_on_disk(run, &run->on_disk, 0);
}
