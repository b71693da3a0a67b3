"""What many machines answered: all of it of each, however much, and saved."""
import csv
import json
import os
import re
import signal

import pytest
from atspi import FOCUSED
from gui import wait
from pages import MANY_LINES, NUMBERED, earlier, find, has_earlier, leaf_past_what_is_gone, numbered, numbers
from test_many import run, select_all


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
    leaf_past_what_is_gone(gui, gui.entry("Output").text)
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
