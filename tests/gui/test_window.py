"""The window itself: how it is started, what it remembers, its menu and keys."""
import subprocess

from atspi import FOCUSED
from gui import ROOT, wait
from test_care import KEYFILE, tabs
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


def shows(gui, *wanted, front):
    """These tabs of machines, in this order, and the page of `front`."""
    wait(f"{front} in front", lambda: gui.windows[0].name == (f"{front} – Hune" if front else "Hune"))
    wait(f"the tabs {wanted}", lambda: tabs(gui) == list(wanted))


def test_open_tabs_come_back_and_so_does_the_one_in_front(window, console):
    write_list(console, THREE)
    gui = window(environment=KEYFILE)
    wait_names(gui, "web1", "web2", "db1")
    for name in ("db1", "web2", "web1"):
        gui.open(name)
        gui.key("ctrl+f")  # back to the list
    gui.point(gui.find("label", "web2", gui.find("filler", "AdwTabBar")))
    shows(gui, "db1", "web2", "web1", front="web2")
    assert gui.close() == []
    gui = window(environment=KEYFILE)
    shows(gui, "db1", "web2", "web1", front="web2")
    gui.find("page tab", "Overview")
    gui.key("ctrl+h")  # neither a machine nor the list: of these, there is the list
    shows(gui, "db1", "web2", "web1", "Commands of before", front="Commands of before")
    assert gui.close() == []
    gui = window(environment=KEYFILE)
    shows(gui, "db1", "web2", "web1", front=None)
    wait_names(gui, "web1", "web2", "db1")


def test_what_was_in_front_may_have_left_the_list(window, console):
    write_list(console, THREE)
    gui = window(environment=KEYFILE)
    for name in ("db1", "web2"):
        gui.open(name)
        gui.key("ctrl+f")
    gui.open("db1")
    shows(gui, "db1", "web2", front="db1")
    assert gui.close() == []
    write_list(console, THREE[:2])
    gui = window(environment=KEYFILE)
    shows(gui, "web2", front=None)


def test_a_machine_named_at_the_start_is_in_front_of_the_tabs_that_come_back(window, console):
    write_list(console, THREE)
    gui = window("db1", environment=KEYFILE)
    gui.find("page tab", "Overview")
    gui.key("ctrl+f")
    gui.open("web1")
    shows(gui, "db1", "web1", front="web1")
    assert gui.close() == []
    gui = window("db1", environment=KEYFILE)
    shows(gui, "db1", "web1", front="db1")


def test_each_page_is_there_once(window, console):
    write_list(console, THREE)
    gui = window()
    gui.open("web1")
    for keys, name in (("ctrl+h", "Commands of before"), ("ctrl+e", "Alerts")):
        gui.key(keys)
        wait(name, lambda: gui.windows[0].name == f"{name} – Hune")
        gui.key("ctrl+f")
        shows(gui, *tabs(gui), front=None)
    for keys, name in (("ctrl+h", "Commands of before"), ("ctrl+e", "Alerts")):
        gui.key(keys)
        shows(gui, "web1", "Commands of before", "Alerts", front=name)
        gui.key(keys)  # and when it is in front already
        shows(gui, "web1", "Commands of before", "Alerts", front=name)
    gui.key("ctrl+f")
    gui.open("web1")
    shows(gui, "web1", "Commands of before", "Alerts", front="web1")


def test_hidden_columns_stay_hidden(window, console):
    write_list(console, THREE)
    gui = window(environment=KEYFILE)
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
    gui.press("Show")
    dialog = gui.dialog("Lines that are not understood")
    gui.label("Line 9,?902: ", dialog)
    assert dialog.extents[3] < 700, "the dialog is higher than the screen"
    gui.press("Close", dialog)
    gui.no_dialog()
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


def test_a_small_window_scrolls_what_does_not_fit(paired):
    """It stays as small as it was made, and all of the page in front can be reached."""
    gui, _ = paired()
    gui.open("web1")
    assert gui.find("page tab", "Journal").extents[3] < 30  # where there is room, the names are beside the icons
    gui.tool("windowsize", gui.newest("Hune$")[0], 360, 300)
    wait("the size", lambda: gui.windows[0].extents[3] < 300)
    for view in ("Overview", "Terminal", "Files", "Journal", "Command"):
        gui.click("page tab", view)
        gui.settle(4)
        assert gui.windows[0].extents[2] <= 360 and gui.windows[0].extents[3] <= 300, view
    field, clear = gui.entry("Command to run"), gui.find("button", "Clear")

    def is_in_view(node):
        x, y, width, height = node.extents
        return x >= 0 and y >= 0 and x + width <= 360 and y + height <= 300

    gui.enter(field, "echo small")
    wait("the answer", lambda: gui.entry("Output").text.endswith("\nsmall\n"))
    assert is_in_view(field) and not is_in_view(clear)
    left, top = gui.origin()
    gui.tool("mousemove", left + 180, top + 115, "click", "--repeat", 10, 5)  # the wheel, over the views' names
    wait("the buttons below", lambda: is_in_view(clear))
    gui.key("ctrl+l")
    bar = gui.entry("Command for the selected machines")
    wait("the list, scrolled to its command bar", lambda: bar.has(FOCUSED) and is_in_view(bar))
