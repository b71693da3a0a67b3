/* Answers as text, CSV and JSON Lines, written in pieces that are cut anywhere between characters.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "desktop/window/answer-format.h"

/* In its place: the model, which is of no concern here, puts this into words. */
char *hune_answer_kind_text(const struct hune_answer *answer)
{
    return g_strdup(answer->state == HUNE_ANSWER_ENDED ? "exited(3)" : "running");
}

static const char output[] = "a \"quoted\", é\\\n\x01\ttab\n";

/* One answer whose output comes in pieces of `step` bytes at least. */
static void write_answer(enum hune_answer_format format, const struct hune_answer *answer,
                         size_t step, struct buffer *out)
{
    size_t size = strlen(output);

    hune_format_begin(format, answer, out);
    for (size_t at = 0; at < size;) {
        size_t end = MIN(at + step, size);

        while (end < size && ((uint8_t)output[end] & 0xc0) == 0x80)
            end++;
        hune_format_piece(format, output + at, end - at, out);
        at = end;
    }
    hune_format_end(format, answer, 7, FALSE, out);
}

static void expect(enum hune_answer_format format, const struct hune_answer *answer,
                   const char *expected)
{
    for (size_t step = 1; step <= strlen(output); step++) {
        _cleanup_buffer_ struct buffer out = BUFFER_INIT;

        write_answer(format, answer, step, &out);
        assert_string_equal(buffer_text(&out), expected);
    }
}

static struct hune_answer ended(HuneMachine *machine)
{
    return (struct hune_answer){.machine = machine,
                                .state = HUNE_ANSWER_ENDED,
                                .end = {.state = STATE_EXITED, .detail = 3}};
}

static void test_csv_doubles_quotes(void **state)
{
    HuneMachine machine = {.name = (char *)"web\"1"};
    struct hune_answer answer = ended(&machine);
    _cleanup_buffer_ struct buffer head = BUFFER_INIT;

    (void)state;
    hune_format_head(HUNE_FORMAT_CSV, &head);
    assert_string_equal(buffer_text(&head), "machine,state,problem,output,missing\n");
    expect(HUNE_FORMAT_CSV, &answer,
           "\"web\"\"1\",exited(3),,\"a \"\"quoted\"\", é\\\n\x01\ttab\n\",7\n");
    answer.sentence = (char *)"Nobody, there";
    expect(HUNE_FORMAT_CSV, &answer,
           "\"web\"\"1\",exited(3),\"Nobody, there\",\"a \"\"quoted\"\", é\\\n\x01\ttab\n\",7\n");
}

static void test_json_escapes(void **state)
{
    HuneMachine machine = {.name = (char *)"web1"};
    struct hune_answer answer = ended(&machine);

    (void)state;
    expect(HUNE_FORMAT_JSON, &answer,
           "{\"machine\":\"web1\",\"state\":\"exited(3)\",\"output\":"
           "\"a \\\"quoted\\\", é\\\\\\n\\u0001\\u0009tab\\n\",\"missing\":7}\n");
    answer.sentence = (char *)"A \"b\"";
    expect(HUNE_FORMAT_JSON, &answer,
           "{\"machine\":\"web1\",\"state\":\"exited(3)\",\"problem\":\"A \\\"b\\\"\",\"output\":"
           "\"a \\\"quoted\\\", é\\\\\\n\\u0001\\u0009tab\\n\",\"missing\":7}\n");
}

static void test_text_is_for_people(void **state)
{
    HuneMachine machine = {.name = (char *)"web1"};
    struct hune_answer answer = ended(&machine);
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    expect(HUNE_FORMAT_TEXT, &answer, "---- web1: exited(3)\na \"quoted\", é\\\n\x01\ttab\n");
    answer.sentence = (char *)"It is away.";
    hune_format_begin(HUNE_FORMAT_TEXT, &answer, &out);
    hune_format_piece(HUNE_FORMAT_TEXT, "half", 4, &out);
    hune_format_gap(HUNE_FORMAT_TEXT, 2048, &out);
    hune_format_end(HUNE_FORMAT_TEXT, &answer, 2048, TRUE, &out);
    assert_string_equal(
        buffer_text(&out),
        "---- web1: exited(3)\nhalf\n(2.0 KiB are missing here: they could not be had)\n"
        "\nIt is away.\n");
}

static void test_gaps_are_for_text_alone(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    hune_format_head(HUNE_FORMAT_TEXT, &out);
    hune_format_head(HUNE_FORMAT_JSON, &out);
    hune_format_gap(HUNE_FORMAT_CSV, 9, &out);
    hune_format_gap(HUNE_FORMAT_JSON, 9, &out);
    assert_int_equal(buffer_length(&out), 0);
}

static void test_what_has_not_ended_says_so(void **state)
{
    HuneMachine machine = {.name = (char *)"m"};
    struct hune_answer answer = {.machine = &machine, .state = HUNE_ANSWER_RUNNING};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    hune_format_begin(HUNE_FORMAT_CSV, &answer, &out);
    assert_string_equal(buffer_text(&out), "m,running,,\"");
    buffer_clear(&out);
    answer.state = HUNE_ANSWER_WAITING;
    hune_format_begin(HUNE_FORMAT_JSON, &answer, &out);
    assert_string_equal(buffer_text(&out),
                        "{\"machine\":\"m\",\"state\":\"waiting\",\"output\":\"");
}

static void test_names(void **state)
{
    (void)state;
    assert_int_equal(hune_answer_format_of("text"), HUNE_FORMAT_TEXT);
    assert_int_equal(hune_answer_format_of("csv"), HUNE_FORMAT_CSV);
    assert_int_equal(hune_answer_format_of("json"), HUNE_FORMAT_JSON);
    assert_string_equal(hune_answer_format_file(HUNE_FORMAT_JSON), "answers.jsonl");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_doubles_quotes),
        cmocka_unit_test(test_json_escapes),
        cmocka_unit_test(test_text_is_for_people),
        cmocka_unit_test(test_gaps_are_for_text_alone),
        cmocka_unit_test(test_what_has_not_ended_says_so),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
