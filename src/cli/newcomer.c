#include "cli/newcomer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/render.h"
#include "fleet/link/pair.h"
#include "fleet/run/fanout.h"

int newcomer_save(struct console *console, const struct newcomer *newcomer, uint16_t rights,
                  const char *run_as)
{
    struct newcomer_entry entry = {.newcomer = newcomer};
    struct fleet *fleet;
    uint32_t index;
    int status = console_fleet_edit(console, newcomer_enter, &entry);

    if (!status)
        status = console_fleet(console, &fleet);
    if (status)
        return status;
    index = fleet_find(fleet, entry.name);
    if (index == FLEET_NONE)
        return STATUS_FAILED; /* somebody removed it in this very moment */
    renderer_of(console)->welcome(console, &fleet->machines[index], rights, run_as);
    return STATUS_OK;
}

struct joining {
    struct pair_result result;
    struct trouble trouble;
    bool done;
};

static void on_paired(const struct pair_result *result, const struct trouble *trouble, void *user)
{
    struct joining *joining = user;

    if (result)
        joining->result = *result;
    else
        joining->trouble = *trouble;
    joining->done = true;
}

int newcomer_join(struct console *console, const struct invite_link *invite,
                  struct newcomer *newcomer)
{
    _cleanup_session_ struct session session = {0};
    struct joining joining = {0};
    struct pair *pair;
    int status = session_open(&session, console, false);
    int error;

    if (status)
        return status;
    error = pair_start(&pair, session.factory, invite, NULL, on_paired, &joining);
    if (error) {
        complain(&console->error, invite->host, _("Joining cannot be begun."), strerror(-error),
                 NULL);
        return STATUS_FAILED;
    }
    session_wait(&session, &joining.done);
    if (joining.trouble.code != PROBLEM_NONE) {
        complain_trouble(&console->error, NULL, &joining.trouble, NULL);
        return outcome_exit_status(outcome_of_trouble(&joining.trouble));
    }
    newcomer->host = invite->host;
    newcomer->port = invite->port;
    newcomer->id = joining.result.id;
    newcomer->own_name = joining.result.name;
    return newcomer_save(console, newcomer, joining.result.rights, joining.result.run_as);
}
