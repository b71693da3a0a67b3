"""One command on several machines at once."""
import csv
import json
import os
import re
import signal

import pytest
from atspi import FOCUSED, SENSITIVE
from gui import wait
from pages import MANY_LINES, NUMBERED, earlier, find, has_earlier, numbered, numbers


def select_all(gui, count):
    wait("the rows", lambda: len(gui.rows()) == count)
    gui.point(gui.rows()[0][0])
    gui.key("ctrl+a")
    gui.label(f"{count} selected")


def run(gui, line):
    gui.enter(gui.entry("Command for the selected machines"), line)


def groups(gui):
    return [row.name for row in gui.find("list", "Answers").children]


def test_equal_answers_are_folded(paired):
    gui, _ = paired(3)
    select_all(gui, 3)
    run(gui, "echo the same")
    gui.label(r"^3 done, 0 failed, 0 unreachable, 0 running")
    wait("one answer", lambda: groups(gui) == ["web[1-3], 3 machines: exited(0)"])
    assert gui.entry("Output").text == "the same\n"


def test_differences_are_groups_of_their_own(paired):
    gui, agents = paired(3)
    select_all(gui, 3)
    run(gui, "echo $PPID | sed s/[0-9]*/x/; test -e /nowhere/at/all")
    gui.label(r"^0 done, 3 failed")
    wait("one answer", lambda: len(groups(gui)) == 1)
    assert "exited(1)" in groups(gui)[0]
    gui.find("button", "Run again on the failed ones")


def test_what_differs_from_the_majority_stands_out(paired, tmp_path):
    gui, _ = paired(3)
    select_all(gui, 3)
    run(gui, f"echo before; mkdir {tmp_path}/once 2>/dev/null && echo first || echo later; echo behind")
    gui.label(r"^3 done")
    wait("two answers", lambda: len(groups(gui)) == 2)
    gui.point(next(n for n in gui.find("list", "Answers").children if "1 machine:" in n.name))
    wait("what it says against the others", lambda: gui.entry("Output").text in (
        "before\n− later\nfirst\nbehind\n", "before\nfirst\n− later\nbehind\n"))


def test_a_machine_that_is_away_does_not_hold_the_others(paired):
    gui, agents = paired(3)
    select_all(gui, 3)
    agents[1].stop()
    run(gui, "echo here")
    gui.label(r"^2 done, 0 failed, 1 unreachable, 0 running")
    wait("two answers", lambda: len(groups(gui)) == 2)
    agents[1].start()
    gui.press("Run again on the failed ones")
    gui.label(r"^1 done, 0 failed, 0 unreachable, 0 running", seconds=60)


def test_a_machine_that_is_lost_while_it_runs_is_counted_as_such(paired, tmp_path):
    gui, agents = paired(2)
    select_all(gui, 2)
    run(gui, f"while ! test -e {tmp_path}/go; do sleep 0.1; done")
    gui.label(r"^0 done, 0 failed, 0 unreachable, 2 running, 0 waiting · [0-9.]+ s$")
    gui.label("^No machine is done yet. “Machines” shows")
    gate = agents[1].gate_pid
    os.kill(agents[1].pid, signal.SIGSTOP)  # nobody makes another gate
    os.kill(gate, signal.SIGKILL)
    gui.label(r"^0 done, 0 failed, 0 unreachable, 2 running, .* · connection to 1 of them lost$")
    os.kill(agents[1].pid, signal.SIGCONT)
    gui.label(r"2 running, 0 waiting · [0-9.]+ s$")
    (tmp_path / "go").touch()
    gui.label(r"^2 done, 0 failed, 0 unreachable, 0 running, 0 waiting")


def test_a_machines_own_answer(paired):
    gui, _ = paired(2)
    select_all(gui, 2)
    run(gui, "echo mine")
    gui.label(r"^2 done")
    gui.click("page tab", "Machines")
    machines = gui.find("list", "Machines")
    wait("both", lambda: len(machines.children) == 2)
    machines.select(1)
    wait("its text", lambda: gui.entry("Output").text == "mine\n")


def test_machines_of_a_run_tell_how_far_each_is(paired, tmp_path):
    """In words, while it runs and at its end."""
    gui, agents = paired(4)
    select_all(gui, 4)
    agents[3].stop()
    run(gui, f"mkdir {tmp_path}/1 2>/dev/null && exit; mkdir {tmp_path}/2 2>/dev/null && exit 3; exec sleep 600")
    gui.label(r"^1 done, 1 failed, 1 unreachable, 1 running, 0 waiting")
    gui.click("page tab", "Machines")
    machines = gui.find("list", "Machines")

    def told():
        return sorted(row.name for row in machines.children)

    wait("their states", lambda: sorted(re.sub("^web.", "web", name) for name in told()) ==
         ["web, exited(0)", "web, exited(3)", "web, running", "web, unreachable"])
    for row in machines.children:
        name, state = row.name.split(", ")
        assert [node.name for node in row.walk("label", None, ())] == [name, state]
    gui.press("Stop everywhere")
    wait("its end", lambda: any(name.endswith(", killed") or ", signalled" in name for name in told()))


def show_machine(gui, position):
    gui.click("page tab", "Machines")
    machines = gui.find("list", "Machines")
    wait("both", lambda: len(machines.children) == 2)
    machines.select(position)


def open_find(gui):
    gui.focus(gui.entry("Output"))
    gui.key("ctrl+shift+f")


@pytest.mark.long(25)
def test_all_of_a_long_answer_of_one_machine(paired):
    """The window holds a mebibyte of each answer; the rest comes back, of the machine that was chosen."""
    gui, _ = paired(2)
    select_all(gui, 2)
    run(gui, NUMBERED + '1 30000; echo "of process $PPID"; numbered 30001 60000')
    gui.label(r"^2 done", seconds=120)
    wait("the beginning", lambda: gui.entry("Output").begin_of_text(7) == "0000001")
    assert "there is more: choose a machine under Machines" in gui.entry("Output").end_of_text(200)
    said = []
    for position in (0, 1):
        show_machine(gui, position)
        wait("its end", lambda: gui.output_ends(f"\n{numbered(60000)}\n"))
        gui.label("^Earlier lines are not shown.$")
        text = gui.output()
        note, rest = text.split("\n", 1)
        assert note == "(earlier lines are not shown)"
        first = numbers(rest)[0]
        assert 53000 < first < 58600
        assert rest == "".join(f"{numbered(number)}\n" for number in range(first, 60001))
        assert earlier(gui).endswith(f"\n{numbered(first - 1)}\n")
        open_find(gui)
        find(gui, "of process")
        said.append(next(line for line in gui.output().split("\n") if "of process" in line))
        find(gui, "0029997")
        gui.press("To the end")
        wait("its end", lambda: gui.output_ends(f"\n{numbered(60000)}\n"))
    assert said[0] != said[1]
    seen = 0
    for _ in range(20):
        if not has_earlier(gui):
            break
        page = earlier(gui)
        assert said[0] not in page, "a page of the other machine"
        seen += page.count(said[1])
    assert page.startswith(f"{numbered(1)}\n{numbered(2)}\n")
    assert seen == 1


def test_a_long_answer_goes_on_while_it_is_shown(paired, tmp_path):
    """What was said before it was chosen stands before what is said meanwhile; nothing is missing or twice."""
    gui, _ = paired(2)
    select_all(gui, 2)
    enough = tmp_path / "enough"
    run(gui, f"{NUMBERED}1 20000; i=20000; until test -e {enough}; do i=$((i+1)); printf '%07d\\n' $i; sleep 0.01; done;"
             " echo the end")
    show_machine(gui, 1)

    def slow_line():
        said = gui.entry("Output").end_of_text(9)
        return int(said) if re.fullmatch(r"\n00\d{5}\n", said) else None

    wait("what comes slowly", slow_line)
    for position in (0, 1) * 6:
        gui.find("list", "Machines").select(position)
        before = wait("its text", slow_line)
        wait("what is said meanwhile", lambda: (slow_line() or 0) > before)
    enough.touch()
    gui.label(r"^2 done", seconds=60)
    wait("its end", lambda: gui.entry("Output").end_of_text(9) == "\nthe end\n")
    lines = numbers(gui.output())
    assert lines == list(range(lines[0], lines[-1] + 1))
    assert lines[0] < 18600 and lines[-1] > 20012


@pytest.mark.long(55)
@pytest.mark.timeout(600)
def test_what_nobody_has_any_more_of_one_machine(paired):
    """What is kept on this computer no more is asked of the job while it runs, and told if it is gone."""
    gui, agents = paired(2, environment={"HUNE_KEPT_MIB": "1"})
    select_all(gui, 2)
    run(gui, MANY_LINES + "exec sleep 600")
    show_machine(gui, 1)
    wait("the last line", lambda: gui.entry("Output").end_of_text().endswith("the end\n"), 120)
    show_machine(gui, 0)
    wait("the last line", lambda: gui.entry("Output").end_of_text().endswith("the end\n"), 120)
    first = numbers(gui.entry("Output").text)[0]
    while "These lines are gone" not in (page := earlier(gui)):
        assert numbers(page) and numbers(page)[-1] == first - 1, page[:200]
        first = numbers(page)[0]
    assert first < 33000, "more than this computer keeps: nearly two mebibytes"
    gui.label(r"^From 1\.0 MiB to [0-9.]+ MiB, of 4\.8 MiB: not to be had$")
    page = earlier(gui)
    assert 10380 <= numbers(page)[-1] <= 10382
    open_find(gui)
    find(gui, "0000777")
    gui.entry("Find in the output").text = "0020000"
    gui.label("^Not found in what is kept here$")
    agents[1].stop()
    show_machine(gui, 1)
    gui.label("^Earlier lines are not shown.$")
    for _ in range(30):
        if "cannot be asked now" in earlier(gui):
            break
    else:
        raise AssertionError("nobody said that the machine is away")


def save(gui, item, path, before=lambda: None):
    """By the menu, and the file chooser's own keys. `before()` is done once all is said but the last word."""
    button = gui.find("button", "Save")
    inner = [n for n in button.children if n.role in ("button", "toggle button")]
    (inner[0] if inner else button).do()
    gui.click("menu item", item)
    dialog = gui.dialog("Save the answers")
    wait("the name", lambda: any(n.has(FOCUSED) for n in dialog.walk("text", None, ())))
    gui.key("ctrl+a")
    gui.type(str(path))
    before()
    gui.key("Return")


def test_all_that_was_said_is_saved(paired, tmp_path):
    """More than the window holds: what this computer has let go of is read again from the jobs."""
    gui, agents = paired(2, environment={"HUNE_KEPT_MIB": "1"})
    select_all(gui, 2)
    run(gui, "head -c 9000 /dev/zero | tr '\\0' x; echo; seq 1000000 1300000; echo 'é \"q\", end'; exec sleep 600")
    gui.click("page tab", "Machines")
    machines = gui.find("list", "Machines")
    for position in (0, 1):
        machines.select(position)
        wait("the last line", lambda: gui.entry("Output").end_of_text(8).endswith("end\n"), 120)
    said = "x" * 9000 + "\n" + "".join(f"{n}\n" for n in range(1000000, 1300001)) + 'é "q", end\n'
    save(gui, "As text…", tmp_path / "answers.txt")
    gui.label("^The answers were saved$", seconds=120)
    text = (tmp_path / "answers.txt").read_text()
    assert text == f"---- web1: running\n{said}---- web2: running\n{said}"
    agents[1].stop()
    wait("its end", lambda: any("web2" in row.name and "running" not in row.name for row in machines.children))
    save(gui, "As text…", tmp_path / "part.txt")
    gui.label("^The answers were saved, but not all of each could be had$")
    gui.label(r"web2: [0-9.]+ MiB")
    gui.press("Close")
    text = (tmp_path / "part.txt").read_text()
    assert text.startswith(f"---- web1: running\n{said}---- web2: ")
    assert re.search(r"\n\([0-9.]+ MiB are missing here: they could not be had\)\n", text)


def test_a_save_that_is_cancelled_leaves_no_file(paired, tmp_path):
    """The machine stands still in the midst of what is read again from its job."""
    gui, (agent,) = paired(1, environment={"HUNE_KEPT_MIB": "1"})
    select_all(gui, 1)
    run(gui, "seq 1000000 2000000; exec sleep 600")
    gui.click("page tab", "Machines")
    gui.find("list", "Machines").select(0)
    wait("the last line", lambda: gui.entry("Output").end_of_text(8).endswith("2000000\n"), 120)
    stopped = agent.gate_pid
    try:
        save(gui, "As text…", tmp_path / "answers.txt", lambda: os.kill(stopped, signal.SIGSTOP))
        gui.press("Cancel saving")
        gui.label("^Called off: nothing was saved$")
        assert [path.name for path in tmp_path.iterdir() if "answers" in path.name] == []
    finally:
        os.kill(stopped, signal.SIGCONT)


def test_answers_are_saved_for_programs(paired, tmp_path):
    gui, _ = paired(2)
    select_all(gui, 2)
    run(gui, "seq 1000000 1300000; echo 'é \"q\", end'; exit 3")
    gui.label(r"^0 done, 2 failed", seconds=120)
    said = "".join(f"{n}\n" for n in range(1000000, 1300001)) + 'é "q", end\n'
    save(gui, "As JSON…", tmp_path / "answers.jsonl")
    wait("all of the file", lambda: (tmp_path / "answers.jsonl").exists() and
         (tmp_path / "answers.jsonl").read_text().count("\n") == 2, 120)
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert lines == [{"machine": name, "state": "exited(3)", "output": said, "missing": 0} for name in ("web1", "web2")]
    save(gui, "As CSV…", tmp_path / "answers.csv")
    wait("all of the file", lambda: (tmp_path / "answers.csv").exists() and
         (tmp_path / "answers.csv").read_text().count(",0\n") == 2, 120)
    csv.field_size_limit(1 << 30)
    with open(tmp_path / "answers.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["machine", "state", "problem", "output", "missing"],
                    ["web1", "exited(3)", "", said, "0"], ["web2", "exited(3)", "", said, "0"]]


@pytest.mark.long(20)
def test_a_remembered_run_asks_its_jobs_for_the_rest(paired):
    """This computer remembers the beginning; the job on the machine has all of it."""
    gui, agents = paired(1)
    gui.open("web1")
    gui.click("page tab", "Command")
    gui.enter(gui.entry("Command to run"), "seq 1000000 1400000")
    gui.label(r"^exited\(0\) after ", seconds=120)
    gui.key("ctrl+h")
    past = gui.find("list", "Commands of before")
    gui.open_row("the run", lambda: past.children and past.children[0], lambda: gui.shows(r"^1 done, 0 failed"))
    gui.click("page tab", "Machines")
    wait("the run's machine", lambda: gui.all("list", "Machines", skip=()))[-1].select(0)

    def output():
        return gui.all("text", "Output")[-1]

    wait("its end", lambda: output().end_of_text(9).endswith("1400000\n"), 120)
    first = int(output().text.split("\n")[1])
    assert first > 1000000
    gui.all("button", "Earlier lines")[-1].do()
    wait("the page before", lambda: f"\n{first - 1}\n" in output().text)


def test_the_line_is_gone_once_it_runs_and_comes_back_by_up(paired):
    """And the machines stay selected, for the next one."""
    gui, _ = paired(2)
    select_all(gui, 2)
    field = gui.entry("Command for the selected machines")
    for line in ("echo first", "uptime"):
        gui.enter(field, line)
        gui.label("^2 done")
        gui.key("ctrl+l")
        wait("an empty field", lambda: field.text == "" and field.has(FOCUSED))
        gui.label("2 selected")
    gui.key("Up")
    wait("the line before", lambda: field.text == "uptime")
    gui.key("Up")
    wait("the one before that", lambda: field.text == "echo first")
    gui.press("Run on the selected machines")  # and so does a button
    gui.label("^2 done")
    gui.key("ctrl+l", "Up")
    wait("the newest again", lambda: field.text == "echo first")
    gui.key("Down")
    wait("what was typed", lambda: field.text == "")


def test_only_what_was_typed_runs_by_the_button(paired):
    """A reader presses it where it is: the focus, and what is proposed, stay in the field."""
    gui, _ = paired(1)
    select_all(gui, 1)
    run(gui, "echo whole words")
    gui.label("^1 done")
    gui.key("ctrl+l")
    gui.type("echo who")
    field = gui.entry("Command for the selected machines")
    wait("the proposal", lambda: field.text == "echo whole words")
    gui.press("Run on the selected machines")
    wait("the answer", lambda: any(n.text == "who\n" for n in gui.all("text", "Output")))


def test_dangerous_lines_are_asked_about(paired, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("x")
    gui, _ = paired(2)
    select_all(gui, 2)
    field = gui.entry("Command for the selected machines")
    run(gui, f"rm -f {victim}")
    dialog = gui.dialog()
    gui.label("a word in it that destroys", dialog)
    gui.label(r"^web\[1,2\]$", dialog)
    gui.press("Cancel", dialog)
    gui.no_dialog()
    assert victim.exists()
    assert field.text == f"rm -f {victim}"  # to be mended, or to be asked again
    gui.key("Return")
    gui.press("Run", gui.dialog())
    gui.label(r"^2 done")
    assert not victim.exists()
    gui.key("ctrl+l")
    wait("an empty field", lambda: field.text == "")


def test_stop_everywhere(paired):
    gui, _ = paired(2)
    select_all(gui, 2)
    run(gui, "echo begun; exec sleep 600")
    gui.label(r"2 running")
    gui.press("Stop everywhere")
    gui.label(r"^0 done, 2 failed, 0 unreachable, 0 running")


def test_what_was_run_is_found_again(paired, console):
    gui, _ = paired(2)
    assert console.run("run", "web1,web2", "--", "echo from the command line").code == 0
    select_all(gui, 2)
    run(gui, "echo from the window; exit 4")
    gui.label(r"^0 done, 2 failed")
    gui.key("ctrl+h")
    past = gui.find("list", "Commands of before")
    wait("both", lambda: len(past.children) == 2)
    gui.entry("Find a command").text = "window"
    row = wait("the one", lambda: len(past.children) == 1 and past.children[0])
    assert "0 done, 2 failed, 0 unreachable" in row.name
    gui.entry("Find a command").text = "command line"
    gui.open_row("the other", lambda: next(
        (row for row in past.children if "command line" in row.name), None),
        lambda: gui.shows(r"^2 done, 0 failed"))
    gui.key("ctrl+h")
    gui.open_row("it", lambda: next((row for row in past.children if "command line" in row.name), None),
                 lambda: gui.windows[0].name == "echo from the command line – Hune")
    assert len([n for n in gui.all("label", "echo from the command line") if 45 < n.extents[1] < 85]) == 1
    # The tab behind has an output too.
    wait("its answer", lambda: any(
        node.text == "from the command line\n" for node in gui.all("text", "Output")))
    assert console.run("runs").out.count("from the window") == 1  # the command line finds ours


def test_facts_of_many_machines(paired):
    gui, _ = paired(2)
    select_all(gui, 2)
    run(gui, "os")
    gui.label(r"^2 done, 0 failed")
    wait("one answer", lambda: groups(gui) == ["web[1,2], 2 machines: exited(0)"])
    assert "Linux" in gui.entry("Output").text


def set_waves(gui, canaries="0", size="", failing=""):
    gui.point(gui.find("button", "Canaries and waves"))
    gui.entry("Machines in a wave").text = size
    gui.entry("So many may fail").text = failing
    gui.type(canaries)  # the first field has the focus
    gui.key("Tab")


def test_the_machines_that_a_command_touches_are_listed(paired):
    gui, _ = paired(3)
    select_all(gui, 3)
    gui.label(r"^On 3 machines: web\[1-3\]$")


def test_a_canary_that_fails_keeps_the_others_unasked(paired, tmp_path):
    gui, _ = paired(3)
    select_all(gui, 3)
    set_waves(gui, canaries="1")
    gui.label("^First on 1 machine, as a canary. Then in 1 wave. No other begins once one has failed.$")
    gui.key("Escape")
    run(gui, f"echo ran >> {tmp_path}/ran; false")
    gui.label("^A canary failed: no other machine is asked.$")
    gui.label(r"^0 done, 1 failed, 0 unreachable, 2 not asked, 0 running, 0 waiting")
    wait("both answers", lambda: sorted(groups(gui)) == [
        "web1, 1 machine: exited(1)", "web[2,3], 2 machines: not asked"])
    assert (tmp_path / "ran").read_text() == "ran\n"
    gui.press("Run again on the failed ones")


def test_waves_follow_one_another(paired, tmp_path):
    gui, _ = paired(3)
    select_all(gui, 3)
    set_waves(gui, size="1", failing="1")
    gui.label("^In 3 waves. No other begins when more than 1 has failed.$")
    gui.key("Escape")
    run(gui, f"echo $$ >> {tmp_path}/ran; while [ ! -e {tmp_path}/go ]; do sleep 0.1; done; sleep 0.3")
    gui.label("^Wave 1 of 3$")
    gui.label(r"^0 done, 0 failed, 0 unreachable, 1 running, 2 waiting")
    assert len((tmp_path / "ran").read_text().splitlines()) == 1
    (tmp_path / "go").write_text("")
    gui.label(r"^3 done")
    assert len((tmp_path / "ran").read_text().splitlines()) == 3


def test_a_plan_that_is_none_is_said_so(paired):
    gui, _ = paired(2)
    select_all(gui, 2)
    gui.entry("Command for the selected machines").text = "true"
    set_waves(gui, size="many")
    gui.label("^Write a number of machines, or a part of them: 10, 25%.$")
    run_button = gui.find("button", "Run on the selected machines")
    assert not run_button.has(SENSITIVE)
    gui.entry("Machines in a wave").text = "50 %"
    wait("a plan", lambda: run_button.has(SENSITIVE))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_many_run_as_another_user(paired, console):
    gui, agents = paired(2, as_="root,nobody")
    agents[1].operators.write_text(agents[1].operators.read_text().replace("root,nobody", "root"))
    select_all(gui, 2)
    gui.choose_user("HuneMachinesPage", "nobody")
    run(gui, "id -un")
    gui.label(r"^id -un \(as nobody\)$")
    gui.label(r"^1 done, 1 failed, 0 unreachable, 0 running")
    wait("two answers", lambda: len(groups(gui)) == 2)
    gui.click("page tab", "Machines")
    machines = gui.find("list", "Machines")
    wait("both", lambda: len(machines.children) == 2)
    machines.select(0)
    wait("the user", lambda: gui.entry("Output").text == "nobody\n")
    machines.select(1)
    wait("the refusal", lambda: "may not run anything as that user" in gui.entry("Output").text)
    assert '"as":"nobody"' in console.run("runs", "--json").out
    gui.press("Run again on the failed ones")
    gui.label(r"^0 done, 1 failed")  # the same user
    wait("the refusal alone", lambda: [row.name for row in gui.all("list", "Answers")[-1].children] ==
         ["web2, 1 machine: refused(run-as)"])
