"""Every dialog for those who hear it: what it is, what it is called, and what each of its controls is called."""
import contextlib

import pytest
from gi.repository import GLib
from gui import wait

CONTROLS = ("button", "text", "entry", "check box", "toggle button", "combo box", "page tab")


def hear(gui, title):
    """The dialog in front as a screen reader tells it: it is a dialog, has this name, and all that can be used
    in it has one. Then it is closed by Escape."""
    dialog = wait(f"the dialog {title!r}", lambda: next((w for w in gui.windows[1:] if w.name == title), None))
    assert title.strip()
    nameless = []
    for role in CONTROLS:
        for node in dialog.walk(role, None, ()):
            with contextlib.suppress(GLib.Error):  # it left meanwhile
                if not node.name.strip() or node.name.startswith(("Gtk", "Adw", "Hune")):
                    nameless.append(f"{role} {node.name!r} at {node.extents}")
    return dialog.role, nameless


def close(gui, count=1):
    gui.key("Escape")
    wait("the dialog's end", lambda: len(gui.windows) == count)


def menu(gui, item):
    gui.find("button", "Main menu").children[0].do()
    gui.click("menu item", item)


@pytest.fixture
def roles():
    """What each dialog is; all of them are told at once."""
    found = {}
    yield found
    bad = {title: told for title, told in found.items() if told[0] != "dialog" or told[1]}
    assert not bad, "\n".join(f"{title}: {told}" for title, told in bad.items())


def test_the_dialogs_of_the_main_menu_have_names(paired, roles, tmp_path):
    gui, _ = paired()
    gui.row("web1")
    for item, title in (("Add a machine…", "Add a machine"), ("Preferences", "Preferences"),
                        ("Keyboard shortcuts", "Keyboard shortcuts"), ("About Hune", "About")):
        menu(gui, item)
        role, nameless = hear(gui, title)
        roles[title] = role, [] if title in ("About", "Keyboard shortcuts") else nameless  # GTK's own
        close(gui)
    menu(gui, "Rules for alerts…")
    roles["Rules for alerts"] = hear(gui, "Rules for alerts")
    gui.press("Add a rule…", gui.dialog("Rules for alerts"))
    roles["Add a rule"] = hear(gui, "Add a rule")
    close(gui, 2)
    close(gui)


def test_the_dialogs_of_machines_have_names(paired, roles, tmp_path):
    gui, _ = paired(2)
    gui.point(gui.row("web1"))
    gui.key("F2")
    roles["Edit the machine"] = hear(gui, "Edit the machine")
    close(gui)
    gui.point(gui.row("web1"))
    gui.key("ctrl+a")
    gui.enter(gui.entry("Command for the selected machines"), "shutdown -c")
    question = gui.dialog()
    roles[question.name] = hear(gui, question.name)
    close(gui)


def test_the_questions_on_a_machine_have_names(paired, roles):
    gui, (agent,) = paired()
    gui.open("web1")
    gui.click("page tab", "Command")
    for word in ("reset", "kill"):
        gui.press(word)
        question = gui.dialog()
        roles[question.name] = hear(gui, question.name)
        close(gui)
    agent.stop()
    gui.press("Find out why…")
    way = gui.dialog()
    roles[way.name] = hear(gui, way.name)
    close(gui)


def test_the_import_has_a_name(window, console, roles, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("name,host\nweb1,192.0.2.1\n")
    gui = window("--import", other)
    roles["Import a list"] = hear(gui, "Import a list")
    close(gui)
