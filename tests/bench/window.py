"""hune-desktop with thousands of machines: how soon it is there, how it scrolls and filters, what it costs.

Drawn by the processor under Xvfb: figures are those of a computer without a graphics card. The window
tells frames itself (HUNE_MEASURE); one agent is all machines (see many.py).
"""
import os
import re
import signal
import statistics
import sys
import time

import costs
import many
import measures
from support import ROOT, Agent, Console, wait_for

sys.path.insert(0, str(ROOT / "tests/gui"))

EVERY = 5
PATIENCE = 300
KEYS = {"-": "minus", "@": "at", "[": "bracketleft", "]": "bracketright"}  # as xdotool calls them


def told(window, what):
    """All that the window told under a name, oldest first: (ms that passed, ms of processor time)."""
    return [(float(passed), float(cpu)) for passed, cpu in
            re.findall(rf"^measure {what} ([\d.]+) ([\d.]+)$", window.read_log(), re.M)]


def wait_told(window, what, count):
    return wait_for(f"{count} x {what}", lambda: (found := told(window, what))[count - 1:] and found, 60)


def frames(window):
    """(frames, how many took over 50 ms, the longest in ms, the same two in processor time) since the
    last time."""
    before = len(re.findall("^measure frames", window.read_log(), re.M))
    window.process.send_signal(signal.SIGUSR1)
    wait_for("the frames", lambda: len(re.findall("^measure frames", window.read_log(), re.M)) > before)
    found = re.findall(r"^measure frames (\d+) slow (\d+) longest ([\d.]+) slow-cpu (\d+) longest-cpu "
                       r"([\d.]+)", window.read_log(), re.M)[-1]
    return int(found[0]), int(found[1]), float(found[2]), int(found[3]), float(found[4])


def opened(display, binaries, console, *arguments):
    from gui import Window

    return Window(display, binaries.folder / "src/desktop/hune-desktop", console, *arguments,
                  environment={"HUNE_MEASURE": "1"})


def write_list(console, count):
    console.config.mkdir(parents=True, exist_ok=True)
    console.machines.write_text("name,host,port,tags\n" + "".join(
        f"node-{n:05},192.0.2.{n % 250 + 1},{10000 + n},rack{n % 40}\n" for n in range(count)))


def scroll(table, window, what):
    """Turns the wheel over the list of machines."""
    window.point(window.find("tree table", "Machines"))
    frames(window)
    window.tool("click", "--repeat", 100, "--delay", 30, 5)
    drawn, slow, longest, slow_cpu, longest_cpu = frames(window)
    table.add(f"{what}, longest frame", longest, "ms", limit=50,
              note=f"{slow} of {drawn} frames were longer than 50 ms")
    table.add("  its processor time", longest_cpu, "ms", limit=50,
              note=f"{slow_cpu} frames were longer than 50 ms")


def measure_flood(table, display, binaries, folder, count):
    """A terminal in which `yes` runs stands behind the list: does the list mind?"""
    agent, console = Agent(binaries, folder / "flooding"), Console(binaries, folder / "flooded")
    window = None
    try:
        write_list(console, count)
        joined = console.run("join", agent.invite(may="all"), "--name", "flood")
        assert joined.code == 0, joined
        window = opened(display, binaries, console, "flood")
        window.click("page tab", "Terminal")
        terminal = window.find("filler", "Terminal")
        wait_for("a prompt", lambda: terminal.description.strip())
        window.focus(terminal)
        window.type("yes")
        window.key("Return")
        wait_for("the flood", lambda: "y\ny\ny" in terminal.description)
        window.key("ctrl+Page_Up")
        window.find("tree table", "Machines")
        scroll(table, window, "scrolling while a terminal runs yes")
    finally:
        if window:
            window.close()
        agent.stop()


def filter_list(table, window, rounds):
    """Types into the filter as a person does, a key after the other, and takes it away again. An answer has
    come when it stands in view; rows further down come with the frames after it, which are told too."""
    window.focus(window.entry("Filter machines"))
    frames(window)
    for text in ["node-0012", "@rack7", "node-00[100-399]", "rack1", "node-04999"] * rounds:
        for keys in (*([KEYS.get(sign, sign)] for sign in text), ["ctrl+a", "BackSpace"]):
            count = len(told(window, "filter"))
            window.tool("key", "--delay", 1, *keys)
            wait_told(window, "filter", count + 1)
    answers = told(window, "filter")
    passed, cpu = (sorted(column) for column in zip(*answers))
    table.add("filter, from the key to the frame", statistics.median(passed), "ms", limit=50,
              note=f"median of {len(answers)} keys; processor time {statistics.median(cpu):.0f} ms")
    table.add("filter, the slowest", passed[-1], "ms", limit=50,
              note=f"processor time {cpu[-1]:.0f} ms; of 20, one took {passed[-len(passed) // 20]:.0f} ms or more")
    drawn, slow, longest, _, _ = frames(window)
    table.add("  the longest frame meanwhile", longest, "ms", limit=50, note=f"{slow} of {drawn} frames were longer")


def measure_list(table, display, binaries, folder, count, quick):
    console = Console(binaries, folder / "alone")
    write_list(console, count)
    empty = Console(binaries, folder / "empty")
    starts, bare = [], []
    for _ in range(3 if quick else 7):
        for found, whose in ((starts, console), (bare, empty)):
            window = opened(display, binaries, whose)
            found += wait_told(window, "first-frame", 1)[:1]
            window.close()
    passed, cpu = (statistics.median(column) for column in zip(*starts))
    bare_cpu = statistics.median(column[1] for column in bare)
    table.add(f"first frame, {count} machines", passed, "ms", limit=500, note=f"of {len(starts)} starts")
    table.add("  its processor time", cpu, "ms", ratio=cpu / bare_cpu, against="an empty list")
    window = opened(display, binaries, console)
    try:
        wait_told(window, "first-frame", 1)
        filter_list(table, window, 1 if quick else 3)
        scroll(table, window, "scrolling")
        table.add("memory, nobody connected", measures.rss(window.process.pid) / 2**20, "MiB",
                  limit=150 + 40 * count / 1024, note="RSS")
    finally:
        window.close()


def connections(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def measure_live(table, display, binaries, folder, count, seconds):
    folder = folder / "live"
    folder.mkdir()
    fleet = many.Fleet(binaries, folder, count)
    window = None
    try:
        begun = time.monotonic()
        window = opened(display, binaries, fleet.console)
        pid = window.process.pid
        wait_for("all connections", lambda: connections(pid) >= count, PATIENCE)
        table.add(f"until {count} are connected", time.monotonic() - begun, "s")
        time.sleep(3 * EVERY)
        for name, limit in (("the list in view", 30), ("another page in view", 10)):
            if limit == 10:  # a machine's page of commands, on which nothing moves
                window.key("Tab")
                window.point(window.rows()[0][0], times=2)
                window.click("page tab", "Command")
            before, begun = costs.cpu_of([pid]), time.monotonic()
            time.sleep(seconds)
            share = (costs.cpu_of([pid]) - before) / (time.monotonic() - begun)
            table.add(f"processor time, {name}", 100 * share, "%", limit=limit, note="of one core")
        table.add("memory, all connected", measures.rss(pid) / 2**20, "MiB",
                  limit=150 + 40 * count / 1024, note="RSS")
    finally:
        if window:
            window.close()
        fleet.agent.stop()


def measure(table, binaries, folder, quick):
    from gui import Display

    if not (binaries.folder / "src/desktop/hune-desktop").exists():
        return
    count, seconds = (1000, 10) if quick else (5000, 30)
    table.section(f"hune-desktop with {count} machines, a sample of each every {EVERY} s (drawn by the processor)")
    folder = folder / "window"
    folder.mkdir()
    display = Display()
    try:
        measure_list(table, display, binaries, folder, count, quick)
        measure_flood(table, display, binaries, folder, count)
        measure_live(table, display, binaries, folder, count, seconds)
    finally:
        display.close()
