"""The fleet list as people and spreadsheets leave it. Bad lines are told by number and cost no others."""
import contextlib
import os
import subprocess

import pytest

HEADER = "name,host,port,tags,user,id\n"


@pytest.fixture
def operator(console):
    return console()


def write(operator, content):
    operator.config.mkdir(parents=True, exist_ok=True)
    operator.machines.write_bytes(content if isinstance(content, bytes) else content.encode())


def names(operator, *selector):
    return [line["name"] for line in operator.json("list", *selector)]


def test_no_list_yet(operator):
    done = operator.run("list")
    assert (done.out, done.code) == ("", 0)
    assert "hune join LINK" in done.err


def test_columns_in_any_order(operator):
    write(operator, "port,tags,host,name\n1234,\"a,b\",192.0.2.7,web1\n,,192.0.2.8,web2\n")
    first, second = operator.json("list")
    assert (first["name"], first["host"], first["port"], first["tags"]) == \
        ("web1", "192.0.2.7", 1234, ["a", "b"])
    assert second["port"] == 10000


@pytest.mark.parametrize("text", [
    "name;host;port\nweb1;192.0.2.7;1234\n", "name\thost\tport\nweb1\t192.0.2.7\t1234\n",
    "\ufeffname,host,port\nweb1,192.0.2.7,1234\n", "name,host,port\r\nweb1,192.0.2.7,1234\r\n",
    "\ufeffname;host;port\r\nweb1;192.0.2.7;1234", "Name,HOST,Port\nweb1,192.0.2.7,1234\n",
    'name,host,port,note\nweb1,192.0.2.7,1234,"two\nlines, ""quoted"""\n',
], ids=["semicolon", "tab", "bom", "crlf", "all-three", "capitals", "quoted-newline"])
def test_what_spreadsheets_write(operator, text):
    write(operator, text)
    machine, = operator.json("list")
    assert (machine["name"], machine["host"], machine["port"]) == ("web1", "192.0.2.7", 1234)


def test_one_bare_column_of_addresses(operator):
    write(operator, "192.0.2.7\nweb2.example.org\n2001:db8::7\n[2001:db8::8]:1234\n")
    assert [(m["host"], m["port"]) for m in operator.json("list")] == [
        ("192.0.2.7", 10000), ("web2.example.org", 10000), ("2001:db8::7", 10000),
        ("2001:db8::8", 1234)]


def test_missing_header(operator):
    write(operator, "web1,192.0.2.7,1234\nweb2,192.0.2.8,1234\n")
    done = operator.run("list")
    assert done.code != 0, done
    assert "name,host,port" in done.err and "machines.csv" in done.err


@pytest.mark.parametrize("line, told", [
    ("web9,192.0.2.9,nonsense,,,", "port"), ("web9,192.0.2.9,0,,,", "port"),
    ("web9,192.0.2.9,65536,,,", "port"), ("web9,192.0.2.9,-1,,,", "port"),
    ("web1,192.0.2.9,,,,", "name"), ("web9,,,,,", "host"), ("web9,a b,,,,", "host"),
    ("web9,192.0.2.9,,,,SHA256:short", "id"), ("all,192.0.2.9,,,,", "name"),
    ("web9,192.0.2.9,,,,,,,,more,cells", "cells"), ("web9,192.0.2.9,,a b!,,", "tag"),
])
def test_a_bad_line_is_told_by_number_and_costs_no_other(operator, line, told):
    write(operator, HEADER + f"web1,192.0.2.1,,,,\n{line}\nweb2,192.0.2.2,,,,\n")
    done = operator.run("list", "--json")
    assert [m["name"] for m in done.lines] == ["web1", "web2"], done
    assert "3" in done.err and told in done.err, done
    # And it is still there when the list was changed and saved.
    assert operator.run("tag", "web1", "+new").code == 0
    assert line in operator.machines.read_text().splitlines()


def test_an_unclosed_quote(operator):
    write(operator, HEADER + 'web1,192.0.2.1,,,,\nweb2,192.0.2.2,,"never closed,,\nweb3,192.0.2.3,,,,\n')
    done = operator.run("list", "--json")
    assert "web1" in [m["name"] for m in done.lines]
    assert "quote" in done.err


def test_what_is_not_changed_is_kept_byte_for_byte(operator):
    before = ("\ufeff# our machines\r\nowner;name;host;port;tags\r\n"
              "Anna;web1;192.0.2.1;;\"a,b\"\r\n\"Bob; jr\";web2;192.0.2.2; ;\r\n")
    write(operator, before)
    assert operator.run("tag", "web1", "+c").code == 0
    after = operator.machines.read_bytes().decode()
    assert after.startswith("\ufeff# our machines\r\nowner;name;host;port;tags\r\n")
    assert "Anna;web1;192.0.2.1;" in after and "\"Bob; jr\";web2;192.0.2.2; ;\r\n" in after
    assert operator.json("list", "web1")[0]["tags"] == ["a", "b", "c"]


def test_a_hundred_thousand_lines(operator):
    write(operator, HEADER + "".join(f"m{n},10.{n >> 16}.{n >> 8 & 255}.{n & 255},,rack{n % 50},,\n"
                                     for n in range(100000)))
    done = operator.run("list", "--json", "m[99990-99999]", timeout=60)
    assert [m["name"] for m in done.lines] == [f"m{n}" for n in range(99990, 100000)], done.err
    assert len(names(operator, "@rack7")) == 2000
    assert operator.run("tag", "m50000", "+found", timeout=60).code == 0
    assert names(operator, "@found") == ["m50000"]
    assert operator.machines.read_text().count("\n") == 100001


@pytest.mark.parametrize("selector, expected", [
    ("web1", ["web1"]), ("web[1-2]", ["web1", "web2"]), ("web*", ["web1", "web2", "web3"]),
    ("@prod", ["web1", "db1"]), ("all", ["web1", "web2", "web3", "db1"]),
    ("all,!web*", ["db1"]), ("@prod&web*", ["web1"]), ("!db1", ["web1", "web2", "web3"]),
    ("192.0.2.3", ["web3"]), ("db1,web1", ["web1", "db1"]),
])
def test_selectors(operator, selector, expected):
    write(operator, HEADER + "web1,192.0.2.1,,prod,,\nweb2,192.0.2.2,,,,\nweb3,192.0.2.3,,,,\n"
          "db1,192.0.2.4,,prod,,\n")
    assert names(operator, selector) == expected


@pytest.mark.parametrize("selector", ["wep1", "@pord", "web[1-", "web[5-1]", "&", "a&&b"])
def test_a_selector_that_picks_nothing_is_an_error(operator, selector):
    write(operator, HEADER + "web1,192.0.2.1,,prod,,\n")
    done = operator.run("list", selector)
    assert (done.code, done.out) == (2, ""), done
    assert done.err.startswith("hune:")


def test_add_tag_remove(operator):
    assert operator.run("id").code == 0
    write(operator, HEADER + "web1,192.0.2.1,,,,\nweb2,192.0.2.2,,,,\n")
    assert operator.run("tag", "web*", "+a", "+b").code == 0
    assert operator.run("tag", "web1", "-a").code == 0
    assert [m["tags"] for m in operator.json("list")] == [["b"], ["a", "b"]]
    assert operator.run("remove", "web1", "--yes").code == 0
    assert names(operator) == ["web2"]


def test_export_and_import(operator, console, tmp_path):
    write(operator, HEADER + "web1,192.0.2.1,1234,prod,,\nweb2,192.0.2.2,,,,\n")
    path = tmp_path / "list.csv"
    assert operator.run("export", path).code == 0
    for_scripts = operator.run("export", "--json")
    assert for_scripts.code == 2 and "hune list --json" in for_scripts.err, for_scripts
    assert for_scripts.out == ""
    other = console()
    assert other.run("import", path).code == 0
    assert other.json("list") == operator.json("list")
    again = other.run("import", path)
    assert again.code == 0 and len(other.json("list")) == 2


def test_import_tells_what_it_would_change(operator, tmp_path):
    write(operator, HEADER + "web1,192.0.2.1,1234,prod,,\nweb2,192.0.2.2,,,,\n")
    path = tmp_path / "list.csv"
    path.write_text(HEADER + 'web1,192.0.2.9,,"new,prod",www,\nweb2,192.0.2.2,,,,\n')
    told = operator.run("import", path, "--dry-run").out
    assert "address: 192.0.2.1:1234 → 192.0.2.9:1234; user: none → www; tags: prod → prod,new" in told
    changed, same = operator.json("import", path, "--dry-run")
    assert changed["was"] == {"host": "192.0.2.1", "port": 1234, "user": "", "tags": ["prod"]}
    assert "was" not in same


@pytest.mark.parametrize("word, text", [
    ("ssh-config", "Host web1\n  HostName 192.0.2.1\n  Port 22\nHost *\n  User x\n"),
    ("ansible", "[web]\nweb1 ansible_host=192.0.2.1\n"),
    ("hosts", "127.0.0.1 localhost\n192.0.2.1 web1 web1.example.org\n"),
])
def test_import_from_other_tools(operator, tmp_path, word, text):
    path = tmp_path / "theirs"
    path.write_text(text)
    done = operator.run("import", path, "--from", word)
    assert done.code == 0, done
    machine = next(m for m in operator.json("list") if m["name"] == "web1")
    assert (machine["host"], machine["port"]) == ("192.0.2.1", 10000)


def test_import_from_standard_input(operator):
    done = operator.run("import", "-", input=HEADER + "web1,192.0.2.1,,,,\n")
    assert done.code == 0, done
    assert names(operator) == ["web1"]


def test_import_of_nonsense_changes_nothing(operator, tmp_path):
    write(operator, HEADER + "web1,192.0.2.1,,,,\n")
    before = operator.machines.read_bytes()
    path = tmp_path / "nonsense"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(128, 256)) * 20)
    done = operator.run("import", path)
    assert done.code != 0 and done.out + done.err, done
    assert operator.machines.read_bytes() == before


def test_two_consoles_at_once_lose_no_change(operator):
    write(operator, HEADER + "".join(f"m{n},192.0.2.{n},,,,\n" for n in range(10)))
    running = [subprocess.Popen([operator.binaries.hune, "tag", f"m{n}", f"+t{n}"],
                                env=operator.environment, stderr=subprocess.PIPE)
               for n in range(10)]
    assert [process.wait(60) for process in running] == [0] * 10
    for process in running:
        process.stderr.close()
    assert [m["tags"] for m in operator.json("list")] == [[f"t{n}"] for n in range(10)]


def test_a_file_that_cannot_be_read(operator):
    operator.machines.mkdir(parents=True)
    done = operator.run("tag", "all", "+x")
    assert done.code == 1 and str(operator.machines) in done.err, done


@pytest.mark.root
def test_a_full_disk_leaves_the_old_list(console, tmp_path):
    """A file system of 1 MiB, filled up: the change is refused, the old file is intact."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk],
                             capture_output=True)
    if mounted.returncode:
        pytest.skip("may not mount here")
    try:
        operator = console(environment={"XDG_CONFIG_HOME": str(disk)})
        folder = disk / "hune"
        folder.mkdir()
        machines = folder / "machines.csv"
        machines.write_text(HEADER + "".join(f"m{n},192.0.2.1,,,,\n" for n in range(5000)))
        before = machines.read_bytes()
        with contextlib.suppress(OSError), open(disk / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)
        done = operator.run("tag", "all", "+a-longer-line-for-all-of-them")
        assert done.code == 1, done
        assert "The file is as it was" in done.err and "No space left" in done.err, done
        assert machines.read_bytes() == before
        assert {path.name for path in folder.iterdir()} <= {"machines.csv", "machines.csv.lock",
                                                            ".machines.csv.lock"}
        (disk / "filler").unlink()
        assert operator.run("tag", "m1", "+x").code == 0
    finally:
        subprocess.run(["umount", disk], check=True)
