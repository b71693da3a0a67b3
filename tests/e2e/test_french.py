"""Hune speaks French: its sentences, tables and figures; what scripts read stays as it is."""
import json
import os
import re
import signal
import subprocess

import pytest
from support import free_port

NARROW = "\u202f"  # before ; ! ?
FIXED = "\u00a0"  # before : and inside of « »


@pytest.fixture(scope="session")
def french(tmp_path_factory):
    """The environment of somebody who reads French, whatever locales this system has."""
    folder = tmp_path_factory.mktemp("locales")
    made = subprocess.run(["localedef", "--no-archive", "-i", "fr_FR", "-f", "UTF-8",
                           folder / "fr_FR.UTF-8"], capture_output=True, text=True)
    assert (folder / "fr_FR.UTF-8").exists(), made
    return {"LC_ALL": "fr_FR.UTF-8", "LOCPATH": str(folder)}


@pytest.fixture
def operator(console, french):
    """A French console with a key and no machine."""
    made = console(environment=french)
    assert made.run("id").code == 0
    return made


@pytest.fixture
def machine(pair, french):
    """A machine and a French console that joined it."""
    made = pair()
    made.console.environment.update(french)
    return made


def fleet(operator, *lines):
    operator.machines.write_text("".join(f"{line}\n" for line in ("name,host,port,tags,user,id",
                                                                  *lines)))


def told(done, code, *texts):
    """An error in French, with a hint below it."""
    assert done.code == code, done
    assert done.err.startswith("hune: "), done
    assert re.search(r"^  \S", done.err, re.M), done
    for text in texts:
        assert text in done.err, done


# ---- sentences ----

def test_help(operator):
    overview = operator.run("help").out
    assert f"Utilisation{FIXED}: hune [OPTIONS] COMMANDE …" in overview
    assert "Associer une machine par le lien" in overview
    assert "Show" not in overview
    page = operator.run("run", "--help").out
    assert f"Utilisation{FIXED}: hune run [SÉL] [OPTIONS] -- COMMANDE…" in page
    assert "--timeout DURÉE" in page and "Exemples" in page


@pytest.mark.parametrize("words, text, hint", [
    (["lsit"], f"La commande «{FIXED}lsit{FIXED}» n’existe pas.", "hune list"),
    (["add", "web1:abc"], f"Le port «{FIXED}abc{FIXED}» n’est pas un nombre.", "de 1 à 65535"),
    (["add", "web1:70000"], "Le port 70000 est hors limites.", "de 1 à 65535"),
    (["run", "web1"], f"Quelle commande{NARROW}?", "hune run web1 -- uptime"),
    (["run", "--nonsense", "--", "true"], "L’option --nonsense n’existe pas.", "--help"),
    (["run", "--timeout", "soon", "--", "true"], f"pas «{FIXED}soon{FIXED}»", "90s, 15m, 2h"),
    (["run", "--timeout"], "--timeout exige une valeur (DURÉE).", "hune run --help"),
    (["ask", "ost"], f"«{FIXED}ost{FIXED}» n’est pas une information.", "Les informations sont"),
    (["join", "x"], "Ce n’est pas un lien d’invitation.", "hune://HÔTE:PORT"),
    (["run", "web9", "--", "true"], f"Aucune machine ne s’appelle «{FIXED}web9{FIXED}».",
     f"Vouliez-vous dire web1{NARROW}?"),
    (["nodeset", "web[3-1]"], "cet intervalle est décroissant", "web[01-40,50]"),
])
def test_errors_of_usage(operator, words, text, hint):
    fleet(operator, "web1,192.0.2.1,,,,", "web2,192.0.2.2,,,,")
    told(operator.run(*words), 2, text, hint)


def test_nobody_listens(operator):
    fleet(operator, f"m,127.0.0.1,{free_port()},,,")
    told(operator.run("run", "m", "--", "true"), 255, "Personne n’y écoute.", "Vérifiez le port")


def test_a_right_that_is_missing(pair, french):
    machine = pair(may="observe")
    machine.console.environment.update(french)
    told(machine.shell("true"), 254, "Votre clé n’a pas le droit", "may=")


def test_a_job_that_is_killed(machine):
    done = machine.shell("kill -9 $$")
    assert done.code == 137 and "terminée par le signal 9" in done.err, done


def test_some_of_several_machines_fail(machine):
    with open(machine.console.machines, "a") as machines:
        machines.write(f"gone,127.0.0.1,{free_port()},,,\n")
    done = machine.console.run("run", "all", "--yes", "--", "true")
    assert f"hune: en échec{FIXED}: 1 sur 2 machines (1 injoignable)" in done.err, done


def test_states_and_the_list_of_runs(machine):
    machine.shell("exit 3")
    jobs = machine.console.run("jobs").out.splitlines()
    assert "TÂCHE" in jobs[0] and "terminée (3)" in jobs[1], jobs
    assert "Aucune exécution" in machine.console.run("runs").out


def test_a_question_is_answered_in_french(operator):
    lines = ["a,192.0.2.1,,,,", "b,192.0.2.2,,,,"]
    for answer, left in (("n", 2), ("o", 0)):
        fleet(operator, *lines)
        with operator.terminal("remove", "all") as terminal:
            terminal.expect(rf"Retirer 2 machines de la liste \(\S+\){NARROW}\?.*\[o/N\] ")
            terminal.line(answer)
            terminal.wait()
        assert len(operator.json("list")) == left


def test_the_prompt(machine):
    with machine.console.terminal() as terminal:
        terminal.expect(f"1 machine. «{FIXED}help{FIXED}» dit ce qui peut être saisi")
        terminal.expect("> ")
        terminal.line("help")
        terminal.expect("toute autre ligne +est exécutée par le shell")
        terminal.line("quit")
        assert terminal.wait() == 0


# ---- columns and figures ----

def column(line, width):
    """The text that begins at a column of the terminal; there must be a gap before it."""
    assert line[width - 1] == " " and line[width] != " ", line
    return line[width:]


def test_columns_of_the_help_stand_below_each_other(operator):
    lines = [line for line in operator.run("run", "--help").out.splitlines()
             if re.match(r"  (-\w, |    )--", line)]
    assert len(lines) > 10
    for line in lines:
        column(line, 28)


def test_columns_of_tables_stand_below_each_other(operator):
    fleet(operator, "été,192.0.2.1,,prêt,éva,", "b,192.0.2.20,2222,hôte;élan,root,")
    text = operator.run("list").out.splitlines()
    assert text[0].split() == ["NOM", "ADRESSE", "ÉTIQUETTES", "COMPTE", "IDENTIFIANT"]
    for heading in ("ADRESSE", "ÉTIQUETTES", "COMPTE", "IDENTIFIANT"):
        for line in text[1:]:
            column(line, text[0].index(heading))


def test_columns_of_the_doctor_stand_below_each_other(machine):
    done = machine.console.run("doctor", machine.name)
    lines = done.out.splitlines()
    assert lines[-1] == f"Tout va bien pour {machine.name}."
    assert len(lines) > 5
    assert len({line.index(" ms  ") for line in lines[:-1]}) == 1, done


def test_figures_have_a_comma(machine):
    shown = machine.console.run("ask", "ram", "cpu").out
    assert re.search(r"^ram +\d+(,\d)? [MG]io, dont ", shown, re.M), shown
    assert re.search(rf"{NARROW}; charge \d+,\d\d \d+,\d\d \d+,\d\d", shown), shown
    # And a reader of English has points.
    english = machine.console.run("ask", "ram", "cpu", environment={"LC_ALL": "C.UTF-8"}).out
    assert re.search(r"; load \d+\.\d\d ", english) and "iB used" in english, english


def test_states_of_interfaces(machine):
    shown = machine.console.run("ask", "net").out
    with open("/sys/class/net/lo/operstate") as file:
        state = {"unknown": "état inconnu", "up": "active", "down": "inactive"}[file.read().strip()]
    assert re.search(rf"^ *lo +{state} +", shown, re.M), shown


# ---- which language ----

@pytest.mark.parametrize("environment, speaks_french", [
    ({}, True),
    ({"LC_ALL": "C.UTF-8", "LANGUAGE": "fr"}, True),
    ({"LC_ALL": "", "LC_MESSAGES": "fr_FR.UTF-8", "LANG": "C.UTF-8"}, True),
    ({"LC_ALL": "C.UTF-8"}, False),
    ({"LC_ALL": "C", "LANGUAGE": "fr"}, False),
    ({"LANGUAGE": "en_GB:fr"}, False),
    ({"LANGUAGE": "fr:en"}, True),
    ({"LC_ALL": "", "LANG": "nowhere"}, False),
])
def test_the_language_is_the_environments(operator, environment, speaks_french):
    done = operator.run("help", environment=environment)
    assert ("Utilisation" in done.out, "Usage" in done.out) == (speaks_french, not speaks_french)


def test_a_catalogue_from_elsewhere(operator, tmp_path):
    """Where there is no catalogue, it is English; nothing else changes."""
    done = operator.run("help", environment={"HUNE_LOCALE_DIR": str(tmp_path)})
    assert done.code == 0 and "Usage" in done.out


# ---- scripts ----

def both(console, *words, code=0, without=()):
    """What a command prints with --json in each language, without the fields that differ anyway."""
    answers = []
    for environment in ({}, {"LC_ALL": "C.UTF-8", "LOCPATH": ""}):
        done = console.run(*words[:1], "--json", *words[1:], environment=environment)
        assert done.code == code, done
        assert not re.search(r"[éèàçÉÈÀ«»’]", done.err), done
        answers.append([{key: value for key, value in line.items() if key not in without}
                        for line in done.lines])
    assert answers[0], "nothing was printed"
    assert answers[0] == answers[1]
    return answers[0]


def test_json_is_the_same_in_every_language(machine):
    console = machine.console
    with open(console.machines, "a") as machines:
        machines.write(f"gone,127.0.0.1,{free_port()},,,\n")
    both(console, "list")
    both(console, "id")
    both(console, "ask", "os", "name", machine.name, without=["rtt_ms", "ms"])
    job = ["job", "ms", "started_ms", "ended_ms"]
    both(console, "run", machine.name, "--", "exit 3", code=3, without=job)
    both(console, "jobs", machine.name)
    steps = both(console, "doctor", machine.name, without=["ms", "detail"])
    assert len(steps) > 5
    troubles = both(console, "run", "gone", "--", "true", code=255, without=job)
    assert troubles[0]["problem"] == "connection-refused" and "listens" in troubles[0]["text"]


def test_alerts_are_kept_as_facts(machine):
    """Who looks later reads them in their own language, whatever the one was who watched."""
    console = machine.console
    with console.start("watch", "--when", "mem.used > 1M", "--every", "1s", stdin=subprocess.DEVNULL) as watch:
        told = watch.stdout.readline().decode()
        watch.send_signal(signal.SIGINT)
        assert watch.wait(30) == 0
    assert re.search(r"mem.used > 1M  \(mem.used \S+ [GM]io\)", told), told
    english = console.run("watch", "--log", environment={"LC_ALL": "C.UTF-8", "LOCPATH": ""}).out
    assert re.search(r"mem.used > 1M  \(mem.used \S+ [GM]iB\)", english), english
    assert "io)" in console.run("watch", "--log").out
    begin = next(event for event in both(console, "watch", "--log") if event["event"] == "begin")
    assert begin["values"][0]["measure"] == "mem.used" and begin["values"][0]["value"] > 1 << 20


def test_json_of_an_import(operator, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("name,host,port\nm,192.0.2.1,seventy\nn,192.0.2.2,\n")
    lines = both(operator, "import", path, "-n")
    assert any("port" in line.get("text", "") for line in lines), lines


def test_what_couriers_say(operator, agent, tmp_path):
    """Of both sides; the system's words behind it are those of the system's own catalogue, if it has one."""
    assert operator.run("join", agent().invite(may="all"), "--name", "vm").code == 0
    pipe = tmp_path / "a: pipe"
    os.mkfifo(pipe)
    said = "C’est un périphérique, un tube ou une socket"
    for words in (("get", f"vm:{pipe}", tmp_path / "got"), ("put", pipe, f"vm:{tmp_path}/put")):
        done = operator.run(*words)
        assert done.code == 1 and f"hune: vm: {pipe}: {said}" in done.err, done
    done = operator.run("--json", "get", f"vm:{pipe}", tmp_path / "got")
    assert "This is a device" in json.loads(done.out)["errors"][0], done
