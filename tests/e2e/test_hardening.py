"""Hardening that was asked for is in the programs; and who links what."""
import os
import re
import stat
import subprocess

import pytest

pytestmark = pytest.mark.release

PROGRAMS = ["hune", "huned", "gate", "courier"]


@pytest.fixture(params=PROGRAMS)
def program(request, release):
    return getattr(release, request.param)


def readelf(program, *options):
    return subprocess.run(["readelf", "--wide", *options, program], capture_output=True, text=True,
                          check=True).stdout


def libraries(program):
    """What the program is linked with, itself or through its libraries."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^\s*(lib[\w+-]+)\.so", told, re.M)


def test_is_position_independent(program):
    assert "DYN (Position-Independent Executable" in readelf(program, "--file-header")
    assert "PIE" in readelf(program, "--dynamic")


def test_is_fully_relro(program):
    assert "GNU_RELRO" in readelf(program, "--program-headers")
    dynamic = readelf(program, "--dynamic")
    assert "BIND_NOW" in dynamic and re.search(r"FLAGS_1.*\bNOW\b", dynamic)


def test_has_no_writable_code(program):
    headers = readelf(program, "--program-headers")
    assert re.search(r"GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+RW\s", headers)
    for flags in re.findall(r"^\s+LOAD\s+(?:0x\S+\s+){5}(.{3})", headers, re.M):
        assert not ("W" in flags and "E" in flags)


def test_has_stack_protector_and_fortify(program):
    symbols = readelf(program, "--dyn-syms")
    assert "__stack_chk_fail" in symbols
    assert re.search(r"__\w+_chk@", symbols.replace("__stack_chk_fail", "")), "nothing is fortified"


@pytest.mark.parametrize("folder", ["src/cli/hune.p", "src/warden/huned.p", "src/warden/libwarden.a.p",
                                    "src/gate/huned-gate.p", "src/gate/libgate.a.p",
                                    "src/wire/libwire.a.p", "src/proto/libproto.a.p",
                                    "src/base/libbase.a.p"])
def test_has_control_flow_protection(release, folder):
    """In every object of ours; the program's own note tells of Debian's crt1.o, which has none."""
    expected = {"x86_64": r"x86 feature:.*IBT.*SHSTK", "aarch64": r"AArch64 feature:.*BTI"}
    if os.uname().machine not in expected:
        pytest.skip(f"nothing of the kind on {os.uname().machine}")
    objects = list((release.folder / folder).glob("*.o"))
    assert objects
    for path in objects:
        assert re.search(expected[os.uname().machine], readelf(path, "--notes")), path


def test_has_no_run_path(program):
    assert not re.search(r"R(UN)?PATH", readelf(program, "--dynamic"))


def test_warden_links_no_network_library(release):
    """Nor what parses for it: the privileged process stays small."""
    linked = libraries(release.huned)
    assert "libcrypto" in linked, "the warden verifies signatures"
    for name in ("libssl", "libnghttp2", "libjansson", "libuv", "libcurl", "libsystemd",
                 "libarchive"):
        assert name not in linked


def test_needs_only_what_the_design_names(release):
    own = {"libc", "libcrypto", "libinih", "libssl", "libnghttp2", "libjansson", "libuv", "libcsv",
           "libedit", "libncursesw", "libsqlite3", "libzstd"}
    beneath = {"libtinfo", "libbsd", "libmd", "libdl", "libpthread", "libz", "libm"}
    # libarchive's, in the one program that has it.
    formats = {"libarchive", "libacl", "libbz2", "liblz4", "liblzma", "libnettle", "libxml2", "libicuuc",
               "libicudata", "libstdc++", "libgcc_s"}
    for name in PROGRAMS:
        allowed = own | beneath | (formats if name == "courier" else set())
        assert set(libraries(getattr(release, name))) <= allowed


def test_no_program_is_setuid(program):
    assert not program.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)
