"""Ctrl-C in each phase of a run on many machines: what was started is told, and stopped or left."""
import contextlib
import os
import signal
import time

from support import wait_for


def test_interrupt_stops_all_and_tells_it(fleet):
    many = fleet(4)
    pids = many.agent.folder / "pids"
    with many.console.start("run", "all", "--gather", "--",
                            f"echo $$ >> {pids}; exec sleep 1000") as process:
        wait_for("four jobs", lambda: pids.exists() and len(pids.read_text().split()) == 4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert b"stopping it everywhere" in err and b"4 of 4 machines failed" in err, err
    assert many.console.run("nodeset", "@last.killed").out == "web[1-4]\n"


def test_interrupt_while_connecting(fleet, silence):
    many = fleet(6)
    many.rows[:3] = [f"web{n},127.0.0.1,{silence()},,{many.id}" for n in (1, 2, 3)]
    many.save()
    pids = many.agent.folder / "pids"
    with many.console.start("run", "all", "--", f"echo $$ >> {pids}; exec sleep 1000") as process:
        wait_for("three jobs", lambda: pids.exists() and len(pids.read_text().split()) == 3)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert time.monotonic() - begun < 4, "nobody waits for the time-out of a connection"
    assert b"(3 failed, 3 not asked)" in err, err
    assert many.console.run("nodeset", "@last.unsent").out == "web[1-3]\n"


def test_interrupt_twice_leaves_the_jobs(fleet):
    many = fleet(3)
    pids = many.agent.folder / "pids"
    with many.console.start("run", "all", "--",
                            f"trap '' TERM; echo $$ >> {pids}; while :; do sleep 0.2; done") as process:
        wait_for("three jobs", lambda: pids.exists() and len(pids.read_text().split()) == 3)
        process.send_signal(signal.SIGINT)
        wait_for("the first answer", lambda: b"stopping" in process.stderr.peek())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert b"jobs may go on running" in err, err
    run, = many.console.json("runs")
    assert run["machines"] == 3 and run["ok"] == 0 and "ended_ms" in run
    for pid in map(int, pids.read_text().split()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_interrupt_before_a_later_wave(fleet):
    many = fleet(6)
    pids = many.agent.folder / "pids"
    with many.console.start("run", "all", "--wave", "2", "--",
                            f"echo $$ >> {pids}; exec sleep 1000") as process:
        wait_for("two jobs", lambda: pids.exists() and len(pids.read_text().split()) == 2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert b"(2 failed, 4 not asked)" in err, err
    assert len(pids.read_text().split()) == 2
    assert many.console.run("nodeset", "@last.unsent").out == "web[3-6]\n"
