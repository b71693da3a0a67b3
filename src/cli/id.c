/* hune id: who I am to the machines. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/json-line.h"

static int exec_id(struct console *console, const void *values, const struct words *words)
{
    _cleanup_buffer_ struct buffer operators = BUFFER_INIT;
    struct signer *signer;
    int status = console_signer(console, &signer);

    (void)values;
    (void)words;
    if (status)
        return status;
    if (signer_operators_line(signer, "all", "root", &operators) < 0 || !buffer_text(&operators)) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    if (console->common.json) {
        struct json_line line = json_line_begin(&console->out);

        json_line_text(&line, "fingerprint", signer_fingerprint(signer));
        json_line_text(&line, "type", sshkey_type_name(signer_key(signer)->type));
        json_line_text(&line, "comment", signer_comment(signer));
        json_line_text(&line, "file", signer_origin(signer));
        json_line_text(&line, "operators_line", buffer_text(&operators));
        json_line_end(&line);
        return STATUS_OK;
    }
    output_print(&console->out, _("Your key:  %s (%s)\n"), signer_fingerprint(signer),
                 sshkey_type_name(signer_key(signer)->type));
    output_print(&console->out, _("It is in:  "));
    output_safe(&console->out, signer_origin(signer));
    output_print(&console->out, "\n\n%s\n\n",
                 _("The line that gives it every right when added to a machine's operators file\n"
                   "(/etc/hune/operators; shorten may= and as= for fewer):"));
    output_safe(&console->out, buffer_text(&operators));
    output_print(&console->out, "\n");
    return STATUS_OK;
}

const struct cli_command cli_id = {
    .name = "id",
    .arguments = "",
    .summary = N_("Show your own key, and the line that machines need to know it"),
    .examples = "hune id\nhune id --json | jq -r .operators_line | ssh root@web1 tee -a "
                "/etc/hune/operators",
    .exec = exec_id,
};
