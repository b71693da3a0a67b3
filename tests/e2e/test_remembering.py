"""The agent remembers: through kills and resets, with broken files, full disks, and for as long as asked."""
import json
import os
import pathlib
import re
import subprocess
import time

import pytest
from support import wait_for
from test_vitals import observer  # noqa: F401 (a fixture)

PERIOD = 10
DAY = 86400


def rows(machine, query):
    """The head and the rows of a history."""

    head, *rest = [json.loads(line) for line in machine.get(f"/v1/vitals?{query}").splitlines()]
    return head, rest


def rows_if_it_answers(machine, query):
    """While a gate is being replaced, nobody answers, or says so."""
    try:
        return rows(machine, query)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None, []
    except AssertionError as failure:
        assert "shutting-down" in str(failure), failure
        return None, []


def wait_for_rows(machine, count, query="since=1h&fields=cpu.busy,mem.used"):
    """Until there are so many samples: each takes ten seconds."""
    deadline = time.monotonic() + PERIOD * (count + 3)
    while len((got := rows_if_it_answers(machine, query))[1]) < count:
        assert time.monotonic() < deadline, f"waited in vain for {count} samples: {got}\n{machine.agent.log()}"
        time.sleep(0.5)
    return got


@pytest.fixture
def stopped(observer, release):
    """An agent that was started once and is stopped, so that its folders are there; with a past."""
    def make(days):
        machine = observer()
        machine.agent.stop()
        path = machine.agent.folder / "state" / "history"
        subprocess.run([release.folder / "src/sense/history", path, str(days)], check=True)
        return machine, path
    return make


@pytest.mark.long(40)
def test_samples_outlive_the_gate_the_reset_and_the_agent(observer):
    machine = observer()
    wait_for_rows(machine, 1)
    os.kill(machine.agent.gate_pid, 9)
    wait_for("the next gate", lambda: "ended by signal 9" in machine.agent.log())
    wait_for_rows(machine, 2)
    machine.agent.process.send_signal(1)
    wait_for_rows(machine, 3)
    machine.agent.process.kill()
    machine.agent.process.wait()
    machine.agent.start()
    head, samples = wait_for_rows(machine, 4)
    times = [row["t"] for row in samples]
    assert times == sorted(set(times))
    assert all(t % 10000 == 0 for t in times)
    assert samples[0]["v"][1] > 0
    assert all(row["v"][0] is not None for row in samples)  # each has a rate, the first one of each gate too
    assert head["oldest"] >= times[0]


def test_a_year_is_there(stopped):
    machine, path = stopped(370)
    assert path.stat().st_size <= 8 << 20
    machine.agent.start()
    now = time.time()
    for since, step, kept, least in (("24h", 10, 10, 8600), ("14d", 120, 120, 9990), ("360d", 3600, 3600, 8600)):
        head, got = rows(machine, f"since={since}&step={step}s&fields=cpu.busy")
        assert head["step_ms"] == kept * 1000, since
        assert len(got) >= least, since
        times = [row["t"] / 1000 for row in got]
        assert all(0 < later - earlier <= 2 * kept for earlier, later in zip(times, times[1:]))
        assert now - times[-1] <= kept + 30
        for row in got[:1000]:
            low, high = row.get("min", row["v"])[0], row.get("max", row["v"])[0]
            assert 0 <= low <= row["v"][0] <= high <= 100.1
    # Without a step it is what makes a picture.
    for since in ("1h", "24h", "7d", "300d"):
        assert 60 <= len(rows(machine, f"since={since}&fields=cpu.busy")[1]) <= 400, since
    assert "history.old" not in os.listdir(path.parent)


def test_questions_without_bound(stopped):
    machine, _ = stopped(370)
    machine.agent.start()
    head, got = rows(machine, "since=365d&step=1ms&fields=all")
    assert head["step_ms"] == 3600000 and len(got) <= 12000
    head, got = rows(machine, "since=0&until=9223372036854775807&step=0&fields=cpu.busy")
    assert 0 < len(got) <= 12000
    assert rows(machine, "since=0&until=1000&fields=cpu.busy")[1] == []
    answer = machine.json("/v1/vitals?since=1h&fields=uptime", status=400)
    assert "keeps none of these" in answer["detail"]
    answer = machine.json("/v1/vitals?since=5000&until=4000", status=400)
    assert "must come before" in answer["detail"]


@pytest.mark.long(8)
@pytest.mark.parametrize("harm, says, kept", [
    (lambda path: path.write_bytes(b"somebody's diary"), "it is too short", 1),
    (lambda path: path.write_bytes(b"somebody's diary" * 1000), "no history of Hune's", 1),
    (lambda path: os.truncate(path, path.stat().st_size // 2), "cut short", 360),
])
def test_a_bad_file_is_kept_aside(stopped, harm, says, kept):
    machine, path = stopped(1)
    harm(path)
    left = path.read_bytes()
    machine.agent.start()
    assert wait_for("a word about it", lambda: says in machine.agent.log())
    wait_for("the new file", lambda: "a new history begins; " in machine.agent.log())
    assert (path.parent / "history.old").read_bytes() == left
    # What can be read of it is carried over: the samples stand at the front, and were not cut off.
    assert len(wait_for_rows(machine, kept)[1]) == pytest.approx(kept, abs=3)


def test_garbage_in_the_middle_loses_only_itself(stopped):
    machine, path = stopped(1)
    with open(path, "r+b") as file:
        file.seek(4096 + 128 * 1000)
        file.write(os.urandom(128 * 50))
    machine.agent.start()
    assert 8500 <= len(rows(machine, "since=24h&step=10s&fields=cpu.busy")[1]) <= 8640 - 50 + 3


@pytest.mark.long(14)
@pytest.mark.root
def test_a_full_disk(stopped):
    machine, _ = stopped(1)
    state = machine.agent.folder / "state"
    keep = {file.name: file.read_bytes() for file in state.iterdir() if file.name != "history"}
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k,mode=700", "tmpfs", state], check=True)
    try:
        for name, content in keep.items():
            (state / name).write_bytes(content)
        filler = state / "filler"
        machine.agent.start()
        wait_for("the history's file", (state / "history").exists)
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        wait_for("a word about it", lambda: "samples cannot be recorded" in machine.agent.log(), seconds=40)
        assert machine.json("/v1/vitals?fields=uptime")["uptime"] > 0  # watching goes on
        filler.unlink()
        wait_for("a word about it", lambda: "recorded again" in machine.agent.log(), seconds=40)
        assert machine.agent.log().count("samples cannot be recorded") == 1
        wait_for_rows(machine, 1)
        machine.agent.stop()
    finally:
        subprocess.run(["umount", "-l", state], check=True)


@pytest.mark.long(22)
@pytest.mark.root
def test_a_disk_that_fails(stopped, tmp_path):
    """One that the kernel makes read-only: who watches notices nothing, and what is remembered can be asked for."""
    machine, _ = stopped(1)
    state = machine.agent.folder / "state"
    keep = {file.name: file.read_bytes() for file in state.iterdir()}
    image = tmp_path / "disk"
    image.touch()
    os.truncate(image, 32 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-E", "root_owner=0:0", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, state], capture_output=True).returncode:
        pytest.skip("no loop devices here")
    try:
        for name, content in keep.items():
            (state / name).write_bytes(content)
            (state / name).chmod(0o600)
        machine.agent.start()
        with machine.stream("/v1/vitals?every=1s&fields=uptime") as stream:
            assert stream.line()["columns"] == ["uptime"]
            subprocess.run(["mount", "-o", "remount,abort", state], check=True)  # as after an error of the disk
            wait_for("a word about it", lambda: "samples cannot be recorded: Read-only file system. They are tried again, "
                     "and watching goes on" in machine.agent.log(), seconds=40)
            time.sleep(PERIOD + 1)
            first = stream.line()["t"]
            assert stream.line()["t"] > first
        assert 8600 <= len(rows(machine, "since=24h&step=10s&fields=cpu.busy")[1]) <= 8641
        assert machine.json("/v1/vitals?fields=uptime")["uptime"] > 0
        assert machine.agent.log().count("samples cannot be recorded") == 1
        machine.agent.stop()
    finally:
        subprocess.run(["umount", "-l", state], check=True)


@pytest.mark.root
def test_a_file_that_cannot_be_written(stopped):
    machine, path = stopped(1)
    subprocess.run(["mount", "--bind", path, path], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", path], check=True)
        machine.agent.start()
        wait_for("a word about it", lambda: re.search("history: .*Read-only file system. What is in it can be asked for, "
                                                      "but nothing is added", machine.agent.log()))
        assert 8600 <= len(rows(machine, "since=24h&step=10s&fields=cpu.busy")[1]) <= 8641
        assert machine.json("/v1/vitals?fields=uptime")["uptime"] > 0
        told = machine.agent.run("check")
        assert told.code == 1 and "cannot be written: Read-only file system" in told.out
    finally:
        subprocess.run(["umount", "-l", path], check=True)
    machine.agent.process.send_signal(1)
    wait_for_rows(machine, 1, "since=9s&fields=cpu.busy")


def test_check_tells_of_the_history(stopped):
    machine, path = stopped(1)
    told = machine.agent.run("check")
    assert told.code == 0 and f"ok    history        {path}, 7.4 MiB at most" in told.out
    os.truncate(path, 5000)
    told = machine.agent.run("check")
    assert told.code == 1 and "damaged, or was cut short; the next start keeps it aside" in told.out
    (machine.agent.folder / "huned.conf").write_text("[history]\nrecord = no\n")
    assert "not kept: [history] record = no" in machine.agent.run("check").out


def test_no_history_where_none_is_wanted(observer):
    machine = observer(config="[history]\nrecord = no\n")
    answer = machine.json("/v1/vitals?since=1h", status=404)
    assert "keeps no history" in answer["detail"]
    assert not (machine.agent.folder / "state" / "history").exists()
    assert machine.json("/v1/vitals?fields=cpu.busy,uptime")["interval_ms"] > 0


def test_other_settings_begin_a_new_file(stopped):
    machine, path = stopped(1)
    (machine.agent.folder / "huned.conf").write_text("[history]\nkeep-10s = 2h\n")
    machine.agent.start()
    assert wait_for("a word about it", lambda: "other settings" in machine.agent.log())
    wait_for("the new file", lambda: "a new history begins; " in machine.agent.log())
    assert path.stat().st_size < (path.parent / "history.old").stat().st_size
    # What is remembered fits, and is there at once: two hours of samples, and a day in steps of two minutes.
    assert 700 <= len(rows(machine, "since=2h&step=10s&fields=cpu.busy")[1]) <= 721
    assert 710 <= len(rows(machine, "since=24h&step=2m&fields=cpu.busy")[1]) <= 721
    told = machine.agent.run("check")
    assert told.code == 0 and "history.old beside it is of before, and goes by itself" in told.out
    assert pathlib.Path(path).stat().st_mode & 0o777 == 0o600
