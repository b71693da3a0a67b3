"""How a machine does: graphs, facts, processes."""
import re
import subprocess

import pytest
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


def test_graphs_are_live(paired):
    gui, _ = paired()
    gui.open("web1")
    wait("the processor", lambda: re.fullmatch(r"\d+ %", graph(gui, "Processor")))
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


def test_facts_are_told(paired):
    gui, _ = paired()
    gui.open("web1")
    row = wait("the system's row", lambda: next(
        (n for n in gui.all("list item", "System") if "Linux" in n.description), None))
    assert "x86_64" in row.description or "aarch64" in row.description
    assert gui.find("list item", "Your rights").description.startswith("observe,run")


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
