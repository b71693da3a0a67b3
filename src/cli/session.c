#include "cli/session.h"

#include <signal.h>
#include <string.h>

#include "fleet/home/tickets.h"
#include "fleet/run/fanout.h"

void session_target(const struct machine *machine, struct link_target *target_out)
{
    *target_out = (struct link_target){
        .host = machine->host,
        .port = machine->port,
        .id = machine->has_id ? machine->id : NULL,
    };
}

static void target_of(uint32_t index, struct link_target *target_out, void *user)
{
    const struct session *session = user;

    session_target(&session->fleet->machines[index], target_out);
}

static int start_links(struct session *session, bool warm)
{
    struct link_settings settings = {.loop = &session->loop, .signer = session->signer};
    int error = uv_loop_init(&session->loop);

    if (error)
        return error;
    session->is_open = true;
    uv_signal_init(&session->loop, &session->interrupt);
    error = tickets_new(&session->tickets);
    if (error)
        return error;
    settings.tickets = session->tickets;
    error = link_factory_new(&session->factory, &settings);
    if (!error)
        error = link_pool_new(&session->pool, session->factory, warm, target_of, session);
    return error;
}

int session_open(struct session *session, struct console *console, bool warm)
{
    int status, error;

    *session = (struct session){.console = console};
    status = console_fleet(console, &session->fleet);
    if (!status)
        status = console_signer(console, &session->signer);
    if (status)
        return status;
    error = start_links(session, warm);
    if (error) {
        complain(&console->error, NULL, _("The connections cannot be set up."), strerror(-error),
                 NULL);
        return STATUS_FAILED;
    }
    return STATUS_OK;
}

void session_close(struct session *session)
{
    if (!session->is_open)
        return;
    session->pool = link_pool_free(session->pool);
    session->factory = link_factory_free(session->factory);
    uv_close((uv_handle_t *)&session->interrupt, NULL);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    uv_loop_close(&session->loop);
    session->tickets = tickets_free(session->tickets);
    buffer_deinit(&session->jobs);
    session->is_open = false;
}

void session_wait(struct session *session, const bool *done)
{
    while (!*done)
        uv_run(&session->loop, UV_RUN_ONCE);
}

static void interrupted(uv_signal_t *signal, int number)
{
    struct session *session = container_of(signal, struct session, interrupt);

    (void)number;
    if (session->on_interrupt)
        session->on_interrupt(session, ++session->interrupts);
}

void session_catch(struct session *session,
                   void (*on_interrupt)(struct session *session, unsigned times), void *user)
{
    session->on_interrupt = on_interrupt;
    session->user = user;
    session->interrupts = 0;
    if (on_interrupt)
        uv_signal_start(&session->interrupt, interrupted, SIGINT);
    else
        uv_signal_stop(&session->interrupt);
}

int session_reload(struct session *session, struct fleet **before_out)
{
    int status = console_fleet_reload(session->console, &session->fleet, before_out);

    if (!status)
        link_pool_forget(session->pool);
    return status;
}
