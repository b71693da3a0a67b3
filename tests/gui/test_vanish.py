"""A machine that vanishes while something is done with it: killed, cut off, or so stuck that its connections
stand but nothing comes. The window says so on every page, stays alive, and goes on when the machine is back."""
import contextlib
import os
import signal
import time

import pytest
from gui import wait
from test_files import big, go, row

AWAY = r"^Reconnecting|^Unreachable"
PATIENT = 120  # a machine that stands still is noticed by its silence


class Vanishing:
    """One agent behind a proxy, and the ways in which it can go and come back."""

    def __init__(self, agent, proxy):
        self.agent = agent
        self.proxy = proxy
        self.stopped = []

    def wake(self):
        """What stands still runs again; else it could not be ended either."""
        for pid in self.stopped:
            os.kill(pid, signal.SIGCONT)
        self.stopped = []

    def go(self, way):
        self.way = way
        if way == "killed":
            self.agent.process.send_signal(signal.SIGKILL)
            self.agent.process.wait()
        elif way == "cut":
            self.proxy.refuse = True
            self.proxy.cut()
        elif way == "stopped":
            self.stopped = [self.agent.pid, self.agent.gate_pid]
            for pid in self.stopped:
                os.kill(pid, signal.SIGSTOP)
        else:
            self.proxy.holds = True

    def come_back(self):
        if self.way == "killed":
            self.agent.start()
        self.wake()
        self.proxy.refuse = self.proxy.holds = False


@pytest.fixture
def vanishing(agent, console, window, proxy):
    """(window, Vanishing), the machine's name is web1."""
    made = []

    def make(**options):
        there = agent()
        between = proxy(there.port, **options)
        joined = console.run("join", there.invite(may="all"), "--name", "web1")
        assert joined.code == 0, joined
        console.machines.write_text(console.machines.read_text().replace(str(there.port), str(between.port)))
        made.append(Vanishing(there, between))
        return window(), made[0]

    yield make
    for one in made:
        one.proxy.holds = False
        one.wake()


def wait_back(gui):
    """Until the machine is connected again; it may come back by itself, just now."""
    if gui.has("button", "Try now"):
        with contextlib.suppress(AssertionError):
            gui.press("Try now")
    wait("the connection", lambda: not gui.shows(AWAY + "|^Connecting"), PATIENT)


def wait_alive(gui, what, condition, seconds):
    """As wait(); meanwhile the window must answer every time that it is asked."""
    def look():
        begun = time.monotonic()
        assert gui.windows
        assert time.monotonic() - begun < 3, "the window stood still"
        return condition()
    return wait(what, look, seconds)


WAYS = pytest.mark.parametrize("way", ["killed", "cut", "frozen"])
ALL_WAYS = pytest.mark.parametrize("way", ["killed", "cut", "frozen", "stopped"])
BOUND = 60  # seconds until there are words


@pytest.mark.long(60)
@WAYS
@pytest.mark.timeout(600)
def test_while_everything_runs(vanishing, console, tmp_path, way):
    """A command, a shell, a transfer, a job that is looked at and graphs, all at once."""
    gui, machine = vanishing(throttle=1000000)
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    big(there / "large", 40 << 20)
    assert console.run("run", "web1", "--detach", "--", "echo looked at; exec sleep 600").code == 0
    gui.open("web1")
    wait("graphs", lambda: any(n.name.startswith("Processor: ") for n in gui.all("image")))
    gui.click("page tab", "Terminal")
    terminal = gui.find("filler", "Terminal")
    wait("a prompt", lambda: terminal.description.strip())
    gui.click("page tab", "Journal")
    gui.point(wait("the job", lambda: next((n for n in gui.find("list", "Jobs").children
                                            if "looked at" in n.name), None)))
    wait("its output", lambda: "looked at\n" in gui.entry("Output").text)
    gui.click("page tab", "Command")
    gui.enter(gui.entry("Command to run"), "echo begun; exec sleep 600")
    wait("the beginning", lambda: "begun\n" in gui.entry("Output").text)
    gui.click("page tab", "Files")
    go(gui, "Folder here", here)
    go(gui, "Folder on web1", there)
    gui.point(row(gui, "Files on web1", "large"))
    gui.press("Get here")
    gui.label(r"^[0-9.]+ [KM]iB of 40\.0 MiB")

    machine.go(way)
    gui.label(AWAY, seconds=PATIENT)
    gui.label("^Connection lost at .*; it goes on when it is back$", seconds=PATIENT)
    gui.click("page tab", "Command")
    gui.label("connection lost; the job goes on")
    gui.click("page tab", "Terminal")
    gui.label("The connection is lost; the shell goes on, trying again")
    gui.click("page tab", "Journal")
    gui.label("The machine is not connected")
    gui.click("page tab", "Overview")
    gui.label(AWAY)
    gui.find("button", "Try now")

    machine.come_back()
    wait_back(gui)
    gui.click("page tab", "Files")
    if way == "killed":  # its jobs died with it; the transfer is a new one on the same file
        gui.label(r"^Done: 40\.0 MiB$|lost", seconds=PATIENT)
    else:
        gui.label(r"^Done: 40\.0 MiB$", seconds=PATIENT)
        assert (here / "large").read_bytes() == (there / "large").read_bytes()
    gui.click("page tab", "Command")
    if way == "killed":
        gui.gone("button", "Stop")
        gui.label(r"^(lost|exited|unreachable)\b.* after [\d.]+ s$")
    else:
        gui.press("Stop")
        gui.label(r"^(killed|signalled\(15\)) after ")
    gui.enter(gui.entry("Command to run"), "echo again")
    gui.label(r"^exited\(0\) after ")
    if way != "killed":
        gui.click("page tab", "Terminal")
        gui.focus(terminal)
        gui.type("echo $((6*7))")
        gui.key("Return")
        wait("the same shell", lambda: "\n42" in terminal.description)


@pytest.mark.long(30)
@WAYS
@pytest.mark.timeout(600)
def test_while_it_is_asked(vanishing, way):
    """Facts that are asked for, and the folders, jobs and record of a machine that is not there."""
    gui, machine = vanishing()
    gui.open("web1")
    gui.click("page tab", "Command")
    entry = gui.entry("Command to run")
    gui.enter(entry, "os")
    gui.label(r"^answered after ")
    machine.go(way)
    gui.enter(entry, "ram cpu")
    gui.label("^not answered$", seconds=PATIENT)
    assert "onnect" in gui.entry("Output").text.split("$ ram cpu\n")[1]  # and why
    gui.label(AWAY, seconds=PATIENT)
    gui.click("page tab", "Files")
    gui.label("not connected|[Cc]onnection", gui.find("panel", "Files on web1"), seconds=PATIENT)
    gui.click("page tab", "Journal")
    gui.label("not connected")
    gui.click("page tab", "Record of orders")
    gui.label("not connected|[Cc]onnection")
    gui.click("page tab", "Overview")
    gui.press("24 hours")
    gui.label("not connected|[Cc]onnection|[Nn]obody|remembers nothing|Unreachable")
    machine.come_back()
    wait_back(gui)
    gui.click("page tab", "Command")
    gui.press("os")
    gui.label(r"^answered after ", seconds=PATIENT)


@WAYS
@pytest.mark.timeout(600)
def test_while_it_is_added(agent, proxy, console, window, way):
    """It vanishes between the first word and the last; the dialog tells, and the next attempt may work."""
    there = agent()
    between = proxy(there.port, delay=2)
    machine = Vanishing(there, between)
    gui = window()
    try:
        gui.key("ctrl+n")
        dialog = gui.dialog("Add a machine")
        gui.entry("Host name or address", dialog).text = "127.0.0.1"
        gui.entry("Port", dialog).text = str(between.port)
        gui.press("Connect", dialog)
        gui.label("Making the connection secure|Asking who is there", dialog)
        machine.go(way)
        gui.find("button", "Back", dialog, seconds=PATIENT)
        assert not console.machines.exists() or "127.0.0.1" not in console.machines.read_text()
        between.delay = 0
        machine.come_back()
        gui.press("Back", dialog)
        gui.press("Connect", dialog)
        gui.find("button", "Add", dialog, seconds=PATIENT)
        gui.label("does not let you in yet|It does not let you in yet", dialog)
    finally:
        between.holds = False


@ALL_WAYS
@pytest.mark.timeout(600)
def test_while_an_invitation_is_used(agent, proxy, console, window, way):
    """The dialog says so within a bounded time; the same link works later."""
    there = agent()
    between = proxy(there.port, delay=1)
    machine = Vanishing(there, between)
    gui = window()
    link = there.invite(may="all").replace(str(there.port), str(between.port))
    try:
        gui.key("ctrl+n")
        dialog = gui.dialog("Add a machine")
        gui.entry("Invitation link", dialog).text = link
        gui.press("Join", dialog)
        gui.label("^Making the connection secure$", dialog)
        machine.go(way)
        wait_alive(gui, "words", lambda: gui.has("button", "Back", dialog), BOUND)
        said = [node.name for node in gui.all("label", None, dialog)]
        words = "add the machine by its address" if way in ("killed", "cut") else "No answer in time"
        assert any(words in text for text in said), said
        between.delay = 0
        machine.come_back()
        gui.press("Back", dialog)
        assert gui.entry("Invitation link", dialog).text == link
        gui.press("Join", dialog)
        gui.no_dialog()
        gui.label("was added")
        assert len(console.json("list")) == 1
    finally:
        between.holds = False
        machine.wake()


@pytest.mark.parametrize("way", ["frozen", "stopped"])
def test_the_dialog_closes_while_nobody_answers(agent, proxy, window, way):
    there = agent()
    between = proxy(there.port)
    machine = Vanishing(there, between)
    link = there.invite().replace(str(there.port), str(between.port))
    gui = window()
    try:
        machine.go(way)
        for field, text, button in (("Host name or address", f"127.0.0.1:{between.port}", "Connect"),
                                    ("Invitation link", link, "Join")):
            gui.key("ctrl+n")
            dialog = gui.dialog("Add a machine")
            gui.entry(field, dialog).text = text
            gui.press(button, dialog)
            gui.label("^Making the connection secure$", dialog)
            gui.press("Cancel", dialog)
            gui.no_dialog()
        gui.find("label", "No machines yet")
    finally:
        between.holds = False
        machine.wake()


@pytest.mark.long(35)
@ALL_WAYS
@pytest.mark.timeout(600)
def test_while_a_folder_is_read(vanishing, tmp_path, way):
    """The pane says so within a bounded time, shows where it was, and reads on when the machine is back."""
    gui, machine = vanishing(delay=0.2)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/file").touch()
    gui.open("web1")
    gui.click("page tab", "Files")
    go(gui, "Folder on web1", tmp_path)
    row(gui, "Files on web1", "deep")
    pane = gui.find("panel", "Files on web1")
    machine.proxy.delay = 2  # the order is on its way when the machine goes
    gui.enter(gui.entry("Folder on web1"), str(tmp_path / "deep"))
    time.sleep(1)
    machine.go(way)
    wait_alive(gui, "words", lambda: any(
        "connection was lost" in node.name and "Check that huned still runs" in node.name
        for node in gui.all("label", None, pane)), BOUND)
    wait("where it was", lambda: gui.entry("Folder on web1").text == str(tmp_path))
    machine.proxy.delay = 0
    machine.come_back()
    wait_back(gui)
    go(gui, "Folder on web1", tmp_path / "deep")
    row(gui, "Files on web1", "file")


@pytest.mark.long(25)
@pytest.mark.timeout(600)
def test_a_folder_that_nobody_reads(vanishing, tmp_path):
    """The gate answers, the agent behind it stands still: that is said, and what was asked comes in the end."""
    gui, machine = vanishing()
    (tmp_path / "file").touch()
    gui.open("web1")
    gui.click("page tab", "Files")
    wait("the home folder", lambda: gui.entry("Folder on web1").text)
    machine.stopped = [machine.agent.pid]
    os.kill(machine.agent.pid, signal.SIGSTOP)
    gui.enter(gui.entry("Folder on web1"), str(tmp_path))
    pane = gui.find("panel", "Files on web1")
    wait_alive(gui, "words", lambda: any("has not answered yet" in node.name
                                         for node in gui.all("label", None, pane)), BOUND)
    machine.wake()
    row(gui, "Files on web1", "file")
    wait("no more complaint", lambda: not gui.shows("has not answered yet"))
