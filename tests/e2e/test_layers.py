"""The order of the layers, the format of the sources, and the list of packages."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from support import ROOT

PACKAGES = ROOT / "packaging/debian-packages"


def check_layers(*arguments):
    return subprocess.run([ROOT / "tools/check-layers", *arguments], capture_output=True, text=True)


def test_sources_follow_the_layers():
    done = check_layers()
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("folder, include", [
    ("base", "proto/order.h"),      # right of it
    ("proto", "wire/wire.h"),
    ("sense", "door/door.h"),       # beside it
    ("gate", "warden/check.h"),
    ("fleet", "cli/output.h"),
    ("warden", "wire/wire.h"),      # left of it, but not for the privileged one
    ("warden", "sense/facts.h"),
    ("warden", "parcel/unpack.h"),  # nor may it read what anybody sends
    ("gate", "courier/courier.h"),
    ("parcel", "wire/wire.h"),
    ("cli", "list.h"),              # not rooted
    ("fleet/link", "fleet/run/fanout.h"),  # inside: right of it
    ("desktop/worker", "desktop/window/window.h"),
    ("fleet/run", "fleet/link/link-private.h"),  # of another folder, and private
    ("cli", "fleet/link/link-private.h"),
])
def test_planted_include_is_found(tmp_path, folder, include):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "planted.c").write_text(f'#include "base/text.h"\n#include "{include}"\n')
    done = check_layers(tmp_path)
    assert done.returncode == 1
    assert f"planted.c:2: " in done.stdout and include in done.stdout
    assert "planted.c:1" not in done.stdout


def test_includes_that_are_allowed_pass(tmp_path):
    for folder, include in [("warden", "door/door.h"), ("gate", "sense/facts.h"),
                            ("cli", "fleet/inventory/machines.h"), ("cli", "cli/output.h"),
                            ("fleet/run", "parcel/pack.h"), ("courier", "parcel/unpack.h"),
                            ("fleet/run", "fleet/link/link.h"), ("fleet/link", "fleet/link/link-private.h"),
                            ("desktop", "desktop/window/application.h")]:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "a.c").write_text(f'#include "{include}"\n#include "config.h"\n')
    done = check_layers(tmp_path)
    assert done.returncode == 0, done.stdout


def test_sources_are_formatted():
    if not shutil.which("clang-format"):
        pytest.skip("clang-format is not installed")
    done = subprocess.run([ROOT / "tools/format", "--check"], capture_output=True, text=True)
    files = sorted(set(re.findall(r"^\S*/?((?:src|tests)/[^:]+):", done.stderr, re.M)))
    assert done.returncode == 0, f"run `make format`: {files}"


def listed(*sections):
    """The packages of the named sections, or of all of them."""
    found, section = set(), None
    for line in PACKAGES.read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            section = line[1:-1]
        elif line and (not sections or section in sections):
            found.add(line)
    return found


def test_sections_are_those_that_the_makefile_names():
    used = set()
    told = subprocess.run(["make", "--dry-run", "run", "test", "bench", "fuzz", "pictures", "deb"],
                          cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for line in told.splitlines():
        if found := re.search(r"tools/setup (.*)", line):
            used |= set(found[1].split())
    assert {"run", "build", "desktop", "test"} <= used
    for section in used:
        assert listed(section), f"[{section}] holds no package"


def test_a_debian_package_is_built_with_what_is_listed():
    control = (ROOT / "packaging/debian/control").read_text()
    needed = re.search(r"^Build-Depends: (.*?)^\n", control, re.S | re.M)[1]
    packages = {word.split()[0] for word in needed.split(",")} - {"debhelper-compat"}
    everywhere = {"make", "gcc", "libc6-dev"}  # build-essential
    to_run_only = {"adwaita-icon-theme", "librsvg2-common"}
    assert packages == (listed("build") | listed("desktop")) - everywhere - to_run_only


def test_every_listed_package_exists():
    if not shutil.which("apt-get"):
        pytest.skip("no apt here")
    if not any(pathlib.Path("/var/lib/apt/lists").glob("*_Packages*")):
        pytest.skip("apt has no lists here; apt-get update makes them")
    done = subprocess.run(["apt-get", "install", "--simulate", "--no-install-recommends",
                           *sorted(listed())], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def needs_of(packages):
    """These packages and what they depend on, as dpkg has them installed."""
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Package}\t${Pre-Depends}, ${Depends}\n"],
                           capture_output=True, text=True, check=True).stdout
    depends = {}
    for line in shown.splitlines():
        name, _, text = line.partition("\t")
        depends[name] = set(re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]*)", text))
    reached, open_ = set(), set(packages)
    while open_:
        name = open_.pop()
        reached.add(name)
        open_ |= depends.get(name, set()) - reached
    return reached


def test_linked_libraries_come_from_listed_packages(release):
    if not shutil.which("dpkg"):
        pytest.skip("no dpkg here")
    allowed = needs_of(listed("run") | {"libc6"})
    for program in release.programs():
        done = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
        for library in re.findall(r"=> (/\S+)", done.stdout):
            paths = {library, os.path.realpath(library)}
            paths |= {path.removeprefix("/usr") for path in paths} | {"/usr" + path for path in paths}
            owner = subprocess.run(["dpkg", "-S", *paths], capture_output=True, text=True).stdout
            packages = {line.partition(":")[0] for line in owner.splitlines()}
            assert packages & allowed, f"{program.name} links {library} of {packages or 'no package'}"


@pytest.mark.parametrize("sections", [["run"], ["run", "build", "test"]])
def test_setup_is_silent_when_nothing_is_missing(sections):
    done = subprocess.run([ROOT / "tools/setup", *sections], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_setup_without_root_and_sudo_says_so(tmp_path):
    """A dpkg-query that knows no package, and nobody who may install one."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("awk", "sh", "dirname", "sed", "tr", "cat"):
        (tools / name).symlink_to(shutil.which(name))
    for name, text in (("dpkg-query", "exit 1"), ("id", "echo 1000")):
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    done = subprocess.run([ROOT / "tools/setup", "run"], capture_output=True, text=True,
                          env={"PATH": str(tools)})
    assert done.returncode == 1
    assert "needs root" in done.stderr and "libssl3" in done.stderr


def test_setup_names_an_unknown_section():
    done = subprocess.run([ROOT / "tools/setup", "nonsense"], capture_output=True, text=True)
    assert done.returncode == 1 and "[nonsense]" in done.stderr
