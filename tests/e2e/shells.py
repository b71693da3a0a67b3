"""For tests of shells: one whose prompt is known."""


def with_plain_shell(pair, **options):
    """A pair; its `plain` are the words that open a shell without anybody's start files."""
    made = pair(**options)
    made.plain = ["shell", made.name, "--env", "PS1=$ ", "--", "exec /bin/sh"]
    return made


def opened(terminal):
    terminal.expect(r"\$ ")
    return terminal
