"""`hune get` and `hune put`: what they carry, where it goes, and what is said when it cannot."""
import hashlib
import os
import pathlib
import re
import stat
import subprocess

import pytest
from support import Pair, wait_for


def describe(path):
    """All that must be the same of a tree on both sides."""
    found = {}
    links = {}
    for folder, folders, files in os.walk(os.fsencode(path)):
        for name in [b"."] + folders + files:
            full = os.path.join(folder, name)
            info = os.lstat(full)
            about = [stat.S_IFMT(info.st_mode), info.st_mode & 0o777, info.st_mtime_ns]
            if stat.S_ISLNK(info.st_mode):
                about[1] = os.readlink(full)
            elif stat.S_ISREG(info.st_mode):
                about += [info.st_size, hashlib.sha256(open(full, "rb").read()).hexdigest()]
                about.append(links.setdefault(info.st_ino, os.path.relpath(full, os.fsencode(path)))
                             if info.st_nlink > 1 else None)
            found[os.path.relpath(full, os.fsencode(path))] = about
    return found


def temporaries(path):
    return [full for full in pathlib.Path(path).rglob(".hune-*")]


@pytest.fixture
def tree(tmp_path):
    """A folder with everything that is to be kept."""
    top = tmp_path / "tree"
    (top / "deep/deeper").mkdir(parents=True)
    (top / "empty").mkdir(mode=0o711)
    (top / "file").write_text("content\n")
    (top / "nothing").write_text("")
    (top / "large").write_bytes(os.urandom(700001))
    (top / "deep/deeper/script").write_text("#!/bin/sh\n")
    (top / "deep/deeper/script").chmod(0o750)
    (top / "read-only").write_text("do not touch")
    (top / "read-only").chmod(0o400)
    (top / "link").symlink_to("file")
    (top / "dangling").symlink_to("/nowhere/at/all")
    os.link(top / "file", top / "deep/same")
    for name in (b"two\nlines", b"\x1b[31mred", b"not \xff utf-8", "ümläut".encode(), b"a" * 255,
                 b"-rf", b"*", b" "):
        (pathlib.Path(os.fsdecode(os.path.join(os.fsencode(top), name)))).write_bytes(name)
    os.utime(top / "file", ns=(0, 1234567890123456789))
    os.utime(top / "link", ns=(0, 1000000000000000007), follow_symlinks=False)
    os.utime(top / "deep", ns=(0, 1500000000000000000))
    return top


def test_a_tree_arrives_as_it_is(pair, tree, tmp_path):
    machine = pair()
    done = machine.console.run("get", f"{machine.name}:{tree}", tmp_path / "got")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert describe(tmp_path / "got") == describe(tree)
    done = machine.console.run("put", tree, f"{machine.name}:{tmp_path}/put")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert describe(tmp_path / "put") == describe(tree)
    assert not temporaries(tmp_path)


def test_where_it_goes(pair, tmp_path):
    """Into a folder that is there; else it becomes what was named. On both sides alike."""
    machine, name = (made := pair()).console, made.name
    source = tmp_path / "source"
    source.write_text("1")
    (tmp_path / "folder").mkdir()
    for n, words in enumerate([("get", f"{name}:{source}", "{}"), ("put", source, name + ":{}")]):
        into = tmp_path / f"into{n}"
        into.mkdir()

        def carry(target):
            return machine.run(*[str(word).format(target) for word in words])

        assert carry(into).code == 0
        assert carry(f"{into}/renamed").code == 0
        assert sorted(os.listdir(into)) == ["renamed", "source"]
        source.write_text("2")
        assert carry(f"{into}/renamed").code == 0
        assert (into / "renamed").read_text() == "2" and (into / "source").read_text() == "1"
        source.write_text("1")
        missing = carry(f"{into}/missing/")
        assert missing.code == 1 and f"{into}/missing/: No such file" in missing.err
        missing = carry(f"{into}/missing/below")
        assert missing.code == 1 and "No such file" in missing.err
        assert sorted(os.listdir(into)) == ["renamed", "source"]


def test_several_sources(pair, tmp_path):
    machine, name = (made := pair()).console, made.name
    for number in (1, 2, 3):
        (tmp_path / f"log{number}").write_text(str(number))
    (tmp_path / "got").mkdir()
    done = machine.run("get", f"{name}:{tmp_path}/log[12]", f"{name}:{tmp_path}/log3", tmp_path / "got")
    assert done.code == 0, done
    assert sorted(os.listdir(tmp_path / "got")) == ["log1", "log2", "log3"]
    (tmp_path / "put").mkdir()
    done = machine.run("put", tmp_path / "log1", tmp_path / "log2", f"{name}:{tmp_path}/put")
    assert done.code == 0, done
    assert sorted(os.listdir(tmp_path / "put")) == ["log1", "log2"]
    done = machine.run("put", tmp_path / "log1", tmp_path / "log2", f"{name}:{tmp_path}/new")
    assert done.code == 1 and "no folder" in done.err, done
    # Two that would have one name.
    (tmp_path / "other").mkdir()
    (tmp_path / "other/log1").write_text("other")
    done = machine.run("put", tmp_path / "log1", tmp_path / "other/log1", f"{name}:{tmp_path}/put")
    assert done.code == 1 and "log1: Two things have this name" in done.err, done
    assert (tmp_path / "put/log1").read_text() == "1"


def test_a_merge_keeps_what_is_there(pair, tmp_path):
    machine, name = (made := pair()).console, made.name
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index").write_text("new")
    (tmp_path / "www/site").mkdir(parents=True)
    (tmp_path / "www/site/index").write_text("old")
    (tmp_path / "www/site/other").write_text("other")
    assert machine.run("put", tmp_path / "site", f"{name}:{tmp_path}/www").code == 0
    assert (tmp_path / "www/site/index").read_text() == "new"
    assert (tmp_path / "www/site/other").read_text() == "other"


def test_holes_and_what_is_beyond_four_gigabytes(pair, tmp_path):
    machine, name = (made := pair()).console, made.name
    sparse = tmp_path / "sparse"
    with open(sparse, "wb") as file:
        file.write(b"begin")
        file.seek(5 << 30)
        file.write(b"beyond")
        file.truncate(6 << 30)
    if sparse.stat().st_blocks * 512 > 1 << 20:
        pytest.skip("no holes on this file system")
    for words in (("get", f"{name}:{sparse}", tmp_path / "got"),
                  ("put", sparse, f"{name}:{tmp_path}/put")):
        assert machine.run(*words).code == 0
    for path in (tmp_path / "got", tmp_path / "put"):
        info = path.stat()
        assert info.st_size == 6 << 30 and info.st_blocks * 512 < 1 << 20
        with open(path, "rb") as file:
            assert file.read(6) == b"begin\0"
            file.seek(5 << 30)
            assert file.read(7) == b"beyond\0"


def test_standard_input_and_output(pair, tmp_path):
    machine, name = (made := pair()).console, made.name
    bytes_ = os.urandom(3 << 20)
    done = machine.run("put", "-", f"{name}:{tmp_path}/file", input=bytes_, binary=True)
    assert (done.code, done.out, done.err) == (0, b"", b"")
    assert (tmp_path / "file").read_bytes() == bytes_
    done = machine.run("get", f"{name}:{tmp_path}/file", "-", binary=True)
    assert (done.code, done.err) == (0, b"")
    assert done.out == bytes_
    # The file that was there gives its mode; an empty input is an empty file.
    (tmp_path / "file").chmod(0o640)
    assert machine.run("put", "-", f"{name}:{tmp_path}/file").code == 0
    assert (tmp_path / "file").read_bytes() == b""
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
    done = machine.run("get", f"{name}:{tmp_path}", "-")
    assert done.code == 1 and f"{tmp_path}: Is a directory" in done.err and done.out == "", done
    done = machine.run("put", "-", f"{name}:{tmp_path}", input="x")
    assert done.code == 1 and "A folder of this name is there" in done.err, done
    for words in (("get", f"{name}:/etc/hosts", f"{name}:/etc/passwd", "-"),
                  ("put", "-", "/etc/hosts", f"{name}:/tmp")):
        done = machine.run(*words)
        assert done.code == 2, done


def test_standard_output_that_closes_early(pair, tmp_path):
    made = pair()
    (tmp_path / "large").write_bytes(bytes(64 << 20))
    with made.console.start("get", f"{made.name}:{tmp_path}/large", "-",
                            stdin=subprocess.DEVNULL) as process:
        process.stdout.read(1000)
        process.stdout.close()
        assert process.wait(30) != 0
        process.stdout = open(os.devnull, "rb")
    wait_for("the job's end", lambda: all(job["state"] != "running" for job in made.jobs()))


def test_what_is_missing_is_named_and_the_rest_comes(pair, tmp_path):
    machine, name = (made := pair()).console, made.name
    (tmp_path / "here").write_text("x")
    (tmp_path / "got").mkdir()
    done = machine.run("get", f"{name}:{tmp_path}/here", f"{name}:{tmp_path}/missing",
                       tmp_path / "got")
    assert done.code == 1 and done.err == \
        f"hune: {name}: {tmp_path}/missing: No such file or directory\n", done
    assert os.listdir(tmp_path / "got") == ["here"]
    os.mkfifo(tmp_path / "pipe")
    done = machine.run("put", tmp_path / "here", tmp_path / "pipe", f"{name}:{tmp_path}/got")
    assert done.code == 1 and f"{tmp_path}/pipe: This is a device, a pipe" in done.err, done
    done = machine.run("put", tmp_path / "absent", f"{name}:{tmp_path}/got")
    assert done.code == 1 and f"{tmp_path}/absent" in done.err, done
    assert made.jobs()[-1]["verb"] == "put" and len(made.jobs()) == 2, "nothing was ordered for it"


def test_what_is_in_the_way_stays(pair, tmp_path):
    machine, name = (made := pair()).console, made.name
    (tmp_path / "a").write_text("new")
    (tmp_path / "target/a").mkdir(parents=True)
    done = machine.run("put", tmp_path / "a", f"{name}:{tmp_path}/target")
    assert done.code == 1 and f"{tmp_path}/target/a: A folder of this name" in done.err, done
    os.mkfifo(tmp_path / "pipe")
    done = machine.run("put", tmp_path / "a", f"{name}:{tmp_path}/pipe")
    assert done.code == 1 and f"{tmp_path}/pipe: A device, a pipe" in done.err, done
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert not temporaries(tmp_path)


def test_a_bound(pair, tmp_path):
    machine, name = (made := pair()).console, made.name
    (tmp_path / "file").write_bytes(bytes(2000))
    for words in (("get", f"{name}:{tmp_path}/file", tmp_path / "new"),
                  ("put", tmp_path / "file", f"{name}:{tmp_path}/new")):
        done = machine.run(*words[:1], "--max", "1K", *words[1:])
        assert done.code == 1 and "file: What came is more than is allowed" in done.err, done
        assert not (tmp_path / "new").exists()
        assert machine.run(*words[:1], "--max", "2K", *words[1:]).code == 0
        (tmp_path / "new").unlink()
    assert not temporaries(tmp_path)


def test_it_needs_its_right(pair, tmp_path):
    made = pair(may="observe,run")
    done = made.console.run("get", f"{made.name}:/etc/hosts", tmp_path)
    assert done.code == 254 and "lacks the right" in done.err, done
    assert "hosts" not in os.listdir(tmp_path) and not temporaries(tmp_path)


def test_json(pair, tmp_path):
    made = pair()
    (tmp_path / "file").write_text("12345")
    lines = made.console.json("put", tmp_path / "file", f"{made.name}:{tmp_path}/new")
    assert len(lines) == 1
    line = lines[0]
    assert (line["machine"], line["verb"], line["state"], line["code"]) == (made.name, "put", "exited", 0)
    assert (line["whole"], line["entries"], line["bytes"]) == (True, 1, 5)
    assert re.fullmatch("[0-9a-f]{64}", line["sha256"])
    assert line["job"] == made.jobs()[-1]["id"]
    done = made.console.run("get", "--json", f"{made.name}:/missing", tmp_path)
    assert done.code == 1 and done.err == ""
    assert done.lines[0]["errors"] == ["/missing: No such file or directory"]


def test_jobs_are_named_after_their_paths(pair, tmp_path):
    made = pair()
    assert made.console.run("get", f"{made.name}:/etc/hosts", tmp_path).code == 0
    assert made.jobs()[-1]["label"] == "get /etc/hosts"


def test_words_that_say_too_little(console, pair):
    made = pair()
    for words, hint in ((("get",), "hune get web1"), (("get", "web1:/x"), "hune get web1"),
                        (("put", "x"), "hune put"), (("get", "/etc/hosts", "."), "MACHINE:PATH"),
                        (("get", ":/etc/hosts", "."), "MACHINE:PATH"),
                        (("put", "--max", "much", "/etc/hosts", f"{made.name}:"), "--max")):
        done = made.console.run(*words)
        assert done.code == 2 and hint in done.err, done


def test_the_target_option(pair, tmp_path):
    made = pair()
    assert made.console.run("get", "-t", made.name, "/etc/hosts", tmp_path / "x").code == 0
    assert made.console.run("put", "-t", "all", "/etc/hosts", f"{tmp_path}/y").code == 0
    assert (tmp_path / "x").read_text() == (tmp_path / "y").read_text()


def test_relative_paths_begin_at_home(pair, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    made = pair()
    home = pathlib.Path(made.shell("echo ~").out.strip())
    name = f"hune-test-{os.getpid()}-{tmp_path.name}"
    try:
        assert made.console.run("put", "/etc/hosts", f"{made.name}:{name}").code == 0
        assert (home / name).exists()
        for word in (name, f"~/{name}"):
            assert made.console.run("get", f"{made.name}:{word}", tmp_path / "got").code == 0
            (tmp_path / "got").unlink()
    finally:
        (home / name).unlink(missing_ok=True)


@pytest.fixture
def three(agent, console):
    """One console and three machines."""
    operator = console()
    made = []
    for number in (1, 2, 3):
        machine = agent()
        assert operator.run("join", machine.invite(may="all"), "--name", f"web{number}").code == 0
        made.append(machine)
    return operator, made


def test_many_machines(three, tmp_path):
    operator, _ = three
    (tmp_path / "file").write_text("12345")
    (tmp_path / "here").mkdir()
    done = operator.run("put", tmp_path / "file", f"web[1-3]:{tmp_path}/here")
    assert (done.code, done.err) == (0, ""), done
    assert done.out == "web[1-3]: 1 file or folder, 5 B\n"
    done = operator.run("get", f"all:{tmp_path}/file", f"web2:/etc/hosts", tmp_path / "got")
    assert done.code == 0, done
    assert sorted(os.listdir(tmp_path / "got")) == ["web1", "web2", "web3"]
    assert sorted(os.listdir(tmp_path / "got/web2")) == ["file", "hosts"]
    assert os.listdir(tmp_path / "got/web3") == ["file"]
    done = operator.run("put", tmp_path / "file", f"all:{tmp_path}/missing/x")
    assert done.code == 1
    assert done.err == (f"hune: web[1-3]: {tmp_path}/missing/x: No such file or directory\n"
                        "hune: 3 of 3 machines failed\n")


def test_one_of_many_is_away(three, tmp_path):
    operator, machines = three
    machines[1].stop()
    (tmp_path / "file").write_text("12345")
    (tmp_path / "here").mkdir()
    done = operator.run("put", "--json", tmp_path / "file", f"all:{tmp_path}/here")
    assert done.code == 255
    states = {line["machine"]: line["state"] for line in done.lines}
    assert states["web1"] == states["web3"] == "exited"
    assert states["web2"] in ("unreachable", "unsent")
    got = tmp_path / "got"
    assert operator.run("get", f"all:{tmp_path}/file", got).code == 255
    assert sorted(os.listdir(got)) == ["web1", "web3"]
    (got / "web2").mkdir()  # somebody else's folder stays
    assert operator.run("get", f"all:{tmp_path}/file", got).code == 255
    assert sorted(os.listdir(got)) == ["web1", "web2", "web3"]


def test_protected_machines_are_left_alone(three, tmp_path):
    operator, _ = three
    assert operator.run("tag", "web2", "+protected").code == 0
    done = operator.run("put", "/etc/hosts", f"all:{tmp_path}/new")
    assert done.code == 2 and "protected" in done.err, done
    assert not (tmp_path / "new").exists()
    done = operator.run("put", "--even-protected", "/etc/hosts", f"web2:{tmp_path}/new")
    assert done.code == 0 and (tmp_path / "new").exists(), done


def test_progress_is_shown_on_a_terminal(agent, console, proxy, tmp_path):
    machine, operator = agent(), console()
    assert operator.run("join", machine.invite(may="all"), "--name", "web1").code == 0
    between = proxy(machine.port, throttle=4 << 20)
    operator.machines.write_text(operator.machines.read_text().replace(str(machine.port),
                                                                       str(between.port)))
    (tmp_path / "file").write_bytes(os.urandom(6 << 20))
    for words in (("get", f"web1:{tmp_path}/file", tmp_path / "new"),
                  ("put", tmp_path / "file", f"web1:{tmp_path}/new")):
        with operator.terminal(*words) as terminal:
            terminal.expect(r"\[#+-*\] +[1-9]\d?%  \d.* MiB of 6\.0 MiB  .*/s  .* left")
            terminal.expect(r"web1: 1 file or folder, 6\.0 MiB in ")
            assert terminal.wait() == 0
        assert (tmp_path / "new").read_bytes() == (tmp_path / "file").read_bytes()
        (tmp_path / "new").unlink()


@pytest.mark.root
def test_as_another_user(pair, users, tmp_path):
    made = pair(may="all", as_="root," + ",".join(users))
    user, other = users
    home, foreign = f"/home/{user}", f"/home/{other}"
    (tmp_path / "file").write_text("x")
    done = made.console.run("put", "--as", user, tmp_path / "file", f"{made.name}:")
    assert done.code == 0, done
    info = os.stat(f"{home}/file")
    assert info.st_uid == os.stat(home).st_uid and info.st_uid != 0
    os.chmod(foreign, 0o700)
    secret = pathlib.Path(foreign) / "secret"
    secret.write_text("secret")
    for words, name in ((("put", "--as", user, tmp_path / "file", f"{made.name}:{foreign}/x"), "x"),
                        (("get", "--as", user, f"{made.name}:{secret}", tmp_path / "got"), "secret"),
                        (("put", "--as", user, tmp_path / "file", f"{made.name}:/etc"), "/etc")):
        done = made.console.run(*words)
        assert done.code == 1 and name in done.err and "Permission denied" in done.err, done
    assert sorted(os.listdir(foreign))[-1] == "secret" and not (tmp_path / "got").exists()


@pytest.mark.root
def test_root_leaves_a_file_to_its_owner(pair, users, tmp_path):
    made = pair()
    owned = pathlib.Path(f"/home/{users[0]}/owned")
    owned.write_text("old")
    uid = os.stat(owned.parent).st_uid
    os.chown(owned, uid, -1)
    (tmp_path / "new").write_text("new")
    assert made.console.run("put", tmp_path / "new", f"{made.name}:{owned}").code == 0
    assert owned.read_text() == "new" and owned.stat().st_uid == uid
