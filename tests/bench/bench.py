#!/usr/bin/python3
"""Measures Hune beside ssh on this machine and prints one table: medians, and what they are compared with.

Everything runs on loopback, from a temporary folder, against an agent and an sshd of our own. As root it
all happens in a network namespace, because a kernel that paces loopback (bbr) would be what is measured:
the namespace gets cubic or reno, and the machine's setting stays as it is. These are figures to read, not a test;
on a busy machine they say little.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]
sys.dont_write_bytecode = True

import files
import many
import measures
import peers
import vitals
import watching
import window
from support import ROOT, Agent, Binaries, Console, Pair

MANY = ["fanout", "lines", "dead", "growth", "links", "gather"]
CONGESTION = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control")


def enter_namespace():
    """Starts this script again in a network namespace of its own, if it may."""
    if os.geteuid() == 0 and "HUNE_BENCH_NAMESPACE" not in os.environ:
        os.environ["HUNE_BENCH_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--net", "sh", "-c",
                              'ip link set lo up && exec "$@"', "sh", sys.executable, __file__,
                              *sys.argv[1:]])


def choose_congestion_control():
    """One that does not pace, in our own namespace; returns what is in force."""
    if "HUNE_BENCH_NAMESPACE" in os.environ and CONGESTION.exists():
        for name in ("cubic", "reno"):
            try:
                CONGESTION.write_text(name)
                break
            except OSError:  # a namespace may only have what the machine allows everybody
                continue
    return CONGESTION.read_text().strip() if CONGESTION.exists() else "unknown"


class Table:
    """The rows, for people and for a file."""

    def __init__(self):
        self.rows = []

    def section(self, title):
        print(f"\n{title}", flush=True)

    def add(self, name, value, unit, *, against=None, limit=None, ratio=None, note=""):
        """`limit` is the most (for MB/s the least) that the value may be."""
        row = {"name": name, "value": value, "unit": unit, "against": against, "limit": limit,
               "ratio": ratio, "note": note}
        good = None
        if limit is not None:
            good = value >= limit if unit == "MB/s" else value <= limit
            row["within"] = good
        self.rows.append(row)
        digits = 4 if unit == "%" and value < 1 else 2
        text = f"  {name:<44} {value:>10.{digits}f} {unit:<5}"
        if ratio is not None:
            text += f"  {ratio:>8.3f} x {against}"
        if limit is not None:
            text += f"   {'reached' if good else 'MISSED '} (limit {limit:.2f})"
        print(text + (f"   {note}" if note else ""), flush=True)


def measure_cold(table, pair, sshd, quick):
    table.section("One `true`, cold: a new process, a new connection (median)")
    runs = 10 if quick else 40
    name = pair.name
    hune = measures.median_ms(
        lambda: measures.run([pair.console.binaries.hune, "run", name, "--", "true"],
                             pair.console.environment), runs)
    default = measures.median_ms(lambda: measures.run(sshd.ssh("true")), runs // 4)
    curve = measures.median_ms(lambda: measures.run(sshd.ssh("true", kex="curve25519-sha256")),
                               runs // 4)
    with sshd.master():
        warm = measures.median_ms(lambda: measures.run(sshd.ssh("true", master=True)), runs)
    table.add("ssh, default key exchange", default, "ms")
    table.add("ssh, curve25519", curve, "ms")
    table.add("ssh through a warm ControlMaster", warm, "ms")
    table.add("hune run", hune, "ms", against="ssh default", ratio=hune / default,
              limit=default / 10)
    table.add("hune run, against the others", hune, "ms", against="warm master",
              ratio=hune / warm, limit=warm * 2)


def measure_warm(table, pair, quick):
    table.section("One `true`, warm: a line at the prompt (median)")
    spawn = measures.spawn_ms("/bin/true", 300)
    line_shell = "/bin/sh"  # what the agent runs a line with
    shell = measures.spawn_ms(line_shell, 300, "-c", "true")
    trip = measures.round_trip_ms(2000)
    warm = measures.prompt_ms(pair, batches=5 if quick else 20, lines=50)
    table.add("fork + exec + wait of /bin/true", spawn, "ms")
    table.add(f"the same of {line_shell} -c true", shell, "ms",
              note="what a line at the prompt runs")
    table.add("loopback round trip", trip, "ms")
    table.add("a line at the prompt", warm, "ms", against="fork+exec+wait", ratio=warm / spawn,
              limit=2 * spawn + trip)


def measure_idle(table, agent, quick):
    seconds = 10 if quick else 60
    table.section(f"Idle: the agent without history, nobody connected, {seconds} s")
    gate, warden = agent.gate_pid, agent.pid
    time.sleep(3)
    try:
        sizes = {"warden": measures.pss(warden) / 2**20, "gate": measures.pss(gate) / 2**20}
        for name, size in sizes.items():
            table.add(f"PSS of the {name}", size, "MiB")
        table.add("PSS of both", sum(sizes.values()), "MiB", limit=6)
    except PermissionError:
        print("  (only root may look into the gate's memory)")
    before = measures.switches(gate) + measures.switches(warden)
    time.sleep(seconds)
    table.add("wake-ups", measures.switches(gate) + measures.switches(warden) - before, "", limit=0)


def measure_bulk(table, pair, sshd, quick):
    table.section("Output of one command: cat of a file in memory (median of 3, to /dev/null)")
    with measures.memory_file(256 << 20 if quick else 2 << 30) as (path, size):
        hune, hune_memory = measures.bulk(
            [pair.console.binaries.hune, "run", pair.name, "--", "cat", path], size,
            pair.console.environment, lambda: [pair.agent.pid, pair.agent.gate_pid])
        ssh, ssh_memory = measures.bulk(sshd.ssh(f"cat {path}", cipher="aes128-gcm@openssh.com"),
                                        size, None, sshd.sessions)
        note = f"{size >> 20} MiB"
        table.add("ssh -c aes128-gcm cat", ssh, "MB/s", note=note)
        table.add("hune run cat", hune, "MB/s", against="ssh", ratio=hune / ssh, limit=ssh,
                  note=note)
        for name, (console, machine) in (("ssh", ssh_memory), ("hune", hune_memory)):
            table.add(f"peak memory of {name}: console", console / 2**20, "MiB")
            table.add(f"peak memory of {name}: machine", machine / 2**20, "MiB")


def measure_keys(table, pair, sshd, quick):
    """Rounds of each peer by turns, so that whatever else the machine does hits all of them."""
    keys, rounds = (500, 4) if quick else (2000, 8)
    for title, line in (("a program's echo (as of a shell's line editor)",
                         "stty raw -echo; echo ready; exec cat"),
                        ("the terminal's own echo", "stty -echoctl; echo ready; exec cat")):
        ssh = sshd.ssh(line)
        commands = {
            "a local pseudo-terminal": (["sh", "-c", line], None),
            "ssh -tt": ([*ssh[:1], "-tt", *ssh[1:]], None),
            "hune shell": ([pair.console.binaries.hune, "shell", pair.name, "--", line],
                           pair.console.environment),
        }
        table.section(f"A keystroke to {title}, {keys} keys, in {rounds} rounds by turns")
        times = key_times(commands, rounds, keys // rounds)
        for name, part in (("median", 0.5), ("p99", 0.99)):
            add_keys(table, times, name, part, limited=True)
        table.section(f"The same as people type, 0.1 s after the one before, {keys // 20} keys")
        add_keys(table, key_times(commands, rounds, keys // 20 // rounds, pause=0.1), "median", 0.5)


def key_times(commands, rounds, keys, pause=0.0):
    """The sorted times of all rounds of each command, in ms."""
    times = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (command, environment) in commands.items():
            times[name] += measures.keystrokes_ms(command, environment, keys, pause)
    return {name: sorted(those) for name, those in times.items()}


def add_keys(table, times, name, part, limited=False):
    found = {peer: measures.quantile(those, part) for peer, those in times.items()}
    ssh, hune = found["ssh -tt"], found["hune shell"]
    for peer in list(found)[:-1]:
        table.add(f"{peer}: {name}", found[peer], "ms")
    table.add(f"hune shell: {name}", hune, "ms", against="ssh -tt", ratio=hune / ssh,
              limit=ssh if limited else None)


def measure_long(table, pair, quick):
    """Memory must not depend on how much came: looked at early and late in one stream."""
    size = (1 if quick else 10) << 30
    table.section(f"{size >> 30} GiB of output of one job: memory while it streams")
    early, late, machine, rate = measures.long_stream(
        [pair.console.binaries.hune, "run", pair.name, "--", "head", "-c", str(size), "/dev/zero"],
        size, pair.console.environment, lambda: [pair.agent.pid, pair.agent.gate_pid])
    table.add("rate", rate, "MB/s")
    table.add("peak memory of the console, first tenth", early / 2**20, "MiB")
    table.add("peak memory of the console, all of it", late / 2**20, "MiB", against="first tenth",
              ratio=late / early, limit=32)
    table.add("peak memory of the machine's side, all of it", machine / 2**20, "MiB")


def measure_held(table, pair, quick):
    count = 200 if quick else 1000
    table.section(f"{count} opened connections, idle")
    gate = pair.agent.gate_pid
    with measures.held_connections(pair, 1):
        pass
    before = measures.rss(gate)
    with measures.held_connections(pair, count):
        each = (measures.rss(gate) - before) / count / 1024
        table.add("resident memory of the gate, each", each, "KiB", limit=64)
    time.sleep(1)
    table.add("what stays of it afterwards", (measures.rss(gate) - before) / 2**20, "MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", metavar="FILE", help="write the rows there, too")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller files")
    parser.add_argument("--only", nargs="*",
                        help="cold warm keys idle bulk files long held vitals fanout lines dead growth links gather watching window",
                        default=["cold", "warm", "keys", "idle", "bulk", "files", "long", "held", "vitals", "watching", "window", *MANY])
    options = parser.parse_args()
    enter_namespace()
    congestion = choose_congestion_control()
    note = "" if congestion in ("cubic", "reno") else \
        "; this one paces loopback, so read MB/s with care (root measures in a namespace without it)"
    print(f"{os.cpu_count()} processors, Linux {os.uname().release}, {congestion}{note}")

    table = Table()
    binaries = Binaries(ROOT / os.environ.get("HUNE_RELEASE", "build"))
    with tempfile.TemporaryDirectory(prefix="hune-bench.") as folder:
        folder = pathlib.Path(folder)
        agent, console = Agent(binaries, folder / "agent"), Console(binaries, folder / "console")
        try:
            if "idle" in options.only:
                quiet = Agent(binaries, folder / "quiet", config="[history]\nrecord = no\n")
                try:
                    measure_idle(table, quiet, options.quick)
                finally:
                    quiet.stop()
            joined = console.run("join", agent.invite(may="all"))
            assert joined.code == 0, joined
            pair = Pair(agent, console)
            with peers.Sshd(folder / "sshd") as sshd:
                if "cold" in options.only:
                    measure_cold(table, pair, sshd, options.quick)
                if "warm" in options.only:
                    measure_warm(table, pair, options.quick)
                if "keys" in options.only:
                    measure_keys(table, pair, sshd, options.quick)
                if "bulk" in options.only:
                    measure_bulk(table, pair, sshd, options.quick)
                if "files" in options.only:
                    files.measure(table, pair, sshd, options.quick)
            if "long" in options.only:
                measure_long(table, pair, options.quick)
            if "held" in options.only:
                measure_held(table, pair, options.quick)
            if "vitals" in options.only:
                vitals.measure(table, binaries, folder, options.quick)
            if set(MANY) & set(options.only):
                many.measure(table, binaries, folder, options.only, options.quick)
            if "watching" in options.only:
                watching.measure(table, binaries, folder, options.quick)
            if "window" in options.only:
                window.measure(table, binaries, folder, options.quick)
        finally:
            agent.stop()
    if options.json:
        about = {"linux": os.uname().release, "processors": os.cpu_count(),
                 "congestion_control": congestion, "rows": table.rows}
        pathlib.Path(options.json).write_text(json.dumps(about, indent=2) + "\n")


main()
