/* See answer-text.h. */
#include "desktop/view/answer-text.h"

#include "fleet/home/i18n.h"
#include "fleet/run/differ.h"

void answer_text_show_trouble(HuneOutputView *output, const struct hune_answer *answer)
{
    if (!answer->sentence)
        return;
    hune_output_view_end_line(output);
    hune_output_view_append(output, answer->sentence, -1, HUNE_OUTPUT_NOTE);
    hune_output_view_end_line(output);
    if (answer->advice)
        hune_output_view_append(output, answer->advice, -1, HUNE_OUTPUT_NOTE);
    hune_output_view_end_line(output);
}

static const char *rest_text(const struct hune_answer *answer)
{
    return answer->is_kept
               ? _("(there is more: choose a machine under Machines to read all that it said)\n")
               : _("(the rest was too long to be remembered by this computer; the machine's "
                   "Journal "
                   "may still have it)\n");
}

void answer_text_show(HuneOutputView *output, const struct hune_answer *answer)
{
    hune_output_view_append(output, answer->text->str, (gssize)answer->text->len,
                            HUNE_OUTPUT_PLAIN);
    hune_output_view_end_line(output);
    if (answer->left_out)
        hune_output_view_append(output, rest_text(answer), -1, HUNE_OUTPUT_NOTE);
    answer_text_show_trouble(output, answer);
}

/* What the majority does not say stands out, and so does what it alone says. */
static int show_line(char sign, const uint8_t *line, size_t size, void *user)
{
    HuneOutputView *output = user;
    enum hune_output_style style = sign == '+'   ? HUNE_OUTPUT_COMMAND
                                   : sign == '-' ? HUNE_OUTPUT_NOTE
                                                 : HUNE_OUTPUT_PLAIN;

    if (sign == '-')
        hune_output_view_append(output, "− ", -1, style);
    hune_output_view_append(output, (const char *)line, (gssize)size, style);
    hune_output_view_append(output, "\n", 1, style);
    return 0;
}

void answer_text_show_against(HuneOutputView *output, const struct hune_answer *answer,
                              const struct hune_answer *usual)
{
    if (differ((const uint8_t *)usual->text->str, usual->text->len,
               (const uint8_t *)answer->text->str, answer->text->len, show_line, output) != 0)
        hune_output_view_append(output, answer->text->str, (gssize)answer->text->len,
                                HUNE_OUTPUT_PLAIN);
    hune_output_view_end_line(output);
    if (answer->left_out)
        hune_output_view_append(output, rest_text(answer), -1, HUNE_OUTPUT_NOTE);
    if (!answer->sentence)
        return;
    hune_output_view_append(output, answer->sentence, -1, HUNE_OUTPUT_NOTE);
    hune_output_view_end_line(output);
}
