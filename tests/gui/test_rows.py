"""Thousands of machines: the rows of an answer come a few with each frame, and what is done meanwhile means
all of it."""
from atspi import FOCUSED, SELECTED
from gui import wait
from test_machines import filter_by, wait_names, write_list

RACKS = [(f"node-{n:04}", f"rack{n % 8}") for n in range(2000)]
OF_RACK_3 = [name for name, tag in RACKS if tag == "rack3"]


def type_at_once(gui, *keys):
    """All in one go, so that the last key comes before the rows that the first asked for."""
    gui.tool("key", "--delay", 1, *keys)


def rows(gui):
    """The rows that exist; reading all they hold would take long."""
    table = gui.find("tree table", "Machines")
    return next((list(body.children) for body in table.children if body.role == "list"), [])


def name_of(row):
    return row.children[1].children[0].name


def focused(gui):
    """The name of the machine whose row has the focus."""
    return next((name_of(row) for row in rows(gui) if row.has(FOCUSED)), None)


def shown(gui):
    return [name_of(row) for row in rows(gui)]


def open_list(window, console, rows=RACKS):
    write_list(console, rows)
    gui = window()
    gui.label(f"^{len(rows)} machines$")
    return gui


def ask_for_more(gui, *keys):
    """From one row to all 2000, and the keys into the list while these come."""
    gui.focus(gui.entry("Filter machines"))
    gui.type("node-1234")
    wait("one row", lambda: shown(gui) == ["node-1234"])
    # Tab: the button beside the filter, the titles, the rows.
    type_at_once(gui, "ctrl+a", "BackSpace", "Tab", "Tab", "Down", *keys)


def test_end_goes_to_the_last_row_of_the_answer(window, console):
    gui = open_list(window, console)
    ask_for_more(gui, "End")
    wait("the last machine", lambda: focused(gui) == "node-1999")
    gui.key("Home")
    wait("the first machine", lambda: focused(gui) == "node-0000")


def test_an_answer_is_shown_to_its_end(window, console):
    gui = open_list(window, console)
    for text, answer in (("@rack3", OF_RACK_3), ("node-00", [name for name, _ in RACKS[:100]]),
                         ("node-1234", ["node-1234"]), ("nobody", []), ("node-000", [name for name, _ in RACKS[:10]])):
        filter_by(gui, text)
        wait(f"the answer to {text}", lambda: shown(gui) == answer[:205])
        gui.label(f"^{len(answer)} of 2000 machines$")


def test_all_is_all_of_the_answer(window, console):
    gui = open_list(window, console)
    ask_for_more(gui, "ctrl+a")
    gui.label("^2000 machines · 2000 selected$")
    gui.label(r"^On 2000 machines: node-\[0000-1999\]$")


def test_a_selection_survives_the_filter(window, console):
    gui = open_list(window, console)
    filter_by(gui, "node-1500")
    wait("one row", lambda: shown(gui) == ["node-1500"])
    gui.point(gui.row("node-1500"))
    gui.label("^1 of 2000 machines · 1 selected$")
    filter_by(gui, "")
    gui.label("^2000 machines · 1 selected$")
    gui.label("^On 1 machine: node-1500$")
    wait("all rows", lambda: shown(gui)[:2] == ["node-0000", "node-0001"])
    assert not rows(gui)[0].has(SELECTED)
    filter_by(gui, "node-15")
    wait("its row", lambda: shown(gui)[:2] == ["node-1500", "node-1501"])
    assert rows(gui)[0].has(SELECTED)
    assert not rows(gui)[1].has(SELECTED)


def test_the_focus_and_a_range_follow_the_machine(window, console):
    names = ["web3", "web1", "web5", "web2", "web4"]
    gui = open_list(window, console, [(name, "") for name in names])
    gui.point(gui.row("web3"))
    wait("the focus", lambda: focused(gui) == "web3")
    gui.point(gui.find("label", "Name", skip=("list",)))
    wait("another order", lambda: shown(gui) == sorted(names))
    gui.tool("keydown", "shift")
    gui.point(gui.row("web4"))
    gui.tool("keyup", "shift")
    gui.label(r"^On 2 machines: web\[3,4\]$")


def test_the_focus_stays_with_its_machine_when_the_order_changes(window, console):
    write_list(console, [("web3", ""), ("web1", ""), ("web2", "")])
    gui = window()
    wait_names(gui, "web1", "web2", "web3")
    gui.point(gui.find("label", "Name", skip=("list",)))
    wait("order", lambda: shown(gui) == ["web1", "web2", "web3"])
    gui.point(gui.row("web2"))
    wait("the focus", lambda: focused(gui) == "web2")
    write_list(console, [("web3", ""), ("web1", ""), ("web2", ""), ("web0", "")])
    wait("one more", lambda: shown(gui) == ["web0", "web1", "web2", "web3"])
    wait("the focus", lambda: focused(gui) == "web2")
