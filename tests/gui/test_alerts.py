"""Alerts: rules typed, saved, changed elsewhere; begun and ended; told once, remembered, shown."""
import contextlib
import json
import pathlib
import subprocess
import sys
import threading

import pytest
from atspi import SENSITIVE
from gui import TIED, wait

CONF = "alerts.conf"


class Messages:
    """What a desktop was given to show."""

    def __init__(self, display, *options):
        self.seen = []
        self.process = subprocess.Popen(
            TIED + [sys.executable, str(pathlib.Path(__file__).with_name("messages.py")), *options],
            env=display.environment, stdout=subprocess.PIPE, text=True)
        assert json.loads(self.process.stdout.readline()) == {"ready": True}
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.seen.append(json.loads(line))

    def wait(self, title):
        return wait(f"a message {title!r}; there are {self.seen}",
                    lambda: next((m for m in self.seen if m["title"] == title), None))

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.reader.join(10)
        self.process.stdout.close()


@pytest.fixture
def messages(display):
    with contextlib.ExitStack() as stack:
        def make(*options):
            made = Messages(display, *options)
            stack.callback(made.close)
            return made
        yield make


def write_rules(console, text):
    console.config.mkdir(parents=True, exist_ok=True)
    (console.config / CONF).write_text(text)


def open_alerts(gui):
    gui.key("ctrl+e")
    return gui.find("list", "Alerts")


def rows(gui):
    return [row.name for row in gui.find("list", "Alerts").children if row.role == "list item"]


def group(gui, name):
    return next((int(n.name.split(": ")[1]) for n in gui.find("list", "Groups").children
                 if n.name.startswith(f"{name}: ")), None)


def open_rules(gui):
    gui.key("ctrl+e")
    gui.press("Rules…")
    return gui.dialog("Rules for alerts")


def rule_dialog(gui, title):
    dialog = gui.dialog(title)
    return dialog, {name: gui.entry(field, dialog) for name, field in (
        ("name", "Name of the alert"), ("when", "It begins when, for example: cpu > 90 for 5m"),
        ("machines", "Machines (empty: all)"), ("do", "Command to run here at its begin and end"),
        ("clear", "It ends when that was not so for (empty: 30s)"))}


def test_a_rule_is_judged_while_it_is_typed(window, console):
    console.config.mkdir(parents=True)
    console.machines.write_text("name,host\nweb1,192.0.2.1\n")
    gui = window()
    open_rules(gui)
    gui.label("There are no rules yet")
    gui.press("Add a rule…")
    dialog, fields = rule_dialog(gui, "Add a rule")
    save = gui.find("button", "Save", dialog)
    assert not save.has(SENSITIVE)
    fields["when"].text = "mem > 95 and cpo > 90"
    gui.label(r"^Character 14: .*cpo", dialog)
    gui.label(r"^mem > 95 and cpo > 90\n {13}\^$", dialog)
    fields["when"].text = "mem > 95 and cpu > 90 for"
    gui.label(r"^Character 2\d: ", dialog)
    fields["when"].text = "mem > 95 and cpu > 90 for 5m"
    wait("no mistake", lambda: not gui.has("label", None, dialog) or not gui.shows("^Character"))
    assert not save.has(SENSITIVE)  # without a name
    fields["name"].text = "busy"
    wait("that it can be saved", lambda: save.has(SENSITIVE))
    fields["machines"].text = "@nobody"
    gui.label("nobody", dialog)
    wait("that it cannot be saved", lambda: not save.has(SENSITIVE))
    fields["machines"].text = "web1"
    wait("that it can be saved", lambda: save.has(SENSITIVE))
    fields["do"].text = "logger a ; logger b"
    gui.label("would be a comment", dialog)
    fields["do"].text = ""
    fields["clear"].text = "soon"
    gui.label("“soon”|\"soon\" is no length of time", dialog)
    fields["clear"].text = "2m"
    wait("that it can be saved", lambda: save.has(SENSITIVE))
    gui.press("Save", dialog)
    gui.label("^busy$")
    wait("the file", lambda: (console.config / CONF).exists())
    assert (console.config / CONF).read_text() == (
        "[busy]\nwhen = mem > 95 and cpu > 90 for 5m\nmachines = web1\nclear = 2m\n")


def test_rules_are_changed_and_removed_and_comments_stay(window, console):
    write_rules(console, "# mine\n\n[gone]\nwhen = down\n# a note\n\n[full]\nwhen = disk.free < 5%\n")
    gui = window()
    open_rules(gui)
    gui.label("^disk.free < 5%$")
    gui.press("gone: Edit…")
    dialog, fields = rule_dialog(gui, "Edit the rule")
    assert fields["when"].text == "down"
    fields["name"].text = "full"
    gui.label("Another rule has this name already", dialog)
    fields["name"].text = "away"
    fields["when"].text = "down for 2m"
    gui.press("Save", dialog)
    gui.label("^down for 2m$")
    gui.press("full: Remove")
    gui.gone("label", "disk.free < 5%")
    assert (console.config / CONF).read_text() == "# mine\n\n[away]\nwhen = down for 2m\n# a note\n\n"


def test_the_file_is_watched_and_a_mistake_in_it_is_told(window, console):
    write_rules(console, "[gone]\nwhen = down\n")
    gui = window()
    open_rules(gui)
    gui.label("^down$")
    write_rules(console, "[gone]\nwhen = down\n[hot]\nwhen = cpu > 90\n")
    gui.label("^cpu > 90$")
    write_rules(console, "[gone]\nwhen = down\n[hot]\nwhen = cpo > 90\n")
    gui.label(r"alerts\.conf, line 4: .*cpo")
    gui.label("^cpu > 90$")  # the rules of before hold on
    gui.press("gone: Remove")
    gui.label("cpo")
    assert "[gone]" in (console.config / CONF).read_text()  # a file with a mistake is left alone
    write_rules(console, "[hot]\nwhen = cpu > 95\n")
    gui.label("^cpu > 95$")
    wait("no mistake", lambda: not gui.shows("cpo"))


def test_an_alert_begins_and_ends_once(paired, console, messages):
    shown = messages()
    write_rules(console, "[away]\nwhen = down\nclear = 1s\n")
    gui, (agent,) = paired()
    wait("the machine", lambda: group(gui, "Connected") == 1)
    assert group(gui, "Needs attention") == 0
    agent.stop()
    began = shown.wait("web1: away")
    assert began["urgency"] == 2 and "down" in began["body"]
    wait("that it needs attention", lambda: group(gui, "Needs attention") == 1)
    gui.row("away, Unreachable")
    open_alerts(gui)
    gui.label("^1 alert stands$")
    gui.label("^Now$")
    assert rows(gui)[0].startswith("web1 · away, down · since ")
    agent.start()
    over = shown.wait("web1: away is over")
    assert over["id"] == began["id"]  # it takes the place of the first
    gui.label("^No alert stands$")
    wait("that it is over", lambda: " long" in rows(gui)[0])
    gui.label("^Before$")
    assert len(shown.seen) == 2
    kinds = [line["event"] for line in console.json("watch", "--log") if "rule" in line]
    assert kinds == ["begin", "end"]


def test_an_alert_on_a_machines_page(paired, console, messages):
    messages()
    write_rules(console, "[always]\nwhen = up\n")
    gui, _ = paired()
    gui.open("web1")
    gui.label("^always: up$")
    gui.press("Alerts")
    gui.label("^1 alert stands$")
    gui.point(gui.find("list", "Alerts").children[0], times=2)
    gui.label("^always: up$")


def test_a_click_on_a_message_shows_the_machine(paired, console, messages):
    messages("click")
    write_rules(console, "[always]\nwhen = up\n")
    gui, _ = paired()
    gui.find("page tab", "Overview")
    gui.label("^always: up$")


def test_many_at_once_are_one_message(window, console, messages):
    shown = messages()
    write_rules(console, "[unknown]\nwhen = refused\n[quiet]\nwhen = refused or up\nnotify = no\n")
    console.machines.write_text("name,host\n" + "".join(f"web{n},192.0.2.{n}\n" for n in range(1, 41)))
    gui = window()  # their ids are not known: all are refused
    message = shown.wait("40 alerts")
    assert message["body"] == "web[1-40]"
    open_alerts(gui)
    gui.label("^80 alerts stand$")
    assert len(shown.seen) == 1


def test_the_commands_of_a_rule_run_here(paired, console, messages, tmp_path):
    messages()
    told = tmp_path / "told"
    write_rules(console, f"[always]\nwhen = up\n"
                         f"do = echo $HUNE_STATE $HUNE_MACHINE $HUNE_LABEL >>{told}; exit 3\n")
    gui, _ = paired()
    wait("the command", lambda: told.exists() and told.read_text() == "begin web1 always\n")
    open_alerts(gui)
    gui.label("web1: \"/bin/sh\" ended with status 3")


def test_beside_a_watch_each_alert_is_told_by_one(paired, console, messages):
    shown = messages()
    write_rules(console, "[away]\nwhen = down\nclear = 1s\n")
    gui, (agent,) = paired()
    wait("the machine", lambda: group(gui, "Connected") == 1)
    with console.start("watch", "--no-notify") as watch:
        wait("the watch", lambda: b"watching" in watch.stderr.readline())
        agent.stop()
        wait("the alert", lambda: group(gui, "Needs attention") == 1)
        gui.row("away, Unreachable")
        agent.start()
        wait("the alert's end", lambda: not any("away, " in text for _, texts in gui.rows()
                                                for text in texts))
        wait("both told", lambda: [line["event"] for line in console.json("watch", "--log")
                                   if "rule" in line] == ["begin", "end"])
        watch.terminate()
        lines = watch.communicate(timeout=60)[0].decode().splitlines()
    told = [line for line in lines if "away" in line]
    assert len(told) + len(shown.seen) == 2, (told, shown.seen)
