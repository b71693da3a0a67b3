"""What ran on a machine, and the machine's own record of orders."""
from gui import wait


def open_journal(gui):
    gui.open("web1")
    gui.click("page tab", "Journal")


def job(gui, *words):
    """The row of a job whose name has these words."""
    jobs = gui.find("list", "Jobs")
    return wait(f"the job {words}", lambda: next(
        (row for row in jobs.children if all(word in row.name for word in words)), None))


def test_a_job_of_the_command_line_is_seen_attached_and_stopped(paired, console):
    gui, _ = paired()
    detached = console.run("run", "web1", "--detach", "--", "echo seen; exec sleep 600")
    assert detached.code == 0, detached
    open_journal(gui)
    gui.point(job(gui, "echo seen", "running"))
    wait("its output", lambda: "seen\n" in gui.entry("Output").text)
    gui.press("Stop the job")
    job(gui, "echo seen", "killed")


def test_a_new_agents_journal_says_what_will_stand_there(paired, console):
    gui, _ = paired()
    open_journal(gui)
    gui.label("^Nothing has run here since the agent started.$")
    hint = gui.label("^A command that runs on this machine, and a shell, will stand in the list. ")
    assert hint.extents[2] > 100 and hint.extents[0] > 420, hint.extents  # in the right half
    assert console.run("run", "web1", "--", "true").code == 0
    gui.label("^Choose a job to see what it says.$")


def test_jobs_that_carry_files_say_what_they_are(paired, console, tmp_path):
    gui, _ = paired()
    (tmp_path / "here").write_text("three")
    (tmp_path / "there").mkdir()
    assert console.run("put", tmp_path / "here", f"web1:{tmp_path}/there/").code == 0
    assert console.run("get", f"web1:{tmp_path}/here", tmp_path / "got").code == 0
    assert console.run("get", f"web1:{tmp_path}/nothing", tmp_path / "got").code != 0
    open_journal(gui)
    for words, said in ((("put", "exited(0)"), "All of it is in its place there: 5 B."),
                        (("get", "/here", "exited(0)"), "All of it was fetched."),
                        (("get", "/nothing", "exited(1)"), "/nothing: No such file or directory\n")):
        gui.point(job(gui, *words))
        wait(said, lambda said=said: said in gui.entry("Output").text)
        assert gui.entry("Output").text.startswith("It carried files, and has ended.\n")
        assert "sum" not in gui.entry("Output").text and "{" not in gui.entry("Output").text
    with console.start("put", "-", f"web1:{tmp_path}/late"):
        gui.point(job(gui, "put", "/late", "running"))
        wait("what it is", lambda: "It carries files, which go through the console that began it" in
             gui.entry("Output").text)
        gui.press("Stop the job")
        job(gui, "put", "/late", "killed")


def test_an_ended_job_tells_its_end(paired, console):
    gui, _ = paired()
    assert console.run("run", "web1", "--", "echo over; exit 7").code == 7
    open_journal(gui)
    gui.label("^Choose a job to see what it says.$")
    gui.point(job(gui, "echo over", "exited(7)"))
    wait("its output", lambda: "over\nexited(7)" in gui.entry("Output").text)


def test_a_job_that_waits_tells_why(agent, console, window):
    made = agent(config="[jobs]\nspool = 0\n")
    assert console.run("join", made.invite(), "--name", "web1").code == 0
    detached = console.run("run", "web1", "--detach", "--", "head -c 5000000 /dev/zero; exec sleep 600")
    assert detached.code == 0, detached
    gui = window()
    open_journal(gui)
    row = job(gui, "head -c", "waits(spool full)")
    gui.point(row)  # reads it
    job(gui, "head -c", "running")


def test_the_record_tells_every_order(paired, console):
    gui, _ = paired()
    assert console.run("run", "web1", "--", "echo recorded").code == 0
    open_journal(gui)
    gui.click("page tab", "Record of orders")
    wait("the order", lambda: "run" in gui.entry("Output").text and
         "echo recorded" in gui.entry("Output").text)
