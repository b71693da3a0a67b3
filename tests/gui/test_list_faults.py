"""The list on disk does what it should not while windows stand over it: written by two at once, changed, taken
away or spoiled under an open dialog or tab."""
import threading

import pytest
from gui import wait
from test_machines import THREE, wait_names, write_list


def open_menu(gui, name):
    gui.to_front()
    gui.point(gui.row(name))
    gui.label("1 selected")
    gui.point(gui.row(name), button=3)
    gui.find("menu item", "Edit…")


def open_edit(gui, name, tags):
    """The dialog that edits a machine, filled in, not yet saved."""
    open_menu(gui, name)
    gui.click("menu item", "Edit…")
    dialog = gui.dialog("Edit the machine")
    gui.entry("Tags, separated by commas", dialog).text = tags
    return dialog


def at_once(*acts):
    """All of them in the same moment."""
    gate, failed = threading.Barrier(len(acts)), []

    def run(act):
        gate.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001, told by the test that joins
            failed.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


@pytest.mark.long(20)
def test_two_windows_save_in_the_same_instant(window, console):
    """Each of them another machine, again and again: nobody's change is lost, and both see both."""
    write_list(console, THREE)
    one, other = window(), window()
    for gui in (one, other):
        wait_names(gui, "web1", "web2", "db1")
    for turn in range(4):
        dialogs = open_edit(one, "web1", f"one{turn}"), open_edit(other, "web2", f"other{turn}")
        at_once(lambda: one.press("Save", dialogs[0]), lambda: other.press("Save", dialogs[1]))
        for gui in (one, other):
            gui.no_dialog()
        text = console.machines.read_text()
        assert f"web1,192.0.2.1,10000,one{turn},kept 1\n" in text, text
        assert f"web2,192.0.2.2,10000,other{turn},kept 2\n" in text, text
        assert "db1,192.0.2.3,10000,db,kept 3\n" in text and len(text.splitlines()) == 4, text
        for gui in (one, other):
            for name, tag in (("web1", f"one{turn}"), ("web2", f"other{turn}")):
                wait(f"{tag} in the list", lambda: tag in next(
                    texts for _, texts in gui.rows() if name in texts))


def test_one_window_removes_while_the_other_edits_and_the_console_tags(window, console):
    write_list(console, [(f"m{n}", "old") for n in range(1, 9)])
    one, other = window(), window()
    for gui in (one, other):
        wait_names(gui, *(f"m{n}" for n in range(1, 9)))
    dialog = open_edit(one, "m1", "edited")
    open_menu(other, "m2")
    at_once(lambda: one.press("Save", dialog), lambda: other.click("menu item", "Remove"),
            lambda: console.run("tag", "m3", "+tagged"), lambda: console.run("remove", "m4", "--yes"))
    for gui in (one, other):
        wait_names(gui, "m1", "m3", "m5", "m6", "m7", "m8")
    text = console.machines.read_text()
    assert "m1,192.0.2.1,10000,edited,kept 1\n" in text, text
    assert "tagged" in text and "m2," not in text and "m4," not in text, text


def test_the_list_vanishes_under_an_open_dialog(window, console):
    """What was typed is not lost in silence, and no list of one machine is made of it."""
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    dialog = open_edit(gui, "web1", "late")
    console.machines.unlink()
    gui.label("has disappeared. The machines are shown as they were last read")
    gui.press("Save", dialog)
    gui.label("web1 is no longer in the list")
    assert not console.machines.exists()
    write_list(console, THREE)
    wait("no fault any more", lambda: not gui.shows("has disappeared"))


def test_a_machine_leaves_the_list_under_its_tab_and_its_dialog(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    dialog = open_edit(gui, "web2", "late")
    write_list(console, THREE[:1])
    gui.press("Save", dialog)
    gui.label("no longer in the list", gui.windows[-1])
    assert "web2" not in console.machines.read_text()
    gui.key("Escape")
    for _ in range(3):
        if len(gui.windows) > 1:
            gui.key("Escape")
    gui.no_dialog()
    wait_names(gui, "web1")
    gui.open("web1")
    write_list(console, [("other", "")])
    gui.label("^This machine is no longer in the list.$")
    gui.press("Close the tab")
    wait_names(gui, "other")


def test_the_list_becomes_something_else(window, console):
    """A folder, nonsense, half a line, a file that may be read again: the machines stay, and it is said why."""
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    console.machines.unlink()
    console.machines.mkdir()
    gui.label("machines.csv")
    wait_names(gui, "web1", "web2", "db1")
    console.machines.rmdir()
    console.machines.write_bytes(bytes(range(256)) * 300)
    gui.label("machines.csv|lines? of the list")
    write_list(console, THREE)
    wait_names(gui, "web1", "web2", "db1")
    whole = console.machines.read_text()
    console.machines.write_text(whole[:len(whole) - 20])  # as an editor that writes in pieces leaves it
    wait("an answer", lambda: len(gui.rows()) <= 3)
    console.machines.write_text(whole)
    wait_names(gui, "web1", "web2", "db1")
    wait("no fault any more", lambda: not gui.shows("of the list (is|are) not understood|has disappeared"))
