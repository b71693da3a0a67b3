#include "cli/newcomer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/render.h"
#include "fleet/fanout.h"
#include "fleet/pair.h"

struct saving {
    const struct newcomer *newcomer;
    char name[MACHINE_NAME_MAX + 1];
};

static uint32_t find_by_id(const struct fleet *fleet, const uint8_t *id)
{
    for (uint32_t i = 0; id && i < fleet->count; i++) {
        if (fleet->machines[i].has_id && memcmp(fleet->machines[i].id, id, MACHINE_ID_SIZE) == 0)
            return i;
    }
    return FLEET_NONE;
}

/* "web1", or where that is taken "web1-2", "web1-3". The machine's own word is no order: what
 * cannot be a name becomes its address. */
static void choose_name(struct saving *saving, const struct fleet *fleet)
{
    const struct newcomer *newcomer = saving->newcomer;
    const char *wish = newcomer->own_name;

    if (!wish || !machine_name_valid(wish))
        wish = newcomer->host;
    snprintf(saving->name, sizeof(saving->name), "%s", wish);
    for (unsigned number = 2; fleet_find(fleet, saving->name) != FLEET_NONE; number++)
        snprintf(saving->name, sizeof(saving->name), "%.240s-%u", wish, number);
}

static int update(struct fleet *fleet, uint32_t index, struct saving *saving, struct fault *fault)
{
    const struct newcomer *newcomer = saving->newcomer;
    int error = fleet_set_address(fleet, index, newcomer->host, newcomer->port, fault);

    if (!error && newcomer->name && !text_equal(newcomer->name, fleet->machines[index].name))
        error = fleet_rename(fleet, index, newcomer->name, fault);
    if (!error && newcomer->user)
        error = fleet_set_user(fleet, index, newcomer->user, fault);
    for (const char *at = newcomer->tags; !error && at && *at;) {
        char tag[256];
        size_t length = strcspn(at, ", ");

        snprintf(tag, sizeof(tag), "%.*s", (int)length, at);
        if (length > 0)
            error = fleet_tag(fleet, index, tag, fault);
        at += length + strspn(at + length, ", ");
    }
    snprintf(saving->name, sizeof(saving->name), "%s", fleet->machines[index].name);
    return error;
}

static int save(struct fleet *fleet, void *context, struct fault *fault)
{
    struct saving *saving = context;
    const struct newcomer *newcomer = saving->newcomer;
    uint32_t index = find_by_id(fleet, newcomer->id);
    struct machine_spec spec = {
        .host = newcomer->host,
        .port = newcomer->port,
        .tags = newcomer->tags,
        .user = newcomer->user,
        .id = newcomer->id,
    };

    if (index != FLEET_NONE)
        return update(fleet, index, saving, fault);
    if (newcomer->name)
        snprintf(saving->name, sizeof(saving->name), "%s", newcomer->name);
    else
        choose_name(saving, fleet);
    spec.name = saving->name;
    return fleet_add(fleet, &spec, &index, fault);
}

int newcomer_save(struct console *console, const struct newcomer *newcomer, uint16_t rights,
                  const char *run_as)
{
    struct saving saving = {.newcomer = newcomer};
    struct fleet *fleet;
    uint32_t index;
    int status = console_fleet_edit(console, save, &saving);

    if (!status)
        status = console_fleet(console, &fleet);
    if (status)
        return status;
    index = fleet_find(fleet, saving.name);
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
