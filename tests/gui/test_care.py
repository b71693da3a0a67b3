"""What is easily forgotten: tabs that are moved, keys alone, screen readers, looks, odd displays, machines
that vanish while something is done.
"""
import contextlib
import signal
import subprocess

import pytest
from atspi import FOCUSED
from gi.repository import GLib
from gui import Display, Window, wait
from test_machines import THREE, wait_names, write_list

KEYFILE = {"GSETTINGS_BACKEND": "keyfile"}
NAMED = ("button", "toggle button", "text", "entry", "list", "tree table", "page tab", "check box", "combo box")


def open_all(gui, *machines):
    """Opens their tabs, one after the other."""
    for name in machines:
        gui.key("ctrl+f")
        wait("the list", lambda: gui.entry("Filter machines").has(FOCUSED))
        gui.entry("Filter machines").text = name
        wait_names(gui, name)
        gui.key("Tab", "Tab", "Down", "Return")
        wait(f"the tab of {name}", lambda name=name: tabs(gui)[-1:] == [name])


# ---- tabs ----

def tabs(gui):
    """The titles in the bar of tabs, from left to right."""
    found = [(n.extents[0], n.name) for bar in gui.root.walk("filler", "AdwTabBar", ("tree table", "list"))
             for n in bar.walk("label", None, ())]
    return [name for _, name in sorted(found)]


def test_alt_and_a_number_is_a_view_of_the_machine_in_front(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    open_all(gui, "web1", "db1")
    for key, view in (("alt+2", "HuneCommandView"), ("alt+5", "HuneJournalView"), ("alt+1", "HuneOverview")):
        gui.key(key)
        gui.find("filler", view)
    gui.label("^192.0.2.3:10000$")  # still db1's


def test_tabs_are_moved_and_come_back_in_their_order(window, console):
    write_list(console, THREE)
    gui = window(environment=KEYFILE)
    wait_names(gui, "web1", "web2", "db1")
    open_all(gui, "web1", "web2", "db1")
    gui.key("ctrl+shift+Page_Up")
    gui.key("ctrl+shift+Page_Up")
    wait("the last before the others", lambda: tabs(gui) == ["db1", "web1", "web2"])
    assert gui.close() == []
    stored = (console.home / ".config/glib-2.0/settings/keyfile").read_text()
    assert "open-machines=['db1', 'web1', 'web2']" in stored
    gui = window(environment=KEYFILE)
    wait("the tabs", lambda: tabs(gui) == ["db1", "web1", "web2"])


# ---- keys alone ----

def test_from_the_list_to_a_command_by_keys_alone(paired):
    gui, _ = paired(2)
    wait_names(gui, "web1", "web2")
    gui.key("ctrl+f")
    gui.type("web2")
    wait_names(gui, "web2")
    gui.key("Tab", "Tab", "Down", "Return")
    gui.find("page tab", "Overview")
    gui.key("alt+2")
    wait("the field for commands", lambda: gui.entry("Command to run").has(FOCUSED))
    gui.type("echo typed by keys")
    gui.key("Return")
    gui.label(r"^exited\(0\) after ")
    wait("the answer", lambda: "typed by keys\n" in gui.entry("Output").text)
    gui.key("ctrl+shift+w")
    gui.gone("page tab", "Overview")
    gui.key("ctrl+n")
    gui.dialog("Add a machine")
    gui.key("Escape")
    gui.no_dialog()


# ---- screen readers ----

def nameless(root):
    """What can be used, and has no name that could be said."""
    return [f"{node.role} at {node.extents}" for role in NAMED
            for node in root.walk(role, None, ("tree table",))
            if not node.name and not node.description and not any(
                child.name for child in node.walk("label", None, ()))
            and not any(child.name for child in node.children)]


def assert_named(gui, where, root=None):
    root = root or gui.root
    for _ in range(3):  # what was asked for may fill the page meanwhile
        found = nameless(root)
        if not found:
            return
    assert found == [], where


def test_rows_that_have_the_focus_have_a_name(paired):
    gui, _ = paired(1)
    wait("the row's name", lambda: gui.row("web1").name == "web1, Connected")
    gui.open("web1")
    table = gui.find("tree table", "Processes", skip=())
    rows = wait("processes", lambda: [row for body in table.children if body.role == "list"
                                      for row in body.children][:5])
    assert not any(row.name.startswith("Gtk") for row in rows), rows


@pytest.mark.long(35)
def test_everything_that_is_used_has_a_name(paired):
    """On every page and in every dialog."""
    gui, _ = paired(2)
    wait_names(gui, "web1", "web2")
    assert_named(gui, "machines")
    gui.open("web1")
    for page in ("Overview", "Command", "Terminal", "Files", "Journal"):
        gui.click("page tab", page)
        if page == "Command":
            gui.enter(gui.entry("Command to run"), "echo named")
            gui.label(r"^exited\(0\) after ")
        assert_named(gui, page)
    gui.click("page tab", "Record of orders")
    assert_named(gui, "record")
    for key, title in (("ctrl+e", "Alerts"), ("ctrl+h", "Commands of before")):
        gui.key("ctrl+f")  # the list of machines
        wait("the list", lambda: gui.entry("Filter machines").has(FOCUSED))
        gui.key(key)
        wait(f"the tab {title}", lambda title=title: gui.shows(f"^{title}$"))
        assert_named(gui, title)
    gui.key("ctrl+f")
    gui.point(gui.row("web1"))
    gui.key("ctrl+a")
    gui.label("2 selected")
    gui.enter(gui.entry("Command for the selected machines"), "echo many")
    gui.find("list", "Answers")
    assert_named(gui, "results")
    gui.key("ctrl+n")
    assert_named(gui, "add", gui.dialog("Add a machine"))
    gui.key("Escape")
    gui.no_dialog()
    for item in ("Rules for alerts…", "Preferences", "Keyboard shortcuts"):
        gui.find("button", "Main menu").children[0].do()
        gui.click("menu item", item)
        assert_named(gui, item, gui.dialog())
        gui.key("Escape")
        gui.no_dialog()
    gui.key("ctrl+f")
    gui.point(gui.row("web1"))
    gui.point(gui.row("web1"), button=3)
    gui.click("menu item", "Edit…")
    assert_named(gui, "edit", gui.dialog("Edit the machine"))
    gui.key("Escape")
    gui.no_dialog()


def reached_by_tab(gui, most=60):
    """Names of all that gets the focus while Tab is pressed, until it comes round."""
    names, first = [], None
    for _ in range(most):
        gui.key("Tab")
        now = next((n for n in gui.windows[-1].walk(None, None, ("tree table",)) if n.has(FOCUSED)), None)
        if now and now == first:
            break
        first = first or now
        names.append(now and (now.name or now.description or
                              next((c.name for c in now.children if c.name), now.role)))
    return names


@pytest.mark.parametrize("page, wanted", [
    ("Command", ["Command to run", "Run as: default", "os", "kill", "Main menu"]),
    ("Files", ["Folder here", "Folder on web1", "Read again", "Main menu"]),
    ("Journal", ["Jobs", "Record of orders", "Main menu"]),
])
def test_tab_reaches_what_is_on_the_page(paired, page, wanted):
    gui, _ = paired()
    gui.open("web1")
    gui.click("page tab", page)
    wait("the connection", lambda: not gui.has("label", "Connecting"))
    seen = reached_by_tab(gui)
    missing = [name for name in wanted if not any(name in (s or "") for s in seen)]
    assert not missing, (missing, seen)


def test_rows_and_columns_read_sensibly(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    table = gui.find("tree table", "Machines", skip=())
    headers = [n.name for n in table.walk("label", None, ("list",))]
    assert headers[:3] == ["State", "Name", "Address"], headers
    for row, texts in gui.rows():
        assert row.role == "table row" and texts[1] in ("web1", "web2", "db1")
        assert "Id not known" in texts and any(text.startswith("192.0.2.") for text in texts), texts


# ---- looks ----

LARGE = 16.5  # points; 11 are usual


@pytest.mark.parametrize("looks", [
    {"environment": {"ADW_DEBUG_HIGH_CONTRAST": "1"}},
    {"environment": {"ADW_DEBUG_HIGH_CONTRAST": "1", "ADW_DEBUG_COLOR_SCHEME": "prefer-dark"}},
    {"font": f"Cantarell {LARGE}"},
], ids=["contrast", "contrast-dark", "large"])
def test_other_looks_hold(paired, looks):
    gui, _ = paired(**looks)
    if "font" in looks:
        assert gui.find("label", "Hune").extents[3] > 24, "the text is not large"  # the title: usually 18 pixels
    gui.open("web1")
    gui.click("page tab", "Command")
    entry = gui.entry("Command to run")
    run = gui.find("button", "Run")
    frame = gui.windows[0].extents
    for node in (entry, run, gui.find("button", "Main menu"), gui.find("button", "Clear")):
        x, y, width, height = node.extents
        assert x >= 0 and y >= 0 and x + width <= frame[2] and y + height <= frame[3], (node, node.extents)
    gui.enter(entry, "echo readable")
    gui.label(r"^exited\(0\) after ")


# ---- odd displays ----

@pytest.mark.parametrize("scale", ["0", "-1", "abc", "1.5"])
def test_a_scale_that_cannot_be_is_left_alone(window, console, scale):
    write_list(console, THREE)
    gui = window(environment={"GDK_SCALE": scale})
    wait_names(gui, "web1", "web2", "db1")


@pytest.fixture
def large_display():
    display = Display("2560x1600")
    yield display
    display.close()


def test_twice_the_size(binaries, large_display, agent, console):
    """GDK_SCALE=2: the window opens, everything stands inside of it, mouse and keys work."""
    joined = console.run("join", agent().invite(may="all"), "--name", "web1")
    assert joined.code == 0, joined
    gui = Window(large_display, binaries.folder / "src/desktop/hune-desktop", console, scale=2)
    try:
        wait_names(gui, "web1")
        _, place = gui.newest("Hune$")
        width, height = gui.windows[0].extents[2:]
        assert int(place["WIDTH"]) >= 2 * width and 2 * width <= 2560 and 2 * height <= 1600
        gui.open("web1")
        gui.click("page tab", "Command")
        wait("the connection", lambda: not gui.has("label", "Connecting"))
        for node in (gui.entry("Command to run"), gui.find("button", "Run"), gui.find("button", "Main menu")):
            x, y, wide, high = node.extents
            assert x >= 0 and y >= 0 and x + wide <= width and y + high <= height, (node, node.extents)
        gui.enter(gui.entry("Command to run"), "echo large")
        gui.label(r"^exited\(0\) after ")
    finally:
        bad = gui.close()
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("where, sentence", [
    (":7777", "The display :7777 cannot be opened."), (None, "There is no display.")])
def test_no_display_is_told_in_words(binaries, tmp_path, where, sentence):
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8", "LANGUAGE": "en",
                   **({"DISPLAY": where} if where else {})}
    done = subprocess.run([binaries.folder / "src/desktop/hune-desktop"], capture_output=True, text=True,
                          timeout=60, env=environment)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"hune-desktop: {sentence}"
    assert "“hune” does the same on a terminal" in done.stderr and "WARNING" not in done.stderr


# ---- a machine that vanishes ----

def test_a_machine_vanishes_while_things_are_done(paired):
    gui, (agent,) = paired()
    gui.open("web1")
    gui.click("page tab", "Terminal")
    terminal = gui.find("filler", "Terminal")
    wait("a prompt", lambda: terminal.description.strip())
    gui.click("page tab", "Command")
    gui.enter(gui.entry("Command to run"), "echo begun; exec sleep 600")
    wait("the beginning", lambda: "begun\n" in gui.entry("Output").text)
    agent.process.send_signal(signal.SIGKILL)  # the whole machine, as far as anybody can see
    agent.process.wait()
    gui.label(r"^Reconnecting|^Unreachable")
    gui.label("connection lost; the job goes on")
    gui.click("page tab", "Terminal")
    gui.label("The connection is lost; the shell goes on, trying again")
    gui.click("page tab", "Journal")
    gui.label("The machine is not connected")
    gui.click("page tab", "Overview")
    gui.label(r"^Reconnecting|^Unreachable")
    agent.start()
    for button in gui.all("button", "Try now"):
        with contextlib.suppress(GLib.Error):  # it is back by itself already
            button.do()
    gui.gone("button", "Try now")
    gui.click("page tab", "Command")
    gui.label(r"^lost|^exited|^unreachable after ")
    gui.enter(gui.entry("Command to run"), "echo again")
    gui.label(r"^exited\(0\) after ")
