"""Care with wide orders: canaries, waves, protected machines, the question before many."""


def test_protected_machines_need_a_word(fleet):
    many = fleet(3)
    many.rows[1] = f"web2,127.0.1.2,{many.agent.port},protected,{many.id}"
    many.save()
    marker = many.agent.folder / "marker"
    done = many.run("all", "--", f"touch {marker}")
    assert done.code == 2 and "web2" in done.err and "protected" in done.err, done
    assert not marker.exists()
    assert many.run("all !@protected", "--", "true").code == 0
    assert many.run("all", "--even-protected", "--", "true").code == 0


def test_dry_run_sends_nothing(fleet):
    many = fleet(5)
    marker = many.agent.folder / "marker"
    done = many.run("all", "-x", "web2", "--canary", "1", "--wave", "2", "--as", "nobody",
                    "--json", "--dry-run", "--", "touch", marker)
    assert [(line["machine"], line["user"], line["wave"]) for line in done.lines] == \
        [("web1", "nobody", 1), ("web3", "nobody", 2), ("web4", "nobody", 2), ("web5", "nobody", 3)]
    assert {line["command"] for line in done.lines} == {f"touch {marker}"}
    assert not marker.exists() and many.console.json("runs") == []


def test_a_failing_canary_spares_the_others(fleet):
    many = fleet(6)
    asked = many.agent.folder / "asked"
    asked.mkdir()
    done = many.run("all", "--canary", "2", "--gather", "--", f"mktemp -p {asked} >/dev/null; exit 4")
    assert done.code == 255 and len(list(asked.iterdir())) == 2, done
    assert "a canary failed" in done.err and "web[3-6] (4)" in done.err
    assert "6 of 6 machines failed (2 failed, 4 not asked)" in done.err
    assert many.console.run("nodeset", "@last.unsent").out == "web[3-6]\n"


def test_waves_wait_for_each_other(fleet):
    many = fleet(6)
    log = many.agent.folder / "log"
    done = many.run("all", "--wave", "2", "--", f"echo begin >> {log}; sleep 0.3; echo end >> {log}")
    assert done.code == 0, done
    depth, deepest = 0, 0
    for word in log.read_text().split():
        depth += 1 if word == "begin" else -1
        deepest = max(deepest, depth)
    assert deepest <= 2


def test_too_many_failures_end_it(fleet):
    many = fleet(6)
    done = many.run("all", "--wave", "2", "--max-fail", "1", "--", "exit 1")
    assert "2 machines failed, more than may" in done.err, done
    assert "(2 failed, 4 not asked)" in done.err, done
    done = many.run("all", "--wave", "2", "--keep-going", "--", "exit 1")
    assert done.code == 1 and "6 of 6 machines failed\n" in done.err, done
    for bad in (["--wave", "0"], ["--wave", "x"], ["--max-fail", "101%"]):
        assert many.run("all", *bad, "--", "true").code == 2


def test_many_machines_are_asked_about(fleet):
    many = fleet(6)
    (many.console.config / "hune.conf").write_text("[run]\nconfirm_above = 3\n")
    many.run("web[1-4]", "--yes", "--", "true")
    marker = many.agent.folder / "marker"
    with many.console.terminal("run", "web[2-6]", "--", f"touch {marker}") as terminal:
        terminal.expect(r"touch ")
        terminal.expect(r"web\[2-6\]")
        terminal.expect(r"2 more than in the last run: web\[5,6\]")
        terminal.expect(r"1 of the last run are not among them: web1")
        terminal.expect(r"Run it on 5 machines\?")
        terminal.line("n")
        assert terminal.wait() != 0
    assert not marker.exists()


def test_the_prompt_takes_care_too(fleet):
    many = fleet(6)
    (many.console.config / "hune.conf").write_text("[run]\nconfirm_above = 3\n")
    many.rows[5] = f"web6,127.0.1.6,{many.agent.port},protected,{many.id}"
    many.save()
    with many.console.terminal() as terminal:
        terminal.expect("> ")
        terminal.line("use all")
        terminal.expect("> ")
        terminal.line("echo one")
        terminal.expect("web6: This machine is protected")
        terminal.line("use web[1-5]")
        terminal.expect("> ")
        terminal.line("echo two")
        terminal.expect(r"Run it on 5 machines\?")
        terminal.line("y")
        terminal.expect(r"web\[1-5\] \(5\):\S*\s+two")
        terminal.line("echo three")  # asked once
        terminal.expect(r"web\[1-5\] \(5\):\S*\s+three")
        terminal.line("quit")
        assert terminal.wait() == 0


def test_a_mistake_in_the_settings_is_told_with_its_line(fleet):
    many = fleet(2)
    (many.console.config / "hune.conf").write_text("[run]\n\nconfirm = 3\n")
    done = many.run("all", "--", "true")
    assert done.code == 0 and "hune.conf:3" in done.err, done
