"""One command on a thousand machines: Hune beside pdsh, clush, parallel-ssh and xargs ssh.

One agent and one sshd answer on as many addresses of loopback. In a namespace of our own (root), every 62
machines are reached from an address of their own, because an agent holds few strangers of one address at
a time (LIMIT_UNOPENED_PER_ADDRESS), and here one agent has to be all machines.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import time

import measures
import peers
from costs import cost, cpu_of, median_cost, show
from support import Agent, Console, descendants, free_port

FANOUT = 128  # at which the peers did best
TIMEOUT = 1800


def address(n):
    """The address of machine n, from 0."""
    return f"127.{1 + n // 15000}.{n // 62 % 241}.{n % 62 + 1}"


def spread_sources(count):
    """Lets every 62 machines be reached from another address."""
    if "HUNE_BENCH_NAMESPACE" not in os.environ:
        return
    lines = [f"route replace local {address(n).rsplit('.', 1)[0]}.0/26 dev lo table local "
             f"src {address(n)}" for n in range(0, count, 62)]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


class Fleet:
    """An agent that is `count` machines, and the console that knows them."""

    def __init__(self, binaries, folder, count):
        spread_sources(count)
        self.count = count
        self.port = free_port()
        # Without a language, as under sshd, which hands none on: `cat` reads a dozen files for one.
        self.agent = Agent(binaries, folder / "many", port=self.port,
                           listen=[f"0.0.0.0:{self.port}"],
                           environment={"LANG": "", "LC_ALL": ""},
                           config="[jobs]\nrunning = 1024\n[log]\nlevel = warning\n")
        self.console = Console(binaries, folder / "operator")
        joined = self.console.run("join", self.agent.invite(may="all"))
        assert joined.code == 0, joined
        self.id = self.console.json("list")[0]["id"]
        self.save(count)

    def save(self, count, dead=()):
        """Makes the fleet list: so many machines, and as many dead addresses in between."""
        rows = [f"m{n:05},{address(n)},{self.port},{self.id}" for n in range(count)]
        step = count // (len(dead) + 1)
        for n, (host, port) in enumerate(dead, 1):
            rows.insert(n * step, f"dead{n},{host},{port},{self.id}")
        self.console.machines.write_text("\n".join(["name,host,port,id", *rows, ""]))

    def forget_tickets(self):
        """Each machine is met as for the first time again: with its certificate."""
        path = self.console.home / ".local/share/hune/hune.db"
        if path.exists():
            with contextlib.closing(sqlite3.connect(path)) as store:
                store.execute("DELETE FROM tickets")
                store.commit()

    def words(self, *words):
        return [self.console.binaries.hune, "run", "-t", "all", "--yes", *words]

    def processes(self):
        return [self.agent.pid, *descendants(self.agent.pid)]


class ManySshd(peers.Sshd):
    """The same for OpenSSH, and the peers' command lines."""

    def __init__(self, folder, pam=True):
        super().__init__(folder, pam)
        config = folder / "sshd_config"
        config.write_text(config.read_text().replace("ListenAddress 127.0.0.1", "ListenAddress 0.0.0.0")
                          .replace("MaxStartups 1000", "MaxStartups 10000"))
        key = (folder / "host.pub").read_text()
        (folder / "known_hosts").write_text(f"[127.*]:{self.port} {key}[127.0.0.1]:{self.port} {key}")
        (folder / "ssh_config").write_text(f"""
Port {self.port}
User {self.user}
IdentityFile {folder}/user
IdentitiesOnly yes
IdentityAgent none
BatchMode yes
UserKnownHostsFile {folder}/known_hosts
StrictHostKeyChecking yes
KexAlgorithms curve25519-sha256
LogLevel ERROR
""")

    def hosts(self, count):
        path = self.folder / f"hosts{count}"
        path.write_text("".join(f"{address(n)}\n" for n in range(count)))
        return path

    def peers(self, count, command, gather=False):
        """What each peer would be called with: {name: (words, environment)}."""
        config = self.folder / "ssh_config"
        hosts = self.hosts(count)
        environment = {**os.environ, "PDSH_SSH_ARGS": f"-2 -a -x -F {config} %h",
                       "PDSH_SSH_ARGS_APPEND": "", "HOME": str(self.folder / "home")}
        ssh = f"xargs -a {hosts} -P {FANOUT} -I% ssh -n -F {config} % '{command}'"
        if gather:  # what one does by hand: a file for each machine, then equal ones are counted
            ssh = (f"D=$(mktemp -d -p /dev/shm) && export D && xargs -a {hosts} -P {FANOUT} -I% sh -c "
                   f"'exec ssh -n -F {config} % \"{command}\" >$D/%' && cd $D && "
                   "sha256sum -- * | sort | uniq -c -w 64; rm -r $D")
        found = {
            "pdsh": ["sh", "-c", f"pdsh -R ssh -f {FANOUT} -w ^{hosts} '{command}'" +
                     (" | dshbak -c" if gather else "")],
            "clush": ["clush", "-q", "-f", str(FANOUT), "-o", f"-F {config}",
                      *(["-b"] if gather else []), "--hostfile", str(hosts), command],
            "parallel-ssh": ["parallel-ssh", "-p", str(FANOUT), "-t", "0", "-h", str(hosts), "-x",
                             f"-F {config}", *(["-i"] if gather else []), command],
            "xargs ssh": ["sh", "-c", ssh],
        }
        return {name: (words, environment) for name, words in found.items()
                if shutil.which(words[0]) and (name != "pdsh" or shutil.which("pdsh"))}


def measure_peers(table, sshd, count, command, gather, rounds, only=None, note=""):
    """The peers' rows; returns the best (name, cost) of them."""
    best = None
    for name, (words, environment) in sshd.peers(count, command, gather).items():
        if only and name not in only:
            continue
        found = median_cost([cost(words, environment, lambda: [sshd.process.pid])
                             for _ in range(rounds)])
        show(table, f"{name}, {count} machines{note}", found)
        if not best or found.wall < best[1].wall:
            best = (name, found)
    return best


def show_lean(table, name, found, lean):
    """Beside the best peer once more, with an sshd that does without PAM: nobody's, so without a limit."""
    table.add(f"{name}: beside an sshd without PAM", found.wall, "s", against=lean[0],
              ratio=found.wall / lean[1].wall)


def measure_cold(table, fleet, sshds, quick):
    count = 200 if quick else 1000
    table.section(f"`true` on {count} machines, cold (median)")
    fleet.save(count)
    rounds = int(os.environ.get("PEER_ROUNDS", 1 if quick else 3))
    best = measure_peers(table, sshds[0], count, "true", False, rounds)
    lean = measure_peers(table, sshds[1], count, "true", False, rounds, only=best[:1],
                         note=", without PAM")
    for name, before in (("first contact", fleet.forget_tickets), ("seen before", lambda: None)):
        runs = []
        for _ in range(3 if quick else 5):
            before()
            runs.append(cost(fleet.words("--", "true"), fleet.console.environment, fleet.processes))
        found = median_cost(runs)
        show(table, f"hune run, {count} machines, {name}", found, best, 15)
        show_lean(table, f"hune run, {name}", found, lean)
    return count


class Prompt:
    """hune's prompt with links that stay."""

    def __init__(self, fleet):
        self.process = subprocess.Popen([fleet.console.binaries.hune], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        env=fleet.console.environment, bufsize=0)
        self.line("use all")

    def line(self, line):
        """Has a line obeyed; the answer to another one tells that it is done."""
        begun = time.perf_counter()
        self.process.stdin.write(f"{line}\nhelp\n".encode())
        seen = b""
        while b"Ctrl-C" not in seen:
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                raise SystemExit("the prompt ended early")
            seen = (seen + piece)[-65536:]
        return time.perf_counter() - begun

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(60)


def measure_warm(table, fleet, count):
    table.section(f"`true` on {count} machines, warm: a line at the prompt (median of 5)")
    fleet.save(count)
    prompt = Prompt(fleet)
    try:
        prompt.line("true")
        walls, spawns, cpus = [], [], []
        for _ in range(5):
            begun = time.perf_counter()
            for _ in range(count):
                os.waitpid(os.posix_spawn("/bin/true", ["/bin/true"], os.environ), 0)
            spawns.append(time.perf_counter() - begun)
            before = cpu_of([prompt.process.pid]), cpu_of(fleet.processes())
            walls.append(prompt.line("true"))
            cpus.append((cpu_of([prompt.process.pid]) - before[0],
                         cpu_of(fleet.processes()) - before[1]))
    finally:
        prompt.close()
    spawn = statistics.median(spawns)
    console, machines = (statistics.median(part) for part in zip(*cpus))
    table.add(f"posix_spawn of {count} /bin/true", spawn, "s")
    table.add("a line at the prompt", statistics.median(walls), "s", against="posix_spawn",
              ratio=statistics.median(walls) / spawn, limit=1.5 * spawn,
              note=f"CPU {console:.2f} + {machines:.2f} s")


@contextlib.contextmanager
def lines_file():
    """1 MiB of lines, in memory."""
    path = pathlib.Path(f"/dev/shm/hune-bench-lines.{os.getpid()}")
    line = "".join(f"{n:06d} the quick brown fox jumps over the lazy dog, again\n"
                   for n in range(30000)).encode()[:1 << 20]
    path.write_bytes(line)
    path.chmod(0o644)
    try:
        yield path
    finally:
        path.unlink()


def measure_lines(table, fleet, sshds, quick):
    """The peers once each, because they are slow; two of them with fewer machines, to be seen and no more."""
    sshd = sshds[0]
    many = 100 if quick else 1000
    table.section(f"1 MiB of lines from each of {many} machines, gathered (hune: median of 3)")
    with lines_file() as path:
        alike, unlike = ("--", "cat", path), ("--", f"echo $$; exec cat {path}")
        measure_peers(table, sshd, 5, f"cat {path}", True, 1, only=("clush",))
        measure_peers(table, sshd, 20, f"cat {path}", True, 1, only=("pdsh",))
        best = measure_peers(table, sshd, many, f"cat {path}", True, 1,
                             only=("parallel-ssh", "xargs ssh"))
        lean = measure_peers(table, sshds[1], many, f"cat {path}", True, 1, only=best[:1],
                             note=", without PAM")
        fleet.save(many)
        for name, words in (("alike", alike), ("all different", unlike)):
            found = median_cost([cost(fleet.words("-b", *words), fleet.console.environment,
                                      fleet.processes) for _ in range(3)])
            show(table, f"hune run -b, {many} machines, {name}", found,
                 best if name == "alike" else None, 10)
            if name == "alike":
                show_lean(table, "hune run -b", found, lean)
            table.add(f"  peak memory of the console, {name}", found.memory / 2**20, "MiB",
                      limit=200)


@contextlib.contextmanager
def dead_addresses(count):
    """Sockets whose queue is full: whoever connects hears nothing."""
    sockets, places = [], []
    try:
        for _ in range(count):
            sink = socket.socket()
            sink.bind(("127.0.0.1", 0))
            sink.listen(0)
            sockets.append(sink)
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(sink.getsockname())
                sockets.append(filler)
            places.append(sink.getsockname())
        yield places
    finally:
        for one in sockets:
            one.close()


def time_of_line(words, environment, wanted):
    """When the `wanted`th line came, and the end."""
    begun = time.perf_counter()
    process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for _ in range(wanted):
        if not process.stdout.readline():
            raise SystemExit("lines are missing")
    at = time.perf_counter() - begun
    process.stdout.read()
    process.wait(TIMEOUT)
    return at, time.perf_counter() - begun


def measure_dead(table, fleet, count):
    table.section(f"10 dead addresses among {count} (median of 3)")
    words = fleet.words("--live", "--", "echo up")
    fleet.save(count)
    without = statistics.median(time_of_line(words, fleet.console.environment, count)[0]
                                for _ in range(3))
    with dead_addresses(10) as dead:
        fleet.save(count, dead)
        runs = [time_of_line(words, fleet.console.environment, count) for _ in range(3)]
    living, whole = (statistics.median(part) for part in zip(*runs))
    table.add("the living are done, without dead ones", without, "s")
    table.add("the living are done, with them", living, "s", against="without",
              ratio=living / without, limit=1.1 * without)
    table.add("the whole, with a connect time-out of 5 s", whole, "s", limit=6)


def measure_growth(table, fleet, quick):
    counts = (100, 1000) if quick else (100, 1000, 10000)
    table.section("Growth: `true`, cold, first contact each time")
    found = {}
    for count in counts:
        fleet.save(count)
        runs = []
        for _ in range(3 if count < 5000 else 1):
            fleet.forget_tickets()
            runs.append(cost(fleet.words("-b", "--", "true"), fleet.console.environment,
                             fleet.processes))
        found[count] = median_cost(runs)
        show(table, f"hune run, {count} machines", found[count])
    low, high = found[counts[0]], found[counts[-1]]
    span = counts[-1] - counts[0]
    table.add("slope: CPU of the console, each machine", (high.console - low.console) / span * 1e6,
              "us")
    table.add("slope: memory of the console, each machine", (high.memory - low.memory) / span / 1024,
              "KiB")
    per = [(found[b].console - found[a].console) / (b - a) for a, b in zip(counts, counts[1:])]
    if len(per) > 1:
        table.add("the second half's slope to the first's", per[1] / per[0], "x", limit=1.25,
                  note="1 is linear")


def measure_links(table, fleet, quick):
    count = 1000 if quick else 10000
    table.section(f"{count} links held by one console")
    gate = fleet.agent.gate_pid
    before = measures.rss(gate)
    fleet.save(1)
    prompt = Prompt(fleet)
    prompt.line("true")
    alone = measures.rss(prompt.process.pid)
    prompt.close()
    fleet.save(count)
    prompt = Prompt(fleet)
    try:
        table.add("the first line (connects all)", prompt.line("true"), "s")
        table.add("memory of the console, each link",
                  (measures.rss(prompt.process.pid) - alone) / count / 1024, "KiB", limit=64)
        table.add("memory of the gate, each link", (measures.rss(gate) - before) / count / 1024,
                  "KiB", limit=64)
        time.sleep(5)
        seconds = 10 if quick else 60
        spent = cpu_of([prompt.process.pid]), cpu_of(fleet.processes())
        time.sleep(seconds)
        table.add("idle CPU of the console",
                  (cpu_of([prompt.process.pid]) - spent[0]) / seconds * 100, "%", limit=2)
        table.add("idle CPU of the agent", (cpu_of(fleet.processes()) - spent[1]) / seconds * 100,
                  "%")
    finally:
        prompt.close()


def measure_gather(table, folder):
    table.section("Folding 10,000 answers, with their names (CPU of the console, median of 5)")
    runs = [tuple(map(float, subprocess.run([folder / "src/fleet/tool-gather", "10000"], check=True,
                                            capture_output=True, text=True).stdout.split()))
            for _ in range(5)]
    for name, values in zip(("all alike", "all different"), zip(*runs)):
        table.add(name, statistics.median(values), "ms", limit=1000)


class Links:
    """A console that only holds links, and tells when all are there."""

    def __init__(self, fleet, count):
        tool = fleet.console.binaries.folder / "src/fleet/tool-links"
        self.process = subprocess.Popen([tool, fleet.console.key, str(fleet.port), fleet.id],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write("".join(f"{address(n)}\n" for n in range(count)))
        self.process.stdin.close()
        self.first = self.wait_all()

    def wait_all(self):
        """Seconds from the first loss (or the start) until all links are ready."""
        while line := self.process.stdout.readline():
            if line.startswith("all"):
                return int(line.split()[1]) / 1000
        raise SystemExit("the links ended early")

    def close(self):
        self.process.terminate()
        self.process.wait(60)


def measure_storm(table, fleet, quick):
    count = 1000 if quick else 10000
    table.section(f"{count} links that stay; then the agent's network side dies, and all come back")
    links = Links(fleet, count)
    try:
        table.add("all are ready", links.first, "s")
        time.sleep(3)
        seconds = 20 if quick else 120
        before = cpu_of([links.process.pid]), cpu_of(fleet.processes())
        time.sleep(seconds)
        table.add("idle CPU of the console, heartbeats with it",
                  (cpu_of([links.process.pid]) - before[0]) / seconds * 100, "%", limit=2)
        table.add("idle CPU of the agent",
                  (cpu_of(fleet.processes()) - before[1]) / seconds * 100, "%")
        os.kill(fleet.agent.gate_pid, signal.SIGKILL)
        table.add("all are back", links.wait_all(), "s", limit=60)
    finally:
        links.close()


def measure(table, binaries, folder, only, quick):
    """All of it. `only` names sections: fanout lines dead growth links gather."""
    if "gather" in only:
        measure_gather(table, binaries.folder)
    fleet = Fleet(binaries, folder, 1000 if quick else 10000)
    try:
        with ManySshd(folder / "many-sshd") as usual, \
             ManySshd(folder / "lean-sshd", pam=False) as lean:
            if "fanout" in only:
                measure_warm(table, fleet, measure_cold(table, fleet, (usual, lean), quick))
            if "lines" in only:
                measure_lines(table, fleet, (usual, lean), quick)
        if "dead" in only:
            measure_dead(table, fleet, 200 if quick else 1000)
        if "growth" in only:
            measure_growth(table, fleet, quick)
        if "links" in only:
            measure_links(table, fleet, quick)
            measure_storm(table, fleet, quick)
    finally:
        fleet.agent.stop()
