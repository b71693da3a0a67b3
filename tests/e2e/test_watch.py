"""hune watch: rules, alerts told once, commands, what is remembered."""
import contextlib
import json
import re
import signal
import sqlite3
import time

import pytest

from support import wait_for

AWAY = "away,127.0.0.1,1,,,\n"  # nobody listens on port 1


class Watch:
    """A hune watch that runs; its JSON Lines so far."""

    def __init__(self, console, process, path):
        self.console = console
        self.process = process
        self.path = path

    def events(self):
        return [json.loads(line) for line in self.path.read_text().splitlines() if line.endswith("}")]

    def expect(self, **wanted):
        """Waits for an event with these members; returns it."""
        def find():
            assert self.process.poll() is None, "it ended"
            return next((event for event in self.events() if wanted.items() <= event.items()), None)
        return wait_for(str(wanted), find)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(30) == 0


@contextlib.contextmanager
def watching(console, folder, *arguments, environment=None):
    path = folder / f"events{len(list(folder.glob('events*')))}"
    environment = {**console.environment, **(environment or {})}
    import subprocess
    with open(path, "wb") as out, open(path.with_suffix(".err"), "wb") as err:
        process = subprocess.Popen([console.binaries.hune, "watch", "--json", *map(str, arguments)],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
    watch = Watch(console, process, path)
    watch.errors = path.with_suffix(".err")
    try:
        yield watch
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        console.notice(watch.errors.read_text())


def test_down_and_up_again(pair, tmp_path):
    made = pair()
    log = tmp_path / "log"
    command = f'echo "$HUNE_STATE $HUNE_MACHINE $HUNE_RULE $HUNE_PORT" >> {log}'
    with watching(made.console, tmp_path, "--when", "down", "--clear", "1s", "--changes",
                  "--do", command) as watch:
        watch.expect(event="up", machine=made.name)
        made.agent.stop()
        begin = watch.expect(event="begin", machine=made.name, rule="down")
        assert watch.expect(event="down")["detail"] in ("connection-refused", "lost", "closed", "shutting-down")
        made.agent.start()
        end = watch.expect(event="end", machine=made.name, rule="down")
        assert end["begun_ms"] == begin["time_ms"] <= end["time_ms"]
        wait_for("both commands", lambda: log.exists() and len(log.read_text().splitlines()) == 2)
        assert log.read_text().splitlines() == [f"begin {made.name} down {made.agent.port}",
                                                f"end {made.name} down {made.agent.port}"]
        watch.end()
        assert [event["event"] for event in watch.events()] == ["up", "down", "begin", "up", "end"]
    told = made.console.json("watch", "--log")
    assert [event["event"] for event in told] == ["up", "down", "begin", "up", "end"]
    assert made.console.json("watch", "--log", "--since", "now") == []
    text = made.console.run("watch", "--log").out
    assert re.search(rf"begin +{made.name}  down", text), text


@pytest.mark.long(11)
def test_a_line_that_breaks_is_no_outage(pair, proxy, tmp_path):
    """Cut again and again; the machine is there all the time."""
    made = pair()
    between = proxy(made.agent.port)
    made.console.machines.write_text(made.console.machines.read_text().replace(
        f",{made.agent.port},", f",{between.port},"))
    with watching(made.console, tmp_path, "--when", "down", "--when", "uptime > 0s for 3s", "--every", "1s",
                  "--changes") as watch:
        watch.expect(event="up")
        for count in range(1, 5):
            wait_for("a connection", lambda: made.agent.log().count(" opened by ") >= count)
            passed = between.passed["down"]
            wait_for("samples", lambda: between.passed["down"] > passed + 200)
            between.cut()
        watch.expect(event="begin", rule="uptime > 0s for 3s")
        watch.end()
        assert [event["event"] for event in watch.events()] == ["up", "begin"]


def test_a_vital(pair, tmp_path):
    made = pair()
    with watching(made.console, tmp_path, "--when", "mem > 0.001 and uptime > 0s for 2s", "--every", "1s",
                  "--when", "disk.free < 0.001%") as watch:
        event = watch.expect(event="begin", machine=made.name)
        assert event["rule"] == "mem > 0.001 and uptime > 0s for 2s"
        assert [(each["measure"], each["unit"]) for each in event["values"]] == [("mem", "percent"), ("uptime", "seconds")]
        assert 0 < event["values"][0]["value"] <= 100
        watch.end()
        assert len(watch.events()) == 1


def test_one_thing(pair, tmp_path):
    """A rule about one mount, one interface; what is not there begins nothing."""
    made = pair()
    with watching(made.console, tmp_path, "--when", 'disk{mount="/"} > 0.0001 or disk{mount="/no such"} < 1',
                  "--when", 'disk{mount="/no such"} >= 0', "--every", "1s") as watch:
        event = watch.expect(event="begin")
        assert [(each["measure"], each["unit"]) for each in event["values"]] == [('disk{mount="/"}', "percent")], event
        watch.end()
        assert len(watch.events()) == 1


def test_an_alert_is_told_once(pair, tmp_path):
    """Not again by a second console, nor by one that begins later; and what stood is ended by whoever is there."""
    made = pair()
    made.console.machines.write_text(made.console.machines.read_text() + AWAY)
    rule = ["--when", "down", "--clear", "1s"]
    with watching(made.console, tmp_path, *rule) as first:
        first.expect(event="begin", machine="away")
        with watching(made.console, tmp_path, *rule, "--changes") as second:
            second.expect(event="down", machine="away")
            second.expect(event="up", machine=made.name)
            assert not [event for event in second.events() if event["event"] == "begin"]
            assert "1 alert stands already" in second.errors.read_text()
            first.process.kill()
            # The machine moves to where it answers.
            made.console.machines.write_text(made.console.machines.read_text().replace(
                AWAY, made.console.machines.read_text().splitlines()[1].replace(made.name, "away", 1) + "\n"))
            second.expect(event="end", machine="away")
            second.end()
    events = made.console.json("watch", "--log")
    assert [event["event"] for event in events if event["machine"] == "away" and "rule" in event] == ["begin", "end"]


def test_a_key_that_may_not_observe(pair, tmp_path):
    made = pair(may="observe,run")
    made.agent.change_operators("observe,run", "run")
    with watching(made.console, tmp_path, "--when", "refused", "--changes") as watch:
        assert watch.expect(event="refused", machine=made.name)["detail"] == "right-missing"
        watch.expect(event="begin", rule="refused")
        watch.end()
    assert made.console.json("list", "-l")[0]["state"] == "refused"
    # What is refused once is not asked for ever.
    for words in (["run", "--", "true"], ["jobs"], ["ask", "os"]):
        done = made.console.run(*words)
        assert done.code == 254 and "(observe)" in done.err, (words, done)


@pytest.mark.long(8)
def test_a_list_that_cannot_be_read_changes_nothing(pair, tmp_path):
    """While an editor writes it, say: what was watched before still is."""
    made = pair()
    name = made.name
    good = made.console.machines.read_text()
    with watching(made.console, tmp_path, "--when", "down", "--clear", "1s", "--changes") as watch:
        watch.expect(event="up", machine=name)
        told = lambda: watch.errors.read_text().count("the machines of before are watched")
        made.console.machines.write_text("")  # none of them is in it
        wait_for("the first word", lambda: told() == 1)
        made.console.machines.unlink()
        made.console.machines.mkdir()  # it cannot be read at all
        wait_for("the second word", lambda: told() == 2)
        made.agent.stop()
        watch.expect(event="begin", machine=name, rule="down")
        made.console.machines.rmdir()
        made.console.machines.write_text(good + AWAY)
        watch.expect(event="down", machine="away")
        made.agent.start()
        watch.expect(event="end", machine=name, rule="down")
        watch.end()


def test_no_injection(console, tmp_path):
    """Whatever a name or a rule holds, the command's text is the operator's alone."""
    made = console()
    made.run("id")
    made.config.mkdir(parents=True, exist_ok=True)
    made.machines.write_text("name,host,port\nx%:-,127.0.0.1,1\n")
    out = tmp_path / "out"
    rule = "down or cpu > 1 and (load > 2)"
    with watching(made, tmp_path, "--when", rule, "--do",
                  f'printf "%s|%s" "$HUNE_MACHINE" "$HUNE_RULE" > {out}.new; mv {out}.new {out}',
                  environment={"HUNE_LEFT": "over"}) as watch:
        watch.expect(event="begin")
        wait_for("the command", out.exists)
        watch.end()
    assert out.read_text() == f"x%:-|{rule}"


def test_a_command_that_fails_is_told(console, tmp_path):
    made = console()
    made.run("id")
    made.machines.write_text("name,host,port\naway,127.0.0.1,1\n")
    with watching(made, tmp_path, "--when", "down", "--do", "exit 7") as watch:
        watch.expect(event="begin")
        wait_for("the complaint", lambda: "status 7" in watch.errors.read_text())
        watch.end()


def test_notification(console, tmp_path):
    """By notify-send, where there is one: its body is markup, and < is not."""
    made = console()
    made.run("id")
    made.machines.write_text("name,host,port\naway,127.0.0.1,1\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    said = tmp_path / "said"
    (tools / "notify-send").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {said}.new; mv {said}.new {said}\n')
    (tools / "notify-send").chmod(0o755)
    desktop = {"PATH": f"{tools}:{made.environment['PATH']}", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    with watching(made, tmp_path, "--when", "down or mem.available < 5%", environment=desktop) as watch:
        watch.expect(event="begin")
        wait_for("the notification", said.exists)
        watch.end()
    assert said.read_text().splitlines()[-2:] == ["away: alert", "down or mem.available &lt; 5%"]
    said.unlink()
    with watching(made, tmp_path, "--when", "down or disk > 3", "--no-notify", environment=desktop) as watch:
        watch.expect(event="begin")
        watch.end()
    assert not said.exists()


def test_rules_file(console, tmp_path):
    made = console()
    made.run("id")
    made.machines.write_text("name,host,port,tags\naway,127.0.0.1,1,web\nother,127.0.0.1,1,db\n")
    conf = made.config / "alerts.conf"
    done = made.run("watch")
    assert done.code == 2 and "Watch for what?" in done.err
    conf.write_text("[gone]\nwhen = down fro 2m\n")
    done = made.run("watch")
    assert done.code == 1 and "alerts.conf" in done.err and ":2" in done.err.replace("line 2", ":2") and "fro" in done.err
    conf.write_text("[gone]\nwhen = down\nmachines = @web\n")
    with watching(made, tmp_path) as watch:
        assert watch.expect(event="begin")["label"] == "gone"
        # It is edited: mistakes change nothing, a good file counts at once.
        conf.write_text("[gone]\nwhen = nonsense\n")
        wait_for("the complaint", lambda: "of before hold on" in watch.errors.read_text())
        conf.write_text("[gone]\nwhen = down\nmachines = @web\n[also]\nwhen = down or cpu > 100\nmachines = @db\n")
        watch.expect(event="begin", machine="other", label="also")
        watch.end()
        assert len(watch.events()) == 2


def edited(path, text):
    """As an editor saves: a file in the place of the one of before."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


@pytest.mark.long(10)
@pytest.mark.parametrize("what", ["list", "rules"])
def test_a_time_that_runs_goes_on_when_the_files_change(pair, tmp_path, what):
    """Every two seconds somebody edits; a rule that must hold for eight begins all the same, in time."""
    made = pair()
    conf = made.console.config / "alerts.conf"
    rules = "[gone]\nwhen = down for 8s\n[busy]\nwhen = uptime > 0 for 8s\n"
    listed = made.console.machines.read_text() + AWAY
    edited(conf, rules)
    edited(made.console.machines, listed)
    with watching(made.console, tmp_path, "--every", "1s") as watch:
        wait_for("the greeting", lambda: "watching 2 machines" in watch.errors.read_text())
        begun, number = time.monotonic(), 0
        while len(watch.events()) < 2:
            assert time.monotonic() - begun < 60, watch.events()
            number += 1
            if what == "list":
                edited(made.console.machines, listed + f"more{number},127.0.0.1,1,,,\n")
            else:
                edited(conf, rules + f"[more{number}]\nwhen = cpu > {number + 1000}\n")
            time.sleep(2)
        watch.end()
    assert {(event["machine"], event["label"]) for event in watch.events()
            if not event["machine"].startswith("more")} == {("away", "gone"), (made.name, "busy")}


def test_mistakes(console):
    made = console()
    made.run("id")
    made.machines.write_text("name,host,port\naway,127.0.0.1,1\n")
    done = made.run("watch", "--when", "cpu > 90 fro 5m")
    assert done.code == 2 and "cpu > 90 fro 5m\n    " + " " * 9 + "^" in done.err, done.err
    done = made.run("watch", "--when", "cpo > 90")
    assert done.code == 2 and "Did you mean cpu?" in done.err
    done = made.run("watch", "nosuch", "--when", "down")
    assert done.code == 2 and "nosuch" in done.err
    done = made.run("watch", "--log", "--since", "yesterday")
    assert done.code == 2 and "yesterday" in done.err


def test_without_a_memory(pair, tmp_path):
    """A store that cannot be opened stops nothing."""
    made = pair()
    made.console.machines.write_text(made.console.machines.read_text() + AWAY)
    data = made.console.home / ".local/share/hune"
    data.mkdir(parents=True, exist_ok=True)
    (data / "hune.db").write_text("this is no database, and longer than a header of one hundred bytes is " * 4)
    with watching(made.console, tmp_path, "--when", "down") as watch:
        watch.expect(event="begin", machine="away")
        watch.end()
    assert "damaged" in watch.errors.read_text()


def test_reader_goes_away(console, tmp_path):
    made = console()
    made.run("id")
    made.machines.write_text("name,host,port\naway,127.0.0.1,1\n")
    with made.start("watch", "--when", "down") as process:
        process.stdout.close()
        assert process.wait(30) == 0
        process.stdout = None
