"""hune history and hune list -l: what a machine remembers, and how it is now."""
import csv
import io
import re

import pytest

from support import PATIENCE, wait_for




def remembered(made, *arguments):
    """Waits until the machine has rows with rates to show: its first sample has none."""
    def rows():
        return [row for row in made.console.json("history", made.name, *arguments) if "cpu.busy" in row["values"]]
    return wait_for("a first row", rows, 2 * PATIENCE)


@pytest.mark.long(11)
def test_history(pair):
    made = pair()
    rows = remembered(made, "--metric", "cpu,mem.used,uptime")
    row = rows[-1]
    assert row["machine"] == made.name and row["step_ms"] >= 10000
    assert set(row["values"]) <= {"cpu.busy", "mem.used", "uptime"} and "mem.used" in row["values"]
    assert 0 <= row["values"]["cpu.busy"]["min"] <= row["values"]["cpu.busy"]["max"] <= 100

    done = made.console.run("history", made.name, "--metric", "cpu,mem", "--csv")
    table = list(csv.reader(io.StringIO(done.out)))
    assert table[0] == ["time", "cpu.busy", "cpu.busy min", "cpu.busy max", "mem.used", "mem.used min", "mem.used max"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", table[-1][0]) and float(table[-1][4]) > 0

    done = made.console.run("history", made.name, "--since", "10m", "--metric", "mem,cpu")
    assert done.code == 0 and re.search(r"mem.used:  last .*iB  least .*  mean .*  most ", done.out)
    assert re.search("[⠀-⣿]", done.out) and re.search(r"\d\d:\d\d +\d\d:\d\d", done.out.splitlines()[-1])
    assert max(map(len, done.out.splitlines())) <= 80

    # One thing of several.
    done = made.console.run("history", made.name, "--metric", 'net.rx{interface="lo"},disk.full{mount="/"}', "--csv")
    assert next(csv.reader(io.StringIO(done.out)))[1:5:3] == ['net.rx{interface="lo"}', 'disk.full{mount="/"}']

    # Nothing is remembered of then, and a step of a millisecond over a year is no flood.
    done = made.console.run("history", made.name, "--since", "2001-01-01", "--until", "2001-01-02")
    assert done.code == 0 and done.out == "" and "remembers nothing of that time" in done.err
    done = made.console.run("history", made.name, "--since", "365d", "--step", "1ms", "--csv")
    assert done.code == 0 and len(done.out.splitlines()) < 20000 or "step" in done.err


@pytest.mark.parametrize("arguments, says", [
    (["--metric", "cpo"], "Did you mean"),
    (["--metric", "cpu,nonsense.of.mine"], "nonsense.of.mine"),
    (["--metric", 'net.rx{mount="/"}'], "net.rx"),
    (["--metric", "net,net,net,net,net,net,net,net,net,net,net,net,net,net,net,net,net"], "too many"),
    (["--since", "yesterday"], "yesterday"),
    (["--since", "2026-02-30"], "2026-02-30"),
    (["--since", "1h", "--until", "2h"], "--since must come before"),
    (["--step", "soon"], "--step"),
    (["--step", "0"], "--step"),
])
def test_mistakes(console, arguments, says):
    made = console()
    made.run("id")
    made.machines.write_text("name,host,port\naway,127.0.0.1,1\n")
    done = made.run("history", "away", *arguments)
    assert done.code == 2 and says in done.err, done


def test_right_after_the_start(pair):
    """It says when there will be something."""
    made = pair()
    done = made.console.run("history", made.name)
    if not done.out:  # it took its time to start
        assert done.code == 0 and "remembers nothing yet" in done.err and "first sample comes within ten seconds" in done.err, done


def test_of_a_machine_that_is_away(console):
    made = console()
    made.run("id")
    made.machines.write_text("name,host,port\naway,127.0.0.1,1\n")
    done = made.run("history", "away")
    assert done.code == 255 and "Nobody listens" in done.err


def test_metric_help(console):
    done = console().run("history", "--metric", "help")
    assert done.code == 0 and re.search(r"^cpu.busy +percent +time", done.out, re.M)
    assert re.search(r"^net += net.rx,net.tx", done.out, re.M)


def test_list_long(pair):
    made = pair(may="observe")
    with open(made.console.machines, "a") as file:
        file.write("away,127.0.0.1,1,web,,\n")
        file.write(f"other,127.0.0.1,{made.agent.port},,,SHA256:{'A' * 43}\n")
        file.write(f"unpinned,127.0.0.1,{made.agent.port},,,\n")
    rows = {row["name"]: row for row in made.console.json("list", "-l")}
    here = rows[made.name]
    assert here["state"] == "up" and here["uptime"] > 0 and 0 <= here["cpu"] <= 100 and 0 < here["mem"] <= 100
    assert {"load", "disk", "host", "port", "tags", "id"} <= set(here) and "problem" not in here
    assert rows["away"]["state"] == "down" and rows["away"]["problem"] == "connection-refused"
    assert "cpu" not in rows["away"] and rows["away"]["tags"] == ["web"]
    assert rows["other"]["state"] == "refused" and rows["other"]["problem"] == "id-changed"
    assert rows["unpinned"]["state"] == "refused" and rows["unpinned"]["problem"] == "id-unknown"
    done = made.console.run("list", "-l", made.name, "away")
    assert done.code == 0 and re.search(rf"^{made.name} +up +\d.* %", done.out, re.M), done
    assert re.search(r"^away +down .*Nobody listens", done.out, re.M)
