"""Files on their way, and everything that can go wrong on it: lines cut, disks full, processes killed,
archives that mean harm. The target is the old file or the new one, and nothing is left beside it."""
import contextlib
import ctypes
import hashlib
import io
import os
import pathlib
import signal
import struct
import subprocess
import tarfile
import threading
import time

import pytest
from support import PATIENCE, SANITIZER_ENVIRONMENT, is_alive, sanitizer_report, wait_for
from test_files import temporaries


@pytest.fixture
def through_proxy(agent, console, proxy):
    """An agent, a console that reaches it through a proxy, and the proxy."""
    machine, operator = agent(), console()
    assert operator.run("join", machine.invite(may="all"), "--name", "web1").code == 0
    between = proxy(machine.port)
    operator.machines.write_text(operator.machines.read_text().replace(str(machine.port),
                                                                       str(between.port)))
    return machine, operator, between


def words_for(verb, source, target):
    return (verb, f"web1:{source}", target) if verb == "get" else (verb, source, f"web1:{target}")


def has_begun(folder):
    """Whether a part of what is moved is there, beside its target."""
    return any(path.stat().st_size > 0 for stage in temporaries(folder) for path in stage.iterdir())


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("at", range(65536, 9 * 65536, 65536))
def test_one_cut(through_proxy, tmp_path, verb, at):
    """The connection breaks at each 64 KiB of the way."""
    _, operator, between = through_proxy
    new = os.urandom(500000)
    (tmp_path / "source").write_bytes(new)
    (tmp_path / "target").write_bytes(b"old")
    seen = set()
    between.cut_after = (at, None) if verb == "put" else (None, at)
    with operator.start(*words_for(verb, tmp_path / "source", tmp_path / "target"),
                        stdin=subprocess.DEVNULL) as process:
        while process.poll() is None:
            if between.connections > 1:
                between.cut_after = (None, None)
            with contextlib.suppress(FileNotFoundError):
                seen.add(hashlib.sha256((tmp_path / "target").read_bytes()).digest())
            time.sleep(0.002)
        assert process.wait() == 0, process.stderr.read()
    assert (tmp_path / "target").read_bytes() == new
    assert seen <= {hashlib.sha256(b"old").digest(), hashlib.sha256(new).digest()}
    assert (between.connections > 1) == (at < 500000)
    assert not temporaries(tmp_path)


@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_line_that_breaks_again_and_again(through_proxy, tmp_path, verb):
    """No connection carries more than 64 KiB; all of it arrives, once."""
    machine, operator, between = through_proxy
    new = os.urandom(400000)
    (tmp_path / "source").write_bytes(new)
    between.cut_after = (65536, None) if verb == "put" else (None, 65536)
    done = operator.run(*words_for(verb, tmp_path / "source", tmp_path / "target"), timeout=100)
    assert done.code == 0, done
    assert "the connection is lost; it goes on" in done.err
    assert (tmp_path / "target").read_bytes() == new
    assert between.connections > 6
    assert not temporaries(tmp_path)
    assert machine.log().count(f": {verb} by ") == 1, "it was ordered more than once"


@pytest.mark.parametrize("verb", ["get", "put"])
def test_the_gate_dies_in_the_middle(through_proxy, tmp_path, verb):
    machine, operator, between = through_proxy
    between.throttle = 4 << 20
    new = os.urandom(12 << 20)
    (tmp_path / "source").write_bytes(new)
    with operator.start(*words_for(verb, tmp_path / "source", tmp_path / "target"),
                        stdin=subprocess.DEVNULL) as process:
        # Not before the console has reached the machine: an address that was never reached is given up.
        wait_for("a part of it", lambda: has_begun(tmp_path))
        for _ in range(3):
            gate = machine.gate_pid
            time.sleep(0.3)
            os.kill(gate, signal.SIGKILL)
            wait_for("a new gate", lambda: (machine.find_gate() or gate) != gate)
        assert process.wait(60) == 0, process.stderr.read()
    assert (tmp_path / "target").read_bytes() == new
    assert not temporaries(tmp_path)


@pytest.fixture
def half_way(through_proxy, tmp_path):
    """Starts a transfer of 40 MiB at 4 MiB/s and waits until a part of it is there."""
    machine, operator, between = through_proxy
    between.throttle = 4 << 20
    (tmp_path / "source").write_bytes(bytes(40 << 20))
    (tmp_path / "target").write_bytes(b"old")

    @contextlib.contextmanager
    def start(verb, *options):
        words = words_for(verb, tmp_path / "source", tmp_path / "target")
        with operator.start(*words[:1], *options, *words[1:], stdin=subprocess.DEVNULL) as process:
            wait_for("a part of it", lambda: has_begun(tmp_path))
            yield process, machine, operator, between
        assert (tmp_path / "target").read_bytes() == b"old"

    return start


@pytest.mark.parametrize("verb", ["get", "put"])
def test_an_interrupt_stops_it(half_way, tmp_path, verb):
    with half_way(verb) as (process, machine, operator, between):
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 137, process.stderr.read()
        assert b"hune: web1: stopped" in process.stderr.read()
    wait_for("the end of what was begun", lambda: not temporaries(tmp_path))
    jobs = operator.json("jobs", "web1")
    assert [job["state"] for job in jobs if job["verb"] == verb] == ["killed"]


@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_second_interrupt_leaves(half_way, tmp_path, verb):
    with half_way(verb, "--patience", "1s") as (process, machine, operator, between):
        between.throttle = 1  # the order to stop does not get through
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 255, process.stderr.read()
        between.cut()
    wait_for("the end of what was begun", lambda: not temporaries(tmp_path))


def test_a_killed_console_leaves_nothing_here(half_way, tmp_path):
    with half_way("get") as (process, machine, operator, between):
        process.kill()
        process.wait()
        between.cut()
    wait_for("the end of what was begun", lambda: not temporaries(tmp_path))


def test_a_killed_console_leaves_nothing_there(half_way, tmp_path):
    """The machine waits for as long as it was told; then it gives up and cleans up."""
    with half_way("put", "--patience", "1s") as (process, machine, operator, between):
        process.kill()
        process.wait()
        between.cut()
    between.throttle = None
    wait_for("the end of what was begun", lambda: not temporaries(tmp_path))
    wait_for("its end", lambda: operator.json("jobs", "web1")[0]["state"] != "running")
    job, = operator.json("jobs", "web1")
    assert (job["state"], job["code"]) == ("exited", 1)


@pytest.mark.parametrize("verb", ["get", "put"])
def test_the_agent_stops(half_way, tmp_path, verb):
    with half_way(verb) as (process, machine, operator, between):
        machine.stop()
        wait_for("the end of what was begun there", lambda: verb == "get" or not temporaries(tmp_path))
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)  # else the two are one
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0
    wait_for("the end of what was begun here", lambda: not temporaries(tmp_path))


def test_what_a_killed_courier_left_goes_with_the_next(half_way, tmp_path):
    with half_way("put") as (process, machine, operator, between):
        for pid in (int(path.name) for path in pathlib.Path("/proc").iterdir() if path.name.isdigit()):
            with contextlib.suppress(OSError):
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if words[:2] == [b"hune-courier", b"put"] and \
                        str(tmp_path / "agent0").encode() not in b"".join(words) and \
                        os.path.realpath(f"/proc/{pid}/fd/1") != "" and \
                        any(os.readlink(f"/proc/{pid}/fd/{fd}").startswith(str(tmp_path))
                            for fd in os.listdir(f"/proc/{pid}/fd")):
                    os.kill(pid, signal.SIGKILL)
        assert process.wait(30) != 0, "nothing was killed"
    assert temporaries(tmp_path)
    (tmp_path / "small").write_text("new")
    between.throttle = None
    assert operator.run("put", tmp_path / "small", f"web1:{tmp_path}").code == 0
    assert not temporaries(tmp_path)


# ---- disks ----

libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MiB."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    path = tmp_path / "disk"
    path.mkdir()
    if libc.mount(b"tmpfs", os.fsencode(path), b"tmpfs", 0, b"size=1M"):
        pytest.skip("nothing can be mounted here")
    yield path
    libc.umount2(os.fsencode(path), 2)


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("size", [1 << 20, 30 << 20])
def test_a_full_disk(through_proxy, small_disk, tmp_path, verb, size):
    _, operator, _ = through_proxy
    (tmp_path / "large").write_bytes(os.urandom(size))
    (small_disk / "large").write_bytes(b"old")
    done = operator.run(*words_for(verb, tmp_path / "large", small_disk))
    assert done.code == 1 and "There is no room left" in done.err and "large" in done.err, done
    assert os.listdir(small_disk) == ["large"] and (small_disk / "large").read_bytes() == b"old"
    # What fits, fits.
    (tmp_path / "large").write_bytes(os.urandom(900000))
    assert operator.run(*words_for(verb, tmp_path / "large", small_disk)).code == 0
    assert (small_disk / "large").stat().st_size == 900000


@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_mount_in_the_target(through_proxy, small_disk, tmp_path, verb):
    """A file goes over the border between two file systems, still whole or not at all."""
    _, operator, _ = through_proxy
    (tmp_path / "from/disk").mkdir(parents=True)
    (tmp_path / "from/disk/file").write_bytes(os.urandom(300000))
    (tmp_path / "from/disk/file").chmod(0o640)
    into = tmp_path / "from-is-here"
    os.symlink(tmp_path, into)  # "from" becomes a folder that holds the mount
    (tmp_path / "to").mkdir()
    os.rename(tmp_path / "from", tmp_path / "to/source")
    os.makedirs(tmp_path / "there/source")
    libc.mount(os.fsencode(small_disk), os.fsencode(tmp_path / "there/source"), None, 4096, None)
    try:
        os.mkdir(small_disk / "disk")
        done = operator.run(*words_for(verb, tmp_path / "to/source", tmp_path / "there"))
        assert done.code == 0, done
        assert (small_disk / "disk/file").read_bytes() == (tmp_path / "to/source/disk/file").read_bytes()
        assert (small_disk / "disk/file").stat().st_mode & 0o777 == 0o640
        assert not temporaries(small_disk)
    finally:
        libc.umount2(os.fsencode(tmp_path / "there/source"), 2)


# ---- parcels that mean harm, given to the program that unpacks on both sides ----

PUT = 4  # the descriptor of the order


def payload(path, bytes_max=0, entries_max=0, patience=20):
    path = os.fsencode(path)
    return struct.pack(">BIQQHI", 0, patience, bytes_max, entries_max, 1, len(path)) + path


def parcel(archive, kind=0):
    head = b"HUNE-P2\0" + bytes([kind]) + bytes(16)
    tail = bytes(5)
    records = [archive[at:at + 65536] for at in range(0, len(archive), 65536)]
    framed = b"".join(struct.pack(">I", len(record)) + record for record in records)
    sums = b"".join(hashlib.sha256(record[at:at + 16384]).digest()
                    for record in records for at in range(0, len(record), 16384))
    return head + framed + bytes(4) + tail + hashlib.sha256(head + sums + tail).digest()


def tar(*entries):
    """An archive of (name, type, content or target)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, content in entries:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.mode = 0o755
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                info.linkname = content
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content if isinstance(content, bytes) else b""))
    return out.getvalue()


@pytest.fixture
def unpack(binaries):
    """Runs the courier on a stream: bytes, or a function that writes to a pipe."""

    def run(target, stream, **bounds):
        order = os.memfd_create("order")
        os.write(order, payload(target, **bounds))
        os.lseek(order, 0, os.SEEK_SET)

        def prepare():
            os.dup2(order, PUT)

        with subprocess.Popen([binaries.courier, "put"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=prepare,
                              close_fds=False, env={**os.environ, **SANITIZER_ENVIRONMENT}) as process:
            os.close(order)

            def feed():
                with contextlib.suppress(BrokenPipeError):
                    if callable(stream):
                        stream(process.stdin)
                    else:
                        process.stdin.write(stream)
                    process.stdin.close()

            feeder = threading.Thread(target=feed)
            feeder.start()
            out, err = process.stdout.read(), process.stderr.read().decode(errors="replace")
            code = process.wait(PATIENCE)
            feeder.join()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        assert not sanitizer_report(err), err
        return code, out, err

    return run


FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize("entries, told", [
    ([("/tmp/hune-evil", FILE, b"x")], "leads elsewhere"),
    ([("../outside/evil", FILE, b"x")], "leads elsewhere"),
    ([("a", FOLDER, b""), ("a/../../outside/evil", FILE, b"x")], "leads elsewhere"),
    ([("a", LINK, "../../outside"), ("a/evil", FILE, b"x")], "leads elsewhere"),
    ([("a", LINK, "../../outside"), ("a/below/evil", FILE, b"x")], "leads elsewhere"),
    ([("a", LINK, "/tmp"), ("a/hune-evil", FILE, b"x")], "leads elsewhere"),
    ([("a", LINK, "../../outside/victim"), ("a", FILE, b"x")], "Two things"),
    ([("a", HARD, "../outside/victim")], "leads elsewhere"),
    ([("l", LINK, "../../outside"), ("a", HARD, "l/victim")], "leads elsewhere"),
    ([("l", LINK, "../../outside"), ("a", HARD, "l/below/victim")], "leads elsewhere"),
    ([("a", tarfile.CHRTYPE, b"")], "a device"),
    ([("a", tarfile.BLKTYPE, b"")], "a device"),
    ([("a", tarfile.FIFOTYPE, b"")], "a device"),
    ([("good", FILE, b"x"), ("../evil", FILE, b"x")], "leads elsewhere"),
])
def test_hostile_archives(unpack, tmp_path, entries, told):
    target, outside = tmp_path / "target", tmp_path / "outside"
    target.mkdir()
    (outside / "below").mkdir(parents=True)
    (outside / "victim").write_text("untouched")
    (outside / "below/victim").write_text("untouched")
    code, out, err = unpack(target, parcel(tar(*entries)))
    assert (code, out) == (1, b"") and told in err, err
    assert not os.listdir(target) and sorted(os.listdir(outside)) == ["below", "victim"]
    assert os.listdir(outside / "below") == ["victim"]
    assert (outside / "victim").read_text() == "untouched"
    assert sorted(os.listdir(tmp_path)) == ["outside", "target"]
    assert not os.path.exists("/tmp/hune-evil")


def test_ten_gigabytes_of_zeros(unpack, tmp_path):
    """Against a bound: refused at the header that says so, and when it only becomes so much."""
    info = tarfile.TarInfo("zeros")
    info.size = 10 << 30
    code, _, err = unpack(tmp_path, parcel(info.tobuf(tarfile.PAX_FORMAT) + bytes(1 << 20)),
                          bytes_max=1 << 20)
    assert code == 1 and "zeros: What came is more than is allowed" in err
    sent = 0

    def zeros(pipe):
        nonlocal sent
        pipe.write(b"HUNE-P2\0\1" + bytes(16))
        while sent < 10 << 30:
            pipe.write(struct.pack(">I", 65536) + bytes(65536))
            sent += 65536

    code, _, err = unpack(tmp_path / "plain", zeros, bytes_max=4 << 20)
    assert code == 1 and "What came is more than is allowed" in err and sent < 20 << 20
    many = tar(*[(f"f{n}", FILE, b"") for n in range(100)])
    code, _, err = unpack(tmp_path, parcel(many), entries_max=99)
    assert code == 1 and "What came is more than is allowed" in err
    assert os.listdir(tmp_path) == []


def test_cut_and_garbled(unpack, tmp_path):
    good = parcel(tar(("a", FILE, os.urandom(1000)), ("b", FILE, b"y")))
    for at in [0, 1, 8, 25, 29, 600, len(good) // 2, len(good) - 33, len(good) - 1]:
        code, _, err = unpack(tmp_path, good[:at])
        assert code == 1 and "cut off" in err, (at, err)
    for at in range(0, len(good), 997):
        bad = bytearray(good)
        bad[at] ^= 0x10
        code, _, err = unpack(tmp_path, bytes(bad))
        assert code == 1, (at, err)
    for junk in (os.urandom(5000), b"", parcel(os.urandom(5000)), parcel(bytes(1 << 20))):
        code, _, err = unpack(tmp_path, junk)
        assert code == 1 and err, err
    assert os.listdir(tmp_path) == []
    assert unpack(tmp_path, good)[0] == 0
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_a_sender_that_falls_silent(unpack, tmp_path):
    def silent(pipe):
        pipe.write(parcel(tar(("a", FILE, bytes(100000))))[:50000])
        pipe.flush()
        time.sleep(3)

    begun = time.monotonic()
    code, _, err = unpack(tmp_path, silent, patience=1)
    assert code == 1 and "timed out" in err, err
    assert os.listdir(tmp_path) == []
