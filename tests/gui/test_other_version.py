"""A machine that speaks a protocol which this window does not."""
from gui import wait
from otherversion import machine_of_another_version


def test_a_version_that_does_not_fit_is_told(window, console, tmp_path):
    with machine_of_another_version(tmp_path) as (port, identity):
        console.config.mkdir(parents=True, exist_ok=True)
        console.machines.write_text(f"name,host,port,id\nnewer,127.0.0.1,{port},{identity}\n")
        gui = window("newer")
        gui.label("^Version does not fit$")
        gui.label("another protocol version.*it speaks protocol 99, this console 1")
        gui.label("Update the older of the two sides.")
        gui.find("button", "Try again")
        gui.press("Find out why…")
        gui.dialog("The way to newer")
        gui.label("another protocol version", gui.dialog())
        gui.key("Escape")
        gui.no_dialog()
        gui.click("page tab", "Command")
        gui.enter(gui.entry("Command to run"), "echo nobody")
        gui.label(r"^unreachable after |^unsent after |^refused")
        wait("the reason", lambda: "another protocol version" in gui.entry("Output").text)
        gui.click("page tab", "Files")
        gui.label("not connected", gui.find("panel", "Files on newer"))
