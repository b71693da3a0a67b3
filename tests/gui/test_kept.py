"""What is kept of answers has its bounds, and what was let go of is told in words."""
import pytest
from gui import wait
from pages import earlier, numbers
from test_many import run, select_all

LARGE = "head -c 400000 /dev/urandom | od -An -tx1; true"


def past(gui):
    """The commands in the list of those before, as they stand there."""
    return [row.name for row in gui.find("list", "Commands of before").children]


def test_a_run_that_is_forgotten_says_so(paired, console):
    """The window keeps as much as the command line does, by the same setting."""
    console.config.mkdir(parents=True, exist_ok=True)
    (console.config / "hune.conf").write_text("[runs]\nkeep = 100K\n")
    gui, _ = paired(2)
    select_all(gui, 2)
    run(gui, LARGE + " first")
    gui.label("^2 done")
    gui.key("ctrl+h")
    wait("the first", lambda: len(past(gui)) == 1 and " first" in past(gui)[0])
    assert console.run("run", "all", "--", LARGE + " second").code == 0  # the first goes for it
    row = gui.find("list", "Commands of before").children[0]
    gui.open_row("the first", lambda: row, lambda: gui.shows("^That command is not remembered any more$"))
    wait("what there is", lambda: len(past(gui)) == 1 and " second" in past(gui)[0])
    gui.key("ctrl+l")  # the toast stands before the field
    gui.entry("Command for the selected machines").text = LARGE + " third"
    gui.key("Return")
    wait("its page", lambda: gui.windows[0].name.endswith(" third – Hune"))
    wait("its end", lambda: len([n for n in gui.all("label") if n.name.startswith("2 done")]) == 2)
    gui.key("ctrl+h")
    wait("what there is", lambda: len(past(gui)) == 1 and " third" in past(gui)[0])


@pytest.mark.long(60)
@pytest.mark.timeout(600)
def test_long_answers_of_before_are_let_go_for_newer_ones(paired):
    """On this computer's disk; the machine itself cannot be asked here."""
    gui, (agent, _) = paired(2, environment={"HUNE_KEPT_ALL_MIB": "40"})
    gui.open("web1")
    gui.click("page tab", "Command")
    gui.enter(gui.entry("Command to run"), "seq 1000000 2200000")
    gui.label(r"^exited\(0\) after ", seconds=120)
    agent.stop()
    gui.label(r"^Reconnecting|^Unreachable")
    assert numbers(earlier(gui)), "a page that is kept here"
    gui.press("To the end")
    gui.key("ctrl+f")
    gui.point(gui.row("web2"))
    run(gui, "seq 1000000 6500000")
    gui.label("^1 done", seconds=180)
    gui.key("ctrl+f")
    gui.open("web1")
    gui.press("Earlier lines", gui.find("filler", "HuneCommandView"))
    wait("the page before", lambda: any(
        "too many to be kept on this computer. The machine may still have them, but cannot be asked now" in
        node.end_of_text(200) for node in gui.all("text", "Output")))
