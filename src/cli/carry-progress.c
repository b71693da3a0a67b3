/* How far it is, on one line of the terminal: share done, bytes, rate, time left. */
#include <string.h>

#include "base/clock.h"
#include "cli/amount.h"
#include "cli/carry.h"
#include "cli/grid.h"

enum {
    TICK_MS = 200,
    QUIET_MS = 400, /* what is over sooner needs no bar */
    BAR_WIDTH = 24,
    RATE_MS = 2000, /* the rate is that of about so long */
};

bool carry_is_watched(const struct carry *carry)
{
    return carry->console->error.terminal && !carry->console->common.json;
}

static void measure_rate(struct carry *carry, uint64_t now)
{
    uint64_t moved = carry->transfer.progress.moved;
    uint64_t ms = now - carry->drawn_ms;
    double latest = ms ? (double)(moved - carry->drawn_bytes) * 1000 / (double)ms : 0;
    double weight = (double)ms / RATE_MS;

    if (carry->rate == 0 || weight > 1)
        weight = 1;
    carry->rate += (latest - carry->rate) * weight;
    carry->drawn_ms = now;
    carry->drawn_bytes = moved;
}

static int append_bar(struct buffer *line, double share)
{
    int full = (int)(share * BAR_WIDTH);
    int r = buffer_append_text(line, "[");

    for (int i = 0; !r && i < BAR_WIDTH; i++)
        r = buffer_append_text(line, i < full ? "#" : "-");
    return r ? r : buffer_printf(line, "] %3d%%  ", (int)(share * 100));
}

static int describe(const struct carry *carry, struct buffer *line)
{
    uint64_t moved = carry->transfer.progress.moved;
    uint64_t total = carry->transfer.progress.total;
    bool known = total > 0 && carry->transfer.progress.unknown == 0;
    char done[AMOUNT_TEXT], all[AMOUNT_TEXT], rate[AMOUNT_TEXT], left[AMOUNT_TEXT];
    int r = 0;

    if (known && moved > total)
        moved = total;
    if (carry->count > 1)
        r = buffer_printf(line, _("%u of %u machines  "), fanout_done_count(carry->fanout),
                          carry->count);
    if (!r && known)
        r = append_bar(line, (double)moved / (double)total);
    if (!r && known)
        r = buffer_printf(line, _("%s of %s"), amount_size(moved, done), amount_size(total, all));
    else if (!r)
        r = buffer_append_text(line, amount_size(moved, done));
    if (!r)
        r = buffer_printf(line, _("  %s/s"), amount_size((uint64_t)carry->rate, rate));
    if (!r && known && carry->rate > 0)
        r = buffer_printf(
            line, _("  %s left"),
            amount_duration((uint64_t)((double)(total - moved) / carry->rate * 1000), left));
    return r;
}

static void on_tick(uv_timer_t *timer)
{
    struct carry *carry = timer->data;
    struct output *error = &carry->console->error;
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    uint64_t now = clock_monotonic_ms();

    measure_rate(carry, now);
    if (now - carry->begun_ms < QUIET_MS || describe(carry, &line) || !buffer_text(&line))
        return;
    carry_progress_clear(carry);
    /* A line that wraps could not be taken away again. */
    output_print(error, "%.*s", (int)error->width - 1, buffer_text(&line));
    output_flush(error);
    carry->shown = true;
}

void carry_progress_start(struct carry *carry)
{
    if (!carry_is_watched(carry))
        return;
    uv_timer_init(&carry->session.loop, &carry->tick);
    carry->tick.data = carry;
    carry->drawn_ms = clock_monotonic_ms();
    carry->ticks = true;
    uv_timer_start(&carry->tick, on_tick, TICK_MS, TICK_MS);
}

void carry_progress_clear(struct carry *carry)
{
    if (!carry->shown)
        return;
    output_print(&carry->console->error, "\r\033[K");
    carry->shown = false;
}

void carry_progress_stop(struct carry *carry)
{
    if (!carry->ticks)
        return;
    carry_progress_clear(carry);
    output_flush(&carry->console->error);
    uv_close((uv_handle_t *)&carry->tick, NULL);
    carry->ticks = false;
}
