"""Asking and commanding one machine in its tab."""
import os
import re
import time

import pytest
from atspi import FOCUSED, SENSITIVE
from gi.repository import GLib
from gui import wait
from support import user_name


def open_command(gui, name="web1"):
    gui.open(name)
    gui.click("page tab", "Command")
    entry = gui.entry("Command to run")
    wait("the connection", lambda: not gui.has("label", "Connecting"))
    return entry


def output(gui):
    return gui.entry("Output").text


def test_a_line_runs_and_tells_how_it_ended(paired):
    gui, _ = paired()
    entry = open_command(gui)
    gui.enter(entry, "echo one; echo two >&2; exit 3")
    gui.label(r"^exited\(3\) after ")
    assert output(gui).startswith("$ echo one; echo two >&2; exit 3\n")
    assert "one\n" in output(gui) and "two\n" in output(gui)
    wait("an empty line for the next one", lambda: entry.text == "")


def test_output_arrives_while_it_runs_and_stop_ends_it(paired):
    gui, _ = paired()
    gui.enter(open_command(gui), "echo begun; exec sleep 600")
    wait("the first line", lambda: "begun\n" in output(gui))
    gui.press("Stop")
    gui.label(r"^(killed|signalled\(15\)) after ")
    gui.gone("button", "Stop")


def test_words_ask_for_facts(paired):
    gui, _ = paired()
    entry = open_command(gui)
    gui.enter(entry, "os ram")
    gui.label(r"^answered after ")
    assert "Linux" in output(gui) and "GiB" in output(gui)
    gui.press("uptime")
    wait("the uptime", lambda: "since" in output(gui))


def test_a_word_behind_an_exclamation_mark_is_the_shells(paired):
    gui, _ = paired()
    gui.enter(open_command(gui), "!os")
    gui.label(r"^exited\(127\) after ")


def test_up_recalls_the_line_before(paired):
    gui, _ = paired()
    entry = open_command(gui)
    gui.enter(entry, "echo first")
    gui.label(r"^exited\(0\) after ")
    gui.focus(entry)
    gui.key("Up")
    wait("the line before", lambda: entry.text == "echo first")
    gui.key("Down")
    wait("what was typed", lambda: entry.text == "")


def test_only_what_was_typed_runs(paired):
    """A line of before is proposed behind what is typed, and is part of it only once it was taken."""
    gui, _ = paired()
    entry = open_command(gui)
    gui.enter(entry, "echo whole words")
    gui.label(r"^exited\(0\) after ")
    gui.focus(entry)
    gui.type("echo who")
    wait("the proposal", lambda: entry.text == "echo whole words")
    gui.key("Return")
    wait("the answer", lambda: output(gui).endswith("\nwho\n"))
    wait("an empty line for the next one", lambda: entry.text == "")
    gui.type("echo whol")
    wait("the proposal", lambda: entry.text == "echo whole words")
    gui.key("Tab")  # takes it, and goes on from there
    gui.type(" more")
    wait("the longer line", lambda: entry.text == "echo whole words more")
    gui.key("Return")
    wait("the answer", lambda: output(gui).endswith("\nwhole words more\n"))
    wait("an empty line for the next one", lambda: entry.text == "")
    gui.type("kil")
    wait("the proposal", lambda: entry.text == "kill")
    gui.key("Escape")
    wait("what was typed", lambda: entry.text == "kil")
    gui.type("l")
    gui.key("BackSpace")
    gui.type("l")
    gui.key("ctrl+a", "BackSpace")
    gui.type("kil")
    wait("the proposal", lambda: entry.text == "kill")
    gui.point(gui.entry("Output"))  # elsewhere
    wait("what was typed", lambda: entry.text == "kil")


def test_quick_keys_are_not_garbled_by_proposals(paired):
    """Each key meets the proposal that the key before it made."""
    gui, _ = paired()
    entry = open_command(gui)
    for line in ("echo disconnected users", "echo processes"):
        gui.enter(entry, line)
        gui.label(r"^exited\(0\) after ")
        wait("an empty line for the next one", lambda: entry.text == "")
    gui.focus(entry)
    for number in range(12):
        for line in ("echo disconnected", "echo proces", "disconnec"):
            gui.tool("type", "--delay", 1 + number, line)
            gui.key("Escape")
            wait(line, lambda line=line: entry.text == line, 10)
            gui.key("ctrl+a", "BackSpace")
            wait("an empty line", lambda: entry.text == "")


def test_the_output_can_be_searched(paired):
    gui, _ = paired()
    gui.enter(open_command(gui), "seq 1 500")
    gui.label(r"^exited\(0\) after ")
    gui.press("Find")
    search = gui.entry("Find in the output")
    search.text = "no such line"
    gui.label("^Not found$")
    search.text = "477"
    gui.gone("label", "Not found")


def test_hostile_output_is_shown_as_text(paired):
    gui, _ = paired()
    gui.enter(open_command(gui), r"printf '\033[31m<b>x</b>\n\342\200\256abc\n\377\n'")
    gui.label(r"^exited\(0\) after ")
    text = output(gui)
    assert "\\x1b[31m<b>x</b>\n" in text, text
    assert "\u202e" not in text.split("\n", 1)[1]


def test_a_long_line_and_many_lines_do_not_stop_the_window(paired):
    gui, _ = paired()
    entry = open_command(gui)
    gui.enter(entry, "head -c 1048576 /dev/zero | tr '\\0' x; echo; seq 1 1000000; echo the end")
    gui.label(r"^exited\(0\) after ", seconds=120)
    wait("the last line", lambda: output(gui)[-20:].endswith("the end\n"))
    assert len(output(gui)) <= 5 << 20
    assert "earlier lines are not shown" in output(gui)[:200]


def lowest_line(gui):
    """The last line that can be seen, as one finds it who clicks at the bottom."""
    shown = gui.entry("Output")
    left, top = gui.origin()
    x, y, _, height = shown.extents
    for up in range(10, 80, 12):
        gui.tool("mousemove", left + x + 15, top + y + height - up, "click", 1)
        gui.settle(2)
        at = shown.get("Text", "CaretOffset")
        around = GLib.Variant("(ii)", (max(0, at - 100), min(shown.get("Text", "CharacterCount"), at + 100)))
        before, after = (shown.call("Text", "GetText", GLib.Variant("(ii)", span))[0]
                         for span in ((around[0], at), (at, around[1])))
        line = before.rsplit("\n", 1)[-1] + after.split("\n", 1)[0]
        if line:
            return line
    return ""


def test_the_output_stands_at_its_end(paired):
    """Also behind a line that takes long to be laid out; until somebody looks at what was before."""
    gui, _ = paired()
    entry = open_command(gui)
    gui.enter(entry, "head -c 1048576 /dev/zero | tr '\\0' x; echo; echo short")
    gui.label(r"^exited\(0\) after ", seconds=120)
    wait("the last line", lambda: gui.entry("Output").end_of_text().endswith("\nshort\n"))
    assert len(output(gui)) > 200000
    wait("the last line to be seen", lambda: lowest_line(gui) == "short")
    gui.enter(entry, "for i in $(seq 20000); do echo line $i; sleep 0.05; done")

    def said():
        lines = re.findall(r"line (\d+)\n", gui.entry("Output").end_of_text())
        return int(lines[-1]) if lines else 0

    def seen():
        return int(re.fullmatch(r"line (\d+)", lowest_line(gui))[1])

    wait("some lines", lambda: said() > 60)
    wait("a late line to be seen", lambda: seen() > 60)
    gui.point(gui.entry("Output"))
    gui.tool("click", "--repeat", 6, "--delay", 20, 4)  # the wheel, upwards
    before, stood = said(), seen()
    wait("more lines", lambda: said() > before + 40)
    assert seen() == stood
    gui.press("Stop")
    gui.label(r"^(killed|signalled\(15\)) after ")


def test_lines_that_left_the_view_come_back(paired):
    """Ten million lines are too many for a view; none of them is lost."""
    gui, _ = paired()
    gui.enter(open_command(gui), "seq 1 1300000")
    gui.label(r"^exited\(0\) after ", seconds=120)
    wait("the last line", lambda: output(gui).endswith("\n1300000\n"))
    gui.label("^Earlier lines are not shown.$")
    first = int(output(gui).split("\n", 2)[1])
    assert first > 100000
    gui.press("Earlier lines")
    gui.label(r"^From [0-9.]+ MiB on, of 8.9 MiB$")
    wait("the line before", lambda: output(gui).endswith(f"\n{first - 1}\n"))
    page = output(gui)
    assert len(page) <= 1 << 20
    begin = int(page.split("\n", 1)[0])
    assert [int(line) for line in page.split()] == list(range(begin, first))
    gui.press("Earlier lines")
    wait("the page before", lambda: output(gui).endswith(f"\n{begin - 1}\n"))
    gui.press("Find")
    gui.entry("Find in the output").text = str(begin - 7)
    gui.gone("label", "Not found")
    gui.press("Later lines")
    wait("the first page", lambda: output(gui) == page)
    gui.press("Later lines")
    wait("the end", lambda: output(gui).endswith("\n1300000\n"))
    for _ in range(20):
        if not has_earlier(gui):
            break
        earlier(gui)
    assert output(gui).startswith("1\n2\n3\n")
    gui.press("To the end")
    wait("the end", lambda: output(gui).endswith("\n1300000\n"))
    gui.enter(gui.entry("Command to run"), "echo next")
    gui.label(r"^exited\(0\) after ")
    gui.gone("button", "Earlier lines")


def find(gui, text):
    """Types it into the bar that finds, and waits until it is selected."""
    gui.entry("Find in the output").text = text
    wait(f"{text} to be found", lambda: gui.entry("Output").selected == text)


def test_all_of_a_long_answer_is_searched(paired):
    """What left the view is looked through, too, and shown at the place: there and back, around the end."""
    gui, _ = paired()
    gui.enter(open_command(gui), "seq 1 1300000; echo Été")
    gui.label(r"^exited\(0\) after ", seconds=120)
    wait("the last line", lambda: output(gui).endswith("\nÉté\n"))
    gui.label("^Earlier lines are not shown.$")
    gui.press("Find")
    find(gui, "77777")
    text = output(gui)
    at = text.index("77777")
    assert text[at - 6:at + 12] == "77776\n77777\n77778\n"[:18], text[at - 6:at + 12]
    gui.label(r"^From 0 B on, of 8.9 MiB$|^From [0-9.]+ [KM]iB on, of 8.9 MiB$")
    gui.press("Find the next one")
    wait("the next one", lambda: "\n177777\n" in output(gui) and gui.entry("Output").selected == "77777")
    gui.press("Find the previous one")
    wait("the first one", lambda: output(gui) == text)
    gui.press("Find the previous one")  # around: the last one of all is in the live text
    wait("the last one", lambda: output(gui).endswith("\nÉté\n"))
    assert gui.entry("Output").selected == "77777"
    gui.press("Find the next one")
    wait("the first one again", lambda: output(gui) == text)
    find(gui, "1299999")
    gui.entry("Find in the output").text = "no such line"
    gui.label("^Not found$")
    gui.entry("Find in the output").text = "éTÉ"
    wait("whatever the case", lambda: gui.entry("Output").selected == "Été")


# Each line is 101 bytes, but nearly 400 characters: so the view holds less of it than the machine.
MANY_LINES = "pad=$(printf '\\001%.0s' $(seq 93)); seq -f \"%07.0f$pad\" 50000; echo the end; "


def numbers(text):
    return [int(line[:7]) for line in text.split("\n") if line[:7].isdigit()]


def has_earlier(gui):
    """Whether there is a page before. While one is asked for, nobody can ask for the next."""
    button = gui.find("button", "Earlier lines")
    return wait("what can be asked for", lambda: button.has(SENSITIVE) and "more" or
                gui.entry("Output").text.startswith("1\n2\n3\n") and "all") == "more"


def earlier(gui):
    """The page before; its text."""
    text = gui.entry("Output")
    before = text.end_of_text(500)  # a whole line, which has a number: all of it is long to fetch
    gui.press("Earlier lines")
    wait("another page", lambda: text.end_of_text(500) != before)
    return text.text


@pytest.mark.timeout(600)
def test_what_is_kept_no_more_is_asked_of_the_machine(paired):
    """The beginning and the end of it are kept here, as much as there is room for; then the job itself is
    asked; what it has no more is told."""
    gui, (agent,) = paired(environment={"HUNE_KEPT_MIB": "1"})
    gui.enter(open_command(gui), MANY_LINES + "exec sleep 600")
    wait("the last line", lambda: gui.entry("Output").end_of_text().endswith("the end\n"), 120)
    first = numbers(output(gui))[0]
    while "These lines are gone" not in (page := earlier(gui)):
        assert numbers(page) and numbers(page)[-1] == first - 1, page[:200]
        first = numbers(page)[0]
    assert first < 33000, "more than this computer keeps: nearly two mebibytes"
    gui.label(r"^From 1\.0 MiB to [0-9.]+ MiB, of 4\.8 MiB: not to be had$")
    page = earlier(gui)
    assert 10380 <= numbers(page)[-1] <= 10382
    assert numbers(page)[0] == 1
    gui.press("Later lines")
    wait("what is gone", lambda: "These lines are gone" in output(gui))
    gui.press("Later lines")
    wait("what the machine has", lambda: first in numbers(output(gui))[:2])
    gui.press("Find")
    find(gui, "0000777")
    gui.entry("Find in the output").text = "0020000"
    gui.label("^Not found in what is kept here$")
    find(gui, "0049999")
    gui.press("Stop")
    gui.label(r"^(killed|signalled\(15\)) after ")
    for _ in range(30):  # an ended job keeps less
        if "These lines are gone" in (page := earlier(gui)):
            break
        last = numbers(page)[0] if numbers(page) else last  # the rest of a line
    assert 38000 < last < 41000, "the mebibyte that is kept here"
    gui.press("To the end")
    agent.stop()
    gui.label(r"^Reconnecting|^Unreachable")
    for _ in range(30):
        if "cannot be asked now" in earlier(gui):
            break
    else:
        raise AssertionError("nobody said that the machine is away")


def test_disconnect_stays_disconnected_until_told(paired):
    gui, _ = paired()
    gui.enter(open_command(gui), "disconnect")
    gui.label("^Disconnected$")
    gui.press("Connect")
    gui.gone("label", "Disconnected")
    gui.enter(gui.entry("Command to run"), "echo again")
    gui.label(r"^exited\(0\) after ")


def test_reset_asks_and_jobs_go_on(paired):
    gui, _ = paired()
    open_command(gui)
    gui.press("reset")
    dialog = gui.dialog()
    gui.label("Let the agent on web1 start afresh", dialog)
    gui.press("Start afresh", dialog)
    gui.no_dialog()
    wait("what was done", lambda: "the agent starts afresh" in output(gui))
    gui.enter(gui.entry("Command to run"), "echo back")
    gui.label(r"^exited\(0\) after ")


def test_kill_asks_first_and_stops_the_agent(paired):
    gui, (agent,) = paired()
    open_command(gui)
    gui.press("kill")
    dialog = gui.dialog()
    gui.label("It stays stopped until somebody starts it there", dialog)
    gui.press("Cancel", dialog)
    gui.no_dialog()
    assert agent.process.poll() is None
    gui.press("kill")
    gui.press("Stop the agent", gui.dialog())
    wait("the agent's end", lambda: agent.process.poll() is not None)
    gui.label(r"^Reconnecting|^Unreachable")
    gui.find("button", "Try now")
    agent.process = None


def test_a_machine_that_stops_and_comes_back(paired):
    gui, (agent,) = paired()
    entry = open_command(gui)
    agent.stop()
    gui.label(r"^Reconnecting( in \d+ s)?$|^Unreachable(, next attempt in \d+ s)?$")
    gui.label(r"^Unreachable, next attempt in \d+ s$")
    gui.press("Find out why…")
    dialog = gui.dialog("The way to web1")
    way = gui.find("list", "The way to the machine", dialog)
    wait("the step that fails", lambda: way.children[-1].name == "Something listens there: failed")
    gui.key("Escape")
    gui.no_dialog()
    gui.enter(entry, "echo nobody")
    gui.label(r"^unreachable after ")
    wait("the reason", lambda: "Nobody listens" in output(gui))
    agent.start()
    gui.press("Try now")
    gui.gone("button", "Try now")
    gui.enter(entry, "echo somebody")
    gui.label(r"^exited\(0\) after ")


def reinstalled(paired, agent, console):
    """A window over a machine in whose place another one answers: (window, the id pinned, the id seen)."""
    gui, (old,) = paired()
    gui.open("web1")
    pinned = console.json("list")[0]["id"]
    old.stop()
    seen = re.search(r"id=(SHA256:[^&]+)", agent(port=old.port).invite(may="all"))[1]
    assert pinned != seen
    gui.label("^Id changed$", seconds=90)
    return gui, pinned, seen


def test_a_tall_banner_leaves_room_in_a_small_window(paired, agent, console):
    """Nothing is below the edge: not on the machine's page, nor on that of the list, which is as high."""
    gui, _, _ = reinstalled(paired, agent, console)
    for width, height in ((693, 407), (900, 400)):
        gui.tool("windowsize", gui.newest("Hune$")[0], width, height)
        wait("the size", lambda: abs(gui.windows[0].extents[2] - width) < 12)
        for view in ("Overview", "Terminal", "Files", "Journal", "Command"):
            gui.click("page tab", view)
            assert gui.windows[0].extents[3] <= height, (view, gui.windows[0].extents)
        for node in (gui.entry("Command to run"), gui.find("button", "Clear"),
                     gui.find("button", "Keep refusing it")):
            _, y, _, size = node.extents
            assert 0 <= y and y + size <= height, (node, node.extents)
        gui.point(gui.find("filler", "All machines"))
        bar = wait("the command bar", lambda: gui.entry("Command for the selected machines"))
        assert bar.extents[1] + bar.extents[3] <= height, bar.extents
        gui.open("web1")


def test_a_machine_with_another_id(paired, agent, console):
    gui, pinned, seen = reinstalled(paired, agent, console)
    shown = gui.label(r"pinned: SHA256:.*\n?.*seen:\s+SHA256:").name
    assert pinned in shown and seen in shown
    texts = wait("the two choices", lambda: {n.name for n in gui.all("button")} >= {
        "Keep refusing it", "It was reinstalled: pin the new id…"})
    assert texts and not gui.has("button", "Try now") and not gui.has("button", "Try again")
    gui.press("It was reinstalled: pin the new id…")
    dialog = gui.dialog()
    gui.label("Only do this if you know that the machine was reinstalled", dialog)
    gui.label(f"Pinned: {re.escape(pinned)}\nSeen: {re.escape(seen)}", dialog)
    gui.press("Cancel", dialog)
    gui.no_dialog()
    assert console.json("list")[0]["id"] == pinned
    gui.press("It was reinstalled: pin the new id…")
    gui.press("Pin the new id", gui.dialog())
    gui.no_dialog()
    gui.label("^Refused$")  # it is another agent: it does not know our key
    gui.label("does not know your key")
    assert console.json("list")[0]["id"] == seen


def test_another_id_is_refused_for_good(paired, agent, console):
    gui, pinned, seen = reinstalled(paired, agent, console)
    gui.click("page tab", "Command")
    gui.enter(gui.entry("Command to run"), "echo secret")
    gui.label("^unreachable after |^refused|^not ")
    assert "secret\n" not in output(gui).split("\n", 1)[1]
    gui.press("Keep refusing it")
    gui.label("^Id changed, refused$")
    gui.label("^You keep refusing it|\nYou keep refusing it")
    shown = gui.label(r"pinned: SHA256:.*\n?.*seen:\s+SHA256:").name
    assert pinned in shown and seen in shown
    assert not gui.has("button", "Keep refusing it")
    gui.enter(gui.entry("Command to run"), "echo secret2")
    gui.label("^(unsent|unreachable) after ")
    assert "secret2\n" not in output(gui).split("echo secret2", 1)[1]
    gui.label("^Id changed, refused$")
    gui.point(gui.find("filler", "All machines"))
    wait("the reason in the list", lambda: "Id changed, refused" in gui.rows()[0][1])
    gui.open("web1")
    gui.press("Try again")
    gui.label("^Id changed$")
    gui.press("Keep refusing it")
    gui.label("^Id changed, refused$")
    gui.press("It was reinstalled: pin the new id…")
    gui.press("Cancel", gui.dialog())
    gui.no_dialog()
    assert console.json("list")[0]["id"] == pinned


def test_run_is_insensitive_without_a_command(paired):
    gui, _ = paired()
    entry = open_command(gui)
    run = gui.find("button", "Run")
    assert not run.has(SENSITIVE)
    entry.text = "true"
    wait("a sensitive button", lambda: run.has(SENSITIVE))


def test_escape_takes_back_who_was_half_typed(paired):
    gui, _ = paired()
    open_command(gui)
    for stood, typed in (("default", "ab"), ("default", "no name!"), ("daemon", "x")):
        if stood != "default":
            gui.choose_user("HuneCommandView", stood)
        gui.point(gui.user_button("HuneCommandView", stood))
        entry = gui.entry("User to run as")
        wait("the focus", lambda entry=entry: entry.has(FOCUSED))
        gui.key("ctrl+a")
        gui.type(typed)
        wait("the text", lambda entry=entry, typed=typed: entry.text == typed)
        gui.key("Escape")
        wait("no popover", lambda: not any(n.name == "User to run as" for n in gui.all("text")))
        gui.user_button("HuneCommandView", stood)
        gui.point(gui.user_button("HuneCommandView", stood))
        assert gui.entry("User to run as").text == ("" if stood == "default" else stood)
        gui.key("Escape")
        wait("no popover", lambda: not any(n.name == "User to run as" for n in gui.all("text")))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_line_runs_as_another_user(paired):
    gui, _ = paired(may="all", as_="root,nobody,daemon")
    entry = open_command(gui)
    gui.enter(entry, "id -un")
    wait("the list's user", lambda: output(gui) == "$ id -un\nroot\n")
    gui.choose_user("HuneCommandView", "nobody")
    gui.enter(entry, "id -un")
    wait("the other user", lambda: output(gui).endswith("nobody $ id -un\nnobody\n"))
    gui.point(gui.user_button("HuneCommandView", "nobody"))
    gui.find("button", "Default: the machine decides")
    gui.press("daemon")  # as the machine told
    gui.user_button("HuneCommandView", "daemon")
    gui.enter(entry, "id -un")
    wait("the one that was picked", lambda: output(gui).endswith("daemon $ id -un\ndaemon\n"))


def test_a_user_that_is_not_granted_is_told(paired):
    gui, _ = paired(as_=user_name())
    entry = open_command(gui)
    gui.choose_user("HuneCommandView", "games")
    gui.enter(entry, "id -un")
    gui.label(r"^refused\(run-as\) after ")
    assert "Your key may not run anything as that user." in output(gui)
    assert "as= option" in output(gui)


def test_what_is_no_users_name_runs_nothing(paired):
    gui, _ = paired()
    entry = open_command(gui)
    gui.point(gui.user_button("HuneCommandView", "default"))
    user = gui.entry("User to run as")
    gui.type("a b")
    gui.label("^That is no user's name.$")
    gui.key("Return")
    assert user.text == "a b"
    gui.point(entry)  # closes it and leaves what was typed, which Escape would take back
    gui.gone("text", "User to run as")
    gui.enter(entry, "id -un")
    wait("the line to stay", lambda: entry.text == "id -un")
    assert not gui.find("button", "Run").has(SENSITIVE)
    assert output(gui) == ""


FULL = os.environ.get("HUNE_FAULTS") == "full"


def resident_mib(gui):
    status = open(f"/proc/{gui.process.pid}/status").read()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


@pytest.mark.timeout(900)
def test_ten_million_lines_cost_what_some_thousand_do(paired):
    """Memory does not grow with them, the window answers meanwhile, and the first line is still found.
    HUNE_FAULTS=full takes all ten million, of a release build (HUNE_BUILD=build); else it is a tenth."""
    count = 10_000_000 if FULL else 1_000_000
    gui, _ = paired()
    entry = open_command(gui)
    gui.enter(entry, f"head -c 1048576 /dev/zero | tr '\\0' x; echo; seq {count // 10}")
    gui.label(r"^exited\(0\) after ", seconds=300)
    before = resident_mib(gui)
    gui.enter(entry, f"seq {count}; echo done")
    slowest = 0
    while not gui.entry("Output").end_of_text().endswith("\ndone\n"):
        asked = time.monotonic()
        entry.has(SENSITIVE)  # the main loop answers
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.1)
    gui.label(r"^exited\(0\) after ", seconds=300)
    grown = resident_mib(gui) - before
    print(f"{count} lines: {grown:.0f} MiB more than with {count // 10}, slowest answer {slowest * 1000:.0f} ms")
    # AddressSanitizer keeps 256 MiB of what was freed.
    assert grown < (120 if FULL else 400), "what is said goes to the disk"
    gui.press("Find")
    gui.entry("Find in the output").text = str(count // 3)
    wait("a line of the middle", lambda: gui.entry("Output").selected == str(count // 3), 120)
