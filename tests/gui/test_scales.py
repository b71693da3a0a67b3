"""Displays of other scales: what is shown is larger, and all of it can still be reached."""
import pytest
from atspi import SENSITIVE
from gui import wait


@pytest.mark.parametrize("scale", [
    {"GDK_SCALE": "2"}, {"GDK_DPI_SCALE": "1.7"}, {"GDK_SCALE": "2", "GDK_DPI_SCALE": "1.7"},
    {"GDK_SCALE": "nonsense", "GDK_DPI_SCALE": "nonsense"}],
    ids=["twice", "large", "twice-large", "nonsense"])
def test_a_command_runs_at_any_scale(paired, scale):
    """Without the mouse: half of the window may be beyond the edge of so small a display."""
    gui, _ = paired(environment=scale)
    wait("the row", lambda: any("web1" in texts for _, texts in gui.rows()))
    gui.key("ctrl+f")
    gui.key("Tab", "Tab", "Down", "Return")
    gui.click("page tab", "Command")
    gui.entry("Command to run").text = "echo readable"
    run = gui.find("button", "Run")
    wait("the button", lambda: run.has(SENSITIVE))
    run.do()
    gui.label(r"^exited\(0\) after ")
    assert gui.entry("Output").text.endswith("readable\n")
