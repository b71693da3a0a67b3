"""What is easily forgotten: tabs that are moved, keys alone, screen readers, looks, odd displays, machines
that vanish while something is done.
"""
import signal
import subprocess

import pytest
from atspi import FOCUSED
from gui import wait
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
        wait(f"the tab of {name}", lambda: next(
            (n for n in gui.root.walk("label", name, ("tree table", "list")) if n.extents[1] < 45), None))


# ---- tabs ----

def test_tabs_are_moved_and_come_back_in_their_order(window, console):
    write_list(console, THREE)
    gui = window(environment=KEYFILE)
    wait_names(gui, "web1", "web2", "db1")
    open_all(gui, "web1", "web2", "db1")
    gui.key("ctrl+shift+Page_Up")
    gui.key("ctrl+shift+Page_Up")
    assert gui.close() == []
    stored = (console.home / ".config/glib-2.0/settings/keyfile").read_text()
    assert "open-machines=['db1', 'web1', 'web2']" in stored
    gui = window(environment=KEYFILE)
    wait("the tabs", lambda: {n.name for n in gui.root.walk("label", None, ("tree table", "list"))}
         >= {"web1", "web2", "db1"})


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

def test_everything_that_is_used_has_a_name(paired):
    gui, _ = paired()

    def nameless():
        return [f"{node.role} at {node.extents}" for role in NAMED
                for node in gui.root.walk(role, None, ("tree table",))
                if not node.name and not node.description and not any(
                    child.name for child in node.walk("label", None, ()))
                and not any(child.name for child in node.children)]

    assert nameless() == []
    gui.open("web1")
    for page in ("Overview", "Command", "Terminal", "Journal"):
        gui.click("page tab", page)
        wait(f"names of everything on {page}", lambda: not nameless() or None, 10) if nameless() else None
        assert nameless() == [], page


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

@pytest.mark.parametrize("looks", [
    {"ADW_DEBUG_HIGH_CONTRAST": "1"},
    {"ADW_DEBUG_HIGH_CONTRAST": "1", "ADW_DEBUG_COLOR_SCHEME": "prefer-dark"},
    {"GDK_DPI_SCALE": "1.5"},
], ids=["contrast", "contrast-dark", "large"])
def test_other_looks_hold(paired, looks):
    gui, _ = paired(environment=looks)
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
    gui.press("Try now")
    gui.gone("button", "Try now")
    gui.click("page tab", "Command")
    gui.label(r"^lost|^exited|^unreachable after ")
    gui.enter(gui.entry("Command to run"), "echo again")
    gui.label(r"^exited\(0\) after ")
