"""Everything that goes wrong on the way, done to the real thing: what comes out is equal, and done once.

HUNE_FAULTS=full makes these as large as they are meant: 1 GiB, 200 cuts, 50 dead gates, 2,000 orders, a
minute of standing still. Without it they are small enough for every day.
"""
import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import pty
import random
import re
import signal
import subprocess
import threading
import time

import pytest
from proxy import Proxy
from support import Pair, is_alive, wait_for

FULL = os.environ.get("HUNE_FAULTS") == "full"
MIB = 1 << 20

pytestmark = [pytest.mark.release, pytest.mark.timeout(1800 if FULL else 120)]


def scaled(full, small):
    return full if FULL else small


SIZE = scaled(1024, 64) * MIB


def stream(size):
    """A shell line whose output is pseudo-random and the same everywhere."""
    return (f"openssl enc -aes-128-ctr -K {'5a' * 16} -iv {'00' * 16} -in /dev/zero 2>/dev/null | "
            f"head -c {size}")


@pytest.fixture(scope="session")
def digest():
    with subprocess.Popen(["sh", "-c", stream(SIZE)], stdout=subprocess.PIPE) as process:
        return hashlib.file_digest(process.stdout, "sha256").hexdigest()


@pytest.fixture
def count(tmp_path):
    """A file to which each run of a job appends a line."""
    path = tmp_path / "count"
    path.touch(mode=0o666)
    tmp_path.chmod(0o755)
    return path


@pytest.fixture
def between(agent, console, proxy):
    """An agent, a console that reaches it through a proxy only, and the proxy."""
    def make(**options):
        machine, operator = agent(), console()
        assert operator.run("join", machine.invite(), "--name", "far").code == 0
        middle = proxy(machine.port, **options)
        text = operator.machines.read_text()
        operator.machines.write_text(text.replace(str(machine.port), str(middle.port)))
        return Pair(machine, operator), middle
    return make


class Reader:
    """Reads a running hune's output and tells about it while it goes on."""

    def __init__(self, process):
        self.process = process
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, up_to=None):
        """Reads up to so many bytes in all, or to the end."""
        while up_to is None or self.size < up_to:
            piece = self.process.stdout.read1(min(MIB, (up_to or 1 << 62) - self.size))
            if not piece:
                return
            self.digest.update(piece)
            self.size += len(piece)

    def finish(self, digest, count):
        self.read()
        code, error = self.process.wait(60), self.process.stderr.read().decode()
        assert (self.size, code) == (SIZE, 0), error[-2000:]
        assert self.digest.hexdigest() == digest
        assert count.read_text() == "ran\n", "it was run more than once"
        return error


def running(machine, line):
    return machine.console.start("run", machine.name, "--", line, stdin=subprocess.DEVNULL)


def test_a_connection_that_is_cut_at_random_places(between, digest, count):
    cuts = scaled(200, 25)
    places = sorted(random.Random(7).sample(range(4000, SIZE), cuts))
    machine, middle = between(cut_at=places)
    with running(machine, f"echo ran >> {count}; {stream(SIZE)}") as process:
        error = Reader(process).finish(digest, count)
    assert middle.cuts == cuts
    assert error.count("connection is lost") <= cuts


@pytest.mark.long(8)
def test_a_gate_that_is_killed_again_and_again(pair, digest, count):
    kills = scaled(50, 6)
    machine = pair()
    with running(machine, f"echo ran >> {count}; {stream(SIZE)}") as process:
        reader = Reader(process)
        for n in range(1, kills + 1):
            reader.read(SIZE * n // (kills + 1))
            gate = machine.agent.gate_pid
            os.kill(gate, signal.SIGKILL)
            wait_for("a new gate", lambda: (machine.agent.find_gate() or gate) != gate)
            time.sleep(1.05)  # one that dies at once is started later and later
        reader.finish(digest, count)


def test_resets_while_a_job_talks(pair, digest, count):
    resets = scaled(20, 4)
    machine = pair()
    with running(machine, f"echo ran >> {count}; {stream(SIZE)}") as process:
        reader = Reader(process)
        for n in range(1, resets + 1):
            reader.read(SIZE * n // (resets + 1))
            gate = machine.agent.gate_pid
            assert machine.console.run("reset", machine.name, "--yes").code == 0
            wait_for("a new gate", lambda: (machine.agent.find_gate() or gate) != gate)
        reader.finish(digest, count)


def test_a_console_that_stands_still(pair, digest, count):
    """SIGSTOP: the job waits for it, the agent's memory stays as it is, others are served."""
    machine = pair()
    with running(machine, f"echo ran >> {count}; {stream(SIZE)}") as process:
        reader = Reader(process)
        reader.read(SIZE // 4)
        os.kill(process.pid, signal.SIGSTOP)
        try:
            before = memory(machine.agent)
            until = time.monotonic() + scaled(60, 3)
            while time.monotonic() < until:
                assert machine.shell("echo served").out == "served\n"
                assert memory(machine.agent) < before + 8 * MIB
                time.sleep(0.5)
        finally:
            os.kill(process.pid, signal.SIGCONT)
        reader.finish(digest, count)


def memory(agent):
    return sum(int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
               for pid in (agent.pid, agent.gate_pid)) * 1024


def test_the_same_order_cut_at_every_phase(pair, count):
    """One id, sent over and over through connections that break at each byte, there and back."""
    machine = pair()
    orders = scaled(2000, 240)
    order = ["--id", "01890a5d-ac96-774b-bcce-b302099a8057", "--shell", f"echo ran >> {count}"]
    most = 4400  # bytes of a whole exchange, in either direction

    def give(n):
        place = 1 + (n // 2) * 2 * most // orders
        middle = Proxy(machine.agent.port, cut_after=(place, None) if n % 2 else (None, place))
        try:
            answer = machine.console.raw(middle.port, *order)
            return answer.all[-1][0] if answer.all else None
        finally:
            middle.close()

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(give, range(orders)))
    assert set(statuses) <= {None, 200, 201}, set(statuses)
    assert statuses.count(201) <= 1 and None in statuses and 200 in statuses
    assert machine.raw(*order).status == 200
    wait_for("the job's end", lambda: [job["state"] for job in machine.jobs()] == ["exited"])
    assert count.read_text() == "ran\n"


def test_input_through_a_connection_that_is_cut(between, tmp_path):
    """What the job reads is what was sent, though the way breaks again and again."""
    given = os.urandom(scaled(64, 12) * MIB)
    (tmp_path / "given").write_bytes(given)
    places = sorted(random.Random(8).sample(range(6000, len(given)), scaled(60, 12)))
    machine, middle = between(cut_up_at=places)
    done = machine.console.run("run", "far", "--stdin", tmp_path / "given", "--", "sha256sum",
                               timeout=600)
    assert done.out.split()[0] == hashlib.sha256(given).hexdigest(), done
    assert middle.cuts == len(places)


def test_a_machine_that_is_away_for_a_while(between, tmp_path):
    """The job ends while nobody can reach the machine; its result comes when somebody can."""
    machine, middle = between()
    go = tmp_path / "go"
    with running(machine, f"echo first; while [ ! -e {go} ]; do sleep 0.05; done; echo last; exit 7") \
            as process:
        assert process.stdout.readline() == b"first\n"
        middle.refuse = True
        middle.cut()
        wait_for("attempts", lambda: middle.connections > 3)
        go.touch()
        wait_for("the job's end", lambda: jobs_at(machine)[0]["state"] == "exited")
        middle.refuse = False
        assert process.stdout.read() == b"last\n"
        assert process.wait(60) == 7
        error = process.stderr.read().decode()
    assert error.count("connection is lost") == 1 and error.count("connected again") == 1, error


def jobs_at(machine):
    """Not through the proxy."""
    return machine.raw("--get", "/v1/jobs").body["jobs"]


def test_stopping_a_job_of_a_machine_that_is_away(between, count):
    """Ctrl-C without a connection: the whole tree is stopped as soon as there is one."""
    machine, middle = between()
    line = f"echo $$ >> {count}; (setsid sh -c 'echo $$ >> {count}; exec sleep 1000' &); " \
           f"sleep 0.2; echo up; exec sleep 1000"
    with machine.console.terminal("run", "far", "--", line) as terminal:
        terminal.expect("up")
        pids = [int(pid) for pid in count.read_text().split()]
        middle.refuse = True
        middle.cut()
        terminal.expect("connection is lost")
        terminal.type("\x03")
        terminal.expect("stopping it")
        assert all(is_alive(pid) for pid in pids) and len(pids) == 2
        middle.refuse = False
        assert terminal.wait(60) == 137
    for pid in pids:
        wait_for(f"the end of {pid}", lambda: not is_alive(pid))


@pytest.mark.parametrize("wrong", ["+1h", "-1h"])
def test_a_machine_whose_clock_is_an_hour_off(pair, wrong):
    library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    machine = pair(environment={"LD_PRELOAD": str(library), "FAKETIME": wrong,
                                "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_STAT": "1"})
    assert machine.shell("exit 3").code == 3
    job, = machine.console.json("jobs")
    hour = 3600 * 1000 * (1 if wrong[0] == "+" else -1)
    assert abs(job["started_ms"] - time.time() * 1000 - hour) < 60000, "the clock was not wrong"
    assert job["ms"] < 60000
    # For people, in the console's time.
    since = machine.console.run("jobs").out.splitlines()[1].split()[3]
    now = [time.strftime("%H:%M:%S", time.localtime(time.time() - n)) for n in range(60)]
    assert since in now, (since, now[0])
    detached = machine.console.run("run", machine.name, "--detach", "--", "echo it").out.strip()
    assert machine.console.run("attach", machine.name, detached).out == "it\n"
    there = machine.console.json("doctor", machine.name)
    assert any(step["step"] == "clock" and step["warning"] for step in there), there


def test_a_million_lines_of_escapes_leave_the_terminal_alone(pair):
    machine = pair()
    lines = 1000000
    line = (r"yes $(printf '\033]0;owned\007\033[2J\033[31m\233m\033P1$r\033\\\r\016\005') | "
            f"head -n {lines}; printf '\\033[?1049h\\033[5n'")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(machine.console.binaries.hune,
                  ["hune", "run", machine.name, "--", line], machine.console.environment)
    seen, tail, bad = 0, b"", b""
    try:
        with contextlib.suppress(OSError):
            while piece := os.read(terminal, MIB):
                seen += piece.count(b"\n")
                # Nothing but printable characters, line ends and our own colours.
                rest = re.sub(rb"\x1b\[[0-9;]*m", b"", (tail + piece)[-len(piece) - len(tail):])
                bad += re.sub(rb"[ -~\r\n]|[\xc2-\xf4][\x80-\xbf]{1,3}", b"", rest)[:100]
                tail = b""
    finally:
        os.close(terminal)  # first: whoever still writes there would never end
        _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert seen >= lines, seen
    assert bad == b"", bad[:200]
