/* hune put: files and folders to machines. */
#include "cli/carry.h"
#include "cli/commands.h"

enum { PATIENCE_S = 600 };

static int exec_put(struct console *console, const void *values, const struct words *words)
{
    struct carry_options options = *(const struct carry_options *)values;
    _cleanup_(carry_deinit) struct carry carry = {
        .console = console, .verb = VERB_PUT, .options = &options};
    int status;

    if (!options.patience)
        options.patience = PATIENCE_S;
    status = carry_plan_put(&carry, words);
    return status ? status : carry_run(&carry);
}

static const struct cli_option options[] = {
    OPTION(struct carry_options, as, TEXT, 'u', "as", N_("USER"),
           N_("write as this user of the machine")),
    OPTION(struct carry_options, max, TEXT, 0, "max", N_("SIZE"),
           N_("the machine refuses more than this (500M, 10G)")),
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
    OPTION(struct carry_options, even_protected, FLAG, 0, "even-protected", NULL,
           N_("also on machines with the tag \"protected\"")),
};

const struct cli_command cli_put = {
    .name = "put",
    .arguments = N_("FILE... SEL:PATH"),
    .summary = N_("Put files and folders on machines"),
    .details = N_("What is named goes into PATH on every machine, or becomes PATH if there is no\n"
                  "such folder. Modes, times, links and holes are kept. Nothing changes on a\n"
                  "machine before all of it has arrived there; then each file is the old one or\n"
                  "the new one. A FILE of - reads standard input.\n"
                  "A relative PATH begins at the user's home; without PATH it is the home."),
    .examples = "hune put site.conf web1:/etc/nginx/conf.d/\n"
                "hune put --as www-data site '@web:/srv/www'\n"
                "hune put motd all:/etc/motd\n"
                "mysqldump all | hune put - db2:/var/backups/all.sql",
    OPTIONS(options, struct carry_options),
    .selects = true,
    .exec = exec_put,
};
