"""Keys and signatures in OpenSSH's formats, held against the real ssh-keygen in both directions."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMESPACE = "order@hune"
MESSAGES = [b"", b"x", b"HUNE-O1\0" + bytes(range(256)), bytes(300_000)]


def build_directory():
    named = os.environ.get("HUNE_BUILD")
    if named:
        return ROOT / named
    tests = ROOT / "build-test"
    return tests if tests.is_dir() else ROOT / "build"


TOOL = build_directory() / "src" / "proto" / "tool-sshsig"

# Conditions that tool-sshsig prints: enum sshkey_error and enum sshsig_error.
KEY_FORMAT, KEY_TYPE, KEY_ENCRYPTED = 1, 2, 3
SIG_NAMESPACE, SIG_KEY, SIG_WRONG = 2, 3, 5


def run(*command, message=b"", status=0):
    done = subprocess.run(
        [str(part) for part in command], input=message, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == status, done.stderr.decode()
    return done.stdout, done.stderr.decode()


def tool(*arguments, **options):
    return run(TOOL, *arguments, **options)


def keygen(*arguments, **options):
    return run("ssh-keygen", *arguments, **options)


def make_key(directory, kind="ed25519", passphrase="", name="key", comment="a comment"):
    path = directory / name
    keygen("-q", "-t", kind, "-N", passphrase, "-C", comment, "-f", path)
    return path


def public_line(path):
    return path.with_name(path.name + ".pub").read_text().strip()


@pytest.mark.parametrize("hash_name", ["sha512", "sha256"])
@pytest.mark.parametrize("message", MESSAGES, ids=len)
def test_we_verify_what_ssh_keygen_signs(tmp_path, message, hash_name):
    key = make_key(tmp_path)
    signature, _ = keygen(
        "-Y", "sign", "-f", key, "-n", NAMESPACE, "-O", f"hashalg={hash_name}", message=message
    )
    (tmp_path / "sig").write_bytes(signature)
    tool("verify", public_line(key), tmp_path / "sig", message=message)
    _, said = tool("verify", public_line(key), tmp_path / "sig", message=message + b"!", status=1)
    assert said == f"condition {SIG_WRONG}\n"


@pytest.mark.parametrize("message", MESSAGES, ids=len)
def test_ssh_keygen_verifies_what_we_sign(tmp_path, message):
    key = make_key(tmp_path)
    signature, _ = tool("sign", key, message=message)
    (tmp_path / "sig").write_bytes(signature)
    (tmp_path / "allowed").write_text(f"somebody {public_line(key)}\n")
    verify = ["-Y", "verify", "-f", tmp_path / "allowed", "-I", "somebody", "-s", tmp_path / "sig"]
    keygen(*verify, "-n", NAMESPACE, message=message)
    keygen(*verify, "-n", NAMESPACE, message=message + b"!", status=255)
    keygen(*verify, "-n", "file", message=message, status=255)
    # Ed25519 is deterministic, so both make the very same file.
    assert keygen("-Y", "sign", "-f", key, "-n", NAMESPACE, message=message)[0] == signature


def test_refused_signatures(tmp_path):
    key = make_key(tmp_path)
    ecdsa = make_key(tmp_path, kind="ecdsa", name="ecdsa")
    other = make_key(tmp_path, name="other")
    signature = tmp_path / "sig"

    signature.write_bytes(keygen("-Y", "sign", "-f", key, "-n", "file", message=b"m")[0])
    assert f"condition {SIG_NAMESPACE}" in tool(
        "verify", public_line(key), signature, message=b"m", status=1
    )[1]
    signature.write_bytes(keygen("-Y", "sign", "-f", ecdsa, "-n", NAMESPACE, message=b"m")[0])
    assert f"condition {SIG_KEY}" in tool(
        "verify", public_line(key), signature, message=b"m", status=1
    )[1]
    signature.write_bytes(keygen("-Y", "sign", "-f", other, "-n", NAMESPACE, message=b"m")[0])
    assert f"condition {SIG_WRONG}" in tool(
        "verify", public_line(key), signature, message=b"m", status=1
    )[1]


@pytest.mark.parametrize("comment", ["", "a", "operator@desk", "with spaces, and ünïcode"])
def test_ssh_keygen_reads_the_keys_we_write(tmp_path, comment):
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_bytes(tool("generate", comment)[0])
    line, fingerprint = tool("public", key)[0].decode().splitlines()
    assert keygen("-y", "-f", key)[0].decode().strip() == line.strip()
    assert keygen("-lf", key)[0].decode().split()[1] == fingerprint
    # It can sign with it, and change it.
    (tmp_path / "sig").write_bytes(keygen("-Y", "sign", "-f", key, "-n", NAMESPACE, message=b"m")[0])
    tool("verify", line, tmp_path / "sig", message=b"m")
    keygen("-q", "-p", "-P", "", "-N", "secret", "-f", key)
    assert f"condition {KEY_ENCRYPTED}" in tool("public", key, status=1)[1]


@pytest.mark.parametrize("length", range(0, 9))
def test_we_read_and_rewrite_the_keys_of_ssh_keygen(tmp_path, length):
    key = make_key(tmp_path, comment="c" * length)
    line, fingerprint = tool("public", key)[0].decode().splitlines()
    assert line.strip() == public_line(key)
    assert keygen("-lf", key)[0].decode().split()[1] == fingerprint
    rewritten = tool("rewrite", key)[0].decode()
    # All the same but the two random check words, so the same shape line by line.
    assert [len(part) for part in rewritten.splitlines()] == [
        len(part) for part in key.read_text().splitlines()
    ]
    key.write_text(rewritten)
    assert keygen("-y", "-f", key)[0].decode().strip() == public_line(key)


def test_a_long_comment_is_cut(tmp_path):
    key = make_key(tmp_path, comment="c" * 300)
    line = tool("public", key)[0].decode().splitlines()[0]
    assert line.split()[:2] == public_line(key).split()[:2]
    assert line.split()[2] == "c" * 127


def test_keys_that_we_do_not_read(tmp_path):
    locked = make_key(tmp_path, passphrase="secret", name="locked")
    ecdsa = make_key(tmp_path, kind="ecdsa", name="ecdsa")
    assert f"condition {KEY_ENCRYPTED}" in tool("public", locked, status=1)[1]
    assert f"condition {KEY_TYPE}" in tool("public", ecdsa, status=1)[1]
    assert f"condition {KEY_FORMAT}" in tool("public", f"{ecdsa}.pub", status=1)[1]
