"""How a machine does: graphs, facts, processes."""
import contextlib
import os
import re
import signal
import subprocess
import time

import pytest
from atspi import FOCUSED, SENSITIVE, rows_of
from conftest import BUILD
from gui import TIED, wait


def graph(gui, title):
    """What the graph's newest value is, as a screen reader says it."""
    for node in gui.all("image"):
        if node.name.startswith(title + ": "):
            return node.name[len(title) + 2:]
    return ""


def test_the_list_shows_processor_and_memory(paired):
    gui, _ = paired()
    wait("a measured machine", lambda: any(
        re.fullmatch(r"CPU \d+ %", text) for _, texts in gui.rows() for text in texts))
    texts = gui.rows()[0][1]
    assert any(re.fullmatch(r"Memory \d+ %", text) for text in texts), texts


@pytest.mark.long(43)
def test_the_uptime_goes_on(paired):
    gui, _ = paired()

    def uptime():
        return next((text for _, texts in gui.rows() for text in texts if re.search(r"\d min$|\d h$", text)), None)

    first = wait("the uptime", uptime)
    if first.endswith("min"):  # from its second day on it is told in hours
        wait("a later one", lambda: uptime() != first, 90)


@pytest.mark.long(30)
def test_the_disk_is_the_same_before_and_after_the_first_sample(paired, console):
    gui, _ = paired()

    def disk():
        return [text for text in gui.rows()[0][1] if re.fullmatch(r"\d+ %", text)]

    def fullest():
        answer, = console.json("ask", "disk")
        return max(mount["full"] for mount in answer["disk"]["mounts"] if "full" in mount)

    before = fullest()
    wait("the disk", disk)
    seen = {text for _ in range(100) if not time.sleep(0.1) for text in disk()}  # two samples
    assert seen <= {f"{before} %", f"{fullest()} %"}
    gui.open("web1")
    gui.label(rf"^/  .* / .* \({disk_of_root(console)} %\)")


def disk_of_root(console):
    answer, = console.json("ask", "disk")
    return next(mount["full"] for mount in answer["disk"]["mounts"] if mount["target"] == "/")


def test_graphs_are_live(paired):
    gui, _ = paired()
    gui.open("web1")
    wait("the processor", lambda: re.fullmatch(r"\d+ %", graph(gui, "Processor")))
    processor = next(n for n in gui.all("image") if n.name.startswith("Processor: "))
    wait("its cores", lambda: re.search(r"^cpu0 \d+ %", processor.description, re.M))
    if os.cpu_count() <= 4:  # more have no colours of their own
        gui.label(r"^cpu0 \d+ %")
    wait("the memory", lambda: re.fullmatch(r"\d+ %", graph(gui, "Memory")))
    wait("the network", lambda: re.search(r"in .*/s · out .*/s", graph(gui, "Network")))


def test_history_comes_from_the_agent(paired):
    gui, _ = paired()
    gui.open("web1")
    wait("the processor", lambda: graph(gui, "Processor"))
    gui.press("24 hours")
    wait("an answer", lambda: graph(gui, "Processor") or
         gui.has("label", "The agent remembers nothing of that time yet."))
    gui.press("Live")
    wait("the processor again", lambda: re.fullmatch(r"\d+ %", graph(gui, "Processor")))


FIGURES = re.compile(r"least ([\d.]+).* · mean ([\d.]+).* · most ([\d.]+)")


@pytest.fixture
def remembering(agent, console, window):
    """A window over a machine that remembers fourteen days of a made-up load: every day a triangle from 0 to
    80 % of the processor, with a smaller one upon it each ten minutes."""
    made = agent()
    assert console.run("join", made.invite(may="all"), "--name", "web1").code == 0
    made.stop()
    path = made.folder / "state/history"
    assert path.exists()
    subprocess.run([BUILD / "src/sense/history", path, "15"], check=True)
    made.start()
    return window()


@pytest.mark.parametrize("button, hours", [("1 hour", 1), ("24 hours", 24), ("14 days", 14 * 24)])
def test_each_range_shows_what_was_then(remembering, console, button, hours):
    gui = remembering
    gui.open("web1")
    wait("the processor", lambda: graph(gui, "Processor"))
    gui.press(button)

    def told():
        node = next((n for n in gui.all("image") if n.name.startswith("Processor: ")), None)
        return node and FIGURES.search(node.description)
    stretch = gui.label(r"^\d\d/\d\d/\d\d \d\d:\d\d to \d\d/\d\d/\d\d \d\d:\d\d$").name
    first, last = (time.mktime(time.strptime(text, "%m/%d/%y %H:%M")) for text in stretch.split(" to "))
    assert abs(last - first - hours * 3600) <= max(hours * 3600 * 0.02, 180), stretch
    assert abs(time.time() - last) < max(hours * 3600 * 0.02, 180), stretch
    least, mean, most = map(float, wait("its figures", told).groups())
    rows = [row["values"]["cpu.busy"] for row in console.json(
        "history", "web1", "--metric", "cpu.busy", "--since", f"{hours}h")]
    means = [row["mean"] for row in rows]
    assert abs(mean - sum(means) / len(means)) <= 3, (mean, means)
    if hours > 1:  # whole days
        assert 44 <= mean <= 56 and least < 20 and most > 80
    for title in ("Memory", "Network", "Disks"):
        assert any(n.name.startswith(title + ": ") and FIGURES.search(n.description) for n in gui.all("image"))


def test_the_last_minutes_are_there_when_a_machine_is_opened(remembering, console):
    gui = remembering
    gui.open("web1")
    for _ in range(2):
        rows = [row["values"]["cpu.busy"] for row in console.json(
            "history", "web1", "--metric", "cpu.busy", "--since", "4m", "--step", "10s")]
        means = [row["mean"] for row in rows]
        assert max(means) - min(means) > 15  # the fast triangle

        def told():
            node = next((n for n in gui.all("image") if n.name.startswith("Processor: ")), None)
            found = node and FIGURES.search(node.description)
            if not found:
                return False
            least, _, most = map(float, found.groups())
            return least <= min(means) + 1 and most >= max(means) - 1
        wait(f"least and most of {sorted(means)}", told)
        gui.press("1 hour")  # and after something else was looked at
        gui.label(r"^\d\d/\d\d/\d\d \d\d:\d\d to \d\d/\d\d/\d\d \d\d:\d\d$")
        gui.press("Live")


def column(table, index):
    """What the cells of a column say, from the top."""
    return [text for _, cells in rows_of(table) for text in cells[index]]


def value(text):
    """A cell's text as what it is sorted by; an empty cell is named by its class."""
    if text == "GtkLabel":
        return -1
    found = re.fullmatch(r"([\d.]+)(?: (%|B|[KMGT]iB))?", text)
    if not found:
        return text
    return float(found[1]) * 1024 ** "BKMGT".index((found[2] or "B").replace("%", "B")[0])


def is_sorted(table, index, descending):
    with contextlib.suppress(StopIteration):
        values = [value(text) for text in column(table, index)]
        return len(values) > 2 and values == sorted(values, reverse=descending)
    return False


@pytest.fixture
def still(paired):
    """A window with processes that no sample exchanges any more: who samples them stands still."""
    gui, (agent,) = paired()
    gui.open("web1")
    table = gui.find("tree table", "Processes", skip=())
    wait("processes that were measured", lambda: sum(" %" in text for text in column(table, 2)) > 2)
    gate = agent.gate_pid
    os.kill(gate, signal.SIGSTOP)
    time.sleep(0.5)  # what was on its way
    yield gui, table
    os.kill(gate, signal.SIGCONT)


COLUMNS = list(enumerate(["PID", "User", "CPU", "Memory", "Command"]))


def turn(table, index, title, do):
    """Twice: up, then down."""
    for descending in (False, True):
        do()
        wait(f"{title}, {descending=}: {column(table, index)}", lambda: is_sorted(table, index, descending))


def test_processes_are_sorted_by_mouse(still):
    gui, table = still
    assert is_sorted(table, 2, descending=True)  # the busiest first
    for index, title in COLUMNS:
        head = next(table.walk("filler", title, ("list",)))

        def click():
            gui.point(head)
        turn(table, index, title, click)


def test_processes_are_sorted_by_keyboard(still):
    gui, table = still
    gui.focus(gui.find("button", "14 days"))
    gui.key("Tab")
    for index, title in COLUMNS:
        head = next(table.walk("filler", title, ("list",)))
        wait(f"the focus of {title}", lambda: head.has(FOCUSED), 5)
        keys = iter(("space", "Return"))
        turn(table, index, title, lambda: gui.key(next(keys)))
        gui.key("Right")
    gui.key("shift+Tab")
    wait("the focus before the titles", lambda: gui.find("button", "14 days").has(FOCUSED), 5)
    gui.key("Tab", "Down")
    wait("the focus among the rows", lambda: not any(
        next(table.walk("filler", title, ("list",))).has(FOCUSED) for _, title in COLUMNS), 5)


def test_facts_are_told(paired):
    gui, _ = paired()
    gui.open("web1")
    row = wait("the system's row", lambda: next(
        (n for n in gui.all("list item", "System") if "Linux" in n.description), None))
    assert "x86_64" in row.description or "aarch64" in row.description
    assert gui.find("list item", "Your rights").description.startswith("observe,run")


def shown_at_the_top(table):
    """The row below the titles."""
    titles = next(table.walk("table row", None, ("list",))).extents
    body = next(n for n in table.children if n.role == "list")
    return next((row for row in body.children if row.extents and
                 0 <= row.extents[1] - titles[1] - titles[3] < 5), None)


def test_who_sorts_a_table_sees_its_first_row(still):
    gui, table = still
    for title, index in (("Memory", 3), ("Memory", 3), ("PID", 0)):
        gui.point(next(table.walk("filler", title, ("list",))))
        wait("another order", lambda index=index: is_sorted(table, index, False) or is_sorted(table, index, True))
        first = column(table, index)[0]
        wait(f"{first} at the top", lambda first=first, index=index: shown_at_the_top(table) and next(
            shown_at_the_top(table).children[index].walk("label", None, ())).name == first, 10)


def test_the_button_that_stops_a_process_keeps_the_focus_while_samples_come(paired):
    gui, _ = paired()
    gui.open("web1")
    table = gui.find("tree table", "Processes", skip=())
    wait("processes that were measured", lambda: sum(" %" in text for text in column(table, 2)) > 2)
    body = next(n for n in table.children if n.role == "list")
    wait("a process that stays: the window's own", lambda: str(gui.process.pid) in column(table, 0))
    body.select(column(table, 0).index(str(gui.process.pid)))
    button = gui.find("button", "Stop the process…")
    wait("a process that is chosen", lambda: button.has(SENSITIVE))
    gui.focus(gui.find("button", "14 days"))
    for _ in range(4):
        gui.key("shift+Tab" if button.has(FOCUSED) else "Tab")
        if button.has(FOCUSED):
            break
    assert button.has(FOCUSED)
    begun = graph(gui, "Processor")
    for _ in range(3):  # the rows are others with each sample
        before = {row.path for row in body.children}
        wait("other rows", lambda before=before: not before & {row.path for row in body.children}, 20)
        assert button.has(FOCUSED) and button.has(SENSITIVE), begun


def test_a_process_is_stopped(paired):
    victim = subprocess.Popen(TIED + ["sh", "-c", "while :; do :; done"])
    try:
        gui, _ = paired()
        gui.open("web1")
        table = gui.find("tree table", "Processes", skip=())

        def rows():
            body = next(n for n in table.children if n.role == "list")
            return [row for row in body.children
                    if any(label.name == str(victim.pid) for label in row.walk("label", None, ()))]

        wait("the busy process", rows, 60)
        body = next(n for n in table.children if n.role == "list")
        for tries in range(20):  # rows are exchanged at every sample
            found = rows()
            if found and found[0] in body.children:
                body.select(body.children.index(found[0]))
                gui.press("Stop the process…")
                dialog = gui.dialog()
                if gui.all("label", None, dialog) and any(
                        f"Process {victim.pid} " in n.name for n in gui.all("label", None, dialog)):
                    break
                gui.press("Cancel", dialog)
                gui.no_dialog()
        gui.press("Stop the process", dialog)
        assert victim.wait(30) != 0
        gui.label("The process was told to end")
    finally:
        victim.kill()
        victim.wait()
