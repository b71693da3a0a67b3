"""What a command costs on both sides: wall time, CPU time and memory."""
import contextlib
import os
import pathlib
import statistics
import subprocess
import threading
import time


class Cost:
    """Wall time, CPU time of the console and of the machines, peak memory of the console."""

    def __init__(self, wall, console, machines, memory):
        self.wall, self.console, self.machines, self.memory = wall, console, machines, memory

    @property
    def cpu(self):
        return self.console + self.machines


def cpu_of(pids):
    """CPU seconds of processes, with those of their children that they waited for."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def cost(words, environment, machines, codes=(0,)):
    """Runs a command to its end. `machines` lists the processes of the other side."""
    before = cpu_of(machines())
    begun = time.perf_counter()
    process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stderr.read()))
    reader.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    if process.returncode not in codes:
        raise SystemExit(f"{words}: status {process.returncode}: {said[0][-500:].decode()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, cpu_of(machines()) - before,
                usage.ru_maxrss * 1024)


def median_cost(runs):
    return Cost(*(statistics.median(getattr(run, part) for run in runs)
                  for part in ("wall", "console", "machines", "memory")))


def show(table, name, found, best=None, factor=None, note=""):
    """A row for a cost; `factor`: how many times faster than `best` it has to be."""
    told = f"CPU {found.console:.2f} + {found.machines:.2f} s, {found.memory / 2**20:.0f} MiB{note}"
    if best:
        table.add(name, found.wall, "s", against=best[0], ratio=found.wall / best[1].wall,
                  limit=best[1].wall / factor, note=told)
        table.add(f"{name}: CPU of both sides", found.cpu, "s", against=best[0],
                  ratio=found.cpu / best[1].cpu)
    else:
        table.add(name, found.wall, "s", note=told)
