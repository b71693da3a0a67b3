"""The vital signs: what watching one machine costs it, beside prometheus-node-exporter and zabbix_agentd, which are
asked for the same each second in the same run; what remembering costs; what a day of history costs to tell."""
import contextlib
import http.client
import json
import pathlib
import shutil
import socket
import statistics
import struct
import subprocess
import time

import measures
from support import Agent, descendants, free_port, wait_for

# What the summary of a sample holds, as zabbix_agentd names it.
ZABBIX_ITEMS = [
    "system.cpu.util[,user]", "system.cpu.util[,system]", "system.cpu.util[,iowait]", "system.cpu.util[,steal]",
    "system.cpu.load[,avg1]", "system.cpu.load[,avg5]", "system.cpu.load[,avg15]",
    "vm.memory.size[total]", "vm.memory.size[available]", "vm.memory.size[cached]",
    "system.swap.size[,total]", "system.swap.size[,used]",
    "vfs.fs.size[/,total]", "vfs.fs.size[/,used]", "vfs.fs.size[/,pfree]", "vfs.fs.inode[/,pfree]",
    "vfs.dev.read[,bytes]", "vfs.dev.write[,bytes]", "net.if.in[lo]", "net.if.out[lo]",
    "proc.num[]", "proc.num[,,run]", "system.uptime", "system.users.num",
]


def processes(pid):
    return [pid, *descendants(pid)]


def cpu_ns(pids):
    """Time on a processor, to the nanosecond: clock ticks would round most of it away."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += sum(int((task / "schedstat").read_text().split()[0])
                         for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    return total


def loop_bytes():
    """All that went through loopback, headers and acknowledgements too."""
    line, = [line for line in pathlib.Path("/proc/net/dev").read_text().splitlines()
             if line.strip().startswith("lo:")]
    return int(line.split(":")[1].split()[0])


class Cost:
    """What some processes took while something was done."""

    def __init__(self, pids, action, seconds):
        time.sleep(2)
        cpu, sent, begun = cpu_ns(pids), loop_bytes(), time.monotonic()
        self.asked = action(seconds)
        wall = time.monotonic() - begun
        self.percent = (cpu_ns(pids) - cpu) / 1e9 / wall * 100
        self.bytes = (loop_bytes() - sent) / max(self.asked, 1)
        self.memory = sum(measures.pss(pid) for pid in pids) / 2**20


def each_second(action):
    """Calls it once a second, for so many seconds."""

    def loop(seconds):
        begun = time.monotonic()
        for n in range(seconds):
            action()
            time.sleep(max(0, begun + n + 1 - time.monotonic()))
        return seconds

    return loop


@contextlib.contextmanager
def node_exporter():
    port = free_port()
    process = subprocess.Popen(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"],
                               **measures.QUIET)

    connection = http.client.HTTPConnection("127.0.0.1", port)

    def scrape(coding="identity"):
        # As prometheus does: one connection that stays.
        connection.request("GET", "/metrics", headers={"Accept-Encoding": coding})
        return connection.getresponse().read()

    def answers():
        try:
            return scrape()
        except OSError:
            connection.close()
            return None

    try:
        wait_for("node_exporter", answers)
        yield processes(process.pid), scrape
    finally:
        connection.close()
        process.terminate()
        process.wait()
        process.stderr.close()


@contextlib.contextmanager
def zabbix_agentd(folder):
    port = 20000 + free_port() % 12000  # it takes none above 32767
    folder.mkdir(exist_ok=True)
    (folder / "conf").write_text(f"ListenIP=127.0.0.1\nListenPort={port}\nServer=127.0.0.1\nAllowRoot=1\n"
                                 f"LogFile={folder}/log\nPidFile={folder}/pid\nStartAgents=3\nServerActive=\n")
    agentd = shutil.which("zabbix_agentd", path="/usr/sbin:/sbin")
    process = subprocess.Popen([agentd, "-f", "-c", folder / "conf"], **measures.QUIET)

    def ask(item):
        with socket.create_connection(("127.0.0.1", port)) as server:
            body = item.encode()
            server.sendall(b"ZBXD\1" + struct.pack("<Q", len(body)) + body)
            answer = b""
            while piece := server.recv(4096):
                answer += piece
        return answer[13:]

    def answers():
        try:
            return ask("agent.ping") == b"1"
        except OSError:
            return False

    try:
        wait_for("zabbix_agentd", answers)
        yield processes(process.pid), lambda: [ask(item) for item in ZABBIX_ITEMS]
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


class Watcher:
    """A console that watches: a stream over one connection."""

    def __init__(self, agent, query):
        self.token = agent.run("token", "--label", "bench").out.split()[-1]
        self.agent = agent
        self.process = subprocess.Popen(self.command(f"/v1/vitals?{query}", "--no-buffer"),
                                        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.head = json.loads(self.process.stdout.readline())
        self.process.stdout.readline()

    def command(self, *paths_and_options):
        options = [word for word in paths_and_options if not word.startswith("/")]
        urls = [f"https://127.0.0.1:{self.agent.port}{word}" for word in paths_and_options if word.startswith("/")]
        return ["curl", "--silent", "--insecure", "--http2", *options, "--header",
                f"Authorization: Bearer {self.token}", *urls]

    def listen(self, seconds):
        for _ in range(seconds):
            self.process.stdout.readline()
        return seconds

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def scrape_each_second(watcher):
    """GET /metrics over one connection that stays, as prometheus does: curl asks again at this rate."""

    def loop(seconds):
        paths = ["/metrics"] * seconds
        subprocess.run(watcher.command(*paths, "--rate", "1/s"), check=True, stdout=subprocess.DEVNULL)
        return seconds

    return loop


def measure_watching(table, agent, folder, quick):
    seconds = 20 if quick else 60
    table.section(f"Watching one machine, once a second for {seconds} s (per cent of one processor; bytes a sample)")
    watcher = Watcher(agent, "every=1s&fields=summary")
    try:
        hune = Cost(processes(agent.pid), watcher.listen, seconds)
    finally:
        watcher.close()
    page = Cost(processes(agent.pid), scrape_each_second(watcher), seconds)
    with node_exporter() as (pids, scrape):
        node = Cost(pids, each_second(scrape), seconds)
        packed = Cost(pids, each_second(lambda: scrape("gzip")), max(seconds // 4, 5))
    with zabbix_agentd(folder / "zabbix") as (pids, ask):
        zabbix = Cost(pids, each_second(ask), seconds)
    table.add("node_exporter: processor", node.percent, "%")
    table.add("zabbix_agentd: processor", zabbix.percent, "%")
    table.add("huned: processor", hune.percent, "%", limit=0.2)
    table.add("huned, against the cheaper of them", hune.percent, "%", against="the cheaper",
              ratio=hune.percent / min(node.percent, zabbix.percent), limit=min(node.percent, zabbix.percent))
    table.add("huned, scraped as OpenMetrics: processor", page.percent, "%", against="node_exporter",
              ratio=page.percent / node.percent, limit=node.percent)
    table.add("node_exporter: memory (PSS)", node.memory, "MiB")
    table.add("zabbix_agentd: memory (PSS)", zabbix.memory, "MiB")
    table.add("huned: memory (PSS)", hune.memory, "MiB", limit=min(8, node.memory, zabbix.memory))
    table.add("node_exporter: bytes", node.bytes, "B")
    table.add("node_exporter, gzip: bytes", packed.bytes, "B")
    table.add("zabbix_agentd: bytes", zabbix.bytes, "B", note=f"{len(ZABBIX_ITEMS)} items")
    table.add("huned: bytes", hune.bytes, "B", against="node_exporter", ratio=hune.bytes / node.bytes,
              limit=node.bytes / 10, note=f"{len(watcher.head['columns'])} columns")


def measure_remembering(table, agent, quick):
    seconds = 30 if quick else 120
    table.section(f"Remembering, nobody connected, {seconds} s")
    cost = Cost(processes(agent.pid), lambda wanted: time.sleep(wanted) or 1, seconds)
    table.add("huned: processor", cost.percent, "%", limit=0.02)
    table.add("huned: memory (PSS)", cost.memory, "MiB", limit=6)


def measure_telling(table, agent, binaries, quick):
    table.section("24 h of history, told (processor time of the agent for one answer)")
    agent.stop()
    history = agent.folder / "state" / "history"
    subprocess.run([binaries.folder / "src/sense/history", history, "15"], check=True)
    agent.start()
    watcher = Watcher(agent, "every=60s&fields=uptime")
    rounds = 10 if quick else 40
    try:
        for name, query in (("cpu, memory: as a picture", "since=24h&fields=cpu.busy,mem.used"),
                            ("all columns: as a picture", "since=24h&fields=all"),
                            ("cpu, memory: every sample", "since=24h&step=10s&fields=cpu.busy,mem.used"),
                            ("cpu, memory: 14 days by 2 min", "since=14d&step=2m&fields=cpu.busy,mem.used")):
            def told(times):
                before = cpu_ns(processes(agent.pid))
                done = subprocess.run(watcher.command(*[f"/v1/vitals?{query}"] * times), check=True,
                                      capture_output=True)
                return (cpu_ns(processes(agent.pid)) - before) / 1e6, done.stdout.count(b"\n")

            # Several in one connection, less one alone: what is left is answers without a handshake.
            alone = statistics.median(told(1)[0] for _ in range(5))
            many, rows = told(1 + rounds)
            table.add(name, (many - alone) / rounds, "ms", limit=5 if query.startswith("since=24h") else None,
                      note=f"{rows // (1 + rounds)} rows")
    finally:
        watcher.close()


def measure(table, binaries, folder, quick):
    agent = Agent(binaries, folder / "vitals-agent")
    try:
        time.sleep(3)
        measure_remembering(table, agent, quick)
        measure_watching(table, agent, folder, quick)
        measure_telling(table, agent, binaries, quick)
    finally:
        agent.stop()
