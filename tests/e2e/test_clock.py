"""A machine whose clock jumps, that sleeps, that stands still: what its history and its vital signs make of it."""
import os
import pathlib
import signal
import struct
import time

import pytest
from support import wait_for
from test_remembering import rows_if_it_answers, stopped, wait_for_rows  # noqa: F401 (a fixture)
from test_vitals import observer  # noqa: F401 (a fixture)

pytestmark = pytest.mark.release  # the clock is preloaded, which sanitizers do not like
HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture
def clock(sanitized, tmp_path):
    """The clock of agents that have `.environment`: `.set(wall, boot)` in seconds off."""
    path = tmp_path / "clock"

    class Clock:
        environment = {"LD_PRELOAD": str(sanitized.folder / "tests/tools/clock.so"), "HUNE_TEST_CLOCK": str(path)}

        @staticmethod
        def set(wall, boot=0):
            with open(path, "r+b" if path.exists() else "w+b") as file:
                file.write(struct.pack("=qq", wall, boot))

    Clock.set(0)
    return Clock


def with_a_past(stopped, clock, days=2):
    machine, path = stopped(days)
    machine.agent.environment.update(clock.environment)
    return machine, path


def last_day(machine):
    return rows_if_it_answers(machine, "since=24h&step=10s&fields=cpu.busy")[1]


def wait_for_sample(machine):
    """Until this process has recorded one more."""
    def newest():
        return max((row["t"] for row in rows_if_it_answers(machine, "since=2m&step=10s&fields=cpu.busy")[1]), default=0)
    wait_for("an answer", lambda: rows_if_it_answers(machine, "since=2m&fields=cpu.busy")[0])
    before = newest()
    wait_for("a sample", lambda: newest() > before, seconds=40)


def wait_for_jump(machine, times=1):
    wait_for("a new history", lambda: machine.agent.log().count("a new history begins; ") >= times, seconds=40)
    assert machine.agent.log().count("the clock jumped") == times, machine.agent.log()


@pytest.mark.long(55)
@pytest.mark.parametrize("jump, says, left", [
    (400 * DAY, "400 d 0 h 0 min ahead", 0),
    (2 * HOUR, "0 d 2 h 0 min ahead", 22 * 360),
    (-3 * HOUR, "0 d 3 h 0 min behind", 21 * 360),
    (-20000 * DAY, "20000 d 0 h 0 min behind", 0),
])
def test_a_clock_that_jumps_there_and_back(stopped, clock, jump, says, left):
    machine, path = with_a_past(stopped, clock)
    machine.agent.start()
    gate = machine.agent.gate_pid
    wait_for_sample(machine)
    before = {row["t"]: row["v"] for row in last_day(machine)}
    assert len(before) > 8600
    in_use = path.stat().st_ino

    clock.set(jump)
    wait_for_jump(machine)
    assert says in machine.agent.log() and "the old file is kept aside" in machine.agent.log()
    assert (path.parent / "history.old").stat().st_ino == in_use
    wait_for_sample(machine)
    assert left <= len(last_day(machine)) <= left + 45
    assert machine.json("/v1/vitals?fields=uptime")["uptime"] > 0

    clock.set(0)
    wait_for_jump(machine, 2)
    wait_for_sample(machine)
    after = {row["t"]: row["v"] for row in last_day(machine)}
    new = max(before)
    assert {t: v for t, v in after.items() if t <= new} == {t: v for t, v in before.items() if t >= min(after)}
    assert len(after) > 8600
    assert sorted(name for name in os.listdir(path.parent) if "history" in name) == ["history", "history.old"]
    assert machine.agent.gate_pid == gate


@pytest.mark.long(35)
def test_a_clock_that_steps_begins_nothing(stopped, clock):
    machine, path = with_a_past(stopped, clock)
    machine.agent.start()
    wait_for_sample(machine)
    clock.set(-60)
    wait_for("a word about it", lambda: "the clock was set back by 60 s" in machine.agent.log(), seconds=30)
    clock.set(60)
    wait_for("a word about it", lambda: "the clock was set ahead by 120 s" in machine.agent.log(), seconds=30)
    assert "jumped" not in machine.agent.log()
    assert not (path.parent / "history.old").exists()


@pytest.mark.long(20)
def test_a_machine_that_starts_in_1970(stopped, clock):
    """One without a battery for its clock, which asks for the time a while after the agent has started."""
    machine, path = with_a_past(stopped, clock)
    clock.set(-int(time.time()) + 5)
    machine.agent.start()
    wait_for_jump(machine)
    assert "behind the newest sample" in machine.agent.log()
    assert (path.parent / "history.old").stat().st_size > 7 << 20
    clock.set(0)
    wait_for_jump(machine, 2)
    assert len(last_day(machine)) > 8600
    machine.agent.stop()
    machine.agent.start()
    assert len(last_day(machine)) > 8600
    assert machine.agent.log().count("a new history begins; ") == 2


@pytest.mark.long(13)
def test_a_clock_that_is_right_when_nobody_is_there(stopped, clock):
    """It was three days behind, and the agent was started again when it was not: no jump that could be seen."""
    machine, path = with_a_past(stopped, clock)
    clock.set(-3 * DAY)
    machine.agent.start()
    wait_for_jump(machine)
    wait_for_sample(machine)
    machine.agent.stop()
    clock.set(0)
    machine.agent.start()
    assert len(last_day(machine)) > 8600
    assert machine.agent.log().count("a new history begins; ") == 1


def test_a_new_file_that_was_not_finished(stopped, clock):
    """Whoever is killed between a new file and the names loses nothing."""
    machine, path = with_a_past(stopped, clock)
    (path.parent / "history.new").write_bytes(path.read_bytes()[:5000])
    machine.agent.start()
    assert len(last_day(machine)) > 8600
    assert not (path.parent / "history.new").exists() and not (path.parent / "history.old").exists()


@pytest.mark.long(27)
def test_a_machine_that_sleeps(observer, clock):
    """A gap, not a line: rates begin anew, the history has no rows of that time, and no new file begins."""
    machine = observer(environment=clock.environment)
    wait_for_rows(machine, 1)
    with machine.stream("/v1/vitals?every=1s&fields=cpu.busy,uptime") as stream:
        assert stream.line()["columns"] == ["cpu.busy", "uptime"]
        for _ in range(3):
            sample = stream.line()
        assert 900 <= sample["i"] <= 1900 and sample["v"][0] is not None
        clock.set(8 * HOUR, 8 * HOUR)
        for _ in range(4):
            before, sample = sample, stream.line()
            if sample["t"] - before["t"] > HOUR * 1000:
                break
        assert sample["i"] == 0 and sample["v"][0] is None, sample
        assert 900 <= stream.line()["i"] <= 1900
    got = wait_for_rows(machine, 3, "since=10h&step=10s&fields=cpu.busy")[1]
    gaps = [later["t"] - earlier["t"] for earlier, later in zip(got, got[1:])]
    assert sum(gap > 7 * HOUR * 1000 for gap in gaps) == 1 and len(got) < 10
    assert "clock" not in machine.agent.log() and not list(machine.agent.folder.glob("state/history.*"))


@pytest.mark.long(60)
def test_a_gate_that_stands_still(observer, clock):
    """As on a machine that has no time for it: a gap in the history, and true rates after it."""
    machine = observer(environment=clock.environment)
    wait_for_rows(machine, 2)
    gate = machine.agent.gate_pid
    os.kill(gate, signal.SIGSTOP)
    try:
        time.sleep(32)
    finally:
        os.kill(gate, signal.SIGCONT)
    got = wait_for_rows(machine, 4, "since=10m&step=10s&fields=cpu.busy")[1]
    gaps = [later["t"] - earlier["t"] for earlier, later in zip(got, got[1:])]
    assert any(gap >= 30000 for gap in gaps), got
    assert all(row["v"][0] is None or 0 <= row["v"][0] <= 100 for row in got)
