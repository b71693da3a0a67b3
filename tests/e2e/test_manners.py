"""What fingers bring along from pdsh, clush and ssh: options, groups, node sets, and mistyped words."""
import os


def test_the_words_of_pdsh_and_clush(fleet):
    many = fleet(6)
    done = many.run("-w", "web[1-6]", "-x", "web[2-3]", "-f", "2", "-b", "-S", "--", "exit 3")
    assert done.code == 3 and "web[1,4-6] (4)" in done.out, done
    assert many.run("-x", "web[1-6]", "--", "true").code == 2
    assert many.run("-x", "web[2-6]", "-L", "--", "echo x").out == "web1: x\n"


def test_machines_may_be_named_more_than_once(fleet, tmp_path):
    many = fleet(8)
    many.rows[6] = f"web7,127.0.1.8,{many.agent.port},db,{many.id}"
    many.rows[7] = f"web8,127.0.1.9,{many.agent.port},db,{many.id}"
    many.save()
    names = lambda *words: [line["machine"] for line in
                            many.run(*words, "--json", "--dry-run", "--", "true").lines]
    assert names("-w", "web1", "-w", "web2") == ["web1", "web2"]
    assert names("-w", "web1", "-g", "db") == ["web1", "web7", "web8"]
    assert names("-X", "db", "-x", "web[1-4]", "-x", "web5") == ["web6"]
    hosts = tmp_path / "hosts"
    hosts.write_text("web3 web4 # not web5\n\n# web6\nweb[7-8]\r\n")
    assert names("-w", f"^{hosts}") == ["web3", "web4", "web7", "web8"]
    assert names("-w", "all", "-x", f"^{hosts}") == ["web1", "web2", "web5", "web6"]
    hosts.write_text("# nobody\n")
    assert "names no machine" in many.run("-w", f"^{hosts}", "--", "true").err
    assert many.run("-w", "^/no/such/file", "--", "true").code == 2
    assert many.run("-l", "root", "web1", "--dry-run", "--json", "--", "true").lines[0]["user"] == "root"


def test_groups_of_other_tools(fleet, tmp_path):
    many = fleet(6)
    (tmp_path / "genders").write_text("web[1-3] www\nweb6 db,old=yes\n")
    groups = tmp_path / "clustershell/groups.d"
    groups.mkdir(parents=True)
    (groups / "local.cfg").write_text("front: web[1-2],@www\n")
    (many.console.config / "hune.conf").write_text(f"[groups]\ngenders = {tmp_path}/genders\n")
    many.console.environment["CLUSTERSHELL_CFGDIR"] = str(tmp_path / "clustershell")
    fold = lambda *words: many.console.run("nodeset", *words).out.strip()
    assert fold("@www") == "web[1-3]"
    assert fold("@old=yes") == "web6"
    assert fold("@front") == "web[1-3]"
    assert many.run("@front&!web1", "-b", "--", "echo x").out.startswith("web[2,3] (2)")
    wrong = many.run("@fron", "--", "true")
    assert wrong.code == 2 and "@fron" in wrong.err or "fron" in wrong.err, wrong


def test_nodeset(console):
    hune = console()
    run = lambda *words, **options: hune.run("nodeset", *words, **options)
    assert run("-f", "web3", "web1", "web2", "db1").out == "web[1-3],db1\n"
    assert run("-e", "web[08-11/3]", "-S", ",").out == "web08,web11\n"
    assert run("-c", "a[1-1000]", "a[500-1500]").out == "1500\n"
    assert run("-f", "a[1-9]", "-x", "a[2-8]").out == "a[1,9]\n"
    assert run(input="n1 n2\nn3\n").out == "n[1-3]\n"
    wrong = run("-e", "web[1-")
    assert wrong.code == 2 and wrong.out == "", wrong
    wrong = run("-c", "web[1-1000000000]")
    assert wrong.code == 2 and wrong.out == "", wrong
    names = [f"h{os.urandom(6).hex()}x" for _ in range(10000)]
    assert run("-c", input="\n".join(names)).out == "10000\n"


MISTYPED = [
    (["web[1-2,"], "web[1-2,", 4),
    (["web1,wbe2"], "web1,wbe2", 6),
    (["web[3-1]"], "web[3-1]", 5),
    (["web1", "wbe2"], "web1 wbe2", 6),
    (["web1&"], "web1&", 6),
    (["-w", "web1", "-w", "x[1"], "web1,x[1", 7),
    (["all", "-x", "web1,ü,wbe2"], "web1,ü,wbe2", 6),
]


def test_a_mistyped_selector_shows_where(fleet):
    many = fleet(3)
    for words, text, mark in MISTYPED:
        done = many.run(*words, "--", "true")
        assert done.code == 2, done
        lines = done.err.splitlines()
        assert lines[1:3] == [f"    {text}", " " * (mark + 3) + "^"], done


def test_of_a_long_selector_the_place_is_shown(fleet):
    done = fleet(3).run(",".join(["web1"] * 50 + ["wbe2"] + ["web3"] * 50), "--", "true")
    line, mark = done.err.splitlines()[1:3]
    assert len(line) < 80 and line[mark.index("^"):].startswith("wbe2,"), done


ELSEWHERE = [
    ("run --all -- true", ["hune run all --"]),
    ("run -a -- true", ["hune run all --"]),
    ("run -h web1 -- uptime", ["it takes no machine", "hune run web1 --"]),
    ("run web1 echo ü", ["hune run web1 -- echo 'ü'"]),
    ("run -w web1 uptime -h", ["Usage: hune run"]),
    ("run -w web1 uptime", ["hune run -w web1 -- uptime"]),
    ("run -u 30 web1 -- true", ["--timeout 30s"]),
    ("run -c file web1", ["hune put"]),
    ("-w web1 uptime", ["hune run SEL"]),
    ("ssh web1", ["hune shell MACHINE", "hune run SEL"]),
    ("exec web1 true", ["hune run SEL"]),
    ("cp a web1:b", ["hune put", "hune get"]),
    ("scp a web1:b", ["hune put", "hune get"]),
    ("put -r . web1:/tmp", ["whole"]),
    ("shell -p 22 web1", ["hune add HOST:PORT"]),
    ("web1", ["hune run web1 --", "hune shell web1"]),
    ("web1 uptime", ["hune run web1 --"]),
]


def test_a_word_of_another_tool_is_told_what_it_is_here(fleet):
    many = fleet(2)
    for words, hints in ELSEWHERE:
        done = many.console.run(*words.split())
        assert done.code == (0 if hints == ["Usage: hune run"] else 2), done
        assert all(hint in done.err + done.out for hint in hints), done


def test_options_of_other_tools_stand_in_no_help(console):
    shown = console().run("run", "--help").out
    assert "--gather" in shown and "--all" not in shown and "-R" not in shown
    offered = console().run("complete", "--", "hune", "run", "--").out
    assert "--gather" in offered and "--all" not in offered and "--rcopy" not in offered
