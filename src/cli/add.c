/* hune add: a machine by its address. Whom to trust there is a question of its own: through ssh, by
 * taking whoever answers first (--accept-new), or later. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/newcomer.h"
#include "cli/via-ssh.h"
#include "fleet/inventory/address.h"
#include "fleet/run/fanout.h"

struct add_options {
    const char *name;
    const char *tags;
    const char *user;
    const char *via;
    bool accept_new;
};

struct meeting {
    struct console *console;
    struct link_info info;
    struct trouble trouble;
    bool done;
};

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct meeting *meeting = user;

    (void)link;
    meeting->info = *info;
    meeting->done = true;
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    struct meeting *meeting = user;

    (void)retry_ms;
    meeting->info = *link_info(link); /* its id was seen even if it would not open */
    meeting->trouble = *trouble;
    meeting->done = true;
}

static const struct link_events events = {.on_ready = on_ready, .on_failed = on_failed};

static int meet(struct session *session, const struct address *address, struct meeting *meeting)
{
    const struct link_target target = {
        .host = address->host, .port = address->port, .accept_new = true};
    struct link_watcher watcher = {.events = &events, .user = meeting};
    struct link *link;
    int error = link_new(&link, session->factory, &target);

    if (error)
        return error;
    link_watch(link, &watcher);
    link_connect(link);
    session_wait(session, &meeting->done);
    link_unwatch(link, &watcher);
    link_free(link);
    return 0;
}

/* Takes whoever answers. A machine that does not know our key yet has still shown its id: it is
 * kept, and the line that it lacks is told. */
static int accept_new(struct console *console, const struct address *address,
                      struct newcomer *newcomer)
{
    _cleanup_session_ struct session session = {0};
    struct meeting meeting = {.console = console};
    int status = session_open(&session, console, false);
    int error;

    if (status)
        return status;
    error = meet(&session, address, &meeting);
    if (error) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    if (meeting.trouble.code == PROBLEM_NONE) {
        newcomer->id = meeting.info.id;
        newcomer->own_name = meeting.info.name;
        return newcomer_save(console, newcomer, meeting.info.rights, meeting.info.run_as);
    }
    complain_trouble(&console->error, newcomer->name, &meeting.trouble, session.signer);
    /* Only a machine that was reached and said no has told its id. */
    if (outcome_of_trouble(&meeting.trouble).state != STATE_REFUSED)
        return outcome_exit_status(outcome_of_trouble(&meeting.trouble));
    newcomer->id = meeting.info.id;
    status = newcomer_save(console, newcomer, RIGHTS_NONE, NULL);
    return status ? status : STATUS_REFUSED;
}

static int save_unmet(struct console *console, const struct newcomer *newcomer)
{
    int status = newcomer_save(console, newcomer, RIGHTS_NONE, NULL);

    if (!status && !newcomer->id)
        complain_say(&console->error,
                     _("Join it with a link (huned invite), or pin whoever answers there now with: "
                       "hune add HOST --accept-new"),
                     "%s", _("Its id is not known yet, so it cannot be spoken to."));
    return status;
}

static int exec_add(struct console *console, const void *values, const struct words *words)
{
    const struct add_options *options = values;
    struct newcomer newcomer = {
        .name = options->name, .tags = options->tags, .user = options->user};
    struct address address;
    struct fault fault = {0};

    if (words->count != 1)
        return console_usage(console, _("This takes one HOST or HOST:PORT."), NULL);
    if (options->via) {
        struct invite_link invite;
        int status;

        if (!text_equal(options->via, "ssh"))
            return console_usage(console, _("--via takes ssh."), NULL);
        status = via_ssh_invite(console, words->items[0], &invite);
        return status ? status : newcomer_join(console, &invite, &newcomer);
    }
    if (address_parse(words->items[0], DEFAULT_PORT, &address, &fault)) {
        complain_fault(&console->error, words->items[0], &fault);
        return STATUS_USAGE;
    }
    newcomer.host = address.host;
    newcomer.port = address.port;
    return options->accept_new ? accept_new(console, &address, &newcomer)
                               : save_unmet(console, &newcomer);
}

static const struct cli_option options[] = {
    OPTION(struct add_options, name, TEXT, 'n', "name", N_("NAME"),
           N_("its name here; default: what it calls itself")),
    OPTION(struct add_options, tags, TEXT, 0, "tags", N_("A,B"), N_("tags to put on it")),
    OPTION(struct add_options, user, TEXT, 'u', "user", N_("USER"),
           N_("run as this user unless told otherwise")),
    OPTION(struct add_options, accept_new, FLAG, 0, "accept-new", NULL,
           N_("pin the id of whoever answers there now")),
    OPTION(struct add_options, via, TEXT, 0, "via", "ssh",
           N_("HOST is ssh's destination: get an invitation through it")),
};

const struct cli_command cli_add = {
    .name = "add",
    .arguments = N_("HOST[:PORT] [--accept-new | --via ssh]"),
    .summary = N_("Add a machine by its address"),
    .details = N_("With --via ssh, runs `huned invite` there over your own ssh, and joins."),
    .examples = "hune add root@web1 --via ssh\nhune add 192.0.2.7 --name web1 --accept-new",
    OPTIONS(options, struct add_options),
    .exec = exec_add,
};
