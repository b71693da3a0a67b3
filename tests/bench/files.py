"""Files both ways, beside scp and rsync: one large file in memory, and a tree of many small ones.

The times of the peers and of Hune are taken in turn, so that a busy moment meets all of them."""
import contextlib
import os
import pathlib
import shutil
import statistics
import tempfile
import time

import measures

CIPHER = "aes128-gcm@openssh.com"


@contextlib.contextmanager
def memory_folder():
    with tempfile.TemporaryDirectory(prefix="hune-bench.", dir="/dev/shm") as folder:
        yield pathlib.Path(folder)


def in_turn(commands, clean, rounds):
    """The median seconds of each command, given as {name: (words, environment)}."""
    times = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (words, environment) in commands.items():
            clean()
            begun = time.perf_counter()
            measures.run(words, environment)
            times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(taken) for name, taken in times.items()}


def scp(sshd, *words, recursive=False):
    options = [str(word) for word in sshd.ssh("", cipher=CIPHER)[1:-2]]
    options[options.index("-p")] = "-P"
    return ["scp", "-q", *(["-r"] if recursive else []), *options, *map(str, words)]


def there(sshd, path):
    return f"{sshd.user}@127.0.0.1:{path}"


def measure_large(table, pair, sshd, quick):
    hune, machine = pair.console.binaries.hune, pair.name
    environment = pair.console.environment
    with measures.memory_file(256 << 20 if quick else 2 << 30) as (path, size), \
            memory_folder() as folder:
        out = folder / "out"
        table.section(f"Files: one of {size >> 20} MiB, in memory (median of 3, in turn)")
        seconds = in_turn({
            "scp get": (scp(sshd, there(sshd, path), out), None),
            "hune get": ([hune, "get", f"{machine}:{path}", out], environment),
            "scp put": (scp(sshd, path, there(sshd, out)), None),
            "hune put": ([hune, "put", path, f"{machine}:{out}"], environment),
        }, lambda: out.unlink(missing_ok=True), 3)
    rate = {name: size / taken / 1e6 for name, taken in seconds.items()}
    for verb in ("get", "put"):
        peer, ours = rate[f"scp {verb}"], rate[f"hune {verb}"]
        table.add(f"scp -c aes128-gcm, {verb}", peer, "MB/s")
        table.add(f"hune {verb}", ours, "MB/s", against="scp", ratio=ours / peer, limit=1.5 * peer)


def measure_small(table, pair, sshd, quick):
    hune, machine = pair.console.binaries.hune, pair.name
    environment = pair.console.environment
    count = 1000 if quick else 10000
    rsync = ["rsync", "-a", "-e", " ".join(map(str, sshd.ssh("")[:-2]))]
    with memory_folder() as folder:
        tree, out = folder / "tree", folder / "out"
        for number in range(count):
            part = tree / str(number // 100)
            part.mkdir(parents=True, exist_ok=True)
            (part / str(number)).write_bytes(os.urandom(4096))
        table.section(f"Files: {count} of 4 KiB in {count // 100} folders (median of 3, in turn)")
        seconds = in_turn({
            "scp get": (scp(sshd, there(sshd, tree), out, recursive=True), None),
            "rsync get": ([*rsync, there(sshd, f"{tree}/"), out], None),
            "hune get": ([hune, "get", f"{machine}:{tree}", out], environment),
            "scp put": (scp(sshd, tree, there(sshd, out), recursive=True), None),
            "rsync put": ([*rsync, f"{tree}/", there(sshd, out)], None),
            "hune put": ([hune, "put", tree, f"{machine}:{out}"], environment),
        }, lambda: shutil.rmtree(out, ignore_errors=True), 3)
    for verb in ("get", "put"):
        ours = seconds[f"hune {verb}"]
        table.add(f"scp -r, {verb}", seconds[f"scp {verb}"] * 1000, "ms")
        table.add(f"rsync -a, {verb}", seconds[f"rsync {verb}"] * 1000, "ms")
        table.add(f"hune {verb}, against scp -r", ours * 1000, "ms", against="scp -r",
                  ratio=ours / seconds[f"scp {verb}"], limit=seconds[f"scp {verb}"] * 1000 / 3)
        table.add(f"hune {verb}, against rsync", ours * 1000, "ms", against="rsync -a",
                  ratio=ours / seconds[f"rsync {verb}"], limit=seconds[f"rsync {verb}"] * 1000)


def measure(table, pair, sshd, quick):
    measure_large(table, pair, sshd, quick)
    measure_small(table, pair, sshd, quick)
