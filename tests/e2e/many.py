"""One agent that is many machines: it answers on as many addresses of loopback, under one id."""
import socket


class Fleet:
    """An agent that is many machines, web1 to webN, and the console that knows them."""

    def __init__(self, agent, console, count):
        self.agent = agent
        self.console = console
        self.count = count
        joined = console.run("join", agent.invite(may="all"))
        assert joined.code == 0, joined
        machine, = console.json("list")
        self.id = machine["id"]
        self.rows = [f"web{n},127.0.{1 + n // 250}.{n % 250 + 1},{agent.port},,{self.id}"
                     for n in range(1, count + 1)]
        self.save()

    def save(self):
        self.console.machines.write_text("\n".join(["name,host,port,tags,id", *self.rows, ""]))

    def run(self, *words, **options):
        return self.console.run("run", *words, **options)


class Silence:
    """Places whose queue is full: who connects there hears nothing."""

    def __init__(self):
        self.sockets = []

    def __call__(self):
        """The port of such a place."""
        sink = socket.socket()
        sink.bind(("127.0.0.1", 0))
        sink.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(sink.getsockname())
        self.sockets.extend([sink, *fillers])
        return sink.getsockname()[1]

    def close(self):
        for one in self.sockets:
            one.close()
