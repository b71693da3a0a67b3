"""Output that nobody reads: it goes to a spool on the disk, within a quota, and nothing of it is lost."""
import contextlib
import hashlib
import os
import signal
import subprocess
import time

import pytest
from support import is_alive, wait_for

MIB = 1 << 20


@pytest.fixture
def data(tmp_path):
    """Makes a file of so many random bytes that a job can read; tells its path and its digest."""
    def make(size):
        path = tmp_path / "data"
        digest = hashlib.sha256()
        with open(path, "wb") as file:
            for _ in range(size // MIB):
                piece = os.urandom(MIB)
                digest.update(piece)
                file.write(piece)
        path.chmod(0o644)
        tmp_path.chmod(0o755)
        return path, digest.hexdigest()
    return make


def detach(machine, line):
    done = machine.console.run("run", machine.name, "--detach", "--", line)
    assert done.code == 0, done
    return done.out.strip()


def row(machine, job):
    return next(row for row in machine.console.json("jobs") if row["job"] == job)


def spooled(agent):
    """Bytes that the agent holds in files without a name, below its spool folder."""
    found = 0
    if os.geteuid() != 0:
        pytest.skip("only root may look into the warden")
    for link in os.scandir(f"/proc/{agent.pid}/fd"):
        with contextlib.suppress(OSError):
            if "/spool/" in os.readlink(link.path):
                found += os.stat(link.path).st_blocks * 512
    return found


def attach(machine, job, command=("attach",)):
    """Reads all of a job's output; returns its digest and its size, and how it ended."""
    with machine.console.start(*command, machine.name, job, stdin=subprocess.DEVNULL) as process:
        digest, size = hashlib.sha256(), 0
        while piece := process.stdout.read(MIB):
            digest.update(piece)
            size += len(piece)
        return digest.hexdigest(), size, process.wait(60)


def test_a_detached_job_goes_on_and_nothing_is_lost(pair, data):
    machine = pair()
    path, digest = data(20 * MIB)
    job = detach(machine, f"cat {path}; exit 4")
    wait_for("its end", lambda: row(machine, job)["state"] == "exited")
    assert spooled(machine.agent) > 17 * MIB
    assert row(machine, job)["first"] == 0
    assert attach(machine, job) == (digest, 20 * MIB, 4)
    # It is all with a console now: the disk is given back, the last part is still there.
    wait_for("the disk's room", lambda: spooled(machine.agent) == 0)
    assert machine.console.run("attach", machine.name, job, binary=True).code == 4


def test_the_disk_is_given_back_while_others_are_connected(pair, data):
    machine = pair()
    path, digest = data(8 * MIB)
    with machine.console.terminal() as prompt:
        prompt.expect("> ")
        job = detach(machine, f"cat {path}")
        wait_for("its end", lambda: row(machine, job)["state"] == "exited")
        assert spooled(machine.agent) > 5 * MIB
        assert attach(machine, job) == (digest, 8 * MIB, 0)
        wait_for("the disk's room", lambda: spooled(machine.agent) == 0)
        prompt.line("quit")
        prompt.wait()


def test_reading_while_it_is_spooled(pair, data):
    """The reader comes when the spool has begun, and follows it into the ring and to the end."""
    machine = pair()
    path, digest = data(40 * MIB)
    job = detach(machine, f"head -c 12M {path}; sleep 2; tail -c +$((12 * 1048576 + 1)) {path}")
    wait_for("the spool", lambda: spooled(machine.agent) > MIB)
    assert attach(machine, job) == (digest, 40 * MIB, 0)


def test_the_gate_dies_while_a_spool_is_read(pair, data):
    machine = pair()
    path, digest = data(30 * MIB)
    job = detach(machine, f"cat {path}")
    wait_for("its end", lambda: row(machine, job)["state"] == "exited")
    with machine.console.start("attach", machine.name, job, stdin=subprocess.DEVNULL) as process:
        got, size = hashlib.sha256(), 0
        while piece := process.stdout.read(MIB):
            got.update(piece)
            if size // (8 * MIB) != (size + len(piece)) // (8 * MIB):
                os.kill(machine.agent.gate_pid, signal.SIGKILL)
            size += len(piece)
        assert process.wait(60) == 0
    assert (got.hexdigest(), size) == (digest, 30 * MIB)


def test_the_quota(pair, data):
    """Eight MiB on the disk and two in the ring, then the job waits, and goes on when it is read."""
    machine = pair(config="[jobs]\nspool = 8M\n")
    path, digest = data(30 * MIB)
    job = detach(machine, f"cat {path}")
    wait_for("the spool", lambda: spooled(machine.agent) >= 8 * MIB)
    time.sleep(1.5)  # it would grow now
    assert spooled(machine.agent) <= 8 * MIB + 65536
    assert machine.agent.log().count("[jobs] spool allows no more") == 1
    told = row(machine, job)
    assert told["state"] == "running" and 9 * MIB < told["output"] < 11 * MIB
    assert told["waits"] == "spool"
    shown = machine.console.run("jobs")
    assert "waits(spool full)" in shown.out and "hune attach" in shown.err and "[jobs] spool" in shown.err
    os.kill(machine.agent.gate_pid, signal.SIGKILL)  # the next one knows it, too
    assert row(machine, job)["waits"] == "spool"
    assert attach(machine, job) == (digest, 30 * MIB, 0)
    assert "waits" not in row(machine, job) and not machine.console.run("jobs").err


def test_a_job_that_waited_goes_on(pair, data):
    """What is read makes room: it is said no more that the job waits."""
    machine = pair(config="[jobs]\nspool = 1M\n")
    path, _ = data(4 * MIB)
    job = detach(machine, f"cat {path}; exec sleep 600")
    wait_for("a full spool", lambda: row(machine, job).get("waits") == "spool")
    with machine.console.start("attach", machine.name, job, stdin=subprocess.DEVNULL) as process:
        process.stdout.read(4 * MIB)
        process.kill()
    wait_for("that it goes on", lambda: "waits" not in row(machine, job))
    assert row(machine, job)["state"] == "running"
    assert machine.console.run("stop", machine.name, job).code == 0


def test_no_spool(pair):
    machine = pair(config="[jobs]\nspool = 0\n")
    job = detach(machine, "head -c 5000000 /dev/zero")
    wait_for("a full ring", lambda: row(machine, job)["output"] > 1.9 * MIB)
    time.sleep(1.5)
    assert row(machine, job)["output"] < 2.1 * MIB and spooled(machine.agent) == 0
    assert row(machine, job)["waits"] == "spool"
    assert attach(machine, job)[1:] == (5000000, 0)


def test_a_slow_console_slows_the_job_and_spools_nothing(pair, data):
    machine = pair()
    path, digest = data(16 * MIB)
    with machine.console.start("run", machine.name, "--", f"cat {path}",
                               stdin=subprocess.DEVNULL) as process:
        got = hashlib.sha256(process.stdout.read(MIB))
        time.sleep(2.5)
        assert spooled(machine.agent) == 0
        while piece := process.stdout.read(MIB):
            got.update(piece)
        assert process.wait(60) == 0
    assert got.hexdigest() == digest


def test_a_console_that_left_costs_the_job_nothing(pair, data):
    """kill -9 of the console: its job goes on into the spool, and another console gets all of it."""
    machine = pair()
    path, digest = data(16 * MIB)
    with machine.console.start("run", machine.name, "--", f"cat {path}; echo -n",
                               stdin=subprocess.DEVNULL) as process:
        process.stdout.read(MIB)
        process.kill()
    job, = [row["job"] for row in machine.console.json("jobs")]
    wait_for("its end", lambda: row(machine, job)["state"] == "exited")
    told = row(machine, job)
    done = attach(machine, job)
    # What the first console had acknowledged is gone; what it had not is there.
    assert done[2] == 0 and told["output"] - told["first"] >= done[1] >= 10 * MIB


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a small file system at a folder."""
    mounted = []

    def mount(folder, size):
        folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.root
def test_a_full_disk_is_told_and_loses_nothing(agent, console, small_disk, data, tmp_path):
    machine = agent(start=False)
    small_disk(machine.folder / "state" / "spool", "1M")
    machine.start()
    operator = console()
    assert operator.run("join", machine.invite(), "--name", "small").code == 0
    path, digest = data(12 * MIB)
    job = operator.run("run", "small", "--detach", "--", f"cat {path}").out.strip()
    wait_for("a full disk", lambda: "cannot be spooled, so it waits: No space left" in machine.log())
    told, = operator.json("jobs")
    assert told["state"] == "running" and 2 * MIB < told["output"] < 3.5 * MIB
    assert told["waits"] == "disk" and "waits(disk full)" in operator.run("jobs").out
    # Others are not harmed, and what they say in the ring alone is there.
    assert operator.run("run", "small", "--", "echo served").out == "served\n"
    with operator.start("attach", "small", job, stdin=subprocess.DEVNULL) as process:
        got, size = hashlib.sha256(), 0
        while piece := process.stdout.read(MIB):
            got.update(piece)
            size += len(piece)
        assert process.wait(60) == 0
        assert b"disk cannot take more output" in process.stderr.read()
    assert (got.hexdigest(), size) == (digest, 12 * MIB)
    assert machine.log().count("No space left") == 1


@pytest.mark.root
def test_room_on_the_disk_lets_the_job_go_on(agent, console, small_disk, data):
    machine = agent(start=False, config="[jobs]\nspool = 4M\n")
    folder = machine.folder / "state" / "spool"
    small_disk(folder, "4M")
    (folder / "ballast").write_bytes(bytes(4 * MIB - 65536))
    machine.start()
    operator = console()
    assert operator.run("join", machine.invite(), "--name", "small").code == 0
    path, _ = data(5 * MIB)
    job = operator.run("run", "small", "--detach", "--", f"cat {path}").out.strip()
    wait_for("a full disk", lambda: "No space left" in machine.log())
    (folder / "ballast").unlink()
    wait_for("the job's end", lambda: operator.json("jobs")[0]["state"] == "exited")
    assert "can be spooled again" in machine.log()
    assert operator.run("forget", "small", job).code == 0
    wait_for("the disk's room", lambda: os.statvfs(folder).f_bfree == os.statvfs(folder).f_blocks)


def test_nothing_is_left_of_a_spool_when_the_agent_is_killed(pair, data):
    machine = pair()
    path, _ = data(8 * MIB)
    detach(machine, f"cat {path}; exec sleep 1000")
    wait_for("the spool", lambda: spooled(machine.agent) > 5 * MIB)
    gate = machine.agent.gate_pid
    os.kill(machine.agent.pid, signal.SIGKILL)
    machine.agent.wait_ended()
    wait_for("the gate's end", lambda: not is_alive(gate))
    assert list((machine.agent.folder / "state" / "spool").iterdir()) == []
    machine.agent.start()
