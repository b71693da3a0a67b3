"""What may come next on a command line: `hune complete`, and the shells that ask it."""
import pathlib
import shutil
import subprocess

import pytest
from support import ROOT, Terminal

FLEET = """name,host,tags
web1,192.0.2.1,"web,prod"
web2,192.0.2.2,web
db1,192.0.2.3,db
"""
SCRIPTS = ROOT / "data/completions"


@pytest.fixture
def operator(console):
    made = console()
    made.config.mkdir(parents=True)
    made.machines.write_text(FLEET)
    return made


@pytest.mark.parametrize("line, candidates", [
    (["jo"], ["join", "jobs"]),
    (["run", ""], ["web1", "web2", "db1", "@web", "@prod", "@db", "all"]),
    (["run", "we"], ["web1", "web2"]),
    (["run", "web1,d"], ["web1,db1"]),
    (["run", "db1,@w"], ["db1,@web"]),
    (["run", "-t", "d"], ["db1"]),
    (["run", "--where", "d"], ["db1"]),
    (["run", "--can"], ["--canary"]),
    (["--json", "li"], ["list"]),
    (["--fleet", "x", "li"], ["list"]),
    (["list", "--js"], ["--json"]),
    (["ask", "ra"], ["ram"]),
    (["ask", "ram", "db"], ["db1"]),
    (["get", "db"], ["db1:"]),
    (["put", "file", "db"], ["db1:"]),
    (["help", "fo"], ["forget"]),
    # A file may stand there, or what only the machine knows.
    (["put", ""], []),
    (["get", "db1:/e"], []),
    (["import", ""], []),
    (["run", "--deadline", ""], []),
    (["run", "-i", ""], []),
    (["run", "web1", "--", ""], []),
    (["nonsense", "x", "--nonsense"], []),
    (["run", "nosuch"], []),
], ids=" ".join)
def test_candidates(operator, line, candidates):
    done = operator.run("complete", "--", *line)
    assert done.code == 0 and not done.err, done
    assert done.out.splitlines() == candidates


def test_every_command_and_its_options(operator):
    commands = operator.run("complete", "--", "").out.split()
    assert {"run", "shell", "top", "help"} <= set(commands)
    for command in commands:
        help_text = operator.run(command, "--help").out
        for option in operator.run("complete", "--", command, "--").out.split():
            assert option in help_text


def test_described(operator):
    done = operator.run("complete", "-d", "--", "vers")
    assert done.out == "version\tShow the version\n"


def test_without_a_list(console):
    made = console()
    assert made.run("complete", "--", "run", "").out == "all\n"
    assert made.run("complete", "--", "run").out.splitlines()[:1] == ["run"]
    assert made.run("complete").code == 0


@pytest.fixture
def shell_path(operator):
    """The environment of a shell that finds hune."""
    folder = operator.home / "bin"
    folder.mkdir()
    (folder / "hune").symlink_to(operator.binaries.hune)
    return {**operator.environment, "PATH": f"{folder}:{operator.environment['PATH']}"}


def typed(terminal, keys, expected):
    terminal.type(keys)
    terminal.expect(expected)
    terminal.type("\x15")


def test_bash(shell_path):
    library = pathlib.Path("/usr/share/bash-completion/bash_completion")
    if not library.exists():
        pytest.skip("bash-completion is not installed")
    terminal = Terminal(["/bin/bash", "--norc", "-i"], shell_path)
    try:
        terminal.line(f"PS1=; bind 'set enable-bracketed-paste off'; source {library}; "
                      f"source {SCRIPTS / 'hune.bash'}; echo rea''dy")
        terminal.expect("ready")
        typed(terminal, "hune run d\t", r"db1 ")
        typed(terminal, "hune run @p\t", r"@prod ")
        typed(terminal, "hune run web1,d\t", r"web1,db1 ")
        typed(terminal, "hune get d\t/etc", r"db1:/etc")
        typed(terminal, "hune run --cana\t", r"--canary ")
        typed(terminal, f"hune import {ROOT}/READM\t", r"README\.md ")
    finally:
        terminal.close()


def test_zsh(shell_path, operator):
    if not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    terminal = Terminal([shutil.which("zsh"), "-f", "-i"], {**shell_path, "ZDOTDIR": str(operator.home)})
    try:
        terminal.line(f"PS1=; fpath=({SCRIPTS} $fpath); autoload -Uz compinit; compinit -u -D; "
                      "unsetopt zle_bracketed_paste; echo rea''dy")
        terminal.expect("ready\r\n")
        typed(terminal, "hune run d\t", r"run db1")
        typed(terminal, "hune get d\t/etc", r"get db1:/etc")
        typed(terminal, "hune vers\t", r"hune version")
    finally:
        terminal.close()


def test_fish(shell_path):
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    for line, candidates in [("hune run we", ["web1", "web2"]), ("hune vers", ["version"]),
                             ("hune run --cana", ["--canary"])]:
        done = subprocess.run(["fish", "--no-config", "-c",
                               f"source {SCRIPTS / 'hune.fish'}; complete --do-complete '{line}'"],
                              env=shell_path, capture_output=True, text=True, timeout=30)
        assert [found.split("\t")[0] for found in done.stdout.splitlines()] == candidates, done
