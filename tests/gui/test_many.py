"""One command on several machines at once."""
import os
import re
import signal

import pytest
from atspi import FOCUSED, SENSITIVE
from gui import wait


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
