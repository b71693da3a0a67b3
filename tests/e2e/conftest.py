"""What every end-to-end test stands on: real programs in a temporary folder, on loopback.

`pair()` is all that most tests need: an agent, a console that has joined it, and the way to run both.
Whatever a test starts ends with it, and a test fails when a process is left over or a sanitizer spoke.
"""
import ctypes
import os
import pathlib
import subprocess
import time

import pytest
from longest import LONG, longest_first, pytest_xdist_make_scheduler  # noqa: F401
from many import Fleet, Silence
from proxy import proxies
from support import ROOT, Binaries, Console, Pair, agents_in, children, free_port, kill_tree

PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNET = 0x40000000


def spread_sources(libc):
    """An agent keeps few connections that are not open yet from one address. Where one agent is a
    thousand machines, each 62 of them are reached from another address, in a network of our own."""
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    lines = ["link set lo up"] + [
        f"route replace local 127.0.{net}.{part}/26 dev lo table local src 127.0.{net}.{part + 1}"
        for net in range(1, 32) for part in (0, 64, 128, 192)]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


def pytest_configure(config):
    # Orphans of what we start come to us, so that none of them goes unseen.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if os.environ.get("HUNE_FAULTS") == "full" and os.geteuid() == 0:
        spread_sources(libc)
    config.addinivalue_line("markers", LONG)
    config.addinivalue_line("markers", "release: uses the release build, not the sanitized one")
    config.addinivalue_line("markers", "root: needs root")


def pytest_collection_modifyitems(items):
    longest_first(items)
    for item in items:
        if item.get_closest_marker("root") and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root"))
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(120))


@pytest.fixture(scope="session")
def release():
    """The programs of the release build; what only tests need is in the other tree."""
    made = Binaries(ROOT / os.environ.get("HUNE_RELEASE", "build"))
    made.raw = Binaries(ROOT / os.environ.get("HUNE_BUILD", "build-test")).raw
    return made


@pytest.fixture(scope="session")
def sanitized():
    return Binaries(ROOT / os.environ.get("HUNE_BUILD", "build-test"))


@pytest.fixture
def binaries(request):
    """The programs under test: sanitized, unless the test is marked `release`."""
    return request.getfixturevalue("release" if request.node.get_closest_marker("release") else
                                   "sanitized")


@pytest.fixture(autouse=True)
def nothing_left_over():
    """Fails the test if a process that it started outlives it."""
    before = set(children(os.getpid()))
    yield
    deadline = time.monotonic() + 3
    while (left := set(children(os.getpid())) - before) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
        time.sleep(0.02)
    names = []
    for pid in left:
        try:
            names.append(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
        except OSError:
            continue
        kill_tree(pid)
    assert not names, f"left over: {names}"


@pytest.fixture
def agent(binaries, tmp_path, nothing_left_over):
    """Makes agents: agent(), agent(config="[log]\\nlevel = debug\\n"), agent(start=False)."""
    with agents_in(tmp_path, binaries) as make:
        yield make


@pytest.fixture
def console(binaries, tmp_path, nothing_left_over):
    """Makes consoles, each with a home of its own."""
    consoles = []

    def make(**options):
        made = Console(binaries, tmp_path / f"console{len(consoles)}", **options)
        consoles.append(made)
        return made

    yield make
    reports = [line for made in consoles for line in made.reports]
    assert not reports, "\n".join(reports)


@pytest.fixture
def pair(agent, console):
    """Makes pairs of an agent and a console that joined it: pair(may="observe", as_="root")."""

    def make(may="all", as_=None, **agent_options):
        machine = agent(**agent_options)
        operator = console()
        joined = operator.run("join", machine.invite(may=may, as_=as_))
        assert joined.code == 0, joined
        return Pair(machine, operator)

    return make


@pytest.fixture
def fleet(agent, console):
    """Makes an agent that is many machines, web1 to webN, and the console that knows them: fleet(6)."""
    def make(count=6, **options):
        port = free_port()
        return Fleet(agent(port=port, listen=[f"0.0.0.0:{port}"], **options), console(), count)
    return make


@pytest.fixture
def silence():
    """Makes places where nobody ever answers: silence() is a port."""
    made = Silence()
    yield made
    made.close()


@pytest.fixture
def proxy():
    """Makes TCP proxies to a port: proxy(port, cut_after=(None, 1000))."""
    with proxies() as make:
        yield make


@pytest.fixture(scope="session")
def users():
    """Two throw-away users of this machine (root only)."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "one")
    names = [f"hunetest{worker}{n}" for n in ("a", "b")]
    for name in names:
        subprocess.run(["userdel", "-r", name], capture_output=True)
        subprocess.run(["useradd", "-m", "-s", "/bin/sh", name], check=True, capture_output=True)
    yield names
    for name in names:
        subprocess.run(["userdel", "-r", name], capture_output=True)
