"""The vital signs: one sample, streams, bad questions; what the machine says against what /proc says."""
import copy
import json
import os
import pathlib
import socket
import struct
import subprocess
import tempfile
import time

import pytest
from support import PATIENCE, wait_for


@pytest.fixture
def observer(agent):
    """An agent and a way to GET from it as a scraper does, with a token."""

    class Observer:
        def __init__(self, **options):
            self.agent = agent(**options)
            self.token = self.agent.run("token").out.split()[-1]

        def command(self, path, *options):
            return ["curl", "--silent", "--show-error", "--insecure", "--http2", *options, "--header",
                    f"Authorization: Bearer {self.token}", f"https://127.0.0.1:{self.agent.port}{path}"]

        def get(self, path, status=200):
            done = subprocess.run(self.command(path, "--write-out", "\n%{http_code}"), timeout=PATIENCE,
                                  capture_output=True, text=True, check=True)
            body, code = done.stdout.rsplit("\n", 1)
            assert int(code) == status, body
            return body

        def json(self, path, **options):
            return json.loads(self.get(path, **options))

        def stream(self, path):
            return Stream(self.command(path, "--no-buffer"))

    return Observer


class Stream:
    """Lines of an answer that goes on."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def line(self):
        return json.loads(self.process.stdout.readline())


def meminfo():
    return {line.split(":")[0]: int(line.split()[1]) * 1024
            for line in pathlib.Path("/proc/meminfo").read_text().splitlines() if line.endswith("kB")}


def test_one_sample(observer):
    sample = observer().json("/v1/vitals")
    memory = meminfo()
    disk = os.statvfs("/")
    assert abs(sample["time_ms"] / 1000 - time.time()) < 5
    assert 400 <= sample["interval_ms"] <= 15000
    assert sample["mem.total"] == memory["MemTotal"]
    assert abs(sample["mem.used"] - (memory["MemTotal"] - memory["MemAvailable"])) < memory["MemTotal"] / 5
    assert sample["cpu.count"] == os.cpu_count() == sum(
        1 for name in sample if name.startswith("cpu.busy{"))
    assert abs(sample["uptime"] - float(pathlib.Path("/proc/uptime").read_text().split()[0])) < 5
    assert sample['disk.size{mount="/"}'] == disk.f_blocks * disk.f_frsize
    assert abs(sample["proc.count"] - sum(p.name.isdigit() for p in pathlib.Path("/proc").iterdir())) < 200
    for name in ("cpu.busy", "cpu.user", "cpu.system", "cpu.iowait", "cpu.steal", "disk.full"):
        assert 0 <= sample[name] <= 100, name
    for line in pathlib.Path("/proc/net/dev").read_text().splitlines()[2:]:
        assert f'net.rx{{interface="{line.split(":")[0].strip()}"}}' in sample


def test_rates_are_rates(observer):
    """What was sent through the loop is the sum of the samples: rates times their intervals."""
    machine = observer()
    size = 32 << 20

    def counted():
        line, = [line for line in pathlib.Path("/proc/net/dev").read_text().splitlines()
                 if line.strip().startswith("lo:")]
        return int(line.split(":")[1].split()[0])

    before = counted()
    with machine.stream("/v1/vitals?every=1s&fields=interfaces") as stream:
        at = stream.line()["columns"].index('net.rx{interface="lo"}')
        stream.line()  # since whenever
        stream.line()  # since about then
        with socket.create_server(("127.0.0.1", 0)) as server, \
                socket.create_connection(server.getsockname()) as sender:
            receiver, _ = server.accept()
            with receiver:
                for _ in range(size >> 16):
                    sender.sendall(bytes(1 << 16))
                    for _ in range(1 << 16 >> 14):
                        receiver.recv(1 << 14, socket.MSG_WAITALL)
        total = 0
        for _ in range(3):
            sample = stream.line()
            total += sample["v"][at] * sample["i"] / 1000
    assert size * 0.999 <= total <= (counted() - before) * 1.001


def test_a_busy_processor_shows(observer):
    machine = observer()
    with machine.stream("/v1/vitals?every=1s&fields=cpu.busy,cpu.user&processes=50") as stream:
        assert stream.line()["columns"] == ["cpu.busy", "cpu.user"]
        spinner = subprocess.Popen(["sh", "-c", "while :; do :; done"])
        try:
            for _ in range(4):
                sample = stream.line()
            busy = {row[0]: row for row in sample["p"]}[spinner.pid]
            assert busy[2] == "R" and busy[3] > 1, busy
            assert "while" in busy[5]
            assert sample["v"][0] >= sample["v"][1] > 1
        finally:
            spinner.kill()
            spinner.wait()


def test_beats(observer):
    """Samples come at the beat that was asked for, and two watchers see the same ones."""
    machine = observer()
    with machine.stream("/v1/vitals?every=2500ms&fields=uptime") as one, \
            machine.stream("/v1/vitals?every=2s&fields=uptime,users") as other:
        assert one.line()["every_ms"] == 2000
        assert other.line()["columns"] == ["uptime", "users"]
        one.line(), other.line()  # each has one at once
        ours = [one.line()["t"] for _ in range(3)]
        theirs = [other.line()["t"] for _ in range(3)]
    assert set(ours) & set(theirs)
    for earlier, later in zip(ours, ours[1:]):
        assert 1500 < later - earlier < 4000


@pytest.mark.parametrize("query, says", [
    ("fields=cpu.bussy", "cpu.bussy"),
    ("fields=", "is no vital"),
    ("evry=2s", "evry"),
    ("every=soon", "soon"),
    ("processes=51", "up to 50"),
    ("since=24h&until=48h", "must come before"),
    ("since=yesterday", "yesterday"),
    ("step=5s", "go with since"),
])
def test_bad_questions(observer, query, says):
    answer = observer().json(f"/v1/vitals?{query}", status=400)
    assert answer["type"] == "urn:hune:problem:bad-request"
    assert says in answer["detail"]


def test_strangers_see_nothing(observer):
    machine = observer()
    machine.token = "hune_nonsense"
    for path in ("/v1/vitals", "/v1/vitals?every=1s", "/v1/vitals?nonsense"):
        machine.json(path, status=401)


def test_a_reset_ends_streams_and_a_new_one_works(observer):
    machine = observer()
    with machine.stream("/v1/vitals?every=1s&fields=uptime") as stream:
        stream.line(), stream.line()
        machine.agent.process.send_signal(1)
        assert wait_for("the stream's end", lambda: stream.process.poll() is not None)
    wait_for("the next gate", lambda: machine.agent.log().count("reset") >= 1 and machine.agent.answers())
    assert machine.json("/v1/vitals?fields=uptime")["uptime"] > 0


def test_processes_come_and_go_while_they_are_read(observer):
    """/proc entries that vanish under the reader."""
    machine = observer()
    churn = subprocess.Popen(["sh", "-c", "while :; do /bin/true; done"])
    try:
        with machine.stream("/v1/vitals?every=1s&fields=proc.count&processes=50") as stream:
            stream.line()
            for _ in range(5):
                rows = stream.line()["p"]
                assert len({row[0] for row in rows}) == len(rows) >= 2
    finally:
        churn.kill()
        churn.wait()


@pytest.mark.long(10)
@pytest.mark.root
def test_a_thing_that_comes_makes_a_new_head(observer):
    machine = observer()
    # Not below pytest's folders: the gate is nobody and must be able to get there.
    target = pathlib.Path(tempfile.mkdtemp(prefix='hune a "new" '))
    column = 'disk.size{mount="' + str(target).replace('"', '\\"') + '"}'
    with machine.stream("/v1/vitals?every=1s&fields=mounts") as stream:
        assert column not in stream.line()["columns"]
        stream.line()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", target], check=True)
        try:
            lines = [stream.line()]
            while "columns" not in lines[-1] and len(lines) < 15:
                lines.append(stream.line())
            sample = stream.line()
        finally:
            subprocess.run(["umount", target], check=True)
            target.rmdir()
    head = lines[-1]["columns"]
    assert sample["v"][head.index(column)] == 1 << 20
    assert len(sample["v"]) == len(head)


@pytest.mark.root
def test_a_container_and_another_kernel(observer, binaries, tmp_path):
    """The limit stands beside the machine's own figure. All are files as a container, or another kernel, shows them."""
    limits = tmp_path / "cgroup"
    limits.mkdir()
    (limits / "memory.max").write_text(f"{512 << 20}\n")
    (limits / "memory.current").write_text(f"{100 << 20}\n")
    (limits / "cpu.max").write_text("150000 100000\n")
    run = tmp_path / "run"
    run.mkdir()
    # type (7: a person), pid, line, id, user, host, exit status, session, seconds, microseconds, address
    (run / "utmp").write_bytes(b"".join(struct.pack("hi32s4s32s256shhiii4i20x", 7, os.getpid(), line, b"", user, b"", 0, 0, 0, 1, 0,
                                          0, 0, 0, 0) for line, user in ((b"tty1", b"root"), (b"pts/0", b"alice"))))
    wrapper = tmp_path / "huned"
    wrapper.write_text(f'''#!/bin/sh
set -e; mount --make-rprivate / && mount --bind {limits} /sys/fs/cgroup && mount --bind {run} /run && {{ ! test -d /proc/pressure || mount -t tmpfs none /proc/pressure; }}
exec {binaries.huned} "$@"
''')
    wrapper.chmod(0o755)
    inside = copy.copy(binaries)
    inside.huned = tmp_path / "inside"
    inside.huned.write_text(f'#!/bin/sh\nexec unshare --mount {wrapper} "$@"\n')
    inside.huned.chmod(0o755)
    machine = observer(binaries=inside)
    sample = machine.json("/v1/vitals?fields=summary")
    assert sample["mem.limit"] == 512 << 20 and sample["mem.limit_used"] == 100 << 20 and sample["cpu.limit"] == 1.5
    assert sample["mem.total"] > sample["mem.limit"] and sample["cpu.count"] == os.cpu_count()
    assert sample["users"] == 2
    # And of a kernel without pressure: it is left out, and nothing else.
    assert not [name for name in sample if name.startswith("pressure")] and sample["cpu.busy"] >= 0
    assert "node_pressure" not in machine.get("/metrics") and "node_cpu_seconds" in machine.get("/metrics")
