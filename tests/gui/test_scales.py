"""Displays of other scales: what is shown is larger, and all of it can still be reached."""
import pytest
from atspi import SENSITIVE
from gui import wait


USUAL = 18  # pixels of the window that the title is high
LARGE = "Cantarell 18.7"  # 1.7 times the usual 11


@pytest.mark.parametrize("options, pixels, text", [
    ({"environment": {"GDK_SCALE": "2"}}, 2, 1), ({"font": LARGE}, 1, 1.7),
    ({"environment": {"GDK_SCALE": "2"}, "font": LARGE}, 2, 1.7),
    ({"environment": {"GDK_SCALE": "nonsense"}}, 1, 1)],
    ids=["twice", "large", "twice-large", "nonsense"])
def test_a_command_runs_at_any_scale(paired, options, pixels, text):
    """Without the mouse: half of the window may be beyond the edge of so small a display."""
    gui, _ = paired(**options)
    wait("the row", lambda: any("web1" in texts for _, texts in gui.rows()))
    assert abs(gui.find("label", "Hune").extents[3] - text * USUAL) < 4, "the size of text"
    assert abs(int(gui.newest("Hune$")[1]["WIDTH"]) - pixels * gui.windows[0].extents[2]) < 30, "the size of pixels"
    gui.key("ctrl+f")
    gui.key("Tab", "Tab", "Down", "Return")
    gui.click("page tab", "Command")
    gui.entry("Command to run").text = "echo readable"
    run = gui.find("button", "Run")
    wait("the button", lambda: run.has(SENSITIVE))
    run.do()
    gui.label(r"^exited\(0\) after ")
    assert gui.entry("Output").text.endswith("readable\n")
