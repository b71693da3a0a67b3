"""A shell on a machine, in a terminal. What it shows is told to a screen reader as its description."""
import os
import re

import pytest
from atspi import FOCUSED
from gui import wait


def open_terminal(gui):
    gui.open("web1")
    gui.click("page tab", "Terminal")
    terminal = gui.find("filler", "Terminal")
    wait("a prompt", lambda: terminal.description.strip())
    return terminal


def test_type_into_a_shell(paired):
    gui, _ = paired()
    terminal = open_terminal(gui)
    gui.focus(terminal)
    gui.type("echo $((6*7))x$TERM")
    gui.key("Return")
    wait("the answer", lambda: "42xxterm-256color" in terminal.description)


def test_keys_alone_lead_out_of_a_terminal(paired):
    gui, _ = paired()
    gui.focus(open_terminal(gui))
    gui.key("ctrl+alt+Next")
    gui.entry("Folder on web1")
    gui.key("ctrl+alt+Prior", "ctrl+alt+Prior")
    command = gui.entry("Command to run")
    wait("its focus", lambda: command.has(FOCUSED))


def test_control_letters_are_the_shells(paired):
    gui, _ = paired()
    terminal = open_terminal(gui)
    gui.focus(terminal)
    # From here on the line is the terminal's to edit, and no longer the shell's.
    gui.type("echo re''ady; cat")
    gui.key("Return")
    wait("cat", lambda: "\nready" in terminal.description)
    gui.type("one")
    gui.key("ctrl+u")
    gui.type("two")
    gui.key("Return", "ctrl+d")
    gui.type("echo done")
    gui.key("Return")
    wait("cat's answer", lambda: "two\ntwo" in terminal.description and
         "done\n" in terminal.description)


def lines_of(gui, terminal):
    """How many lines the shell has."""
    gui.type("clear; echo lines $(stty size)")
    gui.key("Return")
    return wait("its size", lambda: re.search(r"^lines (\d+) ", terminal.description, re.M)).group(1)


@pytest.mark.long(18)
@pytest.mark.parametrize("by", ["mouse", "keys"])
def test_copy_paste_find_and_size_by_the_menu(paired, by):
    gui, _ = paired()
    terminal = open_terminal(gui)
    gui.focus(terminal)

    def choose(item):
        for _ in range(5):  # a click that closes the menu of before opens none
            if by == "mouse":
                gui.point(terminal, button=3)
            else:
                gui.key("shift+F10")
            try:
                gui.find("menu item", item, seconds=5)
                break
            except AssertionError:
                continue
        gui.click("menu item", item)
        gui.gone("menu item", item)

    gui.type("echo needle")
    gui.key("Return")
    wait("the answer", lambda: "\nneedle" in terminal.description)
    choose("Find…")
    search = gui.entry("Find in the terminal")
    gui.type("no such word")
    gui.label("^Not found$")
    gui.key("ctrl+a")
    gui.type("needle")
    wait("the word", lambda: search.text == "needle")
    gui.gone("label", "Not found")
    gui.key("Return")  # at once, and not when typing has paused for a moment
    gui.key("Escape")
    choose("Copy")
    gui.type("echo got ")
    choose("Paste")
    gui.key("Return")
    wait("what was pasted", lambda: "\ngot needle" in terminal.description)
    before = int(lines_of(gui, terminal))
    assert before > 24  # what a terminal has that nobody told its size
    choose("Larger letters")
    choose("Larger letters")
    wait("fewer lines", lambda: int(lines_of(gui, terminal)) < before)
    choose("Normal size")
    wait("as many lines as before", lambda: int(lines_of(gui, terminal)) == before)


def test_exit_and_open_again(paired):
    gui, _ = paired()
    terminal = open_terminal(gui)
    gui.focus(terminal)
    gui.type("exit 3")
    gui.key("Return")
    gui.label(r"^The shell has ended: exited\(3\)$")
    gui.press("Open a shell")
    gui.gone("button", "Open a shell")
    gui.focus(terminal)
    gui.type("echo again")
    gui.key("Return")
    wait("the answer", lambda: "\nagain" in terminal.description)


def test_a_flood_is_held_back_and_the_window_lives(paired):
    gui, _ = paired()
    terminal = open_terminal(gui)
    gui.focus(terminal)
    gui.type("yes")
    gui.key("Return")
    wait("the flood", lambda: "y\ny\ny" in terminal.description)
    gui.click("page tab", "Overview")
    gui.find("button", "24 hours")
    gui.click("page tab", "Terminal")
    gui.focus(gui.find("filler", "Terminal"))
    gui.key("ctrl+c")
    gui.type("echo ended")
    gui.key("Return")
    wait("the answer", lambda: "\nended" in terminal.description, 60)


def test_the_shell_survives_a_new_gate(paired):
    gui, _ = paired()
    terminal = open_terminal(gui)
    gui.focus(terminal)
    gui.type("x=kept")
    gui.key("Return")
    gui.click("page tab", "Command")
    gui.press("reset")
    gui.press("Start afresh", gui.dialog())
    gui.no_dialog()
    wait("what was done", lambda: "the agent starts afresh" in gui.entry("Output").text)
    gui.enter(gui.entry("Command to run"), "echo back")  # the new gate answers
    gui.label(r"^exited\(0\) after ")
    gui.click("page tab", "Terminal")
    gui.focus(gui.find("filler", "Terminal"))
    gui.type("echo $x")
    gui.key("Return")
    wait("the answer", lambda: "\nkept" in terminal.description)


def test_no_shell_stays_behind(paired, console):
    gui, _ = paired()
    open_terminal(gui)
    assert [job["state"] for job in console.json("jobs", "web1")] == ["running"]
    assert gui.close() == []
    assert "running" not in [job["state"] for job in console.json("jobs", "web1")]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_shell_of_another_user(paired):
    gui, _ = paired(as_="root,daemon")
    terminal = open_terminal(gui)
    gui.focus(terminal)
    gui.type("id -un")
    gui.key("Return")
    wait("the list's user", lambda: "\nroot" in terminal.description)
    gui.choose_user("HuneTerminalView", "games")
    gui.press("Open a new shell")
    gui.label("Your key may not run anything as that user")
    gui.point(gui.user_button("HuneTerminalView", "games"))
    gui.press("daemon")
    gui.press("Open a shell")
    gui.gone("button", "Open a shell")
    gui.focus(terminal)
    gui.type("id -un")
    gui.key("Return")
    wait("the other user", lambda: "\ndaemon" in terminal.description)
    gui.click("page tab", "Command")
    gui.user_button("HuneCommandView", "daemon")  # one choice for the machine's tab
