"""What every test of the window stands on: a display of its own, real agents, a real hune-desktop.

`paired()` is all that most tests need: agents, a console that has joined them, and the window over
its list. A test fails when the window warns, leaks, or does not end in order.
"""
import os
import pathlib
import re
import shutil

import pytest
from gui import ROOT, Display, Window
from longest import LONG, longest_first, pytest_xdist_make_scheduler  # noqa: F401
from proxy import proxies
from support import Binaries, Console, agents_in

BUILD = ROOT / os.environ.get("HUNE_BUILD", "build-test")


def pytest_configure(config):
    config.addinivalue_line("markers", LONG)


def pytest_collection_modifyitems(items):
    longest_first(items)
    missing = [tool for tool in ("Xvfb", "dbus-daemon", "xdotool", "setpriv") if not shutil.which(tool)]
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(300))
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"missing: {missing}"))
        elif not (BUILD / "src/desktop/hune-desktop").exists():
            item.add_marker(pytest.mark.skip(reason="hune-desktop was not built"))


@pytest.fixture(scope="session")
def display():
    display = Display()
    yield display
    display.close()


@pytest.fixture(scope="session")
def binaries():
    return Binaries(BUILD)


@pytest.fixture
def agent(binaries, tmp_path):
    """Makes agents."""
    with agents_in(tmp_path, binaries) as make:
        yield make


@pytest.fixture
def console(binaries, tmp_path):
    return Console(binaries, tmp_path / "home")


@pytest.fixture
def proxy():
    """Makes TCP proxies to a port, as in the end-to-end tests."""
    with proxies() as make:
        yield make


@pytest.fixture
def window(display, binaries, console, request):
    """Opens windows over the console's list."""
    windows = []

    def make(*arguments, **options):
        made = Window(display, BUILD / "src/desktop/hune-desktop", console, *arguments, **options)
        windows.append(made)
        return made

    yield make
    kept = os.environ.get("HUNE_PICTURES")
    if kept and windows and windows[0].process.poll() is None:
        name = re.sub(r"[^\w-]+", "-", request.node.name)  # to ImageMagick, brackets are orders
        windows[0].picture(pathlib.Path(kept) / f"{name}.png")
    bad = [line for made in windows for line in made.close()]
    assert not bad, "\n".join(bad)


@pytest.fixture
def paired(agent, console, window):
    """A window over `count` joined agents: (window, [agents]). Names are web1, web2, ..."""
    def make(count=1, may="all", tags="web", as_=None, names=None, **options):
        agents = [agent() for _ in range(count)]
        for number, made in enumerate(agents, 1):
            joined = console.run("join", made.invite(may=may, as_=as_), "--name",
                                 names[number - 1] if names else f"web{number}", "--tags", tags)
            assert joined.code == 0, joined
        return window(**options), agents

    make.window = window
    return make
