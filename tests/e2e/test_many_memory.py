"""Runs on many machines are remembered, tried again, and cost the run nothing when that fails."""
import os
import sqlite3
import subprocess

import pytest


def test_selectors_of_the_last_run(fleet):
    many = fleet(5)
    many.rows[4] = f"web5,127.0.1.5,1,,{many.id}"  # nobody listens there
    many.save()
    flag = many.agent.folder / "flag"
    flag.mkdir()
    line = f"mkdir {flag}/1 2>/dev/null"  # the first one succeeds, the others do not
    done = many.run("all", "--", line)
    assert done.code == 255, done
    count = {word: int(many.console.run("nodeset", "-c", f"@last.{word}").out or 0)
             for word in ("ok", "failed", "unreachable")}
    assert count == {"ok": 1, "failed": 4, "unreachable": 1}
    assert many.console.run("nodeset", "-e", "@last.unreachable").out == "web5\n"
    assert many.console.run("nodeset", "-c", "@run1").out == "5\n"
    assert many.console.run("nodeset", "@last.bad").code == 2
    wrong = many.run("@last.killed", "--", "true")
    assert wrong.code == 2 and "@last.killed" in wrong.err, wrong
    assert many.run("@run99", "--", "true").code == 2


def test_retry_failed_gives_the_same_command(fleet, tmp_path):
    many = fleet(3)
    counter = many.agent.folder / "counter"
    counter.mkdir(mode=0o777)
    done = many.run("all", "--env", "WORD=ü b", "--", f'mkdir "{counter}/$WORD" 2>/dev/null')
    assert "2 of 3 machines failed" in done.err, done
    os.rmdir(counter / "ü b")
    done = many.console.run("run", "--retry-failed")
    assert "1 of 2 machines failed" in done.err, done
    assert many.console.run("run", "--retry-failed", "web1").code == 2


def test_runs_are_remembered(fleet):
    many = fleet(3)
    many.run("web[1-2]", "--", "echo out; echo err >&2; exit 3")
    many.run("all", "--json", "--", "echo second")
    runs = many.console.json("runs")
    assert [(run["run"], run["machines"], run["ok"], run["failed"]) for run in runs] == \
        [(2, 3, 3, 0), (1, 2, 0, 2)]
    assert runs[1]["selector"] == "web[1-2]"
    assert runs[1]["command"] == "echo out; echo err >&2; exit 3"
    assert runs[1]["exit_status"] == 3
    shown = many.console.run("runs", "show", "1")
    assert "web[1,2] (2):\n" in shown.out and "out\n" in shown.out and "err\n" in shown.out
    assert "exit status 3" in shown.err
    lines = many.console.run("runs", "show", "last", "--json").lines
    assert [(line["machine"], line["out"]) for line in lines] == \
        [(f"web{n}", "second\n") for n in (1, 2, 3)]
    assert many.console.run("runs", "show", "9").code == 2
    assert many.console.run("runs", "forget", "1").code == 0
    assert [run["run"] for run in many.console.json("runs")] == [2]
    assert many.console.run("runs", "forget", "all", "--yes").code == 0
    assert many.console.json("runs") == []


def test_what_is_remembered_in_part_is_told(fleet):
    many = fleet(2)
    size = 3 << 20
    done = many.run("all", "--json", "--", f"head -c {size} /dev/zero | tr '\\0' x; echo err >&2")
    assert [(len(row["out"]), "out_size" in row) for row in done.lines] == [(size, False)] * 2
    for row in many.console.run("runs", "show", "--json").lines:
        assert len(row["out"]) == 1 << 20 and row["out_size"] == size, row["out_size"]
        assert row["err"] == "err\n" and "err_size" not in row


def test_the_memory_of_runs_stays_within_its_bounds(fleet):
    many = fleet(2)
    (many.console.config / "hune.conf").write_text("[runs]\nkeep = 1M\n")
    for n in range(6):
        many.run("all", "--gather", "--", f"echo {n}; head -c 200000 /dev/urandom | od -An -tx1")
    runs = [run["run"] for run in many.console.json("runs")]
    assert runs[0] == 6 and 0 < len(runs) < 6, runs
    assert (many.console.home / ".local/share/hune/hune.db").stat().st_size < 3 << 20


def test_what_is_remembered_is_for_the_operator_alone(fleet):
    many = fleet(2)
    many.run("all", "--", "true")
    for path in (many.console.home / ".local/share/hune").glob("hune.db*"):
        assert path.stat().st_mode & 0o777 == 0o600, path


@pytest.mark.parametrize("harm", ["noise", "folder", "newer", "readonly"])
def test_a_bad_store_stops_nothing(fleet, harm):
    many = fleet(2)
    store = many.console.home / ".local/share/hune/hune.db"
    store.parent.mkdir(parents=True, exist_ok=True)
    if harm == "noise":
        store.write_bytes(b"x" * 9000)
    elif harm == "folder":
        store.mkdir()
    elif harm == "newer":
        with sqlite3.connect(store) as database:
            database.execute("PRAGMA user_version = 9999")
        database.close()
    else:
        many.console.environment["XDG_DATA_HOME"] = "/proc/nowhere"
    done = many.run("all", "--gather", "--", "echo fine")
    assert done.out == "web[1,2] (2):\nfine\n" and done.code == 0, done
    warnings = [line for line in done.err.splitlines() if line.startswith("hune:")]
    assert len(warnings) == 1, done
    failed = many.run("all", "--", "exit 3")
    assert "again: hune run 'web[1,2]' -- 'exit 3'" in failed.err, failed


@pytest.mark.root
def test_a_full_disk_stops_nothing(fleet, tmp_path):
    many = fleet(4)
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=True)
    try:
        many.console.environment["XDG_DATA_HOME"] = str(disk)
        done = many.run("all", "--gather", "--", "head -c 700000 /dev/urandom | od -An -tx1 | tail -n +2")
        assert done.code == 0, done.err
        assert done.out.count("\n") > 4 * 40000
        assert done.err.count("hune:") == 1 and "disk is full" in done.err, done.err
        again = many.run("all", "--gather", "--", "echo fine")
        assert again.out == "web[1-4] (4):\nfine\n", again
    finally:
        subprocess.run(["umount", disk], check=True)


def test_two_runs_at_once_are_both_remembered(fleet):
    many = fleet(8)
    running = [subprocess.Popen([many.console.binaries.hune, "run", "all", "--gather", "--",
                                 f"echo {n}"], env=many.console.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE) for n in range(4)]
    for n, process in enumerate(running):
        out, err = process.communicate(timeout=60)
        assert (out, err, process.returncode) == (f"web[1-8] (8):\n{n}\n", "", 0)
    runs = many.console.json("runs")
    assert sorted(run["command"] for run in runs) == [f"echo {n}" for n in range(4)]
    assert all(run["ok"] == 8 for run in runs)
