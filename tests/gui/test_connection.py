"""What stands between a machine's tab and the machine: its ends, its beginnings, and who answers there."""
import re

from gui import wait


def test_disconnect_stays_disconnected_until_told(paired):
    gui, _ = paired()
    gui.enter(gui.open_command(), "disconnect")
    gui.label("^Disconnected$")
    gui.press("Connect")
    gui.gone("label", "Disconnected")
    gui.enter(gui.entry("Command to run"), "echo again")
    gui.label(r"^exited\(0\) after ")


def test_reset_asks_and_jobs_go_on(paired):
    gui, _ = paired()
    gui.open_command()
    gui.press("reset")
    dialog = gui.dialog()
    gui.label("Let the agent on web1 start afresh", dialog)
    gui.press("Start afresh", dialog)
    gui.no_dialog()
    wait("what was done", lambda: "the agent starts afresh" in gui.output())
    gui.enter(gui.entry("Command to run"), "echo back")
    gui.label(r"^exited\(0\) after ")


def test_kill_asks_first_and_stops_the_agent(paired):
    gui, (agent,) = paired()
    gui.open_command()
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
    entry = gui.open_command()
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
    wait("the reason", lambda: "Nobody listens" in gui.output())
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


def test_all_of_a_banner_is_shown_where_there_is_room(paired, agent, console):
    gui, _, _ = reinstalled(paired, agent, console)

    def edges():
        _, y, _, height = gui.label("pinned: SHA256:").extents
        return y + height, gui.find("page tab", "Overview").extents[1]

    for width in (1100, 1000, 900, 800):
        gui.tool("windowsize", gui.newest("Hune$")[0], width, 700)
        wait("the size", lambda: abs(gui.windows[0].extents[2] - width) < 12)
        wait(f"the end of the text at {width}", lambda: (lambda text, tabs: text <= tabs)(*edges()), 10)


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
    for key in ("Return", "Escape"):  # neither of which is a decision
        gui.press("It was reinstalled: pin the new id…")
        gui.dialog()
        gui.key(key)
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
    assert "secret\n" not in gui.output().split("\n", 1)[1]
    gui.press("Keep refusing it")
    gui.label("^Id changed, refused$")
    gui.label("^You keep refusing it|\nYou keep refusing it")
    shown = gui.label(r"pinned: SHA256:.*\n?.*seen:\s+SHA256:").name
    assert pinned in shown and seen in shown
    assert not gui.has("button", "Keep refusing it")
    gui.enter(gui.entry("Command to run"), "echo secret2")
    gui.label("^(unsent|unreachable) after ")
    assert "secret2\n" not in gui.output().split("echo secret2", 1)[1]
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
