"""The window itself: how it is started, what it remembers, its menu and keys."""
import subprocess

from gui import ROOT, wait
from test_machines import THREE, wait_names, write_list


def test_help_and_version(binaries):
    program = binaries.folder / "src/desktop/hune-desktop"
    done = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "--fleet=FILE" in done.stdout and "[MACHINE|LINK]" in done.stdout
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("hune-desktop ") and done.returncode == 0
    done = subprocess.run([program, "--nonsense"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert "--nonsense" in done.stderr and "“hune-desktop --help” shows the options." in done.stderr


def test_a_machine_named_at_the_start_gets_its_tab(window, console):
    write_list(console, THREE)
    gui = window("web2")
    gui.find("page tab", "Overview")
    gui.label("^web2$")
    gui.label("Its id is not known yet")


def test_a_machine_that_is_not_there(window, console):
    write_list(console, THREE)
    gui = window("nobody")
    gui.label("There is no such machine in the list", gui.dialog())


def test_a_link_named_at_the_start_is_in_the_dialog(window, agent):
    link = agent().invite(may="all")
    gui = window(link)
    assert gui.entry("Invitation link", gui.dialog("Add a machine")).text == link


def test_another_list(window, console, tmp_path):
    write_list(console, THREE)
    (tmp_path / "other.csv").write_text("name,host\nother1,192.0.2.99\n")
    gui = window("--fleet", tmp_path / "other.csv")
    wait_names(gui, "other1")


def test_open_tabs_come_back(window, console):
    write_list(console, THREE)
    keyfile = {"GSETTINGS_BACKEND": "keyfile"}
    gui = window(environment=keyfile)
    wait_names(gui, "web1", "web2", "db1")
    gui.point(gui.row("db1"), times=2)
    gui.find("page tab", "Overview")
    assert gui.close() == []
    gui = window(environment=keyfile)
    wait_names(gui, "web1", "web2", "db1")
    tab = wait("the tab", lambda: next(
        (n for n in gui.root.walk("label", "db1", ("tree table",))), None))
    gui.point(tab)
    gui.find("page tab", "Overview")


def test_a_machine_named_at_the_start_is_in_front_of_the_tabs_that_come_back(window, console):
    write_list(console, THREE)
    keyfile = {"GSETTINGS_BACKEND": "keyfile"}
    gui = window("db1", environment=keyfile)
    gui.find("page tab", "Overview")
    assert gui.close() == []
    gui = window("db1", environment=keyfile)
    gui.find("page tab", "Overview")


def test_hidden_columns_stay_hidden(window, console):
    write_list(console, THREE)
    keyfile = {"GSETTINGS_BACKEND": "keyfile"}
    gui = window(environment=keyfile)
    wait_names(gui, "web1", "web2", "db1")
    columns = gui.find("button", "Columns")
    columns.children[0].do()
    gui.click("menu item", "Tags")
    wait("no column of tags", lambda: not gui.all("label", "Tags", skip=("list",)))


def test_the_keys_of_the_list(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    gui.key("ctrl+f")
    gui.type("db")
    wait_names(gui, "db1")
    gui.key("ctrl+n")
    gui.dialog("Add a machine")
    gui.key("Escape")
    gui.no_dialog()
    gui.key("F9")
    wait("no groups at the side", lambda: gui.entry("Filter machines").extents[0] < 60)


def test_about_and_preferences(window, console):
    write_list(console, THREE)
    gui = window()
    wait_names(gui, "web1", "web2", "db1")
    for item in ("About Hune", "Preferences"):
        gui.find("button", "Main menu").children[0].do()
        gui.click("menu item", item)
        wait(item, lambda: len(gui.windows) == 2)
        gui.key("Escape")
        gui.no_dialog()


def test_names_with_markup_and_right_to_left(window, console):
    """They cannot be in the list: what is no name is a bad line, and is told without harm."""
    console.config.mkdir(parents=True)
    console.machines.write_text("name,host\nok1,192.0.2.1\n<b>x</b>,192.0.2.2\n\u202ecba,192.0.2.3\n")
    gui = window()
    wait_names(gui, "ok1")
    gui.press("Show")
    gui.label("<b>x</b>", gui.dialog())
    assert "\u202e" not in gui.label("Line 4", gui.dialog()).name


def test_ten_thousand_lines_with_broken_ones(window, console):
    console.config.mkdir(parents=True)
    console.machines.write_text("name,host,port\n" + "".join(
        f"n{i},192.0.2.{i % 250 + 1},{10000 + i if i % 100 else 'x'}\n" for i in range(10000)))
    gui = window()
    gui.label("^9,?900 machines$")
    gui.label("100 lines of the list are not understood")
    gui.entry("Filter machines").text = "n9999"
    wait_names(gui, "n9999")


def test_two_windows_write_the_same_list(window, console):
    write_list(console, THREE)
    one, other = window(), window()
    for gui in (one, other):
        wait_names(gui, "web1", "web2", "db1")
    console.run("tag", "web1", "+both")
    console.run("remove", "web2", "--yes")
    for gui in (one, other):
        wait_names(gui, "web1", "db1")
    assert "both" in console.machines.read_text()
