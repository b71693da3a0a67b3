"""What a screen reader is told without being asked: where the focus is, and what comes up by itself. Orca itself
was heard by hand; it says the name of what has the focus, and each new description of it.
"""
import pytest
from atspi import FOCUSED
from gui import wait
from support import free_port
from test_machines import THREE, wait_names, write_list

SPOKEN = ("button", "toggle button", "list", "menu", "panel", "page tab", "text", "entry")


def focused(gui):
    return next((n for window in reversed(gui.windows) for n in window.walk(None, None, ())
                 if n.has(FOCUSED)), None)


def hears(gui, words):
    """Until what has the focus says them behind its name."""
    def look():
        node = focused(gui)
        return node and words in node.description
    wait(f"the reader to be told {words!r}", look)


def named_by_type(root):
    """What a reader would call by the name of its widget's type."""
    return [node for node in root.walk(None, None, ("tree table",))
            if node.role in SPOKEN and any(word.startswith(("Gtk", "Adw")) for word in node.name.split())]


def test_nothing_is_called_by_its_type(paired):
    gui, _ = paired(1)
    wait_names(gui, "web1")
    assert named_by_type(gui.root) == []
    gui.open("web1")
    assert named_by_type(gui.root) == []
    table = gui.find("tree table", "Processes", skip=())
    assert [n for n in table.children if n.role == "list" and n.name] == []


@pytest.mark.parametrize("key, title, fields", [
    ("ctrl+n", "Add a machine", ["Invitation link", "Host name or address", "Port"]),
    ("F2", "Edit the machine", ["Name", "Host name or address", "Port"]),
], ids=["add", "edit"])
def test_fields_of_dialogs_tell_of_their_focus(window, console, key, title, fields):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.point(gui.row("web1"))
    gui.key(key)
    dialog = gui.dialog(title)
    for name in fields:
        wait(f"the focus of {name}", lambda name=name: gui.entry(name, dialog).has(FOCUSED))
        gui.key("Tab")
    gui.key("shift+Tab")
    wait("the port again", lambda: gui.entry("Port", dialog).has(FOCUSED))
    gui.type("70000")
    hears(gui, "70000")
    gui.key("Escape")
    gui.no_dialog()


def test_what_comes_up_by_itself_is_told(paired):
    gui, _ = paired(1)
    wait_names(gui, "web1")
    gui.open("web1")
    gui.key("alt+2")
    entry = gui.entry("Command to run")
    wait("the focus", lambda: entry.has(FOCUSED))
    gui.type("false")
    gui.key("Return")
    hears(gui, "exited(1) after ")  # its end
    gui.press("kill")
    dialog = gui.dialog()
    hears(gui, "It stays stopped until somebody starts it there")  # the question, not only its title
    gui.key("Escape")
    wait("the question's end", lambda: dialog not in gui.windows)
    gui.to_front()
    gui.press("disconnect")
    hears(gui, "Disconnected")  # a banner
    wait("silence", lambda: entry.description == "")


def test_a_message_that_goes_again_is_told(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.key("ctrl+f")
    gui.type("web")
    hears(gui, "2 of 3 machines")
    gui.key("Escape")
    gui.point(gui.row("web1"))
    gui.key("Delete")
    hears(gui, "1 machine was removed")


def test_why_a_machine_cannot_be_added_is_told(window):
    gui = window()
    gui.key("ctrl+n")
    dialog = gui.dialog("Add a machine")
    gui.entry("Host name or address", dialog).text = "127.0.0.1"
    gui.entry("Port", dialog).text = str(free_port())
    gui.press("Connect", dialog)
    hears(gui, "Nobody listens there")


def test_rows_tell_the_numbers_behind_the_curves(paired):
    gui, _ = paired(1)
    wait("the numbers", lambda: gui.row("web1").description.startswith("CPU ") and
         "Memory " in gui.row("web1").description)


def test_a_terminal_says_what_it_shows_again_after_an_announcement(paired):
    gui, (agent,) = paired()
    gui.open("web1")
    gui.click("page tab", "Terminal")
    terminal = gui.find("filler", "Terminal")
    gui.focus(terminal)
    gui.type("echo needle")
    gui.key("Return")
    wait("the answer", lambda: "\nneedle" in terminal.description)
    agent.stop()
    wait("something else", lambda: terminal.description and "needle" not in terminal.description)
    wait("the terminal's own text", lambda: "\nneedle" in terminal.description, 15)
