/* What a machine's turn came to. */
#include "fleet/link/outcome.h"

#include "fleet/home/i18n.h"

enum {
    EXIT_TIMED_OUT = 124, /* as timeout(1) */
    EXIT_SIGNAL_BASE = 128,
    EXIT_KILLED = EXIT_SIGNAL_BASE + 9,
    EXIT_REFUSED = 254,
    EXIT_UNREACHABLE = 255,
};

struct job_state outcome_of_trouble(const struct trouble *trouble)
{
    if (trouble_is_from_machine(trouble))
        return (struct job_state){STATE_REFUSED, (uint32_t)trouble->code};
    return (struct job_state){STATE_UNREACHABLE, 0};
}

/* A remote code of 254 or 255 stays what it is: the state beside it tells the two apart. */
static int clamp(uint32_t code)
{
    return code > EXIT_UNREACHABLE ? EXIT_UNREACHABLE : (int)code;
}

int outcome_exit_status(struct job_state state)
{
    switch (state.state) {
    case STATE_EXITED: return clamp(state.detail);
    case STATE_SIGNALLED: return clamp(EXIT_SIGNAL_BASE + (state.detail & 0x7f));
    case STATE_TIMED_OUT: return EXIT_TIMED_OUT;
    case STATE_KILLED: return EXIT_KILLED;
    case STATE_REFUSED: return EXIT_REFUSED;
    default: return EXIT_UNREACHABLE;
    }
}

int outcome_describe(struct job_state state, struct buffer *out)
{
    switch (state.state) {
    case STATE_QUEUED: return buffer_append_text(out, _("queued"));
    case STATE_RUNNING: return buffer_append_text(out, _("running"));
    case STATE_EXITED: return buffer_printf(out, _("exited(%u)"), state.detail);
    case STATE_SIGNALLED: return buffer_printf(out, _("signalled(%u)"), state.detail);
    case STATE_TIMED_OUT: return buffer_append_text(out, _("timed-out"));
    case STATE_KILLED: return buffer_append_text(out, _("killed"));
    case STATE_LOST:
        return buffer_append_text(out, state.detail == LOST_AGENT ? _("lost(agent restarted)")
                                                                  : _("lost(machine restarted)"));
    case STATE_UNREACHABLE: return buffer_append_text(out, _("unreachable"));
    case STATE_UNSENT: return buffer_append_text(out, _("unsent"));
    case STATE_REFUSED: break;
    }
    return state_append(out, state);
}

int outcome_describe_job(const struct job_object *job, struct buffer *out)
{
    switch (job->waits) {
    case WAITS_SPOOL: return buffer_append_text(out, _("waits(spool full)"));
    case WAITS_DISK: return buffer_append_text(out, _("waits(disk full)"));
    case WAITS_FAULT: return buffer_append_text(out, _("waits(no spool)"));
    default: return outcome_describe(job->state, out);
    }
}

const char *outcome_waits_advice(enum job_waits waits)
{
    switch (waits) {
    case WAITS_SPOOL:
        return _("A job whose output fills its spool waits until somebody reads it (hune attach), "
                 "or ends it (hune stop). [jobs] spool in huned.conf says how much one may take.");
    case WAITS_DISK:
        return _("A job waits while the machine's disk has no room for its output: until there is "
                 "some, somebody reads it (hune attach), or ends it (hune stop).");
    case WAITS_FAULT:
        return _("A job waits, since its output cannot be written to the machine's spool folder: "
                 "the agent's log says why. Read it (hune attach), or end it (hune stop).");
    default: return NULL;
    }
}
