"""One command on many machines, and how what they say is read: one agent answers on as many addresses
of loopback (`fleet`)."""
import os
import re
import shlex
import subprocess

import pytest
from support import user_name


def test_lines_stand_behind_their_machines_name(fleet):
    done = fleet(3).run("all", "--", "echo one; echo two")
    assert sorted(done.out.splitlines()) == sorted(
        f"web{n}: {word}" for n in (1, 2, 3) for word in ("one", "two")), done
    assert done.code == 0 and done.err == "", done


def test_equal_answers_are_one(fleet):
    done = fleet(5).run("all", "--gather", "--", "echo same")
    assert done.out == "web[1-5] (5):\nsame\n", done


@pytest.mark.parametrize("size", [0, 5, 65536, 200_000])
def test_answers_for_scripts_are_whole(fleet, size):
    many = fleet(2)
    done = many.run("all", "--json", "--", f"head -c {size} /dev/zero | tr '\\0' x; "
                    "echo wrong >&2; exit 3")
    assert done.code == 3
    rows = sorted(done.lines, key=lambda row: row["machine"])
    assert [(row["machine"], row["out"], row["err"], row["code"]) for row in rows] == [
        (name, "x" * size, "wrong\n", 3) for name in ("web1", "web2")]


def test_answers_in_order_of_the_fleet(fleet):
    done = fleet(4).run("all", "-L", "--", "echo a; echo b")
    assert done.out.splitlines() == [f"web{n}: {c}" for n in (1, 2, 3, 4) for c in "ab"], done


def test_a_failure_is_told_once_with_the_line_that_tries_again(fleet):
    many = fleet(4)
    done = many.run("all", "--gather", "--", "exit 7")
    assert done.code == 7, done
    assert "web[1-4] (4): exit status 7" in done.err
    assert "4 of 4 machines failed\n" in done.err
    again = re.search(r"again: (hune run .*)", done.err)[1]
    assert again == "hune run @last.failed --gather -- 'exit 7'"
    # It can be pasted, and means the same machines.
    many.console.environment["PATH"] = f"{many.console.binaries.hune.parent}:{os.environ['PATH']}"
    pasted = subprocess.run(["sh", "-c", again], env=many.console.environment, text=True,
                            capture_output=True, stdin=subprocess.DEVNULL, timeout=30)
    assert pasted.returncode == 7 and "4 of 4" in pasted.stderr, pasted


def test_the_line_that_tries_again_says_it_all(fleet):
    """What was said about how, too: pasted, the same run comes of it."""
    many = fleet(4)
    many.rows = [row.replace(",,", ",protected,") for row in many.rows]
    many.save()
    text = many.agent.folder / "a text"
    text.write_text("x")
    kept = ["--as", user_name(), "--timeout", "90s", "--stdin", f"'{text}'", "--deadline", "50s", "--fanout", "3",
            "--gather", "--diff", "--raw", "--canary", "1", "--wave", "50%", "--max-fail", "2",
            "--even-protected", "--cwd", "/tmp", "--env", "'A=b c'"]
    said = [word.strip("'") for word in kept]
    done = many.run("--yes", "all", "-x", "web4", *said, "--", "exit 7")
    again = re.search(r"again: (hune run .*)", done.err)[1].split(" -- ")
    words = shlex.split(again[0])[2:]
    assert words[0] == "@last.failed" and sorted(words[1:]) == sorted(said), done
    # The list, and whose orders they are.
    other = many.agent.folder / "other.csv"
    other.write_text(many.console.machines.read_text())
    done = many.run("all", "--fleet", str(other), "-l", user_name(), "-L", "--even-protected", "--", "exit 7")
    again = re.search(r"again: (hune run .*)", done.err)[1]
    assert again == (f"hune run @last.failed --as {user_name()} --fleet {other} --sorted --even-protected "
                     "-- 'exit 7'"), done


def test_similar_answers_are_one(fleet):
    many = fleet(4)
    done = many.run("all", "--similar", "--", "echo pid $$ on $(date +%s.%N); echo always")
    assert re.fullmatch(r"web\[1-4\] \(4\):\npid ‹\d+…\d+› on ‹[\d.]+…[\d.]+›\nalways\n", done.out), done


def test_differences_from_the_majority(fleet):
    many = fleet(4)
    flag = many.agent.folder / "flag"
    flag.mkdir()
    done = many.run("all", "--diff", "--", f"echo a; mkdir {flag}/1 2>/dev/null && echo odd || "
                                           "echo most; echo c")
    first, other = done.out.split("web", 2)[1:]
    assert re.fullmatch(r"\[[\d,-]+\] \(3\):\na\nmost\nc\n", first), done
    assert re.fullmatch(r"\d:\n  a\n- most\n\+ odd\n", other), done


def test_answers_form_on_a_terminal(fleet):
    many = fleet(4)
    with many.console.terminal("run", "all", "--", "echo hello; sleep 1.5") as terminal:
        terminal.expect(r"0 of 4 done")
        terminal.expect(r"web\[1-4\] \(4\):")
        assert terminal.wait() == 0
    assert "hello" in terminal.text and "4 running" in terminal.text


def test_binary_and_endless_lines(fleet):
    many = fleet(2)
    done = many.run("all", "--gather", "--", r"printf '\000\377\033[31m'; head -c 200000 /dev/zero",
                    binary=True)
    assert done.out == b"web[1,2] (2):\n" + b"\x00\xff\x1b[31m" + bytes(200000) + b"\n"


def test_one_machine_under_two_hundred_names(fleet):
    """More at once than an agent lets one address open: those it ended come again."""
    many = fleet(200)
    many.rows = [f"web{n},127.0.0.1,{many.agent.port},,{many.id}" for n in range(1, 201)]
    many.save()
    done = many.run("all", "--gather", "--", "echo here")
    assert (done.out, done.err, done.code) == ("web[1-200] (200):\nhere\n", "", 0), done


def test_two_runs_at_once(fleet):
    """An agent that sees both as one address lets go of what is too much: that comes again."""
    many = fleet(600)
    words = ["run", "all", "--gather", "--yes", "--fanout", "64", "--"]  # a thousand handshakes at once may take too long
    with many.console.start(*words, "echo one") as first, many.console.start(*words, "echo two") as second:
        for process, word in ((first, "one"), (second, "two")):
            said, complained = (words.decode() for words in process.communicate(timeout=120))
            assert said == f"web[1-600] (600):\n{word}\n", complained
            assert process.returncode == 0
