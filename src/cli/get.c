/* hune get: files and folders from machines. */
#include "cli/carry.h"
#include "cli/commands.h"

enum { PATIENCE_S = 600 };

static int exec_get(struct console *console, const void *values, const struct words *words)
{
    struct carry_options options = *(const struct carry_options *)values;
    _cleanup_(carry_deinit) struct carry carry = {
        .console = console, .verb = VERB_GET, .options = &options};
    int status;

    if (!options.patience)
        options.patience = PATIENCE_S;
    status = carry_plan_get(&carry, words);
    return status ? status : carry_run(&carry);
}

static const struct cli_option options[] = {
    OPTION(struct carry_options, as, TEXT, 'u', "as", N_("USER"),
           N_("read as this user of the machine")),
    OPTION(struct carry_options, max, TEXT, 0, "max", N_("SIZE"),
           N_("refuse more than this from a machine (500M, 10G)")),
    OPTION(struct carry_options, fanout, NUMBER, 'f', "fanout", N_("N"),
           N_("machines at a time; default 32")),
    OPTION(struct carry_options, patience, SECONDS, 0, "patience", N_("TIME"),
           N_("the machine gives up after so long without us; default 10m")),
    ELSEWHERE('r', "recursive", N_("Folders are taken whole without it.")),
    ELSEWHERE('p', "preserve", N_("Modes and times are kept without it.")),
    ELSEWHERE('a', "archive", N_("Folders are taken whole, and modes and times kept, without it.")),
    ELSEWHERE('P', "port", N_("The port stands in the list (hune list, hune add HOST:PORT).")),
    ELSEWHERE('z', "compress", N_("Nothing is packed on its way; name less, or pack it there.")),
    ELSEWHERE('w', "", N_("The machines stand before the path: hune put FILE… 'web[1-9]:/tmp'")),
};

const struct cli_command cli_get = {
    .name = "get",
    .arguments = N_("MACHINE:PATH... DIR"),
    .summary = N_("Get files and folders from machines"),
    .details = N_("With one machine, what is named goes into DIR, or becomes DIR if there is no\n"
                  "such folder. With several, each has a folder of its name in DIR. Modes, times,\n"
                  "links and holes are kept. Nothing changes here before all of it has arrived.\n"
                  "A DIR of - writes one file to standard output.\n"
                  "A relative PATH begins at the user's home; *, ? and [] in it work there."),
    .examples = "hune get web1:/etc/hosts .\n"
                "hune get 'web[1-3]:/var/log/nginx/*.log' logs\n"
                "hune get --as www-data web1:site web1:/etc/nginx backup\n"
                "hune get db1:/var/backups/all.sql.gz - | zcat | less",
    OPTIONS(options, struct carry_options),
    .selects = true,
    .exec = exec_get,
};
