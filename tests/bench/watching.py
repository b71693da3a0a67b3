"""One console that watches thousands of machines: `hune top` on a terminal, and `hune watch`.

One agent is all machines (see many.py), so that its own cost is that of thousands of agents and says nothing
here. What counts is the console's processor time while samples stream in, and its memory for each machine.
"""
import os
import re
import subprocess
import time

import costs
import many
import measures
from support import Terminal, wait_for

EVERY = 5  # seconds between two samples of a machine
PATIENCE = 300


def connections(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def rest(seconds, drain):
    """Lets time pass while a terminal's output is taken away."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        drain()


def measure_one(table, name, pid, count, drain, seconds):
    begun = time.monotonic()

    def are_there():
        drain()
        return connections(pid) >= count

    wait_for("all connections", are_there, PATIENCE)
    table.add(f"{name}: until all are connected", time.monotonic() - begun, "s",
              note=f"{costs.cpu_of([pid]):.1f} s of processor time")
    rest(3 * EVERY, drain)
    before, begun = costs.cpu_of([pid]), time.monotonic()
    rest(seconds, drain)
    share = (costs.cpu_of([pid]) - before) / (time.monotonic() - begun)
    table.add(f"{name}: processor time", 100 * share, "%", limit=25, note="of one core")
    table.add(f"{name}: for one sample", share / (count / EVERY) * 1e6, "µs")
    table.add(f"{name}: memory for each machine", measures.pss(pid) / count / 1024, "KiB", limit=64,
              note="all of its PSS")


def measure_top(table, fleet, seconds):
    terminal = Terminal([fleet.console.binaries.hune, "top", "--every", f"{EVERY}s"],
                        fleet.console.environment, 24, 80)

    def drain():
        terminal.read(0.05)

    try:
        measure_one(table, "hune top", terminal.pid, fleet.count, drain, seconds)
        drawn = len(terminal.text)
        rest(seconds, drain)
        table.add("hune top: written to the terminal", (len(terminal.text) - drawn) / seconds, "B/s")
        terminal.seen = len(terminal.text)
        terminal.type("\x0c")  # everything is drawn anew
        shown = terminal.expect(r"(\d+) up", PATIENCE)
        if int(shown[1]) != fleet.count:
            raise SystemExit(f"only {shown[1]} machines are up")
        terminal.type("q")
        if terminal.wait() != 0:
            raise SystemExit("hune top did not end well")
    finally:
        terminal.close()


def measure_watch(table, fleet, seconds):
    words = [fleet.console.binaries.hune, "watch", "--every", f"{EVERY}s", "--when", "cpu > 100 for 5m",
             "--when", "disk.free < 0.1% or mem > 101", "--when", "down for 2m"]
    with subprocess.Popen(words, env=fleet.console.environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            measure_one(table, "hune watch, 3 rules", process.pid, fleet.count,
                        lambda: time.sleep(0.05), seconds)
        finally:
            process.terminate()
            said = process.communicate(timeout=60)[0].decode()
    if said:
        raise SystemExit(f"alerts without a cause: {re.sub(chr(10), ' ', said[:300])}")


def measure(table, binaries, folder, quick):
    count, seconds = (1000, 10) if quick else (5000, 30)
    table.section(f"One console watching {count} machines, a sample of each every {EVERY} s")
    folder = folder / "watched"
    folder.mkdir()
    fleet = many.Fleet(binaries, folder, count)
    try:
        measure_top(table, fleet, seconds)
        measure_watch(table, fleet, seconds)
    finally:
        fleet.agent.stop()
