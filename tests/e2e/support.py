"""The objects behind the fixtures of conftest.py: agents, consoles, terminals. Proxies stand in proxy.py."""
import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import pty
import pwd
import random
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|SUMMARY: Undefined")
PATIENCE = float(os.environ.get("HUNE_PATIENCE", 30))  # seconds: for hangs only, never a measure of speed

SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99:handle_abort=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99",
}


def free_port():
    """A port that nobody has, on no address. It is below those that the system gives to connections that go
    out: of these one could come to have it before the test does."""
    outgoing = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(1000):
        port = random.randrange(10001, outgoing if outgoing > 16384 else 32768)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port
    raise OSError("no port is free")


def wait_for(what, condition, seconds=PATIENCE):
    """Waits until `condition()` is true and returns what it returned."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)
    return value


def user_name():
    """Who runs the tests."""
    return pwd.getpwuid(os.geteuid()).pw_name


def children(pid):
    """The process ids of a process's children."""
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in path.read_text().split()]
    return found


def descendants(pid):
    below = children(pid)
    return below + [deeper for child in below for deeper in descendants(child)]


def kill_tree(pid):
    for victim in [pid, *descendants(pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def is_alive(pid):
    """Whether the process runs; a zombie does not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def sanitizer_report(text):
    """The lines with which a sanitizer complained, and what surrounds them."""
    lines = text.splitlines()
    return [line for i, line in enumerate(lines)
            if any(SANITIZER.search(near) for near in lines[max(0, i - 25):i + 1])]


class Binaries:
    """The programs of one build tree."""

    def __init__(self, folder):
        self.folder = folder
        self.hune = folder / "src/cli/hune"
        self.huned = folder / "src/warden/huned"
        self.gate = folder / "src/gate/huned-gate"
        self.courier = folder / "src/courier/hune-courier"
        self.raw = folder / "tests/tools/hune-raw"

    def programs(self):
        return [self.hune, self.huned, self.gate, self.courier]


class Agent:
    """A huned with a state folder and a port of its own."""

    def __init__(self, binaries, folder, *, start=True, config="", port=None, listen=None,
                 environment=None):
        self.binaries = binaries
        self.folder = folder
        self.port = port or free_port()
        self.listen = listen or [f"127.0.0.1:{self.port}"]
        self.environment = {**os.environ, **SANITIZER_ENVIRONMENT, **(environment or {})}
        self.process = None
        folder.mkdir(parents=True, exist_ok=True)
        self.log_path = folder / "log"
        if config:
            (folder / "huned.conf").write_text(config)
        if start:
            self.start()

    @property
    def operators(self):
        return self.folder / "operators"

    @property
    def pid(self):
        return self.process.pid

    @property
    def gate_pid(self):
        """The gate's process id."""
        return wait_for("the gate", self.find_gate)

    def find_gate(self):
        for pid in children(self.pid):
            with contextlib.suppress(OSError):
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                if b"huned-gate" in command.split(b"\0")[0]:
                    return pid
        return None

    def command(self, *arguments):
        return [self.binaries.huned, "--state", self.folder, *map(str, arguments)]

    def run(self, *arguments, timeout=PATIENCE):
        """Runs a huned command, such as run("invite"), and returns what came of it."""
        done = subprocess.run(self.command(*arguments), env=self.environment, text=True,
                              capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
        return Result(done.stdout, done.stderr, done.returncode)

    def start(self, wait=True):
        listen = [word for address in self.listen for word in ("--listen", address)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(*listen), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.environment)
        if wait:
            wait_for(f"the agent's port; its log:\n{self.log()}", self.answers)

    def answers(self):
        """Whether somebody accepts connections there. Fails at once if the agent has died."""
        assert self.process.poll() is None, f"huned ended at once:\n{self.log()}"
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_ended(self):
        return self.process.wait(PATIENCE)

    def stop(self):
        """Asks it to end, as systemd does. Fails if it does not, or not cleanly."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            kill_tree(self.process.pid)
            raise AssertionError(f"huned did not end when asked to:\n{self.log()}") from None
        finally:
            self.process = None
        assert code in (0, -signal.SIGKILL), f"huned ended with {code}:\n{self.log()}"

    def invite(self, may=None, as_=None, *more):
        """A fresh invitation link."""
        options = (["--may", may] if may else []) + (["--as", as_] if as_ else [])
        done = self.run("invite", *options, *more)
        assert done.code == 0, done
        return re.search(r"hune://\S+", done.out)[0]

    def change_operators(self, old, new):
        """As an editor of the file does."""
        text = self.operators.read_text()
        assert old in text
        self.operators.write_text(text.replace(old, new))


@contextlib.contextmanager
def agents_in(folder, binaries):
    """A function that makes agents, each with a folder of its own in `folder`. In the end all of them
    are stopped, and must not have made a sanitizer speak."""
    agents = []

    def make(**options):
        made = Agent(options.pop("binaries", binaries), folder / f"agent{len(agents)}", **options)
        agents.append(made)
        return made

    yield make
    reports = []
    for made in agents:
        made.stop()
        reports += sanitizer_report(made.log())
    assert not reports, "\n".join(reports)


@dataclasses.dataclass
class Result:
    """What a program said and how it ended."""

    out: str
    err: str
    code: int

    @property
    def lines(self):
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Console:
    """A hune with a home of its own."""

    def __init__(self, binaries, home, environment=None):
        self.binaries = binaries
        self.home = home
        self.config = home / ".config/hune"
        self.machines = self.config / "machines.csv"
        self.key = self.config / "id_ed25519"
        self.reports = []
        home.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **SANITIZER_ENVIRONMENT,
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_DATA_HOME": str(home / ".local/share"),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "TERM": "xterm",
            **(environment or {}),
        }

    def run(self, *arguments, input=None, timeout=PATIENCE, binary=False, environment=None,
            cwd=None, prefix=()):
        """Runs hune to its end. `input` is text (bytes when `binary`), None for an empty one."""
        given = {"input": input} if input is not None else {"stdin": subprocess.DEVNULL}
        done = subprocess.run([*prefix, self.binaries.hune, *map(str, arguments)],
                              capture_output=True, timeout=timeout, text=not binary, cwd=cwd,
                              env={**self.environment, **(environment or {})}, **given)
        self.notice(done.stderr.decode(errors="replace") if binary else done.stderr)
        return Result(done.stdout, done.stderr, done.returncode)

    def notice(self, text):
        self.reports += sanitizer_report(text)

    def json(self, *arguments, **options):
        """The JSON Lines that a command prints with --json; it must succeed."""
        done = self.run(*arguments[:1], "--json", *arguments[1:], **options)
        assert done.code == 0, done
        return done.lines

    @contextlib.contextmanager
    def start(self, *arguments, **options):
        """A running hune with pipes."""
        process = subprocess.Popen([self.binaries.hune, *map(str, arguments)],
                                   stdin=options.pop("stdin", subprocess.PIPE),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.environment, **options)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            try:
                self.notice(process.communicate()[1].decode(errors="replace"))
            except ValueError:
                pass

    @contextlib.contextmanager
    def terminal(self, *arguments):
        """A hune that runs on a terminal."""
        terminal = Terminal([self.binaries.hune, *map(str, arguments)], self.environment)
        try:
            yield terminal
        finally:
            terminal.close()
            self.notice(terminal.text)

    def raw(self, port, *arguments, key=None, timeout=PATIENCE):
        """Runs hune-raw, which sends orders that no console would."""
        done = subprocess.run([self.binaries.raw, "--port", str(port), "--key", key or self.key,
                               *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout, env=self.environment, stdin=subprocess.DEVNULL)
        self.notice(done.stderr)
        return Answers(done.stdout, done.stderr, done.returncode)


@dataclasses.dataclass
class Answers(Result):
    """What hune-raw got: pairs of status and JSON body."""

    @property
    def all(self):
        found = []
        for line in self.out.splitlines():
            status, _, body = line.partition(" ")
            if status.isdigit():
                found.append((int(status), json.loads(body) if body else None))
        return found

    @property
    def status(self):
        assert self.all, self
        return self.all[-1][0]

    @property
    def body(self):
        return self.all[-1][1]

    @property
    def problem(self):
        """The word of the problem that the last answer names, or None."""
        kind = self.body.get("type", "") if self.all else ""
        prefix = "urn:hune:problem:"
        return kind[len(prefix):] if kind.startswith(prefix) else None


@dataclasses.dataclass
class Pair:
    """An agent and a console that has joined it."""

    agent: Agent
    console: Console

    @property
    def name(self):
        """What the console calls the machine."""
        return self.console.json("list")[0]["name"]

    def run(self, *words, **options):
        """`hune run MACHINE …`: words as they stand behind the machine's name."""
        return self.console.run("run", self.name, *words, **options)

    def shell(self, line, *options, **more):
        """Has the machine's shell run a line."""
        return self.console.run("run", self.name, *options, "--", line, **more)

    def raw(self, *arguments, **options):
        return self.console.raw(self.agent.port, *arguments, **options)

    def jobs(self):
        """The machine's jobs, as it tells them."""
        answer = self.raw("--get", "/v1/jobs")
        assert answer.status == 200, answer
        return answer.body["jobs"]


class Terminal:
    """A program on a pseudo-terminal, as a person would use it."""

    def __init__(self, command, environment, rows=40, columns=120):
        self.text = ""
        self.seen = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                self.fd = 0
                self.resize(rows, columns)  # from here: later it would undo what the program does
                os.execve(command[0], [str(word) for word in command], environment)
            finally:
                os._exit(127)

    def resize(self, rows, columns):
        """What a window does whose border is dragged."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        """Takes in what comes within a time. False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            piece = b""
        self.text += piece.decode(errors="replace")
        return bool(piece)

    def expect(self, pattern, seconds=PATIENCE):
        """Reads until the pattern came, after what was expected before. Returns the match."""
        deadline = time.monotonic() + seconds
        going = True
        while not (found := re.search(pattern, self.text[self.seen:])):
            assert going and time.monotonic() < deadline, \
                f"no {pattern!r} in {self.text[self.seen:]!r}"
            going = self.read(0.2)
        self.seen += found.end()
        return found

    def type(self, text):
        os.write(self.fd, text.encode())

    def line(self, text):
        self.type(text + "\r")

    def wait(self, seconds=PATIENCE):
        """Waits for the program's end; returns its exit status."""
        deadline = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(0) and select.select([self.fd], [], [], 0)[0]:
                    pass
                self.pid = None
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline, f"still running: {self.text!r}"
            self.read(0.05)

    def close(self):
        if self.pid:
            kill_tree(self.pid)
            self.pid = None
        os.close(self.fd)
