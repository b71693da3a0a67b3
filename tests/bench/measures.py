"""How each thing is measured. Every loop is bounded; nothing here knows what the figures should be."""
import contextlib
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import statistics
import subprocess
import threading
import time

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
TIMEOUT = 300


def run(command, environment=None):
    """Runs a command that must succeed."""
    done = subprocess.run(command, env=environment, timeout=TIMEOUT, **QUIET)
    if done.returncode:
        raise SystemExit(f"{command}: status {done.returncode}: {done.stderr.decode()}")


def median_ms(action, rounds):
    """The median time of an action, after two rounds to warm up."""
    times = []
    for n in range(max(rounds, 3) + 2):
        begun = time.perf_counter()
        action()
        if n >= 2:
            times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def spawn_ms(program, rounds, *arguments):
    """posix_spawn and wait, the cheapest way to run a program."""

    def once():
        pid = os.posix_spawn(program, [program, *arguments], os.environ)
        os.waitpid(pid, 0)

    return median_ms(once, rounds)


def round_trip_ms(rounds):
    """One byte there and back through a TCP connection on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pid = os.fork()
        if pid == 0:
            try:
                peer, _ = listener.accept()
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while piece := peer.recv(16):
                    peer.send(piece)
            finally:
                os._exit(0)
        try:
            with socket.create_connection(listener.getsockname()) as line:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

                def once():
                    line.send(b"x")
                    line.recv(16)

                return median_ms(once, rounds)
        finally:
            os.waitpid(pid, 0)


def prompt_ms(pair, batches, lines):
    """What one `true` takes at a prompt whose connection is warm."""
    environment = pair.console.environment
    with subprocess.Popen([pair.console.binaries.hune], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
                          bufsize=0) as prompt:
        reader = prompt.stdout

        def until(mark):
            seen = b""
            while mark not in seen:
                piece = os.read(reader.fileno(), 65536)
                if not piece:
                    raise SystemExit("the prompt ended early")
                seen += piece

        def batch():
            prompt.stdin.write(b"true\n" * lines + b"echo ma''rk\n")
            until(b"mark")

        batch()
        return median_ms(batch, batches) / (lines + 1)


def status_kib(pid, field):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+)", text, re.M)
    return int(found[1]) if found else 0


def rss(pid):
    return status_kib(pid, "VmRSS") * 1024


def pss(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024


def switches(pid):
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (path / "status").read_text(),
                             re.M)[1]) for path in pathlib.Path(f"/proc/{pid}/task").iterdir())


@contextlib.contextmanager
def memory_file(size):
    """A file of so many bytes in memory; smaller if there is no room. Yields its path and size."""
    folder = pathlib.Path("/dev/shm")
    while size > shutil.disk_usage(folder).free // 2 or size > available_memory() // 2:
        size //= 2
    path = folder / f"hune-bench.{os.getpid()}"
    block = os.urandom(1 << 20)
    try:
        with open(path, "wb") as file:
            for _ in range(size >> 20):
                file.write(block)
        path.chmod(0o644)
        yield str(path), size >> 20 << 20
    finally:
        path.unlink(missing_ok=True)


def available_memory():
    text = pathlib.Path("/proc/meminfo").read_text()
    return int(re.search(r"MemAvailable:\s+(\d+)", text)[1]) * 1024


class PeakWatcher:
    """The most memory that processes held, looked at while something runs."""

    def __init__(self, find):
        self.find = find
        self.peaks = {}
        self.stopped = threading.Event()
        for pid in find():
            with contextlib.suppress(OSError):
                pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")  # forget the peak so far
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.stopped.wait(0.05):
            for pid in self.find():
                with contextlib.suppress(OSError):
                    self.peaks[pid] = max(status_kib(pid, "VmHWM") * 1024,
                                          self.peaks.get(pid, 0))

    def stop(self):
        self.stopped.set()
        self.thread.join()
        return sum(self.peaks.values())


def bulk(command, size, environment, find_machine):
    """MB/s of a command's output, and the peak memory of (the command, the machine's side)."""
    rates, consoles, machines = [], [], []
    for _ in range(3):
        machine = PeakWatcher(find_machine)
        begun = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL)
        console = PeakWatcher(lambda: [process.pid])
        status = process.wait(TIMEOUT)
        rates.append(size / (time.perf_counter() - begun) / 1e6)
        consoles.append(console.stop())
        machines.append(machine.stop())
        if status:
            raise SystemExit(f"{command}: status {status}")
    return statistics.median(rates), (max(consoles), max(machines))


@contextlib.contextmanager
def held_connections(pair, count):
    """So many connections, each opened, then idle."""
    with subprocess.Popen([pair.console.binaries.raw, "--port", str(pair.agent.port), "--key",
                           pair.console.key, "--connections", str(count)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as held:
        line = held.stdout.readline()
        if line != f"held {count}\n":
            raise SystemExit(f"the connections could not be held: {line}")
        time.sleep(1)
        yield
        held.communicate(timeout=TIMEOUT)


def keystrokes_ms(command, environment, keys, pause=0.0):
    """The time from each key to its echo, in ms, through a program on a pseudo-terminal that ends up at `cat` on
    one. A key is typed when the one before was echoed, and `pause` seconds after it: 0.1 is how people type. All
    keys are one line, of which a terminal in line mode takes no more than 4,095."""
    warming = 50
    assert warming + keys < 4095
    pid, master = pty.fork()
    if pid == 0:
        try:
            os.execvpe(command[0], [str(word) for word in command], environment or os.environ)
        finally:
            os._exit(127)
    try:
        seen = b""
        while b"ready" not in seen:
            seen += read_within(master, 30)
        while select.select([master], [], [], 0.5)[0]:
            os.read(master, 65536)
        times = []
        for n in range(warming + keys):
            key = b"abcdefghij"[n % 10:n % 10 + 1]
            if n >= warming and pause:
                time.sleep(pause)
            begun = time.perf_counter()
            os.write(master, key)
            while key not in read_within(master, 30):
                pass
            times.append((time.perf_counter() - begun) * 1000)
        return sorted(times[warming:])
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(master)


def read_within(descriptor, seconds):
    if not select.select([descriptor], [], [], seconds)[0]:
        raise SystemExit("no echo came")
    return os.read(descriptor, 65536)


def quantile(ordered, part):
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def long_stream(command, size, environment, find_machine):
    """Reads all that a command says; its peak memory after a tenth and in the end, the machine's, and MB/s."""
    machine = PeakWatcher(find_machine)
    begun = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        got, early, late = 0, 0, 0
        room = bytearray(1 << 20)
        while count := process.stdout.raw.readinto(room):
            got += count
            if not early and got >= size // 10:
                early = status_kib(process.pid, "VmHWM") * 1024
            if got >= size - (64 << 20):
                late = max(late, status_kib(process.pid, "VmHWM") * 1024)
        if process.wait(TIMEOUT) or got != size:
            raise SystemExit(f"{command}: {got} of {size} bytes, status {process.returncode}")
    return early, late, machine.stop(), size / (time.perf_counter() - begun) / 1e6
