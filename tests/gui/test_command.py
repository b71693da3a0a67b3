"""Asking and commanding one machine in its tab."""
import os

import pytest
from atspi import FOCUSED, SENSITIVE
from gui import wait
from support import user_name


def test_a_line_runs_and_tells_how_it_ended(paired):
    gui, _ = paired()
    entry = gui.open_command()
    gui.enter(entry, "echo one; echo two >&2; exit 3")
    gui.label(r"^exited\(3\) after ")
    assert gui.output().startswith("$ echo one; echo two >&2; exit 3\n")
    assert "one\n" in gui.output() and "two\n" in gui.output()
    wait("an empty line for the next one", lambda: entry.text == "")


def test_output_arrives_while_it_runs_and_stop_ends_it(paired):
    gui, _ = paired()
    gui.enter(gui.open_command(), "echo begun; exec sleep 600")
    wait("the first line", lambda: "begun\n" in gui.output())
    gui.press("Stop")
    gui.label(r"^(killed|signalled\(15\)) after ")
    gui.gone("button", "Stop")


def test_words_ask_for_facts(paired):
    gui, _ = paired()
    entry = gui.open_command()
    gui.enter(entry, "os ram")
    gui.label(r"^answered after ")
    assert "Linux" in gui.output() and "GiB" in gui.output()
    gui.press("uptime")
    wait("the uptime", lambda: "since" in gui.output())


def test_a_word_behind_an_exclamation_mark_is_the_shells(paired):
    gui, _ = paired()
    gui.enter(gui.open_command(), "!os")
    gui.label(r"^exited\(127\) after ")


def test_up_recalls_the_line_before(paired):
    gui, _ = paired()
    entry = gui.open_command()
    gui.enter(entry, "echo first")
    gui.label(r"^exited\(0\) after ")
    gui.focus(entry)
    gui.key("Up")
    wait("the line before", lambda: entry.text == "echo first")
    gui.key("Down")
    wait("what was typed", lambda: entry.text == "")


def test_only_what_was_typed_runs(paired):
    """A line of before is proposed behind what is typed, and is part of it only once it was taken."""
    gui, _ = paired()
    entry = gui.open_command()
    gui.enter(entry, "echo whole words")
    gui.label(r"^exited\(0\) after ")
    gui.focus(entry)
    gui.type("echo who")
    wait("the proposal", lambda: entry.text == "echo whole words")
    gui.key("Return")
    wait("the answer", lambda: gui.output_ends("\nwho\n"))
    wait("an empty line for the next one", lambda: entry.text == "")
    gui.type("echo whol")
    wait("the proposal", lambda: entry.text == "echo whole words")
    gui.key("Tab")  # takes it, and goes on from there
    gui.type(" more")
    wait("the longer line", lambda: entry.text == "echo whole words more")
    gui.key("Return")
    wait("the answer", lambda: gui.output_ends("\nwhole words more\n"))
    wait("an empty line for the next one", lambda: entry.text == "")
    gui.type("kil")
    wait("the proposal", lambda: entry.text == "kill")
    gui.key("Escape")
    wait("what was typed", lambda: entry.text == "kil")
    gui.type("l")
    gui.key("BackSpace")
    gui.type("l")
    gui.key("ctrl+a", "BackSpace")
    gui.type("kil")
    wait("the proposal", lambda: entry.text == "kill")
    gui.point(gui.entry("Output"))  # elsewhere
    wait("what was typed", lambda: entry.text == "kil")


def test_quick_keys_are_not_garbled_by_proposals(paired):
    """Each key meets the proposal that the key before it made."""
    gui, _ = paired()
    entry = gui.open_command()
    for line in ("echo disconnected users", "echo processes"):
        gui.enter(entry, line)
        gui.label(r"^exited\(0\) after ")
        wait("an empty line for the next one", lambda: entry.text == "")
    gui.focus(entry)
    for number in range(12):
        for line in ("echo disconnected", "echo proces", "disconnec"):
            gui.tool("type", "--delay", 1 + number, line)
            gui.key("Escape")
            wait(line, lambda line=line: entry.text == line, 10)
            gui.key("ctrl+a", "BackSpace")
            wait("an empty line", lambda: entry.text == "")


def test_run_is_insensitive_without_a_command(paired):
    gui, _ = paired()
    entry = gui.open_command()
    run = gui.find("button", "Run")
    assert not run.has(SENSITIVE)
    entry.text = "true"
    wait("a sensitive button", lambda: run.has(SENSITIVE))


def test_escape_takes_back_who_was_half_typed(paired):
    gui, _ = paired()
    gui.open_command()
    for stood, typed in (("default", "ab"), ("default", "no name!"), ("daemon", "x")):
        if stood != "default":
            gui.choose_user("HuneCommandView", stood)
        gui.point(gui.user_button("HuneCommandView", stood))
        entry = gui.entry("User to run as")
        wait("the focus", lambda entry=entry: entry.has(FOCUSED))
        gui.key("ctrl+a")
        gui.type(typed)
        wait("the text", lambda entry=entry, typed=typed: entry.text == typed)
        gui.key("Escape")
        wait("no popover", lambda: not any(n.name == "User to run as" for n in gui.all("text")))
        gui.user_button("HuneCommandView", stood)
        gui.point(gui.user_button("HuneCommandView", stood))
        assert gui.entry("User to run as").text == ("" if stood == "default" else stood)
        gui.key("Escape")
        wait("no popover", lambda: not any(n.name == "User to run as" for n in gui.all("text")))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_line_runs_as_another_user(paired):
    gui, _ = paired(may="all", as_="root,nobody,daemon")
    entry = gui.open_command()
    gui.enter(entry, "id -un")
    wait("the list's user", lambda: gui.output() == "$ id -un\nroot\n")
    gui.choose_user("HuneCommandView", "nobody")
    gui.enter(entry, "id -un")
    wait("the other user", lambda: gui.output_ends("nobody $ id -un\nnobody\n"))
    gui.point(gui.user_button("HuneCommandView", "nobody"))
    gui.find("button", "Default: the machine decides")
    gui.press("daemon")  # as the machine told
    gui.user_button("HuneCommandView", "daemon")
    gui.enter(entry, "id -un")
    wait("the one that was picked", lambda: gui.output_ends("daemon $ id -un\ndaemon\n"))


def test_a_user_that_is_not_granted_is_told(paired):
    gui, _ = paired(as_=user_name())
    entry = gui.open_command()
    gui.choose_user("HuneCommandView", "games")
    gui.enter(entry, "id -un")
    gui.label(r"^refused\(run-as\) after ")
    assert "Your key may not run anything as that user." in gui.output()
    assert "as= option" in gui.output()


def test_what_is_no_users_name_runs_nothing(paired):
    gui, _ = paired()
    entry = gui.open_command()
    gui.point(gui.user_button("HuneCommandView", "default"))
    user = gui.entry("User to run as")
    gui.type("a b")
    gui.label("^That is no user's name.$")
    gui.key("Return")
    assert user.text == "a b"
    gui.point(entry)  # closes it and leaves what was typed, which Escape would take back
    gui.gone("text", "User to run as")
    gui.enter(entry, "id -un")
    wait("the line to stay", lambda: entry.text == "id -un")
    assert not gui.find("button", "Run").has(SENSITIVE)
    assert gui.output() == ""
