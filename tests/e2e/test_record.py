"""--record: what a job showed, as asciinema plays it."""
import contextlib
import json
import os
import re
import signal
import subprocess

import pytest
from support import Terminal, wait_for


def read_cast(path):
    """The header, and the events as tuples. Fails if a line is no JSON or time runs backwards."""
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines.pop() == "", "the last line is not whole"
    head, *events = [json.loads(line) for line in lines]
    assert head["version"] == 2
    assert all(re.fullmatch("[or]", kind) for _, kind, _ in events)
    times = [time for time, _, _ in events]
    assert times == sorted(times) and all(isinstance(time, float) for time in times)
    return head, [tuple(event) for event in events]


def text_of(events):
    return "".join(text for _, kind, text in events if kind == "o")


def test_a_command(pair, tmp_path):
    machine = pair()
    path = tmp_path / "run.cast"
    done = machine.console.run("run", machine.name, "--record", path, "--",
                               "echo first; sleep 0.3; echo second >&2; printf 'caf\\303'; sleep 0.1; "
                               "printf '\\251\\n'; exit 5")
    assert done.code == 5
    assert (done.out, done.err) == ("first\ncafé\n", "second\n")
    head, events = read_cast(path)
    assert head["title"] == machine.name and head["command"].startswith("echo first;")
    assert head["env"] == {"TERM": "xterm"}
    assert text_of(events) == "first\r\nsecond\r\ncafé\r\n"
    assert events[1][0] - events[0][0] >= 0.25


def test_the_size_is_the_terminals(pair, tmp_path):
    """Also where the output goes elsewhere: whoever sees it played sits at that terminal."""
    machine = pair()
    for number, more in enumerate(["", " >/dev/null", " </dev/null >/dev/null 2>&1"]):
        path = tmp_path / f"{number}.cast"
        line = f"stty rows 41 cols 121; {machine.console.binaries.hune} run {machine.name} --record {path} -- true{more}"
        with contextlib.closing(Terminal(["/bin/sh", "-c", line],
                                         machine.console.environment)) as terminal:
            assert terminal.wait() == 0
        head, _ = read_cast(path)
        assert (head["width"], head["height"]) == (121, 41)
    path = tmp_path / "none.cast"
    subprocess.run(["setsid", "--wait", machine.console.binaries.hune, "run", machine.name, "--record", path,
                    "--", "true"], env=machine.console.environment, stdin=subprocess.DEVNULL, check=True)
    head, _ = read_cast(path)
    assert (head["width"], head["height"]) == (80, 24)


def test_only_one_machine(pair, tmp_path):
    machine = pair()
    path = tmp_path / "run.cast"
    done = machine.console.run("run", machine.name, "--gather", "--record", path, "--", "true")
    assert done.code == 2 and "one machine" in done.err
    assert not path.exists()


def test_nothing_is_overwritten(pair, tmp_path):
    machine = pair()
    path = tmp_path / "run.cast"
    path.write_text("mine")
    done = machine.console.run("run", machine.name, "--record", path, "--", "true")
    assert done.code == 1 and "already" in done.err
    assert path.read_text() == "mine" and not machine.jobs()


def test_a_shell(pair, tmp_path):
    machine = pair()
    path = tmp_path / "shell.cast"
    with machine.console.terminal("shell", machine.name, "--record", path, "--env", "PS1=$ ",
                                  "--", "exec /bin/sh") as terminal:
        terminal.expect(r"\$ ")
        terminal.line("printf 'gr\\303\\274n\\n'")
        terminal.expect("grün\r\n")
        terminal.resize(30, 100)
        wait_for("the size", lambda: '"r"' in path.read_text())
        terminal.line("exit 0")
        assert terminal.wait() == 0
    head, events = read_cast(path)
    assert (head["width"], head["height"]) == (120, 40)
    assert (head["command"], head["title"]) == ("exec /bin/sh", machine.name)
    assert ("r", "100x30") in [event[1:] for event in events]
    assert text_of(events) == terminal.text


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_is_valid_when_interrupted(pair, tmp_path, number):
    machine = pair()
    path = tmp_path / "shell.cast"
    with machine.console.terminal("shell", machine.name, "--record", path, "--",
                                  "while :; do echo \"some output, €€€\"; done") as terminal:
        wait_for("output", lambda: path.exists() and path.stat().st_size > 300000
                 if terminal.read(0) else False)
        os.kill(terminal.pid, number)
        terminal.wait()
    head, events = read_cast(path)
    assert len(events) > 3 and "�" not in text_of(events)
