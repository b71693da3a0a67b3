/* The way to a machine, watched: each change of the link's state is the end of a step. */
#include "fleet/link/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/link/remote-job.h"
#include "proto/command.h"
#include "proto/right.h"

struct doctor {
    struct link *link;
    struct link_watcher watcher;
    struct remote_job *job;
    enum doctor_step step; /* the one being looked at */
    uint64_t began_ns;
    bool is_pinned;
    bool freed; /* while `busy`: the memory goes with the last call */
    unsigned busy;
    char run_as[LIMIT_USER_NAME + 1];
    char said[64]; /* what the job printed instead of nothing */
    const struct doctor_events *events;
    void *user;
};

enum { CLOCK_WARNING_MS = 2000, JOB_DEADLINE_S = 20 };

const char *doctor_step_name(enum doctor_step step)
{
    static const char *const names[] = {
#define X(name, word, text) [DOCTOR_##name] = (word),
        HUNE_DOCTOR_STEPS(X)
#undef X
    };

    return names[step];
}

const char *doctor_step_text(enum doctor_step step)
{
    static const char *const texts[] = {
#define X(name, word, text) [DOCTOR_##name] = (text),
        HUNE_DOCTOR_STEPS(X)
#undef X
    };

    return texts[step];
}

/* Not inlined: the compiler does not see that an outer call keeps the memory and warns of its use.
 */
__attribute__((noinline)) static void doctor_leave(struct doctor *doctor)
{
    if (--doctor->busy == 0 && doctor->freed)
        free(doctor);
}

struct doctor *doctor_cancel(struct doctor *doctor)
{
    if (!doctor || doctor->freed)
        return NULL;
    doctor->busy++;
    doctor->freed = true;
    remote_job_detach(doctor->job);
    link_free(doctor->link);
    doctor_leave(doctor);
    return NULL;
}

/* ---- telling ---- */

static void tell(struct doctor *doctor, const char *detail, const struct trouble *trouble,
                 bool is_warning)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    uint64_t now = clock_monotonic_ns();
    struct doctor_finding finding = {
        .step = doctor->step,
        .is_ok = trouble == NULL,
        .is_warning = is_warning,
        .ms = (double)(now - doctor->began_ns) / 1e6,
        .trouble = trouble,
    };
    const char *printable = NULL;

    if (doctor->freed)
        return;
    if (detail && text_append_printable_line(&text, detail, strlen(detail)) == 0)
        printable = buffer_text(&text);
    finding.detail = printable ? printable : "";
    doctor->began_ns = now;
    doctor->step++;
    doctor->events->on_step(&finding, doctor->user);
}

static void passed(struct doctor *doctor, const char *detail)
{
    tell(doctor, detail, NULL, false);
}

static void end(struct doctor *doctor, bool is_well)
{
    if (doctor->freed)
        return;
    if (doctor->events->on_done)
        doctor->events->on_done(is_well, doctor->user);
    doctor_cancel(doctor);
}

static void failed(struct doctor *doctor, const struct trouble *trouble)
{
    struct trouble copy = *trouble;

    tell(doctor, NULL, &copy, false);
    end(doctor, false);
}

/* ---- the last step: a job ---- */

static void on_job_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                          size_t size, uint32_t ms, void *user)
{
    struct doctor *doctor = user;

    (void)job;
    (void)kind;
    (void)ms;
    if (!*doctor->said)
        snprintf(doctor->said, sizeof(doctor->said), "%.*s", (int)(size < 60 ? size : 60),
                 (const char *)bytes);
}

static void on_job_end(struct remote_job *job, struct job_state state,
                       const struct trouble *trouble, void *user)
{
    struct doctor *doctor = user;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct trouble made;

    (void)job;
    doctor->busy++;
    if (trouble) {
        failed(doctor, trouble);
    } else if (state.state != STATE_EXITED || state.detail != 0) {
        const char *words = state_append(&text, state) == 0 ? buffer_text(&text) : NULL;

        trouble_set(&made, PROBLEM_INTERNAL, link_where(doctor->link), "true: %s %s",
                    words ? words : "", doctor->said);
        failed(doctor, &made);
    } else {
        passed(doctor, "true");
        end(doctor, true);
    }
    doctor_leave(doctor);
}

static void run_true(struct doctor *doctor)
{
    static const struct remote_job_events events = {
        .on_output = on_job_output,
        .on_end = on_job_end,
    };
    static const char *const arguments[] = {"true", NULL};
    const struct command command = {.mode = COMMAND_ARGV, .arguments = arguments};
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    struct errand errand = {
        .verb = VERB_RUN,
        .user = doctor->run_as,
        .deadline_s = JOB_DEADLINE_S,
    };
    struct trouble trouble;
    int error = command_encode(&command, &payload);

    errand.payload = buffer_slice(&payload);
    error = error ? error
                  : remote_job_start(&doctor->job, doctor->link, &errand, true, &events, doctor);
    if (error) {
        trouble_set_errno(&trouble, link_where(doctor->link), error);
        failed(doctor, &trouble);
    }
}

/* ---- the steps that the link takes ---- */

static void show_id(struct doctor *doctor)
{
    char id[FINGERPRINT_TEXT_SIZE], text[FINGERPRINT_TEXT_SIZE + 32];

    fingerprint_format(link_info(doctor->link)->id, id);
    snprintf(text, sizeof(text), doctor->is_pinned ? "%s" : _("%s (new)"), id);
    passed(doctor, text);
}

static void tls_stands(struct doctor *doctor)
{
    passed(doctor, "TLS 1.3");
    if (!doctor->freed)
        show_id(doctor);
}

static void on_state(struct link *link, enum link_state from, enum link_state to, void *user)
{
    struct doctor *doctor = user;

    doctor->busy++;
    switch (to) {
    case LINK_RESOLVING: doctor->began_ns = clock_monotonic_ns(); break;
    case LINK_CONNECTING:
        passed(doctor, from == LINK_RESOLVING ? link_peer(link) : link_where(link));
        break;
    case LINK_SECURING: passed(doctor, link_peer(link)); break;
    case LINK_GREETING: tls_stands(doctor); break;
    case LINK_OPENING:
        if (from == LINK_SECURING) /* it said hello within the handshake */
            tls_stands(doctor);
        if (!doctor->freed)
            passed(doctor, NULL);
        break;
    default: break;
    }
    doctor_leave(doctor);
}

static void look_at_rights(struct doctor *doctor, const struct link_info *info)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct trouble trouble;

    if (!(info->rights & RIGHT_RUN)) {
        trouble_set(&trouble, PROBLEM_RIGHT_MISSING, link_where(doctor->link), "run");
        failed(doctor, &trouble);
        return;
    }
    if (rights_append(&text, info->rights) == 0 && *info->run_as)
        (void)buffer_printf(&text, _("; as %s"), info->run_as);
    passed(doctor, buffer_text(&text));
}

static void look_at_clock(struct doctor *doctor, const struct link_info *info)
{
    char text[64];
    int64_t ahead = info->clock_ahead_ms;

    snprintf(text, sizeof(text), "%+.3f s", (double)ahead / 1000);
    tell(doctor, text, NULL, ahead > CLOCK_WARNING_MS || ahead < -CLOCK_WARNING_MS);
}

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct doctor *doctor = user;
    char text[640];

    /* A link that came back while the job runs. */
    if (doctor->step > DOCTOR_OPEN)
        return;
    (void)link;
    doctor->busy++;
    if (*info->operator_label)
        snprintf(text, sizeof(text), _("%s %s, you are %s"), info->name, info->version,
                 info->operator_label);
    else
        snprintf(text, sizeof(text), "%s %s", info->name, info->version);
    passed(doctor, text);
    if (!doctor->freed)
        look_at_rights(doctor, info);
    if (!doctor->freed)
        look_at_clock(doctor, info);
    if (!doctor->freed)
        run_true(doctor);
    doctor_leave(doctor);
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    struct doctor *doctor = user;

    (void)link;
    (void)retry_ms;
    doctor->busy++;
    if (doctor->step == DOCTOR_SECURE &&
        (trouble->code == PROBLEM_ID_CHANGED || trouble->code == PROBLEM_ID_UNKNOWN))
        passed(doctor, "TLS 1.3");
    if (!doctor->freed)
        failed(doctor, trouble);
    doctor_leave(doctor);
}

int doctor_start(struct doctor **doctor_out, struct link_factory *factory,
                 const struct link_target *target, const char *run_as,
                 const struct doctor_events *events, void *user)
{
    static const struct link_events link_events = {
        .on_state = on_state,
        .on_ready = on_ready,
        .on_failed = on_failed,
    };
    struct link_target once = *target;
    struct doctor *doctor;
    int error;

    if (run_as && strlen(run_as) >= sizeof(doctor->run_as))
        return -EMSGSIZE;
    doctor = calloc(1, sizeof(*doctor));
    if (!doctor)
        return -ENOMEM;
    once.persistent = false;
    once.bare = false;
    doctor->events = events;
    doctor->user = user;
    doctor->is_pinned = target->id != NULL;
    doctor->began_ns = clock_monotonic_ns();
    doctor->watcher = (struct link_watcher){.events = &link_events, .user = doctor};
    if (run_as)
        memcpy(doctor->run_as, run_as, strlen(run_as));
    error = link_new(&doctor->link, factory, &once);
    if (error) {
        free(doctor);
        return error;
    }
    link_watch(doctor->link, &doctor->watcher);
    link_connect(doctor->link);
    if (doctor_out)
        *doctor_out = doctor;
    return 0;
}
